"""The incomplete gamma and beta functions, and the reciprocal of the gamma function."""

from __future__ import annotations

from functools import cache

import sympy as sp

from ..program import Definition
from .steps import pointwise


def _exactly(number: float) -> sp.Rational:
    return sp.Rational(*number.as_integer_ratio())


@cache
def _lower(a: sp.Rational) -> Definition:
    return pointwise(lambda x: sp.lowergamma(a, x) / sp.gamma(a))


@cache
def _upper(a: sp.Rational) -> Definition:
    return pointwise(lambda x: sp.uppergamma(a, x) / sp.gamma(a))


@cache
def _beta(a: sp.Rational, b: sp.Rational) -> Definition:
    return pointwise(lambda x: sp.betainc_regularized(a, b, 0, x))


RULES: dict[str, Definition] = {
    "betainc": lambda x, *, a, b: _beta(_exactly(a), _exactly(b))(x),
    "gammainc": lambda x, *, a: _lower(_exactly(a))(x),
    "gammaincc": lambda x, *, a: _upper(_exactly(a))(x),
    "rgamma": pointwise(lambda x: 1 / sp.gamma(x)),
}
