"""The ops in PyTorch's spelling: what it computes, and which calls it does not have. No derivative is written here."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - what all users call it

from .spelling import Call


def embed(x: Any, *, index: Any, shape: Any) -> Any:
    """Write into zeros."""
    y = x.new_zeros(shape)
    y[index] = x
    return y


def overwrite(x: Any, part: Any, *, index: Any) -> Any:
    """Write into a copy."""
    y = x.clone()
    y[index] = part
    return y


OPS: Mapping[str, Callable[..., Any]] = {
    # arithmetic
    "add": torch.add,
    "subtract": torch.subtract,
    "multiply": torch.multiply,
    "divide": torch.divide,
    "negative": torch.negative,
    "square": torch.square,
    "sqrt": torch.sqrt,
    "hypot": torch.hypot,
    "pow": torch.pow,
    "reciprocal": torch.reciprocal,
    "rsqrt": torch.rsqrt,
    "remainder": torch.remainder,
    "fmod": torch.fmod,
    # exponentials and logarithms
    "exp": torch.exp,
    "exp2": torch.exp2,
    "expm1": torch.expm1,
    "log": torch.log,
    "log1p": torch.log1p,
    "log2": torch.log2,
    "log10": torch.log10,
    "logaddexp": torch.logaddexp,
    "logaddexp2": torch.logaddexp2,
    "logsumexp": lambda x, *, axis, keepdims: torch.logsumexp(
        x, dim=tuple(range(x.ndim)) if axis is None else axis, keepdim=keepdims
    ),
    "logcumsumexp": lambda x, *, axis: torch.logcumsumexp(x, dim=axis),
    # trigonometric and hyperbolic functions
    "sin": torch.sin,
    "cos": torch.cos,
    "tan": torch.tan,
    "asin": torch.asin,
    "acos": torch.acos,
    "atan": torch.atan,
    "atan2": torch.atan2,
    "sinc": torch.sinc,
    "sinh": torch.sinh,
    "cosh": torch.cosh,
    "tanh": torch.tanh,
    "asinh": torch.asinh,
    "acosh": torch.acosh,
    "atanh": torch.atanh,
    # special functions
    "erf": torch.special.erf,
    "erfc": torch.special.erfc,
    "erfcx": torch.special.erfcx,
    "erfinv": torch.special.erfinv,
    "ndtr": torch.special.ndtr,
    "ndtri": torch.special.ndtri,
    "log_ndtr": torch.special.log_ndtr,
    "gammaln": torch.special.gammaln,
    "digamma": torch.special.digamma,
    "polygamma": lambda x, *, n: torch.special.polygamma(n, x),
    "gammainc": lambda x, *, a: torch.special.gammainc(torch.full_like(x, a), x),
    "gammaincc": lambda x, *, a: torch.special.gammaincc(torch.full_like(x, a), x),
    "i0": torch.special.i0,
    "i1": torch.special.i1,
    "i0e": torch.special.i0e,
    "i1e": torch.special.i1e,
    "entr": torch.special.entr,
    "xlogy": torch.special.xlogy,
    "xlog1py": torch.special.xlog1py,
    "logit": torch.special.logit,
    # activations
    "sigmoid": torch.sigmoid,
    "softmax": lambda x, *, axis: torch.softmax(x, dim=axis),
    "log_softmax": lambda x, *, axis: torch.log_softmax(x, dim=axis),
    # above its threshold it is x: at 40 that is right to the last digit, and at the default of 20 it is not
    "softplus": lambda x: F.softplus(x, threshold=40),
    "gelu": F.gelu,
    "silu": F.silu,
    "mish": F.mish,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "elu": lambda x, *, alpha, scale, input_scale: F.elu(x, alpha),
    "hardtanh": lambda x, *, min, max: F.hardtanh(x, min, max),
    "hardsigmoid": F.hardsigmoid,
    "hardswish": F.hardswish,
    "hardshrink": F.hardshrink,
    "softshrink": F.softshrink,
    "threshold": F.threshold,
    # selection, comparison and rounding
    "equal": torch.eq,
    "not_equal": torch.ne,
    "less": torch.lt,
    "less_equal": torch.le,
    "greater": torch.gt,
    "greater_equal": torch.ge,
    "where": torch.where,
    "abs": torch.abs,
    "sign": torch.sign,
    "copysign": torch.copysign,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "fmax": torch.fmax,
    "fmin": torch.fmin,
    "clip": lambda x, *, min, max: torch.clamp(x, min, max),
    "nan_to_num": torch.nan_to_num,
    "floor": torch.floor,
    "ceil": torch.ceil,
    "trunc": torch.trunc,
    "round": torch.round,
    # reductions and scans
    "sum": lambda x, *, axis, keepdims: torch.sum(x, dim=axis, keepdim=keepdims),
    "mean": lambda x, *, axis, keepdims: torch.mean(x, dim=axis, keepdim=keepdims),
    "var": lambda x, *, axis, keepdims, correction: torch.var(x, dim=axis, correction=correction, keepdim=keepdims),
    "std": lambda x, *, axis, keepdims, correction: torch.std(x, dim=axis, correction=correction, keepdim=keepdims),
    "prod": lambda x, *, axis, keepdims: torch.prod(x) if axis is None else torch.prod(x, axis, keepdims),
    "max": lambda x, *, axis, keepdims: torch.max(x) if axis is None else torch.max(x, axis, keepdims).values,
    "min": lambda x, *, axis, keepdims: torch.min(x) if axis is None else torch.min(x, axis, keepdims).values,
    "median": lambda x, *, axis, keepdims: torch.median(x) if axis is None else torch.median(x, axis, keepdims).values,
    "amax": lambda x, *, axis, keepdims: torch.amax(x, dim=() if axis is None else axis, keepdim=keepdims),
    "amin": lambda x, *, axis, keepdims: torch.amin(x, dim=() if axis is None else axis, keepdim=keepdims),
    "vector_norm": lambda x, *, axis, keepdims, ord: torch.linalg.vector_norm(x, ord, dim=axis, keepdim=keepdims),
    "p_norm": lambda x, *, axis, keepdims, ord: torch.linalg.vector_norm(x, ord, dim=axis, keepdim=keepdims),
    "cumulative_sum": lambda x, *, axis: torch.cumsum(x, dim=axis),
    "cumulative_prod": lambda x, *, axis: torch.cumprod(x, dim=axis),
    "cumulative_max": lambda x, *, axis: torch.cummax(x, dim=axis).values,
    "cumulative_min": lambda x, *, axis: torch.cummin(x, dim=axis).values,
    "diff": lambda x, *, axis: torch.diff(x, dim=axis),
    "sort": lambda x, *, axis, descending: torch.sort(x, dim=axis, descending=descending).values,
    "kthvalue": lambda x, *, k, axis, keepdims: torch.kthvalue(x, k, dim=axis, keepdim=keepdims).values,
    "topk": lambda x, *, k, axis, largest: torch.topk(x, k, dim=axis, largest=largest).values,
    # rearrangement
    "reshape": torch.reshape,
    "permute_dims": lambda x, *, axes: torch.permute(x, axes),
    "broadcast_to": lambda x, *, shape: torch.broadcast_to(x, shape),
    "expand_dims": lambda x, *, axis: torch.unsqueeze(x, axis),
    "squeeze": lambda x, *, axis: torch.squeeze(x) if axis is None else torch.squeeze(x, axis),
    "swapaxes": lambda x, *, axis1, axis2: torch.swapaxes(x, axis1, axis2),
    "flip": lambda x, *, axis: torch.flip(
        x, tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    ),
    "roll": lambda x, *, shift, axis: torch.roll(x, shift, axis),
    "tile": lambda x, *, repetitions: torch.tile(x, repetitions),
    "repeat": lambda x, *, repeats, axis: torch.repeat_interleave(x, torch.tensor(repeats), dim=axis),
    "concat": lambda *xs, axis: torch.cat(xs, dim=axis),
    "stack": lambda *xs, axis: torch.stack(xs, dim=axis),
    "getitem": lambda x, *, index: x[index],
    "embed": embed,
    "overwrite": overwrite,
    "unfold": lambda x, *, axis, size, step: x.unfold(axis, size, step),
    "tril": lambda x, *, k: torch.tril(x, k),
    "triu": lambda x, *, k: torch.triu(x, k),
    "diagonal": lambda x, *, offset, axis1, axis2: torch.diagonal(x, offset, axis1, axis2),
    "diag_embed": lambda x, *, offset, axis1, axis2: torch.diag_embed(x, offset, axis1, axis2),
    "pad": lambda x, *, widths, mode: F.pad(x, [width for pair in reversed(widths) for width in pair]),
    "astype": lambda x, *, dtype: x.to(getattr(torch, dtype)),
    "clone": torch.clone,
    "detach": torch.detach,
    # gathering and scattering
    "take": lambda x, indices, *, axis: torch.index_select(x, axis, indices),
    "index": lambda x, indices, *, start: torch.take(x, indices),
    "index_put": lambda x, indices, values, *, start: x.put(indices, values, accumulate=True),
    "index_add": lambda x, indices, *, axis, size: torch.index_add(
        x.new_zeros([size if i == axis % x.ndim else n for i, n in enumerate(x.shape)]), axis, indices, x
    ),
    "take_along_axis": lambda x, indices, *, axis: torch.gather(x, axis, indices),
    "scatter_add": lambda x, indices, values, *, axis: torch.scatter_add(x, axis, indices, values),
    "embedding": lambda weight, indices: F.embedding(indices, weight),
    # products and linear algebra
    "matmul": torch.matmul,
    "outer": torch.outer,
    "vecdot": lambda a, b, *, axis: torch.linalg.vecdot(a, b, dim=axis),
    "cross": lambda a, b, *, axis: torch.linalg.cross(a, b, dim=axis),
    "trace": lambda x, *, offset: torch.trace(x),
    "det": torch.linalg.det,
    "logabsdet": lambda a: torch.linalg.slogdet(a).logabsdet,
    "det_sign": lambda a: torch.linalg.slogdet(a).sign,
    "inv": torch.linalg.inv,
    "pinv": torch.linalg.pinv,
    "solve": torch.linalg.solve,
    "cholesky": lambda a: torch.linalg.cholesky(0.5 * a + 0.5 * a.mT),
    "eigvalsh": lambda a: torch.linalg.eigvalsh(0.5 * a + 0.5 * a.mT),
    "svdvals": torch.linalg.svdvals,
    "lu_factors": lambda a: torch.linalg.lu_factor(a).LU,
    # losses
    "mse_loss": F.mse_loss,
    "l1_loss": F.l1_loss,
    "smooth_l1_loss": F.smooth_l1_loss,
    "huber_loss": F.huber_loss,
    "kl_div": F.kl_div,
    "binary_cross_entropy": F.binary_cross_entropy,
    "binary_cross_entropy_with_logits": F.binary_cross_entropy_with_logits,
    "cross_entropy": lambda x, p, *, axis, reduction: F.cross_entropy(x, p, reduction=reduction),
    "nll_loss": lambda x, target, *, axis, reduction: F.nll_loss(x, target, reduction=reduction),
    # normalisation
    "layer_norm": lambda x, weight, bias, *, axis, eps: F.layer_norm(x, weight.shape, weight, bias, eps),
    "batch_norm": lambda x, weight, bias, *, axis, eps: F.batch_norm(
        x, None, None, weight, bias, training=True, eps=eps
    ),
    "rms_norm": lambda x, weight, *, axis, eps: F.rms_norm(x, weight.shape, weight, eps),
    # convolution and pooling
    "conv1d": lambda x, w, *, stride, padding, dilation, groups: F.conv1d(
        x, w, None, stride, [before for before, _ in padding], dilation, groups
    ),
    "conv2d": lambda x, w, *, stride, padding, dilation, groups: F.conv2d(
        x, w, None, stride, [before for before, _ in padding], dilation, groups
    ),
    "conv3d": lambda x, w, *, stride, padding, dilation, groups: F.conv3d(
        x, w, None, stride, [before for before, _ in padding], dilation, groups
    ),
    "conv_transpose1d": lambda x, w, *, stride, padding, dilation, groups, output_padding: F.conv_transpose1d(
        x, w, None, stride, [before for before, _ in padding], output_padding, groups, dilation
    ),
    "conv_transpose2d": lambda x, w, *, stride, padding, dilation, groups, output_padding: F.conv_transpose2d(
        x, w, None, stride, [before for before, _ in padding], output_padding, groups, dilation
    ),
    "conv_transpose3d": lambda x, w, *, stride, padding, dilation, groups, output_padding: F.conv_transpose3d(
        x, w, None, stride, [before for before, _ in padding], output_padding, groups, dilation
    ),
    "max_pool1d": lambda x, *, kernel_size, stride, padding, dilation: F.max_pool1d(
        x, kernel_size, stride, [before for before, _ in padding], dilation
    ),
    "max_pool2d": lambda x, *, kernel_size, stride, padding, dilation: F.max_pool2d(
        x, kernel_size, stride, [before for before, _ in padding], dilation
    ),
    "max_pool3d": lambda x, *, kernel_size, stride, padding, dilation: F.max_pool3d(
        x, kernel_size, stride, [before for before, _ in padding], dilation
    ),
    "avg_pool1d": lambda x, *, kernel_size, stride, padding, dilation, counted, divisor: F.avg_pool1d(
        x, kernel_size, stride, [before for before, _ in padding], count_include_pad=counted == padding
    ),
    "avg_pool2d": lambda x, *, kernel_size, stride, padding, dilation, counted, divisor: F.avg_pool2d(
        x, kernel_size, stride, [b for b, _ in padding], count_include_pad=counted == padding, divisor_override=divisor
    ),
    "avg_pool3d": lambda x, *, kernel_size, stride, padding, dilation, counted, divisor: F.avg_pool3d(
        x, kernel_size, stride, [b for b, _ in padding], count_include_pad=counted == padding, divisor_override=divisor
    ),
}


def _is_whole_and_kept(call: Call) -> bool:
    """Tell whether all entries are taken at once and the axes kept, or several axes are."""
    axis = call.params["axis"]
    return isinstance(axis, tuple) or (axis is None and bool(call.params["keepdims"]))


def _is_uneven(call: Call) -> bool:
    return any(before != after for before, after in call.params["padding"])


def _is_window_apart(call: Call, rank: int) -> bool:
    """Tell whether padding is uneven or more than half a window, or there are more than two dimensions in front."""
    sizes = zip(call.params["padding"], call.params["kernel_size"], strict=True)
    return (
        _is_uneven(call)
        or not rank < len(call.shapes[0]) <= rank + 2
        or any(2 * before > size for (before, _), size in sizes)
    )


def _is_mean_apart(call: Call, rank: int) -> bool:
    """Tell the same, or whether windows have gaps, or some padding is counted and some not."""
    params = call.params
    counted = params["counted"] == params["padding"] or not any(map(any, params["counted"]))
    return _is_window_apart(call, rank) or any(gap != 1 for gap in params["dilation"]) or not counted


def _classes_elsewhere(call: Call) -> bool:
    rank = len(call.shapes[0])
    return call.params["axis"] % rank != (1 if rank > 1 else 0)


def _steps_back(call: Call) -> bool:
    """Tell whether a slice runs backwards."""
    return any(isinstance(part, slice) and (part.step or 1) < 0 for part in call.params["index"])


#: The calls of an op that PyTorch does not have.
LACKS: Mapping[str, Callable[[Call], bool]] = {
    "clip": lambda call: call.params["min"] is None and call.params["max"] is None,
    "elu": lambda call: call.params["scale"] != 1 or call.params["input_scale"] != 1,
    "prod": _is_whole_and_kept,
    "max": _is_whole_and_kept,
    "min": _is_whole_and_kept,
    "median": _is_whole_and_kept,
    "getitem": _steps_back,
    "embed": _steps_back,
    "overwrite": _steps_back,
    "pad": lambda call: call.params["mode"] != "constant",
    "index": lambda call: call.params["start"] != 0,
    "index_put": lambda call: call.params["start"] != 0,
    "outer": lambda call: any(len(shape) != 1 for shape in call.shapes),
    "trace": lambda call: call.params["offset"] != 0 or len(call.shapes[0]) != 2,
    "cross": lambda call: len(call.shapes[0]) != len(call.shapes[1]),
    "embedding": lambda call: len(call.shapes[0]) != 2,
    "cross_entropy": _classes_elsewhere,
    "nll_loss": _classes_elsewhere,
    "batch_norm": lambda call: math.prod(call.shapes[0]) <= call.shapes[1][0],
    "conv1d": _is_uneven,
    "conv2d": _is_uneven,
    "conv3d": _is_uneven,
    "conv_transpose1d": _is_uneven,
    "conv_transpose2d": _is_uneven,
    "conv_transpose3d": _is_uneven,
    "max_pool1d": lambda call: _is_window_apart(call, 1),
    "max_pool2d": lambda call: _is_window_apart(call, 2),
    "max_pool3d": lambda call: _is_window_apart(call, 3),
    "avg_pool1d": lambda call: _is_mean_apart(call, 1) or call.params["divisor"] is not None,
    "avg_pool2d": lambda call: _is_mean_apart(call, 2),
    "avg_pool3d": lambda call: _is_mean_apart(call, 3),
}
