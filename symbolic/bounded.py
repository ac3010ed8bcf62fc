"""Monotone functions whose domain ends at a finite value, on balls that reach beyond the end.

What a rounding error moves out of the domain, no implementation returns a value of: such a ball stands for its part
inside. A ball that lies beyond has no value.
"""

from __future__ import annotations

from collections.abc import Callable

from flint import arb

from .switches import NAN


def _on_part(function: Callable[[arb], arb], low: arb, high: arb) -> Callable[[arb], arb]:
    """Return a function that is monotone between two ends, at which it has a value, if they are finite."""

    def value(x: arb) -> arb:
        if low < x < high or not x.is_finite():
            return function(x)
        if x < low or x > high:
            return NAN
        return function(x.lower().max(low)).union(function(x.upper().min(high)))

    return value


_ONE, _INFINITE = arb(1), arb.pos_inf()

BALL_FUNCTIONS: dict[str, Callable[[arb], arb]] = {
    "_acos": _on_part(arb.acos, -_ONE, _ONE),
    "_acosh": _on_part(arb.acosh, _ONE, _INFINITE),
    "_asin": _on_part(arb.asin, -_ONE, _ONE),
}
