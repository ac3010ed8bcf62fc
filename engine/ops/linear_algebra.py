"""Contractions."""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.budget import summation

from ..domain import REAL
from ..op import define
from ..shapes import Contraction
from ..variable import Variable, array_of
from .rearrangement import expand_dims, getitem, permute_dims
from .reduction import sum as sum_
from .selection import where


def _swapped(x: Any) -> Any:
    """Return ``x`` with its last two axes exchanged."""
    return permute_dims(x, axes=(*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def _column(x: Any) -> Any:
    return expand_dims(x, axis=-1)


def _row(x: Any) -> Any:
    return expand_dims(x, axis=-2)


def _first_column(x: Any) -> Any:
    return getitem(x, index=(Ellipsis, 0))


def _times(a: Any, b: Any, ct: Any) -> Any:
    """Return ``matmul(a, b)``, one of them the cotangent, whose zeros are strong: see the sweep.

    The products are taken one by one only where they are not all finite.
    """
    product = matmul(a, b)
    zero = array_of(ct) == 0.0
    if not np.isnan(array_of(product)).any() or not zero.any():
        return product
    zeros = _column(zero) if ct is a else np.expand_dims(zero, -3)
    return sum_(where(zeros, 0.0, _column(a) * expand_dims(b, axis=-3)), axis=-2)


def _matmul_left(ct: Any, y: Any, a: Any, b: Any) -> Any:
    if b.ndim == 1:
        return ct * b if a.ndim == 1 else _times(column := _column(ct), _row(b), column)
    if a.ndim > 1:
        return _times(ct, _swapped(b), ct)
    column = _column(ct)
    return _first_column(_times(b, column, column))


def _matmul_right(ct: Any, y: Any, a: Any, b: Any) -> Any:
    if a.ndim == 1:
        return ct * a if b.ndim == 1 else _times(_column(a), row := _row(ct), row)
    if b.ndim > 1:
        return _times(_swapped(a), ct, ct)
    column = _column(ct)
    return _first_column(_times(_swapped(a), column, column))


def _node(a: Variable, b: Variable) -> str:
    """Return PyTorch's node; for stacks and vector-matrix products, that of the product inside its composite."""
    ranks = (min(a.array.ndim, 3), min(b.array.ndim, 3))
    return {(1, 1): "DotBackward0", (2, 1): "MvBackward0"}.get(ranks, "BmmBackward0" if 3 in ranks else "MmBackward0")


matmul = define(
    "matmul",
    forward=np.matmul,
    vjp=(_matmul_left, _matmul_right),
    shape=Contraction(),
    domain=(REAL, REAL),
    budget=summation(),
    node=_node,
)
