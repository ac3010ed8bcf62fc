"""Special functions under the names of ``torch.special``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import ops
from .functions import digamma, erf, polygamma, sinc
from .functions import lgamma as gammaln

if TYPE_CHECKING:
    from .tensor import Tensor


def ndtr(input: Any) -> Tensor:
    """Return the distribution function of the standard normal distribution."""
    return ops.ndtr(input)


__all__ = ["digamma", "erf", "gammaln", "ndtr", "polygamma", "sinc"]
