"""Linear algebra with PyTorch's names and signatures: the module ``torch.linalg``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gradproof.errors import UnsupportedError

from . import ops
from .functions import reduction, vector_product
from .functions.contraction import multi_dot as multi_dot
from .functions.vector_product import vecdot as vecdot

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
    """Return the 2-norm of all entries, or with ``ord`` the vector norm over one dimension.

    Raises ``UnsupportedError`` where PyTorch gives the norm of a matrix as an operator.
    """
    is_matrix = A.array.ndim == 2 if dim is None else not isinstance(dim, int) and len(dim) == 2
    if ord not in (None, "fro") and is_matrix:
        raise UnsupportedError(f"the matrix norm of order {ord!r} is not supported; vector_norm takes all entries")
    return reduction.norm(A, 2 if ord is None else ord, dim, keepdim)


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
