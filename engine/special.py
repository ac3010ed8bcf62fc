"""Special functions under the names of ``torch.special``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import ops
from .functions.special import digamma, erf, polygamma
from .functions.special import lgamma as gammaln
from .functions.trigonometric import sinc

if TYPE_CHECKING:
    from .tensor import Tensor


def ndtr(input: Any) -> Tensor:
    """Return the distribution function of the standard normal distribution."""
    return ops.ndtr(input)


__all__ = ["digamma", "erf", "gammaln", "ndtr", "polygamma", "sinc"]
