"""Where an op is defined and differentiable: one real set per argument."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .matrices import are_of


@dataclass(frozen=True)
class Domain:
    """A set of reals: an interval, without its ends where they are ``open``, without single points, or integers only.

    Or of ``matrices`` of a kind (``matrices.py``), the last two dimensions of an argument, at the precision of its
    dtype.
    ``kind`` is "real", or "boolean" or "index" for arguments that carry no derivative.
    """

    low: float = -math.inf
    high: float = math.inf
    open: bool = True
    without: tuple[float, ...] = ()
    integer: bool = False
    matrices: str = ""
    kind: str = "real"

    def contains(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        """Tell for each entry whether it lies in the set. NaN and the infinities lie in none."""
        if self.kind == "boolean":
            return np.full(values.shape, values.dtype == np.bool_)
        if self.matrices:
            answers = are_of(self.matrices, values)
            return np.broadcast_to(answers[..., np.newaxis, np.newaxis] if values.ndim > 1 else False, values.shape)
        inside = (values > self.low) & (values < self.high)
        if not self.open:
            inside |= ((values == self.low) | (values == self.high)) & np.isfinite(values)
        for point in self.without:
            inside &= values != point
        return inside & (values == np.floor(values)) if self.integer else inside

    def __str__(self) -> str:
        if self.kind != "real":
            return self.kind
        if self.matrices:
            is_adjective = self.matrices in ("invertible", "positive definite")
            return f"{self.matrices} matrices" if is_adjective else f"matrices {self.matrices}"
        numbers = "integers" if self.integer else "reals"
        left = "(" if self.open or self.low == -math.inf else "["
        right = ")" if self.open or self.high == math.inf else "]"
        is_bounded = self.low > -math.inf or self.high < math.inf
        span = f"{left}{self.low:g}, {self.high:g}{right}" if is_bounded else numbers
        if self.integer and is_bounded:
            span = f"{numbers} in {span}"
        return span + "".join(f" without {point:g}" for point in self.without)


REAL = Domain()
POSITIVE = Domain(low=0.0)
NONNEGATIVE = Domain(low=0.0, open=False)
NONZERO = Domain(without=(0.0,))
INTEGER = Domain(integer=True)
COUNTING = Domain(low=0.0, open=False, integer=True)
INVERTIBLE = Domain(matrices="invertible")
FULL_RANK = Domain(matrices="of full rank")
FULL_COLUMN_RANK = Domain(matrices="of full column rank")
IN_PIVOT_ORDER = Domain(matrices="in the order of their pivots")
DEFINITE = Domain(matrices="positive definite")
ACCRETIVE = Domain(matrices="of positive definite symmetric part")
DISTINCT_EIGENVALUES = Domain(matrices="of distinct eigenvalues")
DISTINCT_SINGULAR_VALUES = Domain(matrices="of distinct singular values")
PROBABILITY = Domain(low=0.0, high=1.0, open=False)
BOOLEAN = Domain(kind="boolean")
INDEX = Domain(kind="index")


def above(low: float) -> Domain:
    """Return the open half-line above ``low``."""
    return Domain(low=low)


#: One domain per argument; an op is defined on the union of its boxes.
Box = tuple[Domain, ...]
