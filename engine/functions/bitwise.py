"""Operations on the bits of integers and on booleans, which have no derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import DtypeError, UnsupportedError

from .. import truth
from ..dispatch import is_traced
from ..variable import Array, untracked
from .operands import apply, operator, tensor_of

if TYPE_CHECKING:
    from ..tensor import Tensor


def _check(name: str, dtype: np.dtype[Any], kinds: str) -> None:
    if dtype.kind not in kinds:
        raise UnsupportedError(f"{name} takes integers{' and booleans' if 'b' in kinds else ''}, not {dtype.name}")


def _on_bits(
    name: str,
    compute: Callable[[Array, Array], Array],
    input: Any,
    other: Any,
    kinds: str = "iub",
    of_truths: Callable[[Any, Any], Any] | None = None,
) -> Any:
    in_ops = {} if of_truths is None else {"b": of_truths}
    return apply(name, compute, input, other, check=lambda dtype: _check(name, dtype, kinds), in_ops=in_ops)


def bitwise_and(input: Any, other: Any) -> Tensor:
    """Return the bits that are set in both, of booleans whether both are true."""
    return _on_bits("bitwise_and", np.bitwise_and, input, other, of_truths=truth.logical_and)


def bitwise_or(input: Any, other: Any) -> Tensor:
    """Return the bits that are set in either, of booleans whether either is true."""
    return _on_bits("bitwise_or", np.bitwise_or, input, other, of_truths=truth.logical_or)


def bitwise_xor(input: Any, other: Any) -> Tensor:
    """Return the bits that are set in one alone, of booleans whether they differ."""
    return _on_bits("bitwise_xor", np.bitwise_xor, input, other, of_truths=truth.logical_xor)


def bitwise_not(input: Any) -> Tensor:
    """Return the bits that are not set, of booleans the contrary."""
    x = tensor_of("bitwise_not", input)
    _check("bitwise_not", x.array.dtype, "iub")
    is_asked = x.array.dtype == np.bool_ and is_traced(x)
    made: Tensor = truth.logical_not(x) if is_asked else untracked(np.invert(x.array), x)
    return made


def invert(input: Any) -> Tensor:
    """Return :func:`bitwise_not`, the operator. Raises ``DtypeError`` for floats."""
    if input.array.dtype.kind == "f":
        raise DtypeError(f"~ takes integers and booleans, not {input.array.dtype.name}")
    return bitwise_not(input)


def bitwise_left_shift(input: Any, other: Any) -> Tensor:
    """Return integers with their bits moved up ``other`` places; by a negative number or all of the bits, 0."""
    return _on_bits("bitwise_left_shift", np.left_shift, input, other, "iu")


def bitwise_right_shift(input: Any, other: Any) -> Tensor:
    """Return integers with their bits moved down ``other`` places, and their sign in the place of those."""
    return _on_bits("bitwise_right_shift", np.right_shift, input, other, "iu")


and_, rand = operator(bitwise_and)
or_, ror = operator(bitwise_or)
xor, rxor = operator(bitwise_xor)
lshift, rlshift = operator(bitwise_left_shift)
rshift, rrshift = operator(bitwise_right_shift)


__all__ = [
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
]
