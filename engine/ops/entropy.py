"""Products with logarithms, of which entropies are made."""

from __future__ import annotations

from typing import Any

from scipy import special

from gradproof.budget import pointwise

from ..domain import POSITIVE, REAL, above
from ..op import define
from ..shapes import Elementwise
from ..variable import array_of
from .exponential import log, log1p
from .scaling import is_lost, scaled_product
from .selection import where
from .wide import computed_wide, pulled_wide

UNARY, BINARY = Elementwise(1), Elementwise(2)


def _times_ratio(ct: Any, a: Any, b: Any) -> Any:
    """Return ``ct a / b``, scaled where ``a / b`` is out of range and the whole may not be."""
    slope = a / b
    lost = is_lost(slope) & (array_of(a) != 0.0)
    return scaled_product(ct, a, over=b) if lost.any() else ct * slope


def _unless_both_vanish(ct: Any, x: Any, vanishing: Any, slope: Any) -> Any:
    """Return ``ct slope``, and 0 where x is 0 and what the logarithm is taken of is not positive, as in PyTorch."""
    flat = (array_of(x) == 0.0) & ~(array_of(vanishing) > 0.0)
    return where(flat, 0.0, ct * where(flat, 0.0, slope)) if flat.any() else ct * slope


xlogy = define(
    "xlogy",
    forward=computed_wide(special.xlogy),
    vjp=(
        pulled_wide(lambda ct, v, x, y: _unless_both_vanish(ct, x, y, log(y))),
        lambda ct, v, x, y: _times_ratio(ct, x, y),
    ),
    shape=BINARY,
    domain=(REAL, POSITIVE),
    budget=pointwise(4),
    node="XlogyBackward0",
    integers=False,
)

xlog1py = define(
    "xlog1py",
    forward=computed_wide(special.xlog1py),
    vjp=(
        pulled_wide(lambda ct, v, x, y: _unless_both_vanish(ct, x, 1.0 + array_of(y), log1p(y))),
        lambda ct, v, x, y: _times_ratio(ct, x, 1.0 + y),
    ),
    shape=BINARY,
    domain=(REAL, above(-1.0)),
    budget=pointwise(4),
    node="SpecialXlog1PyBackward0",
    integers=False,
)

entr = define(
    "entr",
    forward=computed_wide(special.entr),
    vjp=pulled_wide(lambda ct, y, x: -ct * (1.0 + log(x))),
    shape=UNARY,
    domain=(POSITIVE,),
    budget=pointwise(4),
    node="SpecialEntrBackward0",
    lapses={"vjp": "near its root at exp(-1), where two terms cancel"},
    integers=False,
)


def _log_ratio(x: Any, y: Any) -> Any:
    """Return ``log(x / y)``, as a difference where the quotient is out of range."""
    ratio = x / y
    lost = is_lost(ratio)
    if not lost.any():
        return log(ratio)
    return where(lost, log(x) - log(y), log(where(lost, 1.0, ratio)))


rel_entr = define(
    "rel_entr",
    forward=computed_wide(special.rel_entr),
    vjp=(
        pulled_wide(lambda ct, v, x, y: ct * (1.0 + _log_ratio(x, y))),
        lambda ct, v, x, y: _times_ratio(-ct, x, y),
    ),
    shape=BINARY,
    domain=(POSITIVE, POSITIVE),
    budget=pointwise(4),
    node="RelEntrBackward0",
    lapses={"vjp": "by the first argument near its root, where two terms cancel"},
    integers=False,
)

__all__ = [
    "entr",
    "rel_entr",
    "xlog1py",
    "xlogy",
]
