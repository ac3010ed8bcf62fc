"""The functions that are operators and methods of tensors, and their twins that write in place."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.errors import ArgumentError, DtypeError

from . import inplace, ops
from .functions import (
    activation,
    arithmetic,
    bitwise,
    contraction,
    diagonal,
    differences,
    entropy,
    exponential,
    extremum,
    gathering,
    grouping,
    hyperbolic,
    indexing,
    linear_algebra,
    logaddexp,
    logical,
    matrix_exponential,
    predicates,
    ranking,
    rearrangement,
    rectifier,
    reduction,
    remainder,
    reordering,
    repetition,
    root,
    rounding,
    selection,
    sorting,
    special,
    splitting,
    trigonometric,
    unfolding,
    vector_product,
)
from .inplace import in_place
from .stored import Stored
from .turning import turning
from .variable import Variable

_COMPARABLE = (Variable, np.ndarray, np.generic, bool, int, float)


class Methods(Stored):
    """A value with the functions of the package as its methods."""

    __slots__ = ()

    # --- operators

    __add__ = __radd__ = ops.add
    __sub__, __rsub__ = ops.subtract, arithmetic.rsub
    __mul__ = __rmul__ = ops.multiply
    __truediv__, __rtruediv__ = arithmetic.div, arithmetic.reverse_div
    __pow__, __rpow__ = arithmetic.pow, arithmetic.reverse_pow
    __matmul__, __rmatmul__ = linear_algebra.matmul, linear_algebra.reverse_matmul
    __mod__, __rmod__ = remainder.remainder, remainder.reverse_remainder
    __pos__, __neg__, __abs__ = arithmetic.positive, arithmetic.neg, selection.abs
    __floordiv__, __rfloordiv__ = remainder.floordiv, remainder.rfloordiv
    __and__, __rand__ = bitwise.and_, bitwise.rand
    __or__, __ror__ = bitwise.or_, bitwise.ror
    __xor__, __rxor__ = bitwise.xor, bitwise.rxor
    __lshift__, __rlshift__ = bitwise.lshift, bitwise.rlshift
    __rshift__, __rrshift__ = bitwise.rshift, bitwise.rrshift
    __invert__ = bitwise.invert
    __lt__, __le__, __gt__, __ge__ = selection.lt, selection.le, selection.gt, selection.ge

    def __eq__(self, other: object) -> Any:
        return selection.eq(self, other) if isinstance(other, _COMPARABLE) else NotImplemented

    def __ne__(self, other: object) -> Any:
        return selection.ne(self, other) if isinstance(other, _COMPARABLE) else NotImplemented

    __hash__ = object.__hash__

    def __contains__(self, value: Any) -> bool:
        if not isinstance(value, _COMPARABLE):
            raise ArgumentError(f"a tensor contains tensors and numbers, not {value!r}")
        return bool(selection.eq(self, value).array.any())

    __getitem__ = indexing.getitem
    __setitem__ = inplace.set_item

    def __delitem__(self, index: Any) -> None:
        raise DtypeError("a tensor does not lose entries; index what is to be kept")

    __iadd__, __isub__ = in_place(arithmetic.add, "+="), in_place(arithmetic.sub, "-=")
    __imul__, __itruediv__ = in_place(arithmetic.mul, "*="), in_place(arithmetic.div, "/=")
    __ipow__, __imod__ = in_place(arithmetic.pow, "**="), in_place(remainder.remainder, "%=")
    __ifloordiv__ = in_place(remainder.floor_divide, "//=")
    __iand__, __ior__ = in_place(bitwise.bitwise_and, "&="), in_place(bitwise.bitwise_or, "|=")
    __ixor__ = in_place(bitwise.bitwise_xor, "^=")
    __ilshift__ = in_place(bitwise.bitwise_left_shift, "<<=")
    __irshift__ = in_place(bitwise.bitwise_right_shift, ">>=")

    # --- by name

    subtract, multiply, divide, true_divide = arithmetic.sub, arithmetic.mul, arithmetic.div, arithmetic.div
    negative, absolute = arithmetic.neg, selection.abs
    addcmul, addcdiv, lerp = arithmetic.addcmul, arithmetic.addcdiv, arithmetic.lerp
    float_power, xlogy = arithmetic.float_power, entropy.xlogy
    logaddexp, logaddexp2 = logaddexp.logaddexp, logaddexp.logaddexp2
    remainder, fmod, floor_divide = remainder.remainder, remainder.fmod, remainder.floor_divide
    positive = arithmetic.positive
    bitwise_and, bitwise_or, bitwise_xor = bitwise.bitwise_and, bitwise.bitwise_or, bitwise.bitwise_xor
    bitwise_not = bitwise.bitwise_not
    bitwise_left_shift, bitwise_right_shift = bitwise.bitwise_left_shift, bitwise.bitwise_right_shift
    logical_and, logical_or = logical.logical_and, logical.logical_or
    logical_xor, logical_not = logical.logical_xor, logical.logical_not
    fmax, fmin, copysign = selection.fmax, selection.fmin, selection.copysign
    trunc = fix = rounding.trunc
    round, frac = rounding.round, rounding.frac
    add, sub, mul, div, pow = arithmetic.add, arithmetic.sub, arithmetic.mul, arithmetic.div, arithmetic.pow
    matmul, maximum, minimum = linear_algebra.matmul, selection.maximum, selection.minimum
    addmm, addmv, addr = contraction.addmm, contraction.addmv, contraction.addr
    baddbmm, addbmm = contraction.baddbmm, contraction.addbmm
    cholesky_solve, cholesky_inverse = linear_algebra.cholesky_solve, linear_algebra.cholesky_inverse
    matrix_exp = matrix_exponential.matrix_exp
    det, slogdet, logdet = linear_algebra.det, linear_algebra.slogdet, linear_algebra.logdet
    dot, vdot, outer = vector_product.dot, vector_product.vdot, vector_product.outer
    ger, cross = vector_product.ger, vector_product.cross
    inverse, pinverse, matrix_power = linear_algebra.inverse, linear_algebra.pinverse, linear_algebra.matrix_power
    mm, mv, bmm, inner, kron = contraction.mm, contraction.mv, contraction.bmm, contraction.inner, contraction.kron
    clamp = clip = selection.clamp
    clamp_min, clamp_max, nan_to_num = selection.clamp_min, selection.clamp_max, selection.nan_to_num
    sign, floor, ceil = rounding.sign, rounding.floor, rounding.ceil
    not_equal, less, less_equal = selection.ne, selection.lt, selection.le
    greater, greater_equal = selection.gt, selection.ge
    eq, ne, lt, le, gt, ge = (
        selection.eq, selection.ne, selection.lt, selection.le, selection.gt, selection.ge
    )  # fmt: skip
    neg, square, sqrt, abs = arithmetic.neg, arithmetic.square, arithmetic.sqrt, selection.abs
    exp, expm1, log, log1p = exponential.exp, exponential.expm1, exponential.log, exponential.log1p
    exp2, log2, log10 = exponential.exp2, exponential.log2, exponential.log10
    reciprocal, rsqrt = root.reciprocal, root.rsqrt
    sin, cos, tan, sinc = trigonometric.sin, trigonometric.cos, trigonometric.tan, trigonometric.sinc
    asin = arcsin = trigonometric.asin
    acos = arccos = trigonometric.acos
    atan = arctan = trigonometric.atan
    atan2 = arctan2 = trigonometric.atan2
    deg2rad, rad2deg, hypot = trigonometric.deg2rad, trigonometric.rad2deg, arithmetic.hypot
    sinh, cosh, tanh = hyperbolic.sinh, hyperbolic.cosh, hyperbolic.tanh
    asinh = arcsinh = hyperbolic.asinh
    acosh = arccosh = hyperbolic.acosh
    atanh = arctanh = hyperbolic.atanh
    erf, lgamma, digamma = special.erf, special.lgamma, special.digamma
    i0, igamma, igammac = special.i0, special.igamma, special.igammac
    erfc, erfinv, mvlgamma, logit = special.erfc, special.erfinv, special.mvlgamma, activation.logit
    relu, sigmoid, prelu = selection.relu, activation.sigmoid, rectifier.prelu
    hardshrink = rectifier.hardshrink
    softmax, log_softmax = activation.softmax, activation.log_softmax
    sum, mean, max, min = reduction.sum, reduction.mean, sorting.max, sorting.min
    prod, cumsum, cumprod = reduction.prod, reduction.cumsum, reduction.cumprod
    var, std, norm, logsumexp = reduction.var, reduction.std, reduction.norm, activation.logsumexp
    sort, msort, argsort, topk = sorting.sort, ranking.msort, ranking.argsort, ranking.topk
    kthvalue, median, quantile = ranking.kthvalue, ranking.median, ranking.quantile
    nanmedian = ranking.nanmedian
    argmax, argmin = ranking.argmax, ranking.argmin
    amax, amin, aminmax = extremum.amax, extremum.amin, extremum.aminmax
    cummax, cummin = extremum.cummax, extremum.cummin
    nansum, nanmean, dist, cov = reduction.nansum, reduction.nanmean, reduction.dist, reduction.cov
    diff, logcumsumexp, corrcoef = differences.diff, reduction.logcumsumexp, reduction.corrcoef
    any, all, count_nonzero = predicates.any, predicates.all, predicates.count_nonzero
    nonzero, argwhere, equal = predicates.nonzero, predicates.argwhere, predicates.equal
    isnan, isinf, isfinite = predicates.isnan, predicates.isinf, predicates.isfinite
    isposinf, isneginf, signbit = predicates.isposinf, predicates.isneginf, predicates.signbit
    isclose, allclose = predicates.isclose, predicates.allclose
    reshape, view, flatten = rearrangement.reshape, rearrangement.view, rearrangement.flatten
    view_as, reshape_as, expand_as = (
        rearrangement.reshape_as,
        rearrangement.reshape_as,
        rearrangement.expand_as,
    )
    squeeze, unsqueeze = rearrangement.squeeze, rearrangement.unsqueeze
    ravel, unflatten = rearrangement.ravel, rearrangement.unflatten
    movedim, moveaxis = rearrangement.movedim, rearrangement.moveaxis
    swapaxes, swapdims = rearrangement.swapaxes, rearrangement.swapdims
    flip, fliplr, flipud = reordering.flip, reordering.fliplr, reordering.flipud
    roll, rot90 = reordering.roll, reordering.rot90
    tile, repeat, repeat_interleave = repetition.tile, repetition.repeat, repetition.repeat_interleave
    select, narrow, unbind = splitting.select, splitting.narrow, splitting.unbind
    split, chunk, tensor_split = splitting.split, splitting.chunk, splitting.tensor_split
    hsplit, vsplit, dsplit = splitting.hsplit, splitting.vsplit, splitting.dsplit
    tril, triu, trace = diagonal.tril, diagonal.triu, diagonal.trace
    diag, diagflat, diagonal_scatter = diagonal.diag, diagonal.diagflat, diagonal.diagonal_scatter
    diag_embed, diagonal = diagonal.diag_embed, diagonal.diagonal
    unfold = unfolding.unfold
    permute, transpose, t = rearrangement.permute, rearrangement.transpose, rearrangement.t
    expand, broadcast_to = rearrangement.expand, rearrangement.broadcast_to
    index_select = indexing.index_select
    gather, take, take_along_dim = gathering.gather, gathering.take, gathering.take_along_dim
    unique, unique_consecutive, bincount = grouping.unique, grouping.unique_consecutive, grouping.bincount
    scatter_reduce, index_reduce = grouping.scatter_reduce, grouping.index_reduce
    scatter, scatter_add, index_add = gathering.scatter, gathering.scatter_add, gathering.index_add
    index_put, index_fill = gathering.index_put, gathering.index_fill
    masked_fill, masked_select = gathering.masked_fill, gathering.masked_select
    masked_scatter, index_copy, put = gathering.masked_scatter, gathering.index_copy, gathering.put
    select_scatter, slice_scatter = gathering.select_scatter, gathering.slice_scatter
    clone, detach = rearrangement.clone, rearrangement.detach

    # --- in place: these, and a twin of each method of ``_WRITTEN``

    copy_, fill_, zero_ = inplace.copy_, inplace.fill_, inplace.zero_
    detach_ = inplace.detach_
    t_ = turning(rearrangement.t, "t_()")
    squeeze_ = turning(rearrangement.squeeze, "squeeze_()")
    unsqueeze_ = turning(rearrangement.unsqueeze, "unsqueeze_()")
    transpose_ = turning(rearrangement.transpose, "transpose_()")
    swapaxes_ = turning(rearrangement.swapaxes, "swapaxes_()")
    swapdims_ = turning(rearrangement.swapdims, "swapdims_()")


#: The methods that have a twin, named with an underscore, which writes what they return into the tensor.
_WRITTEN = (
    "abs", "absolute", "acos", "acosh", "add", "addbmm", "addcdiv", "addcmul", "addmm", "addmv", "addr", "arccos",
    "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "asin", "asinh", "atan", "atan2", "atanh",
    "baddbmm", "bitwise_and", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift",
    "bitwise_xor", "ceil", "clamp", "clamp_max", "clamp_min", "clip", "copysign", "cos", "cosh", "cumprod",
    "cumsum", "deg2rad", "digamma", "div", "divide", "erf", "exp", "exp2", "expm1", "fix", "floor", "floor_divide",
    "fmod", "frac", "hypot", "i0", "igamma", "igammac", "index_add", "index_copy", "index_fill", "index_put",
    "index_reduce", "lerp", "lgamma", "log", "log10", "log1p", "log2", "logical_and", "logical_not", "logical_or",
    "logical_xor", "masked_fill", "masked_scatter", "mul", "multiply", "nan_to_num", "neg", "negative", "pow",
    "put", "rad2deg", "reciprocal", "relu", "remainder", "round", "rsqrt", "scatter", "scatter_add",
    "scatter_reduce", "sigmoid", "sign", "sin", "sinc", "sinh", "sqrt", "square", "sub", "subtract", "tan", "tanh",
    "tril", "triu", "true_divide", "trunc", "xlogy",
)  # fmt: skip

for _name in _WRITTEN:
    setattr(Methods, f"{_name}_", in_place(getattr(Methods, _name), f"{_name}_()"))
