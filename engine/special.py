"""Special functions under the names of ``torch.special``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import ops
from .functions.entropy import entr, rel_entr, xlog1py, xlogy
from .functions.exponential import exp2, expm1, log1p
from .functions.rounding import round  # noqa: A004 - the name in SciPy and PyTorch
from .functions.special import digamma, erf, polygamma
from .functions.special import lgamma as gammaln
from .functions.trigonometric import sinc

if TYPE_CHECKING:
    from .tensor import Tensor


def ndtr(input: Any) -> Tensor:
    """Return the distribution function of the standard normal distribution."""
    return ops.ndtr(input)


psi = digamma


__all__ = [
    "digamma",
    "entr",
    "erf",
    "exp2",
    "expm1",
    "gammaln",
    "log1p",
    "ndtr",
    "polygamma",
    "psi",
    "rel_entr",
    "round",
    "sinc",
    "xlog1py",
    "xlogy",
]
