"""Densities and distribution functions under SciPy's names, differentiable by every argument that is real.

``stats.norm.logpdf(x, loc, scale)`` is ``scipy.stats.norm.logpdf(x, loc, scale)``, with the same formula. They are
meant for points inside the support; outside of it SciPy returns 0, and here the formula is evaluated as it is.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from . import linalg, ops
from .functions.special import betainc, betaln, gammainc, gammaincc
from .tensor import Tensor

_LOG_ROOT_TWO_PI = 0.5 * math.log(2.0 * math.pi)


def _of_tensors(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Return a function that takes numbers for tensors of the dtype of the first tensor, else of float64."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Tensor:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return function(*_alike(bound.arguments.values()))

    return call


def _alike(args: Iterable[Any]) -> list[Tensor]:
    args = list(args)
    dtypes = [arg.array.dtype for arg in args if isinstance(arg, Tensor) and arg.array.dtype.kind == "f"]
    dtype = dtypes[0] if dtypes else np.dtype(np.float64)
    return [arg if isinstance(arg, Tensor) else Tensor.wrap(np.asarray(arg, dtype)) for arg in args]


class norm:  # noqa: N801 - SciPy's name
    """The normal distribution with mean ``loc`` and standard deviation ``scale``."""

    @staticmethod
    @_of_tensors
    def logpdf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Tensor:
        """Return the logarithm of the density."""
        squared = ops.square(_standard(x, loc, scale))
        return _less_log(ops.subtract(ops.multiply(-0.5, squared), _LOG_ROOT_TWO_PI), scale)

    @staticmethod
    @_of_tensors
    def pdf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Tensor:
        """Return the density."""
        return ops.exp(norm.logpdf(x, loc, scale))

    @staticmethod
    @_of_tensors
    def cdf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Tensor:
        """Return the distribution function."""
        return ops.ndtr(_standard(x, loc, scale))

    @staticmethod
    @_of_tensors
    def sf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Tensor:
        """Return one minus the distribution function, exact also where that is small."""
        return ops.ndtr(ops.negative(_standard(x, loc, scale)))

    @staticmethod
    @_of_tensors
    def logcdf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Tensor:
        """Return the logarithm of the distribution function."""
        return ops.log_ndtr(_standard(x, loc, scale))

    @staticmethod
    @_of_tensors
    def logsf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Tensor:
        """Return the logarithm of one minus the distribution function."""
        return ops.log_ndtr(ops.negative(_standard(x, loc, scale)))

    @staticmethod
    @_of_tensors
    def ppf(q: Any, loc: Any = 0.0, scale: Any = 1.0) -> Tensor:
        """Return the number below which the probability is ``q``."""
        return ops.add(loc, ops.multiply(scale, ops.ndtri(q)))


class t:  # noqa: N801 - SciPy's name
    """Student's distribution with ``df`` degrees of freedom."""

    @staticmethod
    @_of_tensors
    def logpdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Tensor:
        """Return the logarithm of the density."""
        half = ops.multiply(0.5, df)
        ratio = ops.subtract(ops.gammaln(ops.add(half, 0.5)), ops.gammaln(half))
        tail = ops.log1p(ops.divide(ops.square(_standard(x, loc, scale)), df))
        factor = ops.multiply(0.5, ops.log(ops.multiply(math.pi, df)))
        return _less_log(ops.subtract(ops.subtract(ratio, factor), ops.multiply(ops.add(half, 0.5), tail)), scale)

    @staticmethod
    @_of_tensors
    def pdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Tensor:
        """Return the density."""
        return ops.exp(t.logpdf(x, df, loc, scale))

    @staticmethod
    def cdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Tensor:
        """Return the distribution function. The degrees of freedom carry no derivative."""
        z = _standard(*_alike((x, loc, scale)))
        tail = _tail_of_t(z, df)
        return ops.where(z.detach() > 0.0, ops.subtract(1.0, tail), tail)

    @staticmethod
    def logcdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Tensor:
        """Return the logarithm of the distribution function. The degrees of freedom carry no derivative."""
        z = _standard(*_alike((x, loc, scale)))
        tail = _tail_of_t(z, df)
        return ops.where(z.detach() > 0.0, ops.log1p(ops.negative(tail)), ops.log(tail))


class gamma:  # noqa: N801 - SciPy's name
    """The gamma distribution with shape ``a``."""

    @staticmethod
    @_of_tensors
    def logpdf(x: Any, a: Any, loc: Any = 0.0, scale: Any = 1.0) -> Tensor:
        """Return the logarithm of the density."""
        z = _standard(x, loc, scale)
        power = ops.xlogy(ops.subtract(a, 1.0), z)
        return _less_log(ops.subtract(ops.subtract(power, z), ops.gammaln(a)), scale)

    @staticmethod
    @_of_tensors
    def pdf(x: Any, a: Any, loc: Any = 0.0, scale: Any = 1.0) -> Tensor:
        """Return the density."""
        return ops.exp(gamma.logpdf(x, a, loc, scale))

    @staticmethod
    def cdf(x: Any, a: Any, loc: Any = 0.0, scale: Any = 1.0) -> Tensor:
        """Return the distribution function. The shape carries no derivative."""
        return gammainc(a, _standard(*_alike((x, loc, scale))))


class chi2:  # noqa: N801 - SciPy's name
    """The chi-squared distribution with ``df`` degrees of freedom: a gamma distribution."""

    @staticmethod
    @_of_tensors
    def logpdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Tensor:
        """Return the logarithm of the density."""
        return gamma.logpdf(x, ops.multiply(0.5, df), loc, ops.multiply(2.0, scale))

    @staticmethod
    @_of_tensors
    def pdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Tensor:
        """Return the density."""
        return ops.exp(chi2.logpdf(x, df, loc, scale))

    @staticmethod
    def cdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Tensor:
        """Return the distribution function. The degrees of freedom carry no derivative."""
        return gamma.cdf(x, 0.5 * df, loc, 2.0 * scale)


class beta:  # noqa: N801 - SciPy's name
    """The beta distribution with shapes ``a`` and ``b``."""

    @staticmethod
    @_of_tensors
    def logpdf(x: Any, a: Any, b: Any, loc: Any = 0.0, scale: Any = 1.0) -> Tensor:
        """Return the logarithm of the density."""
        z = _standard(x, loc, scale)
        powers = ops.add(ops.xlogy(ops.subtract(a, 1.0), z), ops.xlog1py(ops.subtract(b, 1.0), ops.negative(z)))
        return _less_log(ops.subtract(powers, betaln(a, b)), scale)

    @staticmethod
    @_of_tensors
    def pdf(x: Any, a: Any, b: Any, loc: Any = 0.0, scale: Any = 1.0) -> Tensor:
        """Return the density."""
        return ops.exp(beta.logpdf(x, a, b, loc, scale))

    @staticmethod
    def cdf(x: Any, a: Any, b: Any, loc: Any = 0.0, scale: Any = 1.0) -> Tensor:
        """Return the distribution function. The shapes carry no derivative."""
        return betainc(a, b, _standard(*_alike((x, loc, scale))))


class poisson:  # noqa: N801 - SciPy's name
    """The Poisson distribution with mean ``mu``."""

    @staticmethod
    @_of_tensors
    def logpmf(k: Any, mu: Any, loc: Any = 0.0) -> Tensor:
        """Return the logarithm of the probability of ``k``, a whole number."""
        count = ops.subtract(k, loc)
        return ops.subtract(ops.subtract(ops.xlogy(count, mu), ops.gammaln(ops.add(count, 1.0))), mu)

    @staticmethod
    @_of_tensors
    def pmf(k: Any, mu: Any, loc: Any = 0.0) -> Tensor:
        """Return the probability of ``k``."""
        return ops.exp(poisson.logpmf(k, mu, loc))

    @staticmethod
    def cdf(k: Any, mu: Any, loc: Any = 0.0) -> Tensor:
        """Return the probability of at most ``k``, which carries no derivative."""
        count = ops.floor(ops.subtract(*_alike((k, loc))))
        return gammaincc(ops.add(count, 1.0), mu)


class dirichlet:  # noqa: N801 - SciPy's name
    """The Dirichlet distribution: ``alpha`` and ``x`` are vectors of as many entries, those of ``x`` sum to 1."""

    @staticmethod
    @_of_tensors
    def logpdf(x: Any, alpha: Any) -> Tensor:
        """Return the logarithm of the density."""
        whole = ops.gammaln(ops.sum(alpha))
        terms = ops.subtract(ops.xlogy(ops.subtract(alpha, 1.0), x), ops.gammaln(alpha))
        return ops.add(ops.sum(terms), whole)

    @staticmethod
    @_of_tensors
    def pdf(x: Any, alpha: Any) -> Tensor:
        """Return the density."""
        return ops.exp(dirichlet.logpdf(x, alpha))


class multivariate_normal:  # noqa: N801 - SciPy's name
    """The normal distribution of vectors, which lie along the last dimension, with a covariance matrix."""

    @staticmethod
    @_of_tensors
    def logpdf(x: Any, mean: Any, cov: Any) -> Tensor:
        """Return the logarithm of the density."""
        apart = ops.subtract(x, mean)
        columns = apart.reshape(-1, apart.shape[-1]).T
        lengths = (columns * linalg.solve(cov, columns)).sum(0).reshape(apart.shape[:-1])
        return -0.5 * (lengths + linalg.slogdet(cov).logabsdet) - apart.shape[-1] * _LOG_ROOT_TWO_PI

    @staticmethod
    @_of_tensors
    def pdf(x: Any, mean: Any, cov: Any) -> Tensor:
        """Return the density."""
        return ops.exp(multivariate_normal.logpdf(x, mean, cov))

    @staticmethod
    @_of_tensors
    def entropy(mean: Any, cov: Any) -> Tensor:  # noqa: ARG004 - SciPy's signature
        """Return the differential entropy, of which the mean is no part."""
        return 0.5 * linalg.slogdet(cov).logabsdet + cov.shape[-1] * (0.5 + _LOG_ROOT_TWO_PI)


def _standard(x: Any, loc: Any, scale: Any) -> Tensor:
    """Return ``(x - loc) / scale``."""
    return ops.divide(ops.subtract(x, loc), scale)


def _tail_of_t(z: Tensor, df: Any) -> Tensor:
    """Return the probability below ``-abs(z)`` under Student's distribution, by an incomplete beta function.

    Of ``(1 + z / sqrt(df + z^2)) / 2`` that of the shapes df/2 and df/2 is smooth at 0, unlike the usual one of
    ``df / (df + z^2)``; half the difference of root and ``abs(z)`` is written so that nothing cancels.
    """
    below = ops.where(z.detach() > 0.0, ops.negative(z), z)
    half = ops.multiply(0.5, _alike((z, df))[1])
    root = ops.hypot(below, ops.sqrt(2.0 * half))
    share = ops.divide(half, ops.multiply(root, ops.subtract(root, below)))
    return betainc(half, half, share)


def _less_log(value: Any, scale: Any) -> Tensor:
    """Return ``value - log(scale)``: the density of what is stretched by ``scale``."""
    return ops.subtract(value, ops.log(scale))


__all__ = ["beta", "chi2", "dirichlet", "gamma", "multivariate_normal", "norm", "poisson", "t"]
