"""Operations on truth values, where every number but 0 is true."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import truth
from ..dispatch import is_traced
from ..shapes import broadcast
from ..variable import Array, untracked
from .operands import tensor_of

if TYPE_CHECKING:
    from ..tensor import Tensor


def _of_truths(name: str, compute: Callable[[Array, Array], Array], input: Any, other: Any) -> Any:
    a, b = tensor_of(name, input), tensor_of(name, other)
    broadcast(a.array.shape, b.array.shape)
    if is_traced(a, b):
        return getattr(truth, name)(a, b)
    return untracked(compute(a.array, b.array), a)


def logical_and(input: Any, other: Any) -> Tensor:
    """Return whether both are true."""
    return _of_truths("logical_and", np.logical_and, input, other)


def logical_or(input: Any, other: Any) -> Tensor:
    """Return whether either is true."""
    return _of_truths("logical_or", np.logical_or, input, other)


def logical_xor(input: Any, other: Any) -> Tensor:
    """Return whether one alone is true."""
    return _of_truths("logical_xor", np.logical_xor, input, other)


def logical_not(input: Any) -> Tensor:
    """Return whether each entry is 0."""
    x = tensor_of("logical_not", input)
    made: Tensor = truth.logical_not(x) if is_traced(x) else untracked(np.logical_not(x.array), x)
    return made


__all__ = ["logical_and", "logical_not", "logical_or", "logical_xor"]
