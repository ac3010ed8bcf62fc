"""Kinds of matrices: where functions of matrices are defined and differentiable, at the precision of a dtype."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Stack = NDArray[np.float64]
Answers = NDArray[np.bool_]

#: Tells of each matrix of a stack whether it is of a kind, where what is so much smaller than the largest is nothing.
Kind = Callable[[Stack, float], Answers]


def singular_values(a: Stack) -> Stack:
    """Return the singular values of each matrix, in descending order."""
    return np.asarray(np.linalg.svd(a, compute_uv=False))


def symmetric(a: Stack) -> Stack:
    """Return the symmetric part of each matrix."""
    return 0.5 * a + 0.5 * np.swapaxes(a, -1, -2)


def eliminated(a: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return both factors of each square matrix, ``L U = A``, as elimination without exchanges of rows leaves them.

    L is below the diagonal, on which it has ones, and U is the rest. Below a zero L has zeros where nothing is left.
    """
    lu = np.array(a)
    with np.errstate(all="ignore"):
        for k in range(lu.shape[-1] - 1):
            column, pivot = lu[..., k + 1 :, k], lu[..., k, k, np.newaxis]
            np.divide(column, pivot, out=column, where=(column != 0.0) | (pivot != 0.0))
            lu[..., k + 1 :, k + 1 :] -= lu[..., k + 1 :, k, np.newaxis] * lu[..., np.newaxis, k, k + 1 :]
    return lu


def _is_square(a: Stack) -> bool:
    return a.shape[-1] == a.shape[-2]


def _has_full_rank(a: Stack, small: float) -> Answers:
    values = singular_values(a)
    return values[..., -1] > small * values[..., 0]


def _is_tall(a: Stack, small: float) -> Answers:
    return _has_full_rank(a, small) & (a.shape[-2] >= a.shape[-1])


def _is_invertible(a: Stack, small: float) -> Answers:
    return _has_full_rank(a, small) & _is_square(a)


def _is_in_pivot_order(a: Stack, small: float) -> Answers:
    lower = np.tril(eliminated(a), -1)
    return _has_full_rank(a, small) & np.all(np.abs(lower) <= 1.0, axis=(-2, -1))


def _is_definite(a: Stack, small: float) -> Answers:
    values = np.linalg.eigvalsh(symmetric(a))
    return values[..., 0] > small * values[..., -1]


def _is_accretive(a: Stack, small: float) -> Answers:
    values = np.linalg.eigvalsh(symmetric(a))
    return values[..., 0] > small * singular_values(a)[..., 0]


def _has_simple_spectrum(a: Stack, small: float) -> Answers:
    values = np.linalg.eigvalsh(symmetric(a))
    return np.all(np.diff(values) > small * np.max(np.abs(values), axis=-1, keepdims=True), axis=-1)


def _has_simple_singular_values(a: Stack, small: float) -> Answers:
    values = singular_values(a)
    return _has_full_rank(a, small) & np.all(-np.diff(values) > small * values[..., :1], axis=-1)


KINDS: Mapping[str, Kind] = {
    "invertible": _is_invertible,
    "of full rank": _has_full_rank,
    "of full column rank": _is_tall,
    "in the order of their pivots": _is_in_pivot_order,
    "positive definite": _is_definite,
    "of positive definite symmetric part": _is_accretive,
    "of distinct eigenvalues": _has_simple_spectrum,
    "of distinct singular values": _has_simple_singular_values,
}

#: Kinds of matrices that are square.
SQUARE = frozenset(
    {
        "invertible",
        "in the order of their pivots",
        "positive definite",
        "of positive definite symmetric part",
        "of distinct eigenvalues",
    }
)


def are_of(kind: str, values: NDArray[np.floating]) -> Answers:
    """Tell for each matrix of a stack whether it is of a kind; none is that is empty or not finite."""
    is_matrix = values.ndim > 1 and min(values.shape[-2:]) > 0 and bool(np.all(np.isfinite(values)))
    if not is_matrix or (kind in SQUARE and values.shape[-1] != values.shape[-2]):
        return np.zeros(values.shape[:-2], dtype=np.bool_)
    return KINDS[kind](values.astype(np.float64), max(values.shape[-2:]) * float(np.finfo(values.dtype).eps))
