"""The gamma function."""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

from typing import Any

from scipy import special

from gradproof.budget import pointwise

from ..domain import POSITIVE
from ..op import Function, define
from ..shapes import Elementwise
from .special import digamma
from .wide import computed_wide, pulled_wide


def _gamma(ct: Any, y: Any, x: Any) -> Any:
    """Return ``ct Gamma(x) psi(x)``."""
    return ct * (gamma(x) * digamma(x))


gamma: Function = define(
    "gamma",
    forward=computed_wide(special.gamma),
    vjp=pulled_wide(_gamma),
    shape=Elementwise(1),
    domain=(POSITIVE,),
    budget=pointwise(4),
    node="GammaBackward0",
    lapses={
        "forward": "for large arguments, where the rounding of the exponent of Stirling's formula is magnified",
        "vjp": "likewise, and near its root at 1.4616",
    },
    integers=False,
)

__all__ = ["gamma"]
