"""Arithmetic, comparison, and functions of one entry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradproof import engine
from gradproof.engine import ops
from gradproof.errors import UnsupportedError

from ...rules import Rule


def _add(x: Any, other: Any, alpha: Any = 1) -> Any:
    return engine.add(x, other, alpha=alpha)


def _subtract(x: Any, other: Any, alpha: Any = 1) -> Any:
    return engine.sub(x, other, alpha=alpha)


def _divide(x: Any, other: Any, rounding_mode: str | None = None) -> Any:
    return engine.div(x, other, rounding_mode=rounding_mode)


def _rsub(x: Any, other: Any, alpha: Any = 1) -> Any:
    return engine.sub(other, x, alpha=alpha)


def _of_booleans(function: Rule) -> Rule:
    """Return the rule of an operation on bits, for booleans. Raises ``UnsupportedError`` for integers."""

    def compute(*args: Any) -> Any:
        if any(getattr(each, "dtype", engine.bool) != engine.bool for each in args):
            raise UnsupportedError("the bits of integers are no numbers of a formula; use booleans")
        return function(*args)

    return compute


def _heaviside(x: Any, values: Any) -> Any:
    return ops.where(ops.equal(x, 0), values, ops.where(ops.less(x, 0), 0.0, 1.0))


RULES: Mapping[str, Rule] = {
    "abs.default": ops.abs,
    "add.Scalar add.Tensor": _add,
    "addcdiv.default": engine.addcdiv,
    "addcmul.default": engine.addcmul,
    "bitwise_and.Tensor": _of_booleans(engine.bitwise_and),
    "bitwise_not.default": _of_booleans(engine.bitwise_not),
    "bitwise_or.Tensor": _of_booleans(engine.bitwise_or),
    "bitwise_xor.Tensor": _of_booleans(engine.bitwise_xor),
    "ceil.default": ops.ceil,
    "clamp.default clamp.Tensor": engine.clamp,
    "clamp_max.default clamp_max.Tensor": ops.minimum,
    "clamp_min.default clamp_min.Tensor": ops.maximum,
    "copysign.Scalar copysign.Tensor": ops.copysign,
    "div.Scalar div.Scalar_mode div.Tensor div.Tensor_mode": _divide,
    "eq.Scalar eq.Tensor": ops.equal,
    "floor.default": ops.floor,
    "floor_divide.default floor_divide.Scalar": engine.floor_divide,
    "fmax.default": ops.fmax,
    "fmin.default": ops.fmin,
    "fmod.Scalar fmod.Tensor": ops.fmod,
    "frac.default": engine.frac,
    "ge.Scalar ge.Tensor": ops.greater_equal,
    "gt.Scalar gt.Tensor": ops.greater,
    "heaviside.default": _heaviside,
    "hypot.default": ops.hypot,
    "isinf.default": engine.isinf,
    "isnan.default": engine.isnan,
    "le.Scalar le.Tensor": ops.less_equal,
    "lerp.Scalar lerp.Tensor": engine.lerp,
    "logical_and.default": engine.logical_and,
    "logical_not.default": engine.logical_not,
    "logical_or.default": engine.logical_or,
    "logical_xor.default": engine.logical_xor,
    "lt.Scalar lt.Tensor": ops.less,
    "masked_fill.Scalar masked_fill.Tensor": engine.masked_fill,
    "maximum.default": ops.maximum,
    "minimum.default": ops.minimum,
    "mul.Scalar mul.Tensor": ops.multiply,
    "nan_to_num.default": engine.nan_to_num,
    "ne.Scalar ne.Tensor": ops.not_equal,
    "neg.default": ops.negative,
    "pow.Scalar pow.Tensor_Scalar pow.Tensor_Tensor": ops.pow,
    "reciprocal.default": ops.reciprocal,
    "remainder.Scalar remainder.Tensor": ops.remainder,
    "round.default round.decimals": engine.round,
    "rsqrt.default": ops.rsqrt,
    "rsub.Scalar rsub.Tensor": _rsub,
    "sgn.default sign.default": ops.sign,
    "sqrt.default": ops.sqrt,
    "sub.Scalar sub.Tensor": _subtract,
    "trunc.default": ops.trunc,
    "where.self": ops.where,
    "acos.default": ops.acos,
    "acosh.default": ops.acosh,
    "asin.default": ops.asin,
    "asinh.default": ops.asinh,
    "atan.default": ops.atan,
    "atan2.default": ops.atan2,
    "atanh.default": ops.atanh,
    "cos.default": ops.cos,
    "cosh.default": ops.cosh,
    "digamma.default": ops.digamma,
    "erf.default": ops.erf,
    "erfc.default": ops.erfc,
    "erfinv.default": ops.erfinv,
    "exp.default": ops.exp,
    "exp2.default": ops.exp2,
    "expm1.default": ops.expm1,
    "i0.default": ops.i0,
    "lgamma.default": ops.gammaln,
    "log.default": ops.log,
    "log10.default": ops.log10,
    "log1p.default": ops.log1p,
    "log2.default": ops.log2,
    "logaddexp.default": ops.logaddexp,
    "logaddexp2.default": ops.logaddexp2,
    "logit.default": engine.logit,
    "mvlgamma.default": engine.mvlgamma,
    "polygamma.default": engine.polygamma,
    "sigmoid.default": ops.sigmoid,
    "sin.default": ops.sin,
    "sinc.default": ops.sinc,
    "sinh.default": ops.sinh,
    "special_bessel_j0.default": ops.j0,
    "special_bessel_j1.default": ops.j1,
    "special_bessel_y0.default": ops.y0,
    "special_bessel_y1.default": ops.y1,
    "special_entr.default": ops.entr,
    "special_erfcx.default": ops.erfcx,
    "special_i0e.default": ops.i0e,
    "special_i1.default": ops.i1,
    "special_i1e.default": ops.i1e,
    "special_log_ndtr.default": ops.log_ndtr,
    "special_ndtri.default": ops.ndtri,
    "special_xlog1py.default special_xlog1py.other_scalar special_xlog1py.self_scalar": ops.xlog1py,
    "tan.default": ops.tan,
    "tanh.default": ops.tanh,
    "xlogy.Scalar_Other xlogy.Scalar_Self xlogy.Tensor": ops.xlogy,
}
