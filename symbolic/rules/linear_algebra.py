"""Linear algebra: products, determinants, inverses, solutions of linear systems; of small matrices by Cramer's rule."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import sympy as sp

from gradproof.errors import MirrorError
from gradproof.exact import Array

from ..program import Definition, Term, contract, determinant, move
from .linear_systems import inverse, solve
from .steps import pointwise

#: The formulas of larger matrices would grow as the factorial of their size.
LARGEST_WRITTEN_OUT = 3

#: Determinants of larger matrices would take minutes, and millions of balls.
LARGEST_MATRIX = 32


def _is_written_out(x: Term) -> bool:
    """Tell how the square matrices of a stack are mirrored. Raises ``MirrorError`` for those that are too large."""
    size = x.shape[-1]
    if size > LARGEST_MATRIX:
        raise MirrorError(
            f"matrices of shape {x.shape[-2:]} are too large for the mirror of det, inv and solve, which takes at most "
            f"{LARGEST_MATRIX} x {LARGEST_MATRIX}; check the function at smaller ones"
        )
    return size <= LARGEST_WRITTEN_OUT


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


def _of_determinant(written_out: Callable[[int], Definition], function: Definition) -> Definition:
    """Return the rule of a function of the determinant, given it as one of so many entries for each size."""

    def rule(x: Term) -> Term:
        if not _is_written_out(x):
            return function(determinant(x))
        entries = (move(lambda a, at=at: a[(..., *at)], x) for at in np.ndindex(x.shape[-2:]))
        return written_out(x.shape[-1])(*entries)

    return rule


def _inv(x: Term) -> Term:
    """Take entry (i, j) for the first one of the inverse of a matrix whose row j and column i stand first."""
    if not _is_written_out(x):
        return inverse(x)
    size = x.shape[-1]
    order = np.add.outer(range(size), range(size)) % size
    rows, columns = order[np.newaxis, :, :], order[:, np.newaxis, :]
    return _first_of_inverse(size)(*(_picked(x, rows[..., r], columns[..., c]) for r, c in np.ndindex(size, size)))


def _solve(a: Term, b: Term) -> Term:
    sides = b if b.ndim > 1 else move(lambda x: x[:, np.newaxis], b)
    x = _by_cramers_rule(a, sides) if _is_written_out(a) else solve(a, sides)
    return x if b.ndim > 1 else move(lambda x: x[..., 0], x)


def _by_cramers_rule(a: Term, b: Term) -> Term:
    """Take unknown i for the first one of the system whose column i stands first."""
    size = a.shape[-1]
    order = np.add.outer(range(size), range(size)) % size
    coefficients = [_picked(a, np.array(r), order[:, c, np.newaxis]) for r, c in np.ndindex(size, size)]
    return _first_of_solution(size)(*coefficients, *(move(lambda x, r=r: x[..., r : r + 1, :], b) for r in range(size)))


RULES: dict[str, Definition] = {
    "det": _of_determinant(_leibniz, lambda d: d),
    "det_sign": _of_determinant(_sign, pointwise(sp.sign)),
    "inv": _inv,
    "logabsdet": _of_determinant(_logarithm, pointwise(lambda d: sp.log(d**2) / 2)),
    "matmul": contract,
    "solve": _solve,
}
