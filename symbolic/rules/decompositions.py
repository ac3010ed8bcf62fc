"""Factors of matrices, by the equations that define them.

What the equations leave free is chosen: the diagonal of a triangular factor is positive, and so is the product of each
eigenvector, or right singular vector, with the logarithms of the prime numbers. A matrix that must be symmetric is
replaced by its symmetric part.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import numpy as np
import sympy as sp
from flint import arb

from gradproof.exact import Array

from ..program import Definition, Equations, Term, contract, move, root, total
from .steps import pointwise

#: Row and column numbers of some entries of a matrix.
Places = tuple[Array, ...]

_average = pointwise(lambda a, b: (a + b) / 2, 2)
add = pointwise(lambda a, b: a + b, 2)
subtract = pointwise(lambda a, b: a - b, 2)
_multiply = pointwise(lambda a, b: a * b, 2)
_square = pointwise(lambda x: x**2)
_minus_one = pointwise(lambda x: x - 1)
_one = pointwise(lambda x: sp.S.One)


# --- arrangements


def transposed(x: Term) -> Term:
    """Transpose each matrix."""
    return move(lambda a: np.swapaxes(a, -1, -2), x)


def _symmetric(x: Term) -> Term:
    return _average(x, transposed(x))


def repeated(x: Term, count: int) -> Term:
    """Put so many copies of each matrix into a dimension before it."""
    shape = (*x.shape[:-2], count, *x.shape[-2:])
    return move(lambda a: np.broadcast_to(a[..., np.newaxis, :, :], shape), x)


def _columns_of(y: Term, start: int, stop: int) -> Term:
    """Return some unknowns as matrices of one column."""
    return move(lambda a: a[..., start:stop, np.newaxis], y)


def joined(*parts: Term) -> Term:
    """Lay matrices end to end, for each entry of a stack."""
    return move(lambda *arrays: np.concatenate([a.reshape(*a.shape[:-2], -1) for a in arrays], axis=-1), *parts)


def _entries(x: Term, places: Places) -> Term:
    """Return some entries of each matrix, as a matrix of one row."""
    return move(lambda a: a[..., places[0], places[1]][..., np.newaxis, :], x)


def _placed(y: Term, start: int, shape: tuple[int, int], places: Places) -> Term:
    """Return matrices with unknowns, from ``start`` on, at some places, and zeros elsewhere."""

    def place(a: Array) -> Array:
        filled = np.full((*a.shape[:-1], *shape), -1)
        filled[..., places[0], places[1]] = a[..., start : start + len(places[0])]
        return filled

    return move(place, y)


def minus_unit(x: Term) -> Term:
    """Subtract the unit matrix from each matrix."""
    on = np.eye(x.shape[-1], dtype=bool)
    diagonal = _minus_one(move(lambda a: np.diagonal(a, axis1=-2, axis2=-1), x))
    return move(lambda a, d: np.where(on, d[..., np.newaxis, :], a), x, diagonal)


def _sign_of_row(x: Term) -> Term:
    """Return the vector of one entry, 1 or -1, that is left of a matrix with one row, which it turns."""
    logarithms = [sp.log(sp.prime(k + 1)) for k in range(x.shape[-1])]
    sign = pointwise(lambda *a: sp.sign(sum(map(sp.Mul, logarithms, a))), x.shape[-1])
    return sign(*(move(lambda a, k=k: a[..., k : k + 1], x) for k in range(x.shape[-1])))


# --- choices


def _are_positive(balls: Array) -> Array:
    return np.frompyfunc(lambda ball: bool(ball > 0), 1, 1)(balls).astype(bool)


def _are_ascending(balls: Array) -> Array:
    """Tell of each row whether its balls are apart, and in ascending order."""
    return np.all(np.frompyfunc(lambda a, b: bool(a < b), 2, 1)(balls[..., :-1], balls[..., 1:]).astype(bool), axis=-1)


def _towards_logarithms(vectors: Array) -> Array:
    """Return the product of each vector with the logarithms of the prime numbers."""
    logarithms = [arb(int(sp.prime(k + 1))).log() for k in range(vectors.shape[-1])]
    return np.sum(vectors * np.array(logarithms, dtype=object), axis=-1)


def _turned(vectors: Array) -> Array:
    """Return signs, with which float vectors have a positive product with the logarithms."""
    logarithms = np.log([float(sp.prime(k + 1)) for k in range(vectors.shape[-1])])
    return np.where(vectors @ logarithms < 0.0, -1.0, 1.0)[..., np.newaxis]


def largest(sizes: Array, start: int, stop: int, axes: tuple[int, ...] = (-1,)) -> Array:
    """Return magnitudes with, in place of some, the largest of them."""
    result = np.array(sizes)
    result[..., start:stop] = np.max(sizes[..., start:stop], axis=axes, keepdims=True)
    return result


def _ones(sizes: Array, start: int, stop: int) -> Array:
    """Return magnitudes with ones in place of those of the entries of unit vectors."""
    result = np.array(sizes)
    result[..., start:stop] = 1.0
    return result


def guessed(factor: Callable[[Array], Array], x: Array, unknowns: int, ndim: int) -> Array:
    """Return what ``factor`` makes of each entry of a stack, NaN where LAPACK has no answer."""
    found = np.full((*x.shape[: x.ndim - ndim], unknowns), np.nan)
    for place in np.ndindex(*found.shape[:-1]):
        with contextlib.suppress(np.linalg.LinAlgError):
            found[place] = factor(x[place])
    return found


# --- triangular factors


def _cholesky(x: Term) -> Term:
    """Return L of ``L L^T = A``."""
    size = x.shape[-1]
    places = np.tril_indices(size)
    count = len(places[0])

    def residual(a: Term, y: Term) -> Term:
        lower = _placed(y, 0, (size, size), places)
        return joined(_entries(subtract(contract(lower, transposed(lower)), a), places))

    diagonal = places[0] == places[1]
    equations = Equations(
        "cholesky",
        residual,
        lambda a: guessed(lambda each: np.linalg.cholesky(each)[places], a, count, 2),
        lambda y: np.all(_are_positive(y[..., diagonal]), axis=-1),
        lambda sizes: largest(sizes, 0, count),
    )
    return _placed(root(equations, _symmetric(x), count, 2), 0, (size, size), places)


def _lu_factors(x: Term) -> Term:
    """Return L and U of ``L U = A``, where L has ones on the diagonal, in one matrix without these."""
    size = x.shape[-1]
    below, above = np.tril_indices(size, -1), np.triu_indices(size)
    split, count = len(below[0]), size**2

    def residual(a: Term, y: Term) -> Term:
        lower, upper = _placed(y, 0, (size, size), below), _placed(y, split, (size, size), above)
        return joined(subtract(add(contract(lower, upper), upper), a))

    def factor(a: Array) -> Array:
        lu = np.array(a)
        for k in range(size - 1):
            lu[k + 1 :, k] /= lu[k, k]
            lu[k + 1 :, k + 1 :] -= np.outer(lu[k + 1 :, k], lu[k, k + 1 :])
        return np.concatenate([lu[below], lu[above]])

    equations = Equations(
        "lu",
        residual,
        lambda a: guessed(factor, a, count, 2),
        lambda y: np.ones(y.shape[:-1], dtype=bool),
        lambda sizes: _ones(largest(sizes, split, count), 0, split),
    )
    places = np.concatenate([below, above], axis=1)
    return _placed(root(equations, x, count, 2), 0, (size, size), (places[0], places[1]))


def _orthogonal_factor(x: Term) -> Term:
    """Return Q of ``Q R = A``, ``Q^T Q = I``, where R is upper triangular."""
    rows, columns = x.shape[-2:]
    if rows == 1:
        return _sign_of_row(x)
    places = np.triu_indices(columns)
    entries = rows * columns
    count = entries + len(places[0])

    def residual(a: Term, y: Term) -> Term:
        q = move(lambda u: u[..., :entries].reshape(*u.shape[:-1], rows, columns), y)
        product = contract(q, _placed(y, entries, (columns, columns), places))
        return joined(subtract(product, a), _entries(minus_unit(contract(transposed(q), q)), places))

    def factor(a: Array) -> Array:
        q, r = np.linalg.qr(a)
        signs = np.where(np.diagonal(r) < 0.0, -1.0, 1.0)
        return np.concatenate([(q * signs).ravel(), (signs[:, np.newaxis] * r)[places]])

    diagonal = entries + np.flatnonzero(places[0] == places[1])
    equations = Equations(
        "qr",
        residual,
        lambda a: guessed(factor, a, count, 2),
        lambda y: np.all(_are_positive(y[..., diagonal]), axis=-1),
        lambda sizes: _ones(largest(sizes, entries, count), 0, entries),
    )
    y = root(equations, x, count, 2)
    return move(lambda u: u[..., :entries].reshape(x.shape), y)


# --- eigenvalues and eigenvectors


def _eigenpairs(x: Term) -> Term:
    """Return v and w of ``A v = w v``, ``v^T v = 1``: a row for each eigenvalue, in ascending order."""
    size = x.shape[-1]

    def residual(a: Term, y: Term) -> Term:
        vector, value = _columns_of(y, 0, size), _columns_of(y, size, size + 1)
        length = total(_square(vector), -2, keepdims=True)
        return joined(subtract(contract(a, vector), _multiply(value, vector)), _minus_one(length))

    def factor(a: Array) -> Array:
        values, vectors = np.linalg.eigh(a[0])
        return np.concatenate([_turned(vectors.T) * vectors.T, values[:, np.newaxis]], axis=-1).ravel()

    def guess(a: Array) -> Array:
        return guessed(factor, a, size * (size + 1), 3).reshape(*a.shape[:-2], size + 1)

    def chooses(y: Array) -> Array:
        ascending = _are_ascending(y[..., size])
        return ascending[..., np.newaxis] & _are_positive(_towards_logarithms(y[..., :size]))

    def sizes(magnitudes: Array) -> Array:
        return _ones(largest(magnitudes, size, size + 1, (-2, -1)), 0, size)

    equations = Equations("eigh", residual, guess, chooses, sizes, numbered=True)
    return root(equations, repeated(_symmetric(x), size), size + 1, 2)


def _eigenvalues(x: Term) -> Term:
    return move(lambda y: y[..., -1], _eigenpairs(x))


def _eigenvectors(x: Term) -> Term:
    if x.shape[-1] == 1:
        return _one(x)
    return move(lambda y: np.swapaxes(y[..., :-1], -1, -2), _eigenpairs(x))


# --- singular values and vectors


def _singular_triples(x: Term) -> Term:
    """Return u, v, s of ``A v = s u``, ``A^T u = s v``, ``u^T u = 1``: a row for each, s in descending order."""
    rows, columns = x.shape[-2:]
    count, unknowns = min(rows, columns), rows + columns + 1

    def residual(a: Term, y: Term) -> Term:
        left, right = _columns_of(y, 0, rows), _columns_of(y, rows, rows + columns)
        value = _columns_of(y, rows + columns, unknowns)
        length = total(_square(left), -2, keepdims=True)
        return joined(
            subtract(contract(a, right), _multiply(value, left)),
            subtract(contract(transposed(a), left), _multiply(value, right)),
            _minus_one(length),
        )

    def factor(a: Array) -> Array:
        left, values, right = np.linalg.svd(a[0], full_matrices=False)
        signs = _turned(right)
        return np.concatenate([signs * left.T, signs * right, values[:, np.newaxis]], axis=-1).ravel()

    def guess(a: Array) -> Array:
        return guessed(factor, a, count * unknowns, 3).reshape(*a.shape[:-2], unknowns)

    def chooses(y: Array) -> Array:
        values = y[..., rows + columns]
        descending = _are_ascending(values[..., ::-1]) & np.all(_are_positive(values), axis=-1)
        return descending[..., np.newaxis] & _are_positive(_towards_logarithms(y[..., rows : rows + columns]))

    def sizes(magnitudes: Array) -> Array:
        return _ones(largest(magnitudes, rows + columns, unknowns, (-2, -1)), 0, rows + columns)

    equations = Equations("svd", residual, guess, chooses, sizes, numbered=True)
    return root(equations, repeated(x, count), unknowns, 2)


def _singular_values(x: Term) -> Term:
    return move(lambda y: y[..., -1], _singular_triples(x))


def _left_singular_vectors(x: Term) -> Term:
    rows = x.shape[-2]
    if rows == 1:
        return _sign_of_row(x)
    return move(lambda y: np.swapaxes(y[..., :rows], -1, -2), _singular_triples(x))


def _right_singular_vectors(x: Term) -> Term:
    rows, columns = x.shape[-2:]
    if columns == 1:
        return _one(move(lambda a: a[..., :1, :], x))
    return move(lambda y: np.swapaxes(y[..., rows:-1], -1, -2), _singular_triples(x))


# --- the pseudoinverse


def _pseudoinverse(x: Term) -> Term:
    """Return ``(A^T A)^-1 A^T`` of a tall matrix, else the same of its transpose, transposed.

    Column i of it solves ``A^T r = 0`` with ``r = e_i - A x``: it is what makes r as small as can be.
    """
    rows, columns = x.shape[-2:]
    if rows < columns:
        return transposed(_pseudoinverse(transposed(x)))
    unknowns = columns + rows

    def residual(a: Term, y: Term) -> Term:
        solution, rest = _columns_of(y, 0, columns), _columns_of(y, columns, unknowns)
        sums = move(lambda u: u[..., 0], add(rest, contract(a, solution)))
        return move(
            lambda p, q: np.concatenate([p, q[..., 0]], axis=-1), minus_unit(sums), contract(transposed(a), rest)
        )

    def factor(a: Array) -> Array:
        inverse = np.linalg.pinv(a[0])
        return np.concatenate([inverse.T, np.eye(rows) - (a[0] @ inverse).T], axis=-1).ravel()

    def guess(a: Array) -> Array:
        return guessed(factor, a, rows * unknowns, 3).reshape(*a.shape[:-2], unknowns)

    def chooses(y: Array) -> Array:
        return np.ones(y.shape[:-1], dtype=bool)

    def sizes(magnitudes: Array) -> Array:
        return _ones(largest(magnitudes, 0, columns, (-2, -1)), columns, unknowns)

    equations = Equations("pinv", residual, guess, chooses, sizes, numbered=True)
    y = root(equations, repeated(x, rows), unknowns, 2)
    return move(lambda u: np.swapaxes(u[..., :columns], -1, -2), y)


RULES: dict[str, Definition] = {
    "cholesky": _cholesky,
    "eigenvectors": _eigenvectors,
    "eigvalsh": _eigenvalues,
    "left_singular_vectors": _left_singular_vectors,
    "lu_factors": _lu_factors,
    "orthogonal_factor": _orthogonal_factor,
    "pinv": _pseudoinverse,
    "right_singular_vectors": _right_singular_vectors,
    "svdvals": _singular_values,
}
