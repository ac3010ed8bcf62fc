"""Linear algebra with PyTorch's names and signatures: the module ``torch.linalg``, and what SciPy has besides."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gradproof.errors import ArgumentError, UnsupportedError

from . import ops
from .functions import reduction, vector_product
from .functions.contraction import multi_dot as multi_dot
from .functions.decompositions import cholesky as cholesky
from .functions.decompositions import eigh as eigh
from .functions.decompositions import eigvalsh as eigvalsh
from .functions.decompositions import householder_product as householder_product
from .functions.decompositions import lstsq as lstsq
from .functions.decompositions import matrix_rank as matrix_rank
from .functions.decompositions import pinv as pinv
from .functions.decompositions import qr as qr
from .functions.decompositions import svd as svd
from .functions.decompositions import svdvals as svdvals
from .functions.linear_algebra import matmul as matmul
from .functions.linear_algebra import matrix_power as matrix_power
from .functions.linear_algebra import slogdet as slogdet
from .functions.linear_algebra import solve_triangular as solve_triangular
from .functions.linear_algebra import tensorinv as tensorinv
from .functions.linear_algebra import tensorsolve as tensorsolve
from .functions.lu import lu as lu
from .functions.lu import lu_factor as lu_factor
from .functions.lu import lu_solve as lu_solve
from .functions.matrix_equations import solve_banded as solve_banded
from .functions.matrix_equations import solve_sylvester as solve_sylvester
from .functions.matrix_equations import sqrtm as sqrtm
from .functions.matrix_exponential import matrix_exp as matrix_exp
from .functions.vector_product import vecdot as vecdot
from .shapes import normalise_axes

if TYPE_CHECKING:
    from .tensor import Tensor

Dim = int | Sequence[int] | None


def vector_norm(x: Any, ord: float = 2, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Return the vector norm over ``dim``, of all entries where it is None, of any order that ``norm`` takes."""
    return reduction.norm(x, ord, dim, keepdim)


def cross(input: Any, other: Any, *, dim: int = -1) -> Tensor:
    """Return the cross products of vectors of 3 entries along ``dim``."""
    return vector_product.cross(input, other, dim)


def diagonal(A: Any, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:  # noqa: N803 - PyTorch's name
    """Return a diagonal of each matrix of a stack."""
    return ops.diagonal(A, offset=offset, axis1=dim1, axis2=dim2)


def norm(A: Any, ord: Any = None, dim: Dim = None, keepdim: bool = False) -> Tensor:  # noqa: N803 - PyTorch's name
    """Return the 2-norm of all entries; with ``ord`` the vector norm over one dimension, the matrix norm over two."""
    is_matrix = A.array.ndim == 2 if dim is None else not isinstance(dim, int) and len(dim) == 2
    if ord is not None and is_matrix:
        return matrix_norm(A, ord, (-2, -1) if dim is None else dim, keepdim)
    return reduction.norm(A, 2 if ord is None else ord, dim, keepdim)


def matrix_norm(A: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False) -> Tensor:  # noqa: N803
    """Return a norm of matrices, whose rows and columns are counted by two dimensions.

    ``ord`` is "fro", the root of the sum of all squares; "nuc", the sum of the singular values, 2 or -2, the largest or
    the least of them; 1 or -1, the largest or the least sum of magnitudes in a column, inf or -inf in a row.
    Raises ``UnsupportedError`` for another order, and ``ArgumentError`` where there are no matrices.
    """
    if ord not in ("fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf):
        raise UnsupportedError(f"the matrix norm of order {ord!r} is not supported; it is 'fro', 'nuc', 1, 2 or inf")
    if A.array.ndim < 2 or len(dim) != 2:
        raise ArgumentError(f"a matrix norm is over two dimensions, not {dim} of shape {A.array.shape}")
    rows, columns = normalise_axes(dim, A.array.ndim)
    if ord == "fro":
        return reduction.norm(A, 2, (rows, columns), keepdim)
    if ord in ("nuc", 2, -2):
        found = _spectral_norm(A, ord, rows, columns)
    else:
        inner, outer = (rows, columns) if abs(ord) == 1 else (columns, rows)
        sums = ops.sum(ops.abs(A), axis=inner, keepdims=True)
        extreme = ops.max if ord > 0 else ops.min
        found = ops.reshape(extreme(sums, axis=outer, keepdims=True), shape=_without(A.array.shape, rows, columns))
    kept = tuple(1 if axis in (rows, columns) else size for axis, size in enumerate(A.array.shape))
    return ops.reshape(found, shape=kept) if keepdim else found


def _spectral_norm(A: Any, ord: Any, rows: int, columns: int) -> Any:  # noqa: N803
    others = [axis for axis in range(A.array.ndim) if axis not in (rows, columns)]
    values = ops.svdvals(ops.permute_dims(A, axes=(*others, rows, columns)))
    if ord == "nuc":
        return ops.sum(values, axis=-1)
    return ops.getitem(values, index=(..., 0 if ord == 2 else -1))


def _without(shape: tuple[int, ...], *axes: int) -> tuple[int, ...]:
    return tuple(size for axis, size in enumerate(shape) if axis not in axes)


def cond(A: Any, p: Any = None) -> Tensor:  # noqa: N803 - PyTorch's name
    """Return the condition number: the norm of order ``p`` times that of the inverse, by default of order 2.

    Of order 2 or -2 it is a ratio of the largest and the least singular value, which matrices that are not square have.
    """
    if p is not None and p not in (2, -2):
        return matrix_norm(A, p) * matrix_norm(ops.inv(A), p)
    values = ops.svdvals(A)
    largest, least = (ops.getitem(values, index=(..., place)) for place in (0, -1))
    return least / largest if p == -2 else largest / least


def det(A: Any) -> Tensor:  # noqa: N803 - PyTorch's name
    """Return the determinant of each matrix of a stack."""
    return ops.det(A)


def inv(A: Any) -> Tensor:  # noqa: N803 - PyTorch's name
    """Return the inverse of each matrix of a stack. Raises ``ArgumentError`` where one is singular."""
    return ops.inv(A)


def solve(A: Any, B: Any) -> Tensor:  # noqa: N803 - PyTorch's name
    """Return the solution X of ``A X = B``, where B is a vector or a stack of matrices.

    Raises ``ArgumentError`` where a matrix is singular.
    """
    return ops.solve(A, B)
