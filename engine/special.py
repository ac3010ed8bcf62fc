"""Special functions under the names of ``torch.special``."""

from __future__ import annotations

from .functions.activation import log_softmax, logit, logsumexp, softmax
from .functions.activation import sigmoid as expit
from .functions.entropy import entr, rel_entr, xlog1py, xlogy
from .functions.exponential import exp2, expm1, log1p
from .functions.rounding import round  # noqa: A004 - the name in SciPy and PyTorch
from .functions.special import (
    bessel_j0,
    bessel_j1,
    bessel_y0,
    bessel_y1,
    beta,
    betainc,
    betaln,
    digamma,
    erf,
    erfc,
    erfcinv,
    erfcx,
    erfinv,
    gamma,
    gammainc,
    gammaincc,
    gammasgn,
    i0,
    i0e,
    i1,
    i1e,
    iv,
    ive,
    jn,
    log_ndtr,
    ndtr,
    ndtri,
    polygamma,
    rgamma,
    yn,
)
from .functions.special import lgamma as gammaln
from .functions.special import mvlgamma as multigammaln
from .functions.trigonometric import sinc

psi = digamma


__all__ = [
    "bessel_j0",
    "bessel_j1",
    "bessel_y0",
    "bessel_y1",
    "beta",
    "betainc",
    "betaln",
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfcinv",
    "erfcx",
    "erfinv",
    "exp2",
    "expit",
    "expm1",
    "gamma",
    "gammainc",
    "gammaincc",
    "gammaln",
    "gammasgn",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "iv",
    "ive",
    "jn",
    "log1p",
    "log_ndtr",
    "log_softmax",
    "logit",
    "logsumexp",
    "multigammaln",
    "ndtr",
    "ndtri",
    "polygamma",
    "psi",
    "rel_entr",
    "rgamma",
    "round",
    "sinc",
    "softmax",
    "xlog1py",
    "xlogy",
    "yn",
]
