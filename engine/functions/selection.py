"""Comparisons and selections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import ArgumentError, DtypeError

from .. import ops
from ..data import array_from, number_from
from ..promotion import result_dtype
from ..variable import Variable, array_of
from .predicates import nonzero

if TYPE_CHECKING:
    from ..tensor import Tensor


def maximum(input: Any, other: Any) -> Tensor:
    """Return the larger of each pair."""
    return ops.maximum(input, other)


def minimum(input: Any, other: Any) -> Tensor:
    """Return the smaller of each pair."""
    return ops.minimum(input, other)


def fmax(input: Any, other: Any) -> Tensor:
    """Return the larger of each pair, of NaN and a number the number, to which the derivative goes too."""
    return ops.fmax(input, other)


def fmin(input: Any, other: Any) -> Tensor:
    """Return the smaller of each pair, of NaN and a number the number, to which the derivative goes too."""
    return ops.fmin(input, other)


def copysign(input: Any, other: Any) -> Tensor:
    """Return the magnitude of ``input`` with the sign of ``other``; the derivative where it is 0 is taken as 0."""
    return ops.copysign(input, other)


def clamp(input: Any, min: Any = None, max: Any = None) -> Tensor:
    """Return the entries within bounds: numbers, or tensors, of which ``max`` wins where they cross.

    A derivative flows to the entries between the bounds, and to a tensor that takes an entry's place as a bound. At a
    bound that is a number none flows; a tensor shares it, as ``maximum`` and ``minimum`` do.
    Raises ``ArgumentError`` where there is no bound.
    """
    if min is None and max is None:
        raise ArgumentError("clamp needs min, max or both, but got neither")
    given = [(name, bound) for name, bound in (("min", min), ("max", max)) if bound is not None]
    bounds = {name: bound if isinstance(bound, Variable) else number_from(bound, name) for name, bound in given}
    if not any(isinstance(bound, Variable) for bound in bounds.values()):
        dtype = result_dtype([array_of(input), *bounds.values()])
        x = input if input.array.dtype == dtype else ops.astype(input, dtype=dtype.name)
        rounded = {name: array_from(bound, dtype).item() for name, bound in bounds.items()}
        return ops.clip(x, **rounded)
    raised = input if min is None else ops.maximum(input, min)
    return raised if max is None else ops.minimum(raised, max)


def clamp_min(input: Any, min: Any) -> Tensor:
    """Return the entries, none below ``min``: a number or a tensor."""
    return clamp(input, min=_bound(min, "min"))


def clamp_max(input: Any, max: Any) -> Tensor:
    """Return the entries, none above ``max``: a number or a tensor."""
    return clamp(input, max=_bound(max, "max"))


def _bound(value: Any, name: str) -> Any:
    return value if isinstance(value, Variable) else number_from(value, name)


def nan_to_num(
    input: Any, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """Return the entries with numbers in place of NaN, 0 by default, and of infinities, the largest and smallest ones.

    The derivative by what is replaced is 0.
    """
    return ops.nan_to_num(input, nan=0.0 if nan is None else nan, posinf=posinf, neginf=neginf)


def eq(input: Any, other: Any) -> Tensor:
    """Return ``input == other``, entry by entry."""
    return ops.equal(input, other)


def ne(input: Any, other: Any) -> Tensor:
    """Return ``input != other``, entry by entry."""
    return ops.not_equal(input, other)


def lt(input: Any, other: Any) -> Tensor:
    """Return ``input < other``, entry by entry."""
    return ops.less(input, other)


def le(input: Any, other: Any) -> Tensor:
    """Return ``input <= other``, entry by entry."""
    return ops.less_equal(input, other)


def gt(input: Any, other: Any) -> Tensor:
    """Return ``input > other``, entry by entry."""
    return ops.greater(input, other)


def ge(input: Any, other: Any) -> Tensor:
    """Return ``input >= other``, entry by entry."""
    return ops.greater_equal(input, other)


def abs(input: Any) -> Tensor:  # noqa: A001
    """Return the absolute value; its derivative at 0 is taken as 0."""
    return ops.abs(input)


def relu(input: Any) -> Tensor:
    """Return ``max(input, 0)``; its derivative at 0 is taken as 0."""
    return ops.relu(input)


def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """Return ``input`` where the condition holds and ``other`` elsewhere; without both, where the condition holds.

    Raises ``DtypeError`` where the condition is no tensor of booleans.
    """
    if input is None and other is None:
        return nonzero(condition, as_tuple=True)
    if not isinstance(condition, Variable | np.ndarray) or array_of(condition).dtype.kind != "b":
        raise DtypeError("the condition of where is a tensor of booleans")
    return ops.where(condition, input, other)


clip, absolute = clamp, abs
not_equal, less, less_equal, greater, greater_equal = ne, lt, le, gt, ge


__all__ = [
    "abs",
    "absolute",
    "clamp",
    "clamp_max",
    "clamp_min",
    "clip",
    "copysign",
    "eq",
    "fmax",
    "fmin",
    "ge",
    "greater",
    "greater_equal",
    "gt",
    "le",
    "less",
    "less_equal",
    "lt",
    "maximum",
    "minimum",
    "nan_to_num",
    "ne",
    "not_equal",
    "relu",
    "where",
]
