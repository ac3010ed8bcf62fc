"""Products of matrices and of tensors along several dimensions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from gradproof.errors import ArgumentError, ShapeError

from .. import ops
from ..shapes import normalise_axes
from .vector_product import outer

if TYPE_CHECKING:
    from ..tensor import Tensor


def _product(name: str, ranks: tuple[int, int], first: Any, second: Any) -> Any:
    """Return the matrix product of tensors that have so many dimensions, and equal sizes of stacks."""
    shapes = first.array.shape, second.array.shape
    if tuple(map(len, shapes)) != ranks or (ranks == (3, 3) and shapes[0][0] != shapes[1][0]):
        raise ShapeError(
            f"{name} takes tensors of {ranks[0]} and {ranks[1]} dimensions, not {shapes[0]} and {shapes[1]}"
        )
    return ops.matmul(first, second)


def mm(input: Any, mat2: Any) -> Tensor:
    """Return the product of two matrices."""
    return _product("mm", (2, 2), input, mat2)


def mv(input: Any, vec: Any) -> Tensor:
    """Return the product of a matrix and a vector."""
    return _product("mv", (2, 1), input, vec)


def bmm(input: Any, mat2: Any) -> Tensor:
    """Return the products of the matrices of two stacks of one length."""
    return _product("bmm", (3, 3), input, mat2)


def _added(input: Any, product: Any, beta: float, alpha: float) -> Tensor:
    """Return ``beta input + alpha product``; what is multiplied by 0 is left out, also where it is not finite."""
    scaled = product if alpha == 1 else product * alpha
    if not beta:
        return (
            scaled if input.array.shape == product.array.shape else ops.broadcast_to(scaled, shape=product.array.shape)
        )
    return ops.add(input if beta == 1 else input * beta, scaled)


def addmm(input: Any, mat1: Any, mat2: Any, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Return ``beta input + alpha mat1 @ mat2``."""
    return _added(input, mm(mat1, mat2), beta, alpha)


def addmv(input: Any, mat: Any, vec: Any, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Return ``beta input + alpha mat @ vec``."""
    return _added(input, mv(mat, vec), beta, alpha)


def addr(input: Any, vec1: Any, vec2: Any, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Return ``beta input`` and ``alpha`` times the outer product of two vectors."""
    return _added(input, outer(vec1, vec2), beta, alpha)


def baddbmm(input: Any, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Return ``beta input + alpha batch1 @ batch2``, for two stacks of one length."""
    return _added(input, bmm(batch1, batch2), beta, alpha)


def addbmm(input: Any, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Return ``beta input`` and ``alpha`` times the sum of the products of two stacks."""
    return _added(input, ops.sum(bmm(batch1, batch2), axis=0), beta, alpha)


def inner(input: Any, other: Any) -> Tensor:
    """Return the inner products along the last dimensions; with a number, the product."""
    if not input.array.ndim or not other.array.ndim:
        return ops.multiply(input, other)
    return tensordot(input, other, ([-1], [-1]))


def tensordot(a: Any, b: Any, dims: Any = 2) -> Tensor:
    """Return the sums of products over the last ``dims`` dimensions of one and the first of another, or over pairs."""
    if isinstance(dims, int):
        if not 0 <= dims <= min(a.array.ndim, b.array.ndim):
            raise ArgumentError(f"dims is {dims}, but the tensors have {a.array.ndim} and {b.array.ndim} dimensions")
        dims = (range(a.array.ndim - dims, a.array.ndim), range(dims))
    of_a, of_b = (normalise_axes(each, x.array.ndim) for each, x in zip(dims, (a, b), strict=True))
    sizes = [[x.array.shape[i] for i in axes] for x, axes in ((a, of_a), (b, of_b))]
    if sizes[0] != sizes[1]:
        raise ShapeError(f"the contracted sizes {sizes[0]} and {sizes[1]} differ, but must be equal")
    rows = _as_matrix(a, [i for i in range(a.array.ndim) if i not in of_a], of_a)
    columns = _as_matrix(b, of_b, [i for i in range(b.array.ndim) if i not in of_b])
    kept = [n for x, axes in ((a, of_a), (b, of_b)) for i, n in enumerate(x.array.shape) if i not in axes]
    return ops.reshape(ops.matmul(rows, columns), shape=tuple(kept))


def _as_matrix(x: Any, rows: Sequence[int], columns: Sequence[int]) -> Any:
    sizes = (math.prod(x.array.shape[i] for i in axes) for axes in (rows, columns))
    return ops.reshape(ops.permute_dims(x, axes=(*rows, *columns)), shape=tuple(sizes))


def kron(input: Any, other: Any) -> Tensor:
    """Return the Kronecker product: the second tensor, multiplied by each entry of the first, in its place."""
    rank = max(input.array.ndim, other.array.ndim)
    first, second = ((1,) * (rank - x.array.ndim) + x.array.shape for x in (input, other))
    spread = [tuple(n for size in first for n in (size, 1)), tuple(n for size in second for n in (1, size))]
    product = ops.multiply(ops.reshape(input, shape=spread[0]), ops.reshape(other, shape=spread[1]))
    return ops.reshape(product, shape=tuple(m * n for m, n in zip(first, second, strict=True)))


def multi_dot(tensors: Sequence[Any]) -> Tensor:
    """Return the product of matrices in the order that takes the fewest multiplications.

    The first and the last may be vectors. The order is found by dynamic programming (Cormen, Leiserson, Rivest and
    Stein, *Introduction to Algorithms*, section 15.2).
    """
    if len(tensors) < 2:
        raise ArgumentError(f"multi_dot takes at least two tensors, not {len(tensors)}")
    shapes = [each.array.shape for each in tensors]
    if any(len(shape) != 2 for shape in shapes[1:-1]) or any(len(shapes[i]) not in (1, 2) for i in (0, -1)):
        raise ShapeError(f"multi_dot takes matrices, and vectors at the ends, not shapes {shapes}")
    sizes = [1 if len(shapes[0]) == 1 else shapes[0][0], *(shape[0] for shape in shapes[1:])]
    sizes.append(1 if len(shapes[-1]) == 1 else shapes[-1][1])
    return _in_order(tensors, _splits(sizes), 0, len(tensors) - 1)


def _splits(sizes: Sequence[int]) -> Callable[[int, int], int]:
    """Return where the product of the factors from one to another is best split: behind the factor that is told."""
    count = len(sizes) - 1
    costs = {(i, i): 0 for i in range(count)}
    best: dict[tuple[int, int], int] = {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            found = [(costs[i, k] + costs[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)]
            costs[i, j], best[i, j] = min(found)
    return lambda i, j: best[i, j]


def _in_order(factors: Sequence[Any], split: Callable[[int, int], int], i: int, j: int) -> Any:
    if i == j:
        return factors[i]
    k = split(i, j)
    return ops.matmul(_in_order(factors, split, i, k), _in_order(factors, split, k + 1, j))


def chain_matmul(*matrices: Any) -> Tensor:
    """Return the product of matrices in the order that takes the fewest multiplications; of one, that."""
    return matrices[0] if len(matrices) == 1 else multi_dot(matrices)


__all__ = [
    "addbmm",
    "addmm",
    "addmv",
    "addr",
    "baddbmm",
    "bmm",
    "chain_matmul",
    "inner",
    "kron",
    "mm",
    "mv",
    "tensordot",
]
