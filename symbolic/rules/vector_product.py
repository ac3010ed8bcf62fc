"""Products of vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..program import Definition, Term, contract, move
from .steps import negative, times


def _rows_and_columns(a: Term, b: Term, axis: int) -> tuple[Term, Term]:
    """Return stacks of rows of one and columns of the other, of the vectors along an axis."""
    return (
        move(lambda x: np.moveaxis(x, axis, -1)[..., np.newaxis, :], a),
        move(lambda x: np.moveaxis(x, axis, -1)[..., np.newaxis], b),
    )


def _vecdot(a: Term, b: Term, *, axis: int) -> Term:
    return move(lambda x: x[..., 0, 0], contract(*_rows_and_columns(a, b, axis)))


def _skew(vectors: Any) -> Any:
    """Return the matrices that multiply by vectors, with places for the negative entries: 3 places further on."""
    x, y, z = (vectors[..., i] for i in range(3))
    nothing = np.full(x.shape, -1)
    below_x, below_y, below_z = (vectors[..., i] for i in range(3, 6))
    rows = [[nothing, below_z, y], [z, nothing, below_x], [below_y, x, nothing]]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def _cross(a: Term, b: Term, *, axis: int) -> Term:
    """Multiply by the skew-symmetric matrix of the first vector."""
    left, right = _rows_and_columns(a, b, axis)
    both = move(lambda x, y: np.concatenate([x[..., 0, :], y[..., 0, :]], axis=-1), left, negative(left))
    product = contract(move(_skew, both), right)
    return move(lambda x: np.moveaxis(x[..., 0], -1, axis), product)


def _outer(a: Term, b: Term) -> Term:
    return times(move(lambda x: x[..., :, np.newaxis], a), move(lambda x: x[..., np.newaxis, :], b))


RULES: dict[str, Definition] = {
    "cross": _cross,
    "outer": _outer,
    "vecdot": _vecdot,
}
