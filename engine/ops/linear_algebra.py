"""Contractions."""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.budget import summation

from ..domain import REAL
from ..op import define
from ..shapes import Contraction
from ..variable import Variable
from .rearrangement import expand_dims, getitem, permute_dims


def _swapped(x: Any) -> Any:
    """Return ``x`` with its last two axes exchanged."""
    return permute_dims(x, axes=(*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def _column_product(matrix: Any, vector: Any) -> Any:
    """Return a stack of matrices times a stack of vectors, as a stack of vectors."""
    return getitem(matmul(matrix, expand_dims(vector, axis=-1)), index=(Ellipsis, 0))


def _outer(a: Any, b: Any) -> Any:
    return expand_dims(a, axis=-1) * expand_dims(b, axis=-2)


def _matmul_left(ct: Any, y: Any, a: Any, b: Any) -> Any:
    if b.ndim == 1:
        return ct * b if a.ndim == 1 else _outer(ct, b)
    return _column_product(b, ct) if a.ndim == 1 else matmul(ct, _swapped(b))


def _matmul_right(ct: Any, y: Any, a: Any, b: Any) -> Any:
    if a.ndim == 1:
        return ct * a if b.ndim == 1 else _outer(a, ct)
    return _column_product(_swapped(a), ct) if b.ndim == 1 else matmul(_swapped(a), ct)


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
