"""The extension ``linalg``: factorisations, systems of equations, norms."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gradproof.errors import ArgumentError

from .. import linalg, ops
from ..functions import decompositions, linear_algebra
from ..functions.decompositions import EighResult, QRResult, SVDResult
from ..functions.linear_algebra import SlogdetResult
from ..variable import Variable
from .arguments import FLOATING, NUMERIC, Axis, accumulated, array, arrays
from .linear_algebra import matmul as matmul
from .linear_algebra import matrix_transpose as matrix_transpose
from .linear_algebra import tensordot as tensordot
from .linear_algebra import vecdot as vecdot

if TYPE_CHECKING:
    from ..tensor import Tensor


def cholesky(x: Tensor, /, *, upper: bool = False) -> Tensor:
    """Return the lower triangular L of ``L L^T = x``, with ``upper`` its transpose, for symmetric matrices.

    Raises ``ArgumentError`` where one is not positive definite.
    """
    return decompositions.cholesky(array("cholesky", x, FLOATING), upper=upper)


def cross(x1: Tensor, x2: Tensor, /, *, axis: int = -1) -> Tensor:
    """Return the cross products of vectors of 3 entries along ``axis``, counted from the last one."""
    return ops.cross(*arrays("cross", x1, x2, kinds=NUMERIC), axis=axis)


def det(x: Tensor, /) -> Tensor:
    """Return the determinants."""
    return ops.det(array("det", x, FLOATING))


def diagonal(x: Tensor, /, *, offset: int = 0) -> Tensor:
    """Return a diagonal of each matrix, above the main one by ``offset``."""
    return ops.diagonal(array("diagonal", x), offset=offset)


def eigh(x: Tensor, /) -> EighResult:
    """Return the eigenvalues of symmetric matrices in ascending order, and the eigenvectors as columns."""
    return decompositions.eigh(array("eigh", x, FLOATING))


def eigvalsh(x: Tensor, /) -> Tensor:
    """Return the eigenvalues of symmetric matrices in ascending order."""
    return ops.eigvalsh(array("eigvalsh", x, FLOATING))


def inv(x: Tensor, /) -> Tensor:
    """Return the inverses. Raises ``ArgumentError`` where a matrix is singular."""
    return ops.inv(array("inv", x, FLOATING))


def matrix_norm(x: Tensor, /, *, keepdims: bool = False, ord: float | str | None = "fro") -> Tensor:
    """Return a norm of each matrix: "fro", "nuc", or of order 1, -1, 2, -2, inf or -inf. None stands for "fro"."""
    order = "fro" if ord is None else ord
    return linalg.matrix_norm(array("matrix_norm", x, FLOATING), order, keepdim=keepdims)


def matrix_power(x: Tensor, n: int, /) -> Tensor:
    """Return the n-th powers of square matrices, of the inverses where n is negative."""
    return linear_algebra.matrix_power(array("matrix_power", x, FLOATING), n)


def matrix_rank(x: Tensor, /, *, rtol: float | Tensor | None = None) -> Tensor:
    """Return how many singular values exceed ``rtol`` times the largest; it carries no derivative."""
    threshold: Any = rtol.array[..., None] if isinstance(rtol, Variable) else rtol
    return decompositions.matrix_rank(array("matrix_rank", x, FLOATING), rtol=threshold)


def outer(x1: Tensor, x2: Tensor, /) -> Tensor:
    """Return the products of all pairs of entries of two vectors."""
    return ops.outer(*arrays("outer", x1, x2, kinds=NUMERIC))


def pinv(x: Tensor, /, *, rtol: float | None = None) -> Tensor:
    """Return the pseudoinverses of matrices of full rank. Raises ``UnsupportedError`` for a threshold of another."""
    return decompositions.pinv(array("pinv", x, FLOATING), rtol=rtol)


def qr(x: Tensor, /, *, mode: str = "reduced") -> QRResult:
    """Return Q with orthonormal columns and the upper triangular R of ``Q R = x``; the diagonal of R is positive.

    A complete Q of a tall matrix has columns that the matrix does not determine, and no derivative: that raises
    ``UnsupportedError``. Raises ``ArgumentError`` for a mode that is not "reduced" or "complete".
    """
    if mode not in ("reduced", "complete"):
        raise ArgumentError(f"qr has the modes 'reduced' and 'complete', not {mode!r}")
    return decompositions.qr(array("qr", x, FLOATING), mode)


def slogdet(x: Tensor, /) -> SlogdetResult:
    """Return the sign of each determinant and the logarithm of its magnitude."""
    return linear_algebra.slogdet(array("slogdet", x, FLOATING))


def solve(x1: Tensor, x2: Tensor, /) -> Tensor:
    """Return the solution X of ``x1 X = x2``, where ``x2`` is one vector or a stack of matrices.

    Raises ``ArgumentError`` where a matrix is singular.
    """
    return ops.solve(*arrays("solve", x1, x2, kinds=FLOATING))


def svd(x: Tensor, /, *, full_matrices: bool = True) -> SVDResult:
    """Return U, the singular values in descending order, and V transposed, of ``U diag(S) V^T = x``.

    Full matrices have further vectors where the matrix is not square, which carry no derivative.
    """
    return decompositions.svd(array("svd", x, FLOATING), full_matrices)


def svdvals(x: Tensor, /) -> Tensor:
    """Return the singular values in descending order."""
    return ops.svdvals(array("svdvals", x, FLOATING))


def trace(x: Tensor, /, *, offset: int = 0, dtype: Any = None) -> Tensor:
    """Return the sum of a diagonal of each matrix, in the dtype of a sum."""
    return ops.trace(accumulated(array("trace", x, NUMERIC), dtype), offset=offset)


def vector_norm(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False, ord: float = 2) -> Tensor:
    """Return the root of the sum of powers ``ord`` over ``axis``, over all entries where it is None.

    For inf and -inf it is the largest and the smallest magnitude, for 0 the number of entries other than zero. A
    negative order is that of the reciprocals, which is 0 where an entry is.
    """
    vectors = array("vector_norm", x, FLOATING)
    if not -math.inf < ord < 0:
        return linalg.vector_norm(vectors, ord, axis, keepdims)
    return ops.reciprocal(linalg.vector_norm(ops.reciprocal(vectors), -ord, axis, keepdims))


__all__ = [
    "cholesky",
    "cross",
    "det",
    "diagonal",
    "eigh",
    "eigvalsh",
    "inv",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
    "trace",
    "vecdot",
    "vector_norm",
]
