"""The arguments of functions that carry no derivative, in the one dtype that they have together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from gradproof.errors import ArgumentError, DtypeError

from ..conversion import NUMBERS, number
from ..dispatch import is_traced
from ..promotion import result_dtype
from ..shapes import broadcast
from ..variable import Array, Variable, untracked

_OPERANDS = (Variable, np.ndarray, np.generic, *NUMBERS)


def tensor_of(name: str, value: Any) -> Any:
    """Return a tensor as it is. Raises ``DtypeError`` for anything else."""
    if not isinstance(value, Variable):
        raise DtypeError(f"{name} takes tensors, not {type(value).__name__}")
    return value


def tensors_of(name: str, tensors: Any) -> Any:
    """Return a sequence of tensors as it is. Raises ``DtypeError`` for anything else, ``ArgumentError`` for none."""
    if not isinstance(tensors, list | tuple) or not all(isinstance(each, Variable) for each in tensors):
        raise DtypeError(f"{name} takes a sequence of tensors, not {tensors!r}")
    if not tensors:
        raise ArgumentError(f"{name} needs at least one tensor, but got none")
    return tensors


def apply(
    name: str,
    compute: Callable[[Array, Array], Array],
    input: Any,
    other: Any,
    *,
    check: Callable[[np.dtype[Any]], None],
    in_ops: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType({}),
) -> Any:
    """Return what is computed of two tensors, or of one and a number; ``check`` refuses a dtype.

    ``in_ops`` says the same in ops of the vocabulary, for a kind of dtypes: that is what a trace sees.

    Raises ``DtypeError`` where there is no tensor, ``ShapeError`` where shapes do not broadcast.
    """
    tensors = [each for each in (input, other) if isinstance(each, Variable)]
    values = [_value(name, each) for each in (input, other)]
    if not tensors:
        raise DtypeError(f"{name} takes a tensor, not numbers alone: {input!r} and {other!r}")
    dtype = result_dtype(values)
    check(dtype)
    a, b = (number(value, dtype) for value in values)
    broadcast(a.shape, b.shape)
    if dtype.kind in in_ops and is_traced(*tensors):
        pairs = zip((input, other), (a, b), strict=True)
        return in_ops[dtype.kind](*(x if isinstance(x, Variable) else tensors[0].wrap(array) for x, array in pairs))
    with np.errstate(all="ignore"):
        return untracked(compute(a, b), tensors[0])


def _value(name: str, operand: Any) -> Any:
    if isinstance(operand, Variable):
        return operand.array
    if isinstance(operand, np.generic):
        operand = operand.item()
    if not isinstance(operand, np.ndarray) and type(operand) not in NUMBERS:
        raise DtypeError(f"{name} takes tensors and numbers, not {operand!r}")
    return operand


def operator(function: Callable[[Any, Any], Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return a function of two arguments as an operator and its reflection, which leave other types to Python."""

    def forward(self: Any, other: Any) -> Any:
        return function(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def reflected(self: Any, other: Any) -> Any:
        return function(other, self) if isinstance(other, _OPERANDS) else NotImplemented

    return forward, reflected
