"""Contractions, convolutions and decompositions.

Vectors of a decomposition have the signs that JAX gives them at the leaves, where the matrix does not decide.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from jax import lax

from gradproof.engine import linalg, ops
from gradproof.engine.ops.linear_algebra import swapped
from gradproof.engine.signs import aligned
from gradproof.engine.variable import array_of
from gradproof.errors import UnsupportedError

from ...rules import Rule
from .pointwise import tensor
from .rearrangement import pad, transpose
from .whole import as_number, number


def _as_matrices(x: Any, *groups: Sequence[int]) -> Any:
    """Return ``x`` with the dimensions of each group as one."""
    moved = transpose(x, permutation=[place for group in groups for place in group])
    return ops.reshape(moved, shape=tuple(math.prod(array_of(x).shape[place] for place in group) for group in groups))


def _dot_general(x: Any, y: Any, *, dimension_numbers: Any, preferred_element_type: Any, **_: Any) -> Any:
    """Multiply along pairs of dimensions, for each place of other pairs; what is left stands in order."""
    contracted, batch = dimension_numbers
    free = [
        [place for place in range(array_of(each).ndim) if place not in (*contracted[slot], *batch[slot])]
        for slot, each in enumerate((x, y))
    ]
    product = ops.matmul(
        _as_matrices(x, batch[0], free[0], contracted[0]), _as_matrices(y, batch[1], contracted[1], free[1])
    )
    places = ((x, batch[0]), (x, free[0]), (y, free[1]))
    shape = tuple(array_of(each).shape[place] for each, group in places for place in group)
    found = ops.reshape(product, shape=shape)
    return found if preferred_element_type is None else as_number(found, preferred_element_type)


def _convolution(
    x: Any,
    weight: Any,
    *,
    window_strides: Sequence[int],
    padding: Sequence[tuple[int, int]],
    lhs_dilation: Sequence[int],
    rhs_dilation: Sequence[int],
    dimension_numbers: Any,
    feature_group_count: int,
    batch_group_count: int,
    **_: Any,
) -> Any:
    rank = len(window_strides)
    if rank not in (1, 2, 3) or batch_group_count != 1:
        raise UnsupportedError(
            f"it is over {rank} dimensions and {batch_group_count} groups of examples; supported are 1 to 3, and one"
        )
    x, weight = (
        transpose(x, permutation=dimension_numbers.lhs_spec),
        transpose(weight, permutation=dimension_numbers.rhs_spec),
    )
    around = tuple((int(low), int(high)) for low, high in padding)
    if set(lhs_dilation) - {1} or any(width < 0 for pair in around for width in pair):
        inside = [(low, high, apart - 1) for (low, high), apart in zip(around, lhs_dilation, strict=True)]
        config = [(0, 0, 0), (0, 0, 0), *inside]
        x, around = pad(x, number(0, array_of(x).dtype), padding_config=config), ((0, 0),) * rank
    found = (ops.conv1d, ops.conv2d, ops.conv3d)[rank - 1](
        x,
        weight,
        stride=tuple(window_strides),
        padding=around,
        dilation=tuple(rhs_dilation),
        groups=feature_group_count,
    )
    return transpose(found, permutation=np.argsort(dimension_numbers.out_spec).tolist())


def _triangular_solve(
    a: Any, b: Any, *, left_side: bool, lower: bool, transpose_a: bool, unit_diagonal: bool, **_: Any
) -> Any:
    matrix = swapped(a) if transpose_a else a
    return linalg.solve_triangular(
        tensor(matrix), tensor(b), upper=lower == transpose_a, left=left_side, unitriangular=unit_diagonal
    )


def _eigh(a: Any, *, lower: bool, subset_by_index: Any = None, **_: Any) -> list[Any]:
    if subset_by_index is not None:
        raise UnsupportedError("it asks for some of the eigenvalues; take them from all")
    vectors = ops.eigenvectors(a)
    known, _values = lax.linalg.eigh(array_of(a), lower=lower, symmetrize_input=False)
    return [*aligned(np.asarray(known), vectors), ops.eigvalsh(a)]


def _svd(a: Any, *, full_matrices: bool, compute_uv: bool, subset_by_index: Any = None, **_: Any) -> list[Any]:
    rows, columns = array_of(a).shape[-2:]
    if subset_by_index is not None or (full_matrices and compute_uv and rows != columns):
        raise UnsupportedError("it asks for vectors that the matrix does not determine; use full_matrices=False")
    if not compute_uv:
        return [ops.svdvals(a)]
    left, right = ops.left_singular_vectors(a), ops.right_singular_vectors(a)
    known, _values, _vectors = lax.linalg.svd(array_of(a), full_matrices=False)
    left, right = aligned(np.asarray(known), left, right)
    return [ops.svdvals(a), left, swapped(right)]


def _qr(a: Any, *, full_matrices: bool, pivoting: bool = False, **_: Any) -> list[Any]:
    rows, columns = array_of(a).shape[-2:]
    if pivoting or (full_matrices and rows > columns):
        raise UnsupportedError("it pivots, or asks for columns that the matrix does not determine")
    q, r = linalg.qr(a)
    known, _upper = lax.linalg.qr(array_of(a), full_matrices=False)
    q, turned = aligned(np.asarray(known), q, swapped(r))
    return [q, swapped(turned)]


def _lu(a: Any, **_: Any) -> list[Any]:
    """Return both factors in one, and which rows are exchanged: that is data, known at the leaves."""
    _factors, pivots, permutation = map(np.asarray, lax.linalg.lu(array_of(a)))
    found = linalg.lu_factor(a)
    if not np.array_equal(array_of(found.pivots), pivots + 1):
        raise UnsupportedError("two rows are as good to exchange, and JAX takes another one than LAPACK here")
    return [found.LU, pivots, permutation]


RULES: dict[str, Rule] = {
    "cholesky": lambda a, **_: ops.cholesky(a),
    "conv_general_dilated": _convolution,
    "dot_general": _dot_general,
    "eigh": _eigh,
    "householder_product": lambda a, taus: linalg.householder_product(tensor(a), tensor(taus)),
    "lu": _lu,
    "qr": _qr,
    "svd": _svd,
    "triangular_solve": _triangular_solve,
}
