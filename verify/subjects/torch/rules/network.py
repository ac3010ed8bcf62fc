"""Normalisations, convolution, pooling, activations and losses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradproof import engine
from gradproof.engine import ops
from gradproof.engine.nn import functional

from ...rules import Rule

#: How a number names a reduction.
_REDUCTIONS = ("none", "mean", "sum")


def _first_of(function: Rule) -> Rule:
    """Return the rule of an operation that returns a result and what only its derivative needs: the result."""
    return lambda *args: (function(*args),)


def _layer_norm(x: Any, shape: Sequence[int], weight: Any, bias: Any, eps: float) -> Any:
    return (functional.layer_norm(x, shape, weight, bias, eps),)


def _group_norm(x: Any, weight: Any, bias: Any, n: int, c: int, hxw: int, group: int, eps: float) -> Any:
    return (functional.group_norm(x, group, weight, bias, eps),)


def _batch_norm(
    x: Any, weight: Any, bias: Any, mean: Any, var: Any, training: bool, momentum: float, eps: float
) -> Any:
    """Return the result and, of its further results, none; then what becomes of the running statistics."""
    if not training:
        return functional.batch_norm(x, mean, var, weight, bias, False, momentum, eps), None, None
    axes = [0, *range(2, x.ndim)]
    moved = [
        running if running is None else running * (1 - momentum) + now * momentum
        for running, now in ((mean, engine.mean(x, axes)), (var, engine.var(x, axes)))
    ]
    return functional.batch_norm(x, None, None, weight, bias, True, momentum, eps), None, None, *moved


def _convolution(
    x: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    transposed: bool,
    output_padding: Any,
    groups: int,
) -> Any:
    rank = weight.ndim - 2
    sizes = [tuple(each) * (rank if len(each) == 1 else 1) for each in (stride, padding, dilation, output_padding)]
    stride, padding, dilation, output_padding = sizes
    if transposed:
        function = (functional.conv_transpose1d, functional.conv_transpose2d, functional.conv_transpose3d)[rank - 1]
        return function(x, weight, bias, stride, padding, output_padding, groups, dilation)
    convolve = (functional.conv1d, functional.conv2d, functional.conv3d)[rank - 1]
    return convolve(x, weight, bias, stride, padding, dilation, groups)


def _max_pool(function: Rule) -> Rule:
    def pool(
        x: Any, kernel: Any, stride: Any = (), padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
    ) -> Any:
        return (function(x, kernel, stride or None, padding, dilation, ceil_mode),)

    return pool


def _avg_pool(function: Rule) -> Rule:
    def pool(x: Any, kernel: Any, stride: Any = (), *params: Any) -> Any:
        return function(x, kernel, stride or None, *params)

    return pool


def _gelu(x: Any, approximate: str = "none") -> Any:
    return functional.gelu(x, approximate)


def _elu(x: Any, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0) -> Any:
    if input_scale == 1:
        found = functional.elu(x, alpha)
    else:
        found = ops.where(ops.greater(x, 0), x * input_scale, ops.expm1(x * input_scale) * alpha)
    return found if scale == 1 else found * scale


def _loss(function: Rule) -> Rule:
    """Return the rule of a loss whose reduction is a number, before its further parameter."""

    def compute(x: Any, target: Any, reduction: int = 1, *rest: Any) -> Any:
        return function(x, target, _REDUCTIONS[reduction], *rest)

    return compute


def _binary_cross_entropy(x: Any, target: Any, weight: Any = None, reduction: int = 1) -> Any:
    return functional.binary_cross_entropy(x, target, weight, _REDUCTIONS[reduction])


def _with_logits(x: Any, target: Any, weight: Any = None, pos_weight: Any = None, reduction: int = 1) -> Any:
    return functional.binary_cross_entropy_with_logits(x, target, weight, _REDUCTIONS[reduction], pos_weight)


def _prelu(x: Any, weight: Any) -> Any:
    return ops.where(ops.greater(x, 0), x, ops.multiply(weight, x))


def _nll_loss(x: Any, target: Any, weight: Any, reduction: int, ignore_index: int) -> Any:
    return (functional.nll_loss(x, target, weight, ignore_index, _REDUCTIONS[reduction]),)


RULES: Mapping[str, Rule] = {
    "_adaptive_avg_pool2d.default": functional.adaptive_avg_pool2d,
    "_adaptive_avg_pool3d.default": functional.adaptive_avg_pool3d,
    "adaptive_max_pool2d.default": _first_of(functional.adaptive_max_pool2d),
    "adaptive_max_pool3d.default": _first_of(functional.adaptive_max_pool3d),
    "avg_pool2d.default": _avg_pool(functional.avg_pool2d),
    "avg_pool3d.default": _avg_pool(functional.avg_pool3d),
    "convolution.default": _convolution,
    "im2col.default": functional.unfold,
    "col2im.default": functional.fold,
    "max_pool2d_with_indices.default": _max_pool(functional.max_pool2d),
    "max_pool3d_with_indices.default": _max_pool(functional.max_pool3d),
    "native_batch_norm.default": _batch_norm,
    "native_group_norm.default": _group_norm,
    "native_layer_norm.default": _layer_norm,
    "_prelu_kernel.default": _prelu,
    "binary_cross_entropy.default": _binary_cross_entropy,
    "binary_cross_entropy_with_logits.default": _with_logits,
    "celu.default": functional.celu,
    "elu.default": _elu,
    "gelu.default": _gelu,
    "glu.default": functional.glu,
    "hardshrink.default": functional.hardshrink,
    "hardsigmoid.default": functional.hardsigmoid,
    "hardswish.default": functional.hardswish,
    "hardtanh.default": functional.hardtanh,
    "huber_loss.default": _loss(functional.huber_loss),
    "leaky_relu.default": functional.leaky_relu,
    "log_sigmoid_forward.default": _first_of(functional.logsigmoid),
    "mish.default": functional.mish,
    "mse_loss.default": _loss(functional.mse_loss),
    "nll_loss_forward.default nll_loss2d_forward.default": _nll_loss,
    "relu.default": functional.relu,
    "silu.default": functional.silu,
    "smooth_l1_loss.default": _loss(functional.smooth_l1_loss),
    "soft_margin_loss.default": _loss(functional.soft_margin_loss),
    "softplus.default": functional.softplus,
    "softshrink.default": functional.softshrink,
    "threshold.default": functional.threshold,
}
