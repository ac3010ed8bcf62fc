"""Special functions under the names of ``torch.special``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import ops
from .functions.activation import log_softmax, logit, logsumexp, softmax
from .functions.activation import sigmoid as expit
from .functions.entropy import entr, rel_entr, xlog1py, xlogy
from .functions.exponential import exp2, expm1, log1p
from .functions.rounding import round  # noqa: A004 - the name in SciPy and PyTorch
from .functions.special import beta, betaln, digamma, erf, erfc, erfinv, gamma, polygamma
from .functions.special import lgamma as gammaln
from .functions.special import mvlgamma as multigammaln
from .functions.trigonometric import sinc

if TYPE_CHECKING:
    from .tensor import Tensor


def ndtr(input: Any) -> Tensor:
    """Return the distribution function of the standard normal distribution."""
    return ops.ndtr(input)


psi = digamma


__all__ = [
    "beta",
    "betaln",
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfinv",
    "exp2",
    "expit",
    "expm1",
    "gamma",
    "gammaln",
    "log1p",
    "log_softmax",
    "logit",
    "logsumexp",
    "multigammaln",
    "ndtr",
    "polygamma",
    "psi",
    "rel_entr",
    "round",
    "sinc",
    "softmax",
    "xlog1py",
    "xlogy",
]
