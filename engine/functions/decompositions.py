"""Factorisations of matrices, with the signatures of ``torch.linalg``.

What the equations leave free is chosen as ``engine/ops/decompositions.py`` says, so that each factor is one function of
the matrix. A matrix that must be symmetric is replaced by its symmetric part: PyTorch's gradients are those of that
function too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gradproof.errors import ArgumentError, ShapeError, UnsupportedError

from .. import ops
from ..ops.linear_algebra import swapped
from ..variable import untracked

if TYPE_CHECKING:
    from ..tensor import Tensor


def in_lines(name: str, fields: dict[str, Any]) -> str:
    """Return a result as PyTorch prints one of this name."""
    entries = ",\n".join(f"{field}={value!r}" for field, value in fields.items())
    return f"torch.return_types.{name}(\n{entries})"


class EighResult(NamedTuple):
    """What ``eigh`` returns."""

    eigenvalues: Any
    eigenvectors: Any

    def __repr__(self) -> str:
        return in_lines("linalg_eigh", self._asdict())


class QRResult(NamedTuple):
    """What ``qr`` returns."""

    Q: Any
    R: Any

    def __repr__(self) -> str:
        return in_lines("linalg_qr", self._asdict())


class SVDResult(NamedTuple):
    """What ``svd`` returns."""

    U: Any
    S: Any
    Vh: Any

    def __repr__(self) -> str:
        return in_lines("linalg_svd", self._asdict())


class LstsqResult(NamedTuple):
    """What ``lstsq`` returns."""

    solution: Any
    residuals: Any
    rank: Any
    singular_values: Any

    def __repr__(self) -> str:
        return in_lines("linalg_lstsq", self._asdict())


def cholesky(A: Any, *, upper: bool = False) -> Tensor:  # noqa: N803 - PyTorch's name
    """Return the lower triangular L of ``L L^T = A``, with ``upper`` its transpose.

    Raises ``ArgumentError`` where a matrix is not positive definite.
    """
    factor = ops.cholesky(A)
    if np.isnan(factor.array).any() and np.isfinite(A.array).all():
        raise ArgumentError("cholesky: the symmetric part of a matrix is not positive definite")
    return swapped(factor) if upper else factor


def eigh(A: Any, UPLO: str = "L") -> EighResult:  # noqa: ARG001, N803 - PyTorch's names; a symmetric matrix has one
    """Return the eigenvalues of a symmetric matrix, in ascending order, and its eigenvectors as columns."""
    return EighResult(ops.eigvalsh(A), ops.eigenvectors(A))


def eigvalsh(A: Any, UPLO: str = "L") -> Tensor:  # noqa: ARG001, N803 - as in eigh
    """Return the eigenvalues of a symmetric matrix, in ascending order."""
    return ops.eigvalsh(A)


def qr(A: Any, mode: str = "reduced") -> QRResult:  # noqa: N803 - PyTorch's name
    """Return Q with orthonormal columns and the upper triangular R of ``Q R = A``; the diagonal of R is positive.

    With ``mode`` "r" Q is empty. A complete Q of a tall matrix has columns that the matrix does not determine: such
    factors raise ``UnsupportedError`` when a derivative is asked for. Raises ``ArgumentError`` for another mode than
    PyTorch's.
    """
    if mode not in ("reduced", "complete", "r"):
        raise ArgumentError(f"qr has the modes 'reduced', 'complete' and 'r', not {mode!r}")
    rows, columns = _sizes("qr", A)
    if mode == "complete" and rows > columns:
        return _complete_qr(A)
    q = ops.orthogonal_factor(ops.getitem(A, index=(..., slice(rows))) if rows < columns else A)
    product = ops.matmul(swapped(q), A)
    r = ops.where(np.tri(min(rows, columns), columns, -1, dtype=np.bool_), 0.0, product)
    return QRResult(type(A).wrap(np.zeros(0, q.array.dtype)) if mode == "r" else q, r)


def _complete_qr(A: Any) -> QRResult:  # noqa: N803 - PyTorch's name
    from ..autograd.function import Function  # imports what this package is a part of

    class CompleteQR(Function):
        """Factors without a derivative."""

        @staticmethod
        def forward(ctx: Any, matrix: Any) -> Any:  # noqa: ARG004 - the context that every function has
            array = matrix.array
            rows, columns = array.shape[-2:]
            q = np.concatenate([ops.orthogonal_factor(array), np.linalg.qr(array, "complete")[0][..., columns:]], -1)
            product = np.swapaxes(q, -1, -2) @ array
            return matrix.wrap(q), matrix.wrap(np.where(np.tri(rows, columns, -1, dtype=np.bool_), 0.0, product))

        @staticmethod
        def backward(ctx: Any, *grads: Any) -> Any:  # noqa: ARG004 - as above
            raise UnsupportedError("a complete QR of a tall matrix has no derivative; use mode='reduced'")

    return QRResult(*CompleteQR.apply(A))


def svd(A: Any, full_matrices: bool = True) -> SVDResult:  # noqa: N803 - PyTorch's name
    """Return U, the singular values in descending order, and V transposed, of ``U diag(S) V^T = A``.

    Full matrices have further vectors where the matrix is not square: it does not determine these, and they carry no
    derivative.
    """
    rows, columns = _sizes("svd", A)
    left, right = ops.left_singular_vectors(A), swapped(ops.right_singular_vectors(A))
    if full_matrices and rows != columns:
        u, _, vh = np.linalg.svd(A.array)
        left = ops.concat(left, untracked(u[..., columns:], A), axis=-1) if rows > columns else left
        right = ops.concat(right, untracked(vh[..., rows:, :], A), axis=-2) if rows < columns else right
    return SVDResult(left, ops.svdvals(A), right)


def svdvals(A: Any) -> Tensor:  # noqa: N803 - PyTorch's name
    """Return the singular values, in descending order."""
    return ops.svdvals(A)


def pinv(
    A: Any,  # noqa: N803 - PyTorch's name
    *,
    atol: float | None = None,
    rtol: float | None = None,
    hermitian: bool = False,
) -> Tensor:
    """Return the pseudoinverse, ``(A^T A)^-1 A^T`` of a tall matrix of full rank.

    Singular values are taken for zero as PyTorch does by default; ``UnsupportedError`` is raised for other thresholds.
    With ``hermitian`` the matrix is replaced by its symmetric part.
    """
    if atol is not None or rtol is not None:
        raise UnsupportedError(
            "pinv is differentiable where the rank is full, which no threshold changes: leave it out"
        )
    return ops.pinv(0.5 * A + 0.5 * swapped(A) if hermitian else A)


def lstsq(A: Any, B: Any, rcond: float | None = None, *, driver: str | None = None) -> LstsqResult:  # noqa: ARG001, N803
    """Return the solution X of ``A X = B`` in the sense of least squares, for matrices of full rank.

    As PyTorch's default does it leaves out residuals and singular values.
    """
    empty = type(A).wrap(np.zeros(0, A.array.dtype))
    return LstsqResult(ops.matmul(ops.pinv(A), B), empty, matrix_rank(A), empty)


def matrix_rank(A: Any, *, atol: float | None = None, rtol: float | None = None, hermitian: bool = False) -> Tensor:  # noqa: ARG001, N803
    """Return how many singular values exceed ``atol``, and ``rtol`` times the largest: by default n eps, or nothing.

    It carries no derivative.
    """
    rows, columns = _sizes("matrix_rank", A)
    values = np.linalg.svd(A.array, compute_uv=False)
    if rtol is None:
        rtol = max(rows, columns) * float(np.finfo(A.array.dtype).eps) if atol is None else 0.0
    least = np.maximum(rtol * np.max(values, axis=-1, keepdims=True, initial=0.0), atol or 0.0)
    return untracked(np.sum(values > least, axis=-1, dtype=np.int64), A)


def householder_product(input: Any, tau: Any) -> Tensor:
    """Return the first columns of the product of reflections ``I - tau_i v_i v_i^T``.

    Vector ``v_i`` is column i of the input, below a one in row i. Raises ``ShapeError`` where the input has more
    columns than rows, or fewer than there are reflections.
    """
    rows, columns = _sizes("householder_product", input)
    shape, count = input.array.shape, tau.array.shape[-1] if tau.array.ndim else 0
    if rows < columns or count > columns or tau.array.shape[:-1] != shape[:-2]:
        raise ShapeError(f"householder_product takes tall matrices, with a tau for columns, not {shape} and {count}")
    unit = np.eye(rows, columns, dtype=input.array.dtype)
    below = ops.where(np.tri(rows, columns, -1, dtype=np.bool_), input, 0.0) + unit
    found = type(input).wrap(np.broadcast_to(unit, shape).copy())
    for i in reversed(range(count)):
        vector = ops.getitem(below, index=(..., slice(i, i + 1)))
        size = ops.getitem(tau, index=(..., slice(i, i + 1), None))
        found = found - ops.multiply(size, ops.matmul(vector, ops.matmul(swapped(vector), found)))
    return found


def _sizes(name: str, A: Any) -> tuple[int, int]:  # noqa: N803 - PyTorch's name
    shape = A.array.shape
    if len(shape) < 2:
        raise ArgumentError(f"{name} takes a matrix or a stack of matrices, not shape {shape}")
    return shape[-2], shape[-1]
