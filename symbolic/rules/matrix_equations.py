"""Solutions of equations in matrices, by these equations."""

from __future__ import annotations

import math

import numpy as np
from flint import arb, arb_mat

from gradproof.exact import Array

from ..program import Definition, Equations, Term, contract, move, root
from .decompositions import add, guessed, joined, largest, subtract


def _matrix(x: Term, start: int, shape: tuple[int, ...]) -> Term:
    """Return entries of each row, from ``start`` on, as a matrix."""
    return move(lambda a: a[..., start : start + math.prod(shape)].reshape(*a.shape[:-1], *shape), x)


def _solve_sylvester(a: Term, b: Term, q: Term) -> Term:
    """Return X of ``A X + X B = Q``, which is linear in X: where the equations are regular there is one solution."""
    stack = np.broadcast_shapes(*(each.shape[:-2] for each in (a, b, q)))
    spread = [move(lambda x: np.broadcast_to(x, (*stack, *x.shape[-2:])), each) for each in (a, b, q)]
    (rows, columns), count = q.shape[-2:], math.prod(q.shape[-2:])

    def parts(x: Term) -> tuple[Term, Term, Term]:
        left, right = _matrix(x, 0, (rows, rows)), _matrix(x, rows**2, (columns, columns))
        return left, right, _matrix(x, rows**2 + columns**2, (rows, columns))

    def residual(x: Term, y: Term) -> Term:
        left, right, side = parts(x)
        unknown = _matrix(y, 0, (rows, columns))
        return joined(subtract(add(contract(left, unknown), contract(unknown, right)), side))

    def factor(x: Array) -> Array:
        left, right, side = np.split(x, (rows**2, rows**2 + columns**2))
        left, right = left.reshape(rows, rows), right.reshape(columns, columns)
        system = np.kron(left, np.eye(columns)) + np.kron(np.eye(rows), right.T)
        return np.linalg.solve(system, side)

    equations = Equations(
        "solve_sylvester",
        residual,
        lambda x: guessed(factor, x, count, 1),
        lambda y: np.ones(y.shape[:-1], dtype=bool),
        lambda sizes: largest(sizes, 0, count),
    )
    return _matrix(root(equations, joined(*spread), count, 1), 0, (rows, columns))


#: Newton's method for the square root of a matrix converges quadratically, at first by halves.
_STEPS = 60


def _newton(a: Array) -> Array:
    """Return a root of one matrix (Denman and Beavers, *Applied Mathematics and Computation* 2, 1976)."""
    found, inverse = a, np.eye(len(a))
    for _ in range(_STEPS):
        found, inverse = (found + np.linalg.inv(inverse)) / 2, (inverse + np.linalg.inv(found)) / 2
    return found.ravel()


def is_stable(balls: Array) -> bool:
    """Tell whether it is proven of a matrix that all eigenvalues have a positive real part.

    That is Routh's criterion for the characteristic polynomial of its negative (Gantmacher, *The Theory of Matrices*,
    chapter XV).
    """
    size = math.isqrt(balls.size)
    coefficients: list[arb] = arb_mat(size, size, [-each for each in balls.tolist()]).charpoly().coeffs()[::-1]
    above, row = coefficients[0::2], coefficients[1::2]
    while row:
        if not row[0] > 0:
            return False
        padded = [*row[1:], *[arb(0)] * (len(above) - len(row))]
        above, row = row, [b - above[0] * c / row[0] for b, c in zip(above[1:], padded, strict=True)]
    return True


def _sqrtm(x: Term) -> Term:
    """Return X of ``X X = A``, the one root whose eigenvalues all have a positive real part."""
    size = x.shape[-1]

    def residual(a: Term, y: Term) -> Term:
        found = _matrix(y, 0, (size, size))
        return joined(subtract(contract(found, found), a))

    equations = Equations(
        "sqrtm",
        residual,
        lambda a: guessed(_newton, a, size**2, 2),
        lambda y: np.apply_along_axis(is_stable, -1, y).astype(bool),
        lambda sizes: largest(sizes, 0, size**2),
    )
    return _matrix(root(equations, x, size**2, 2), 0, (size, size))


RULES: dict[str, Definition] = {
    "solve_sylvester": _solve_sylvester,
    "sqrtm": _sqrtm,
}
