"""Solutions of ordinary differential equations, with the names and signatures of ``torchdiffeq``.

The steps are made of ops, so that the backward pass is the exact derivative of what was computed: by the first values,
by the times, and by whatever the right-hand side is made of.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from gradproof.errors import ArgumentError, DtypeError, UnsupportedError

from . import ops
from .tensor import Tensor

#: ``function(t, y)`` returns the derivative of y.
RightHandSide = Callable[[Any, Any], Any]


def _euler(function: RightHandSide, t: Any, h: Any, y: Any) -> Any:
    return h * function(t, y)


def _midpoint(function: RightHandSide, t: Any, h: Any, y: Any) -> Any:
    half = 0.5 * h
    return h * function(t + half, y + half * function(t, y))


def _rk4(function: RightHandSide, t: Any, h: Any, y: Any) -> Any:
    """Return the step of the 3/8 rule (Kutta, 1901), which is the one of this name in ``torchdiffeq``."""
    third, first = h / 3, function(t, y)
    second = function(t + third, y + third * first)
    fourth = function(t + 2 * third, y + h * second - third * first)
    fifth = function(t + h, y + h * (first - second + fourth))
    return 0.125 * h * (first + 3 * (second + fourth) + fifth)


#: Methods of order 1, 2 and 4 that make one step at a time, and the change of y in one.
METHODS: dict[str, Callable[[RightHandSide, Any, Any, Any], Any]] = {
    "euler": _euler,
    "midpoint": _midpoint,
    "rk4": _rk4,
}


def odeint(
    func: RightHandSide, y0: Any, t: Any, *, method: str = "rk4", options: Mapping[str, Any] | None = None
) -> Tensor:
    """Return the values at times ``t`` of the y that has ``y' = func(t, y)``, and is ``y0`` at the first of them.

    They stand along a new first dimension. Between two times one step is made, or, with the option ``step_size``, as
    many equal ones as make none larger. There is no control of errors: halve the step to see them.

    Raises ``UnsupportedError`` for another method than "euler", "midpoint" and "rk4" or another option, ``DtypeError``
    where ``y0`` or ``t`` is no floating tensor, and ``ArgumentError`` where the times do not increase or decrease.
    """
    options = dict(options or {})
    size = options.pop("step_size", math.inf)
    if method not in METHODS or options:
        raise UnsupportedError(f"odeint has the methods {', '.join(METHODS)} and the option step_size")
    if not all(isinstance(each, Tensor) and each.array.dtype.kind == "f" for each in (y0, t)):
        raise DtypeError("odeint takes tensors of floating dtypes: the first values, and the times")
    if not size > 0:
        raise ArgumentError(f"step_size is positive, not {size}")
    _check_times(t)
    times = [ops.getitem(t, index=(i,)) for i in range(t.array.size)]
    values = [y0]
    for start, stop in pairwise(times):
        values.append(_advanced(METHODS[method], func, values[-1], start, stop, size))
    return ops.stack(*values, axis=0)


def _check_times(t: Any) -> None:
    steps = t.array[1:] - t.array[:-1] if t.array.ndim == 1 else t.array
    if t.array.ndim != 1 or not t.array.size or not ((steps > 0).all() or (steps < 0).all()):
        raise ArgumentError("odeint takes a vector of times that increase all, or decrease all")


def _advanced(step: Any, function: RightHandSide, y: Any, start: Any, stop: Any, size: float) -> Any:
    """Return y at another time, by equal steps of at most a size."""
    count = max(1, math.ceil(abs(float(stop.array - start.array)) / size))
    h = (stop - start) / count
    for k in range(count):
        y = y + step(function, start + k * h, h, y)
    return y
