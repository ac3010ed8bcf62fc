"""Logarithms of the sum of two exponentials."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradproof.budget import pointwise

from ..domain import REAL
from ..op import Function, define
from ..shapes import Elementwise
from .activation import times_logistic
from .wide import computed_wide, pulled_wide

_LAPSES = {
    "forward": "near its roots, where two terms cancel",
    "vjp": "where one argument is far below the other: the rounding of their difference is magnified",
}


def _logaddexp(name: str, forward: Callable[..., Any], base: float, node: str) -> Function:
    """Define ``log(base^a + base^b) / log(base)``, whose VJP is the cotangent in the ratio of the powers."""
    rate = math.log(base)

    def share(ct: Any, this: Any, other: Any) -> Any:
        difference = this - other
        return times_logistic(ct, difference if base == math.e else rate * difference)

    return define(
        name,
        forward=computed_wide(forward),
        vjp=(
            pulled_wide(lambda ct, y, a, b: share(ct, a, b)),
            pulled_wide(lambda ct, y, a, b: share(ct, b, a)),
        ),
        shape=Elementwise(2),
        domain=(REAL, REAL),
        budget=pointwise(4),
        node=node,
        lapses=_LAPSES,
        integers=False,
    )


logaddexp = _logaddexp("logaddexp", np.logaddexp, math.e, "LogaddexpBackward0")
logaddexp2 = _logaddexp("logaddexp2", np.logaddexp2, 2.0, "Logaddexp2Backward0")

__all__ = [
    "logaddexp",
    "logaddexp2",
]
