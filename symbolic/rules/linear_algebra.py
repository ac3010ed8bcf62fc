"""Linear algebra: products, and what Cramer's rule gives."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import sympy as sp

from gradproof.errors import MirrorError
from gradproof.exact import Array

from ..program import Definition, Term, contract, move
from .steps import pointwise

#: Larger matrices would need formulas whose size grows as the factorial of theirs.
LARGEST_MATRIX = 3


def _size(x: Term) -> int:
    """Return the size of the square matrices of a stack."""
    size = x.shape[-1]
    if size > LARGEST_MATRIX:
        raise MirrorError(
            f"matrices of shape {x.shape[-2:]} are too large for the mirror of det, inv and solve, which are written "
            f"out for at most {LARGEST_MATRIX} x {LARGEST_MATRIX}"
        )
    return size


def _determinant_of(entries: Sequence[Any]) -> Any:
    """Return the determinant as an expression of the ``size**2`` entries."""
    size = math.isqrt(len(entries))
    return sp.Matrix(size, size, entries).det(method="berkowitz")


@cache
def _leibniz(size: int) -> Definition:
    """Return the determinant as a function of ``size**2`` entries."""
    return pointwise(lambda *entries: _determinant_of(entries), size**2)


@cache
def _logarithm(size: int) -> Definition:
    """Return the logarithm of the determinant's magnitude, as that of its square."""
    return pointwise(lambda *entries: sp.log(_determinant_of(entries) ** 2) / 2, size**2)


@cache
def _sign(size: int) -> Definition:
    return pointwise(lambda *entries: sp.sign(_determinant_of(entries)), size**2)


def _first_unknown(entries: Sequence[Any], side: Sequence[Any]) -> Any:
    """Return the first unknown of a system by Cramer's rule: the right-hand side in place of the first column."""
    size = len(side)
    replaced = [side[k // size] if k % size == 0 else entry for k, entry in enumerate(entries)]
    return _determinant_of(replaced) / _determinant_of(entries)


@cache
def _first_of_solution(size: int) -> Definition:
    """Return the first unknown as a function of ``size**2`` coefficients and ``size`` right-hand sides."""
    return pointwise(lambda *terms: _first_unknown(terms[: size**2], terms[size**2 :]), size**2 + size)


@cache
def _first_of_inverse(size: int) -> Definition:
    """Return the first entry of the inverse as a function of ``size**2`` entries."""
    return pointwise(lambda *entries: _first_unknown(entries, [1] + [0] * (size - 1)), size**2)


def _picked(x: Term, rows: Array, columns: Array) -> Term:
    return move(lambda a: a[..., rows, columns], x)


def _of_entries(function: Callable[[int], Definition]) -> Definition:
    """Return the rule of a function of all entries of a matrix, given one for each size."""
    return lambda x: function(_size(x))(*(move(lambda a, at=at: a[(..., *at)], x) for at in np.ndindex(x.shape[-2:])))


def _inv(x: Term) -> Term:
    """Take entry (i, j) for the first one of the inverse of a matrix whose row j and column i stand first."""
    size = _size(x)
    order = np.add.outer(range(size), range(size)) % size
    rows, columns = order[np.newaxis, :, :], order[:, np.newaxis, :]
    return _first_of_inverse(size)(*(_picked(x, rows[..., r], columns[..., c]) for r, c in np.ndindex(size, size)))


def _solve(a: Term, b: Term) -> Term:
    """Take unknown i for the first one of the system whose column i stands first."""
    size = _size(a)
    order = np.add.outer(range(size), range(size)) % size
    sides = b if b.ndim > 1 else move(lambda x: x[:, np.newaxis], b)
    coefficients = [_picked(a, np.array(r), order[:, c, np.newaxis]) for r, c in np.ndindex(size, size)]
    x = _first_of_solution(size)(
        *coefficients, *(move(lambda x, r=r: x[..., r : r + 1, :], sides) for r in range(size))
    )
    return x if b.ndim > 1 else move(lambda x: x[..., 0], x)


RULES: dict[str, Definition] = {
    "det": _of_entries(_leibniz),
    "det_sign": _of_entries(_sign),
    "inv": _inv,
    "logabsdet": _of_entries(_logarithm),
    "matmul": contract,
    "solve": _solve,
}
