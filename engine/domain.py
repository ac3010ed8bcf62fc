"""Where an op is defined and differentiable: one real set per argument."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Domain:
    """A set of reals: an interval, without its ends where they are ``open``, without single points, or integers only.

    Or of ``invertible`` matrices, the last two dimensions of an argument: of full rank at the precision of its dtype.
    ``kind`` is "real", or "boolean" or "index" for arguments that carry no derivative.
    """

    low: float = -math.inf
    high: float = math.inf
    open: bool = True
    without: tuple[float, ...] = ()
    integer: bool = False
    invertible: bool = False
    kind: str = "real"

    def contains(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        """Tell for each entry whether it lies in the set. NaN and the infinities lie in none."""
        if self.kind == "boolean":
            return np.full(values.shape, values.dtype == np.bool_)
        if self.invertible:
            return _has_inverse(values)
        inside = (values > self.low) & (values < self.high)
        if not self.open:
            inside |= ((values == self.low) | (values == self.high)) & np.isfinite(values)
        for point in self.without:
            inside &= values != point
        return inside & (values == np.floor(values)) if self.integer else inside

    def __str__(self) -> str:
        if self.kind != "real":
            return self.kind
        if self.invertible:
            return "invertible matrices"
        numbers = "integers" if self.integer else "reals"
        left = "(" if self.open or self.low == -math.inf else "["
        right = ")" if self.open or self.high == math.inf else "]"
        is_bounded = self.low > -math.inf or self.high < math.inf
        span = f"{left}{self.low:g}, {self.high:g}{right}" if is_bounded else numbers
        if self.integer and is_bounded:
            span = f"{numbers} in {span}"
        return span + "".join(f" without {point:g}" for point in self.without)


def _has_inverse(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell for each entry whether its matrix has full rank: no singular value is lost in the rounding of the largest.

    At exactly singular matrices neither the inverse nor, by way of it, the derivative of the determinant is defined.
    """
    if values.ndim < 2 or values.shape[-1] != values.shape[-2] or not np.all(np.isfinite(values)):
        return np.zeros(values.shape, dtype=np.bool_)
    size = values.shape[-1]
    ranks = np.linalg.matrix_rank(values.astype(np.float64), rtol=size * np.finfo(values.dtype).eps)
    return np.broadcast_to((ranks == size)[..., np.newaxis, np.newaxis], values.shape)


REAL = Domain()
POSITIVE = Domain(low=0.0)
NONNEGATIVE = Domain(low=0.0, open=False)
NONZERO = Domain(without=(0.0,))
INTEGER = Domain(integer=True)
COUNTING = Domain(low=0.0, open=False, integer=True)
INVERTIBLE = Domain(invertible=True)
PROBABILITY = Domain(low=0.0, high=1.0, open=False)
BOOLEAN = Domain(kind="boolean")
INDEX = Domain(kind="index")


def above(low: float) -> Domain:
    """Return the open half-line above ``low``."""
    return Domain(low=low)


#: One domain per argument; an op is defined on the union of its boxes.
Box = tuple[Domain, ...]
