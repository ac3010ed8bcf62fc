"""Steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradproof.errors import DtypeError

from .. import ops

if TYPE_CHECKING:
    from ..tensor import Tensor


def sign(input: Any) -> Tensor:
    """Return the sign: -1, 0 or 1; of booleans themselves."""
    if input.array.dtype.kind == "b":
        return ops.clone(input)
    return ops.sign(input)


def floor(input: Any) -> Tensor:
    """Return the largest integers that are not larger."""
    return ops.floor(input)


def ceil(input: Any) -> Tensor:
    """Return the smallest integers that are not smaller."""
    return ops.ceil(input)


def trunc(input: Any) -> Tensor:
    """Return the integers next to the entries on the side of zero."""
    return ops.trunc(input)


def round(input: Any, *, decimals: int = 0) -> Tensor:  # noqa: A001
    """Return the nearest integers, of two the even one; with ``decimals`` that many places are kept."""
    if not isinstance(decimals, int):
        raise DtypeError(f"decimals is a whole number, not {decimals!r}")
    if not decimals:
        return ops.round(input)
    scale = 10.0 ** abs(decimals)
    shifted = ops.multiply(input, scale) if decimals > 0 else ops.divide(input, scale)
    return ops.divide(ops.round(shifted), scale) if decimals > 0 else ops.multiply(ops.round(shifted), scale)


def frac(input: Any) -> Tensor:
    """Return the entries without their integers: ``input - trunc(input)``."""
    return ops.subtract(input, ops.trunc(input))


fix = trunc


__all__ = [
    "ceil",
    "fix",
    "floor",
    "frac",
    "round",
    "sign",
    "trunc",
]
