"""Losses. Where there is a ``reduction`` it is "mean", "sum", or "none" for one loss per entry or row."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import ArgumentError, OutOfRangeError, ShapeError

from ... import ops
from ...dispatch import is_traced
from ...variable import Array, array_of
from .distance import cosine_with, pairwise_distance

if TYPE_CHECKING:
    from ...tensor import Tensor

_REDUCTIONS = ("none", "mean", "sum")


def _checked(reduction: str) -> str:
    if reduction not in _REDUCTIONS:
        raise ArgumentError(f"reduction is one of {', '.join(_REDUCTIONS)}, not {reduction!r}")
    return reduction


def reduced(losses: Any, reduction: str) -> Tensor:
    if _checked(reduction) == "none":
        return losses
    return ops.sum(losses) if reduction == "sum" else ops.mean(losses)


# --- distances


def mse_loss(input: Any, target: Any, reduction: str = "mean") -> Tensor:
    """Return the squared differences, their mean or their sum."""
    return ops.mse_loss(input, target, reduction=_checked(reduction))


def l1_loss(input: Any, target: Any, reduction: str = "mean") -> Tensor:
    """Return the magnitudes of the differences, their mean or their sum."""
    return ops.l1_loss(input, target, reduction=_checked(reduction))


def smooth_l1_loss(input: Any, target: Any, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """Return ``d^2 / (2 beta)`` of differences d within ``beta``, of others ``abs(d) - beta / 2``."""
    if beta < 0:
        raise ArgumentError(f"beta must not be negative, but is {beta}")
    if not beta:
        return l1_loss(input, target, reduction)
    return ops.smooth_l1_loss(input, target, reduction=_checked(reduction), beta=float(beta))


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None) -> Tensor:
    """Return ``d^2 / 2`` of differences d within ``delta``, of others ``delta (abs(d) - delta / 2)``.

    With a ``weight`` for each, the mean is divided by the sum of the weights.
    """
    if not delta > 0:
        raise ArgumentError(f"delta must be positive, but is {delta}")
    if weight is None:
        return ops.huber_loss(input, target, reduction=_checked(reduction), delta=float(delta))
    losses = ops.huber_loss(input, target, reduction="none", delta=float(delta)) * weight
    return losses.sum() / weight.sum() if _checked(reduction) == "mean" else reduced(losses, reduction)


# --- likelihoods of classes


def nll_loss(input: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean") -> Tensor:
    """Return minus the logarithms of probabilities that ``target`` names, by class, in dimension 1 of the input.

    Rows whose class is ``ignore_index`` count for nothing. With a ``weight`` for each class, the mean is weighted.
    """
    classes, axis = array_of(target), _class_axis(input)
    kept = classes != ignore_index
    if weight is None and kept.all():
        return ops.nll_loss(input, target, axis=axis, reduction=_checked(reduction))
    known = np.where(kept, classes, 0)
    weights = _weights(weight, input, axis)
    shares = ops.where(kept, ops.index(weights, _within(known, input.shape[axis]), start=0), 0.0)
    losses = ops.where(kept, ops.nll_loss(input, known, axis=axis, reduction="none") * shares, 0.0)
    if _checked(reduction) == "mean":
        return ops.divide(ops.sum(losses), ops.sum(shares))
    return reduced(losses, reduction)


def _class_axis(input: Any) -> int:
    return min(1, array_of(input).ndim - 1)


def _weights(weight: Any, input: Any, axis: int) -> Any:
    """Return one weight per class, in the dtype of the input: no derivative flows to them."""
    count, dtype = input.shape[axis], array_of(input).dtype
    weights = np.ones(count) if weight is None else array_of(weight)
    if weights.shape != (count,):
        raise ShapeError(f"the weight has one entry for each of {count} classes, not shape {weights.shape}")
    if not is_traced(weight):
        return weights.astype(dtype)
    held = weight.detach()
    return held if weights.dtype == dtype else ops.astype(held, dtype=dtype.name)


def _within(classes: Array, count: int) -> Array:
    outside = classes[(classes < 0) | (classes >= count)]
    if outside.size:
        raise OutOfRangeError(f"class {outside.flat[0]} is out of range for {count} classes")
    return classes


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Return the cross entropy of logits, with classes in dimension 1, and classes or probabilities of classes.

    ``target`` are indices as in :func:`nll_loss`, or probabilities where its dtype is floating. A share of
    ``label_smoothing`` of them is spread evenly over all classes.
    """
    if not 0.0 <= label_smoothing <= 1.0:
        raise ArgumentError(f"label_smoothing lies between 0 and 1, but is {label_smoothing}")
    if array_of(target).dtype.kind == "f":
        return _of_probabilities(input, target, weight, reduction, label_smoothing)
    axis = _class_axis(input)
    logarithms = ops.log_softmax(input, axis=axis)
    loss = nll_loss(logarithms, target, weight, ignore_index, reduction)
    if not label_smoothing:
        return loss
    uniform = _over_all_classes(logarithms, array_of(target) != ignore_index, weight, axis)
    spread: Any = reduced(uniform, "none" if reduction == "none" else "sum")
    if reduction == "mean":
        classes = array_of(target)
        kept = classes[classes != ignore_index]
        spread = spread / ops.sum(ops.index(_weights(weight, input, axis), kept, start=0))
    return loss * (1.0 - label_smoothing) + spread * (label_smoothing / input.shape[axis])


def _over_all_classes(logarithms: Any, kept: Array, weight: Any, axis: int) -> Any:
    """Return minus the weighted sums of logarithms over the classes, and 0 for rows that are not ``kept``."""
    weights = _along(_weights(weight, logarithms, axis), axis, logarithms)
    return ops.where(kept, -ops.sum(logarithms * weights, axis=axis), 0.0)


def _along(values: Any, axis: int, input: Any) -> Any:
    return ops.reshape(values, shape=tuple(-1 if i == axis else 1 for i in range(input.ndim)))


def _of_probabilities(input: Any, target: Any, weight: Any, reduction: str, label_smoothing: float) -> Tensor:
    axis = _class_axis(input)
    if label_smoothing:
        target = target * (1.0 - label_smoothing) + label_smoothing / input.shape[axis]
    if weight is not None:
        target = target * _along(_weights(weight, input, axis), axis, input)
    return ops.cross_entropy(input, target, axis=axis, reduction=_checked(reduction))


def focal_loss(input: Any, target: Any, alpha: float = 1.0, gamma: float = 0.0, reduction: str = "none") -> Tensor:
    """Return ``-alpha (1 - p)^gamma log p`` of the probabilities p that ``target`` names, in dimension 1 of the input.

    Lin et al., "Focal Loss for Dense Object Detection", 2017. Raises ``ArgumentError`` where ``gamma`` is negative.
    """
    named = -nll_loss(input, target, reduction="none")
    return reduced(_focal(ops.log(named), ops.clip(1.0 - named, min=0.0), alpha, gamma), reduction)


def softmax_focal_loss(
    input: Any, target: Any, alpha: float = 1.0, gamma: float = 0.0, reduction: str = "none"
) -> Tensor:
    """Return :func:`focal_loss` of the softmax of logits, by their logarithms, which do not underflow."""
    logarithm = -cross_entropy(input, target, reduction="none")
    return reduced(_focal(logarithm, -ops.expm1(logarithm), alpha, gamma), reduction)


def _focal(logarithm: Any, lack: Any, alpha: float, gamma: float) -> Any:
    if gamma < 0:
        raise ArgumentError(f"gamma must not be negative, but is {gamma}")
    return -alpha * (ops.pow(lack, gamma) * logarithm if gamma else logarithm)


# --- likelihoods of yes and no


def binary_cross_entropy(input: Any, target: Any, weight: Any = None, reduction: str = "mean") -> Tensor:
    """Return ``-(t log p + (1 - t) log(1 - p))`` for probabilities p, with logarithms cut off at -100 as in PyTorch."""
    if weight is None:
        return ops.binary_cross_entropy(input, target, reduction=_checked(reduction))
    return reduced(ops.binary_cross_entropy(input, target, reduction="none") * weight, reduction)


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, reduction: str = "mean", pos_weight: Any = None
) -> Tensor:
    """Return ``-(t log s(x) + (1 - t) log(1 - s(x)))`` for logits x and probabilities t, its mean or its sum.

    ``pos_weight`` multiplies the first term, ``weight`` all.
    """
    if weight is None and pos_weight is None:
        return ops.binary_cross_entropy_with_logits(input, target, reduction=_checked(reduction))
    if pos_weight is None:
        losses = ops.binary_cross_entropy_with_logits(input, target, reduction="none")
    else:
        losses = (1.0 - target) * input + (1.0 + (pos_weight - 1.0) * target) * ops.softplus(-input)
    return reduced(losses if weight is None else losses * weight, reduction)


def multilabel_soft_margin_loss(input: Any, target: Any, weight: Any = None, reduction: str = "mean") -> Tensor:
    """Return the mean over the last dimension of :func:`binary_cross_entropy_with_logits`."""
    losses = ops.binary_cross_entropy_with_logits(input, target, reduction="none")
    return reduced((losses if weight is None else losses * weight).mean(-1), reduction)


def soft_margin_loss(input: Any, target: Any, reduction: str = "mean") -> Tensor:
    """Return ``log(1 + exp(-t x))`` for targets t of 1 and -1."""
    return ops.soft_margin_loss(input, target, reduction=_checked(reduction))


# --- likelihoods of numbers


def kl_div(input: Any, target: Any, reduction: str = "mean", log_target: bool = False) -> Tensor:
    """Return ``t (log t - x)`` for logarithms x of probabilities and probabilities t, or their logarithms.

    The reduction "batchmean" divides the sum by the size of the first dimension.
    """
    kind = "sum" if reduction == "batchmean" else _checked(reduction)
    if log_target:
        loss = reduced(ops.exp(target) * (target - input), kind)
    else:
        loss = ops.kl_div(input, target, reduction=kind)
    return loss / input.shape[0] if reduction == "batchmean" else loss


def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Tensor:
    """Return ``exp(x) - t x`` for logarithms x of rates, or ``x - t log(x + eps)`` for rates.

    ``full`` adds Stirling's approximation of ``log(t!)`` for counts t above 1.
    """
    losses = ops.exp(input) - target * input if log_input else input - target * ops.log(input + eps)
    if full:
        many = array_of(target) > 1.0
        count = ops.where(many, target, 1.0)
        stirling = count * ops.log(count) - count + 0.5 * ops.log(2.0 * math.pi * count)
        losses = losses + ops.where(many, stirling, 0.0)
    return reduced(losses, reduction)


def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Tensor:
    """Return ``(log v + (x - t)^2 / v) / 2``, where v are variances, those below ``eps`` raised to it.

    The derivative by them is as if they had not been raised, as in PyTorch. ``full`` adds ``log(2 pi) / 2``.
    """
    shape, given = array_of(input).shape, array_of(var).shape
    if given != shape and shape[:-1] == given:
        var = ops.expand_dims(var, axis=-1)
    elif given != shape and not (given[:-1] == shape[:-1] and given[-1:] == (1,)) and given != ():
        raise ShapeError(f"variances of shape {given} do not fit an input of shape {shape}")
    values = array_of(var)
    if (values < 0).any():
        raise ArgumentError(f"variances are not negative, but one is {values.min()}")
    raised = var + np.maximum(eps - values, 0).astype(values.dtype)
    losses = 0.5 * (ops.log(raised) + ops.square(input - target) / raised)
    return reduced(losses + 0.5 * math.log(2.0 * math.pi) if full else losses, reduction)


# --- margins


def hinge_embedding_loss(input: Any, target: Any, margin: float = 1.0, reduction: str = "mean") -> Tensor:
    """Return x where the target is 1, and what is left of ``margin - x`` above 0 where it is -1."""
    signs = array_of(target)
    near = ops.where(signs != -1, input, 0.0)
    return reduced(near + ops.where(signs != 1, ops.relu(margin - input), 0.0), reduction)


def margin_ranking_loss(input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: str = "mean") -> Tensor:
    """Return what ``margin - t (x1 - x2)`` is above 0, for targets t of 1 and -1."""
    return reduced(ops.relu(-target * (input1 - input2) + margin), reduction)


def cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: str = "mean"
) -> Tensor:
    """Return ``1 - cos`` of the angle between rows for a target of 1, and what ``cos - margin`` is above 0 for -1."""
    cosine, signs = cosine_with(input1, input2, 1e-12), array_of(target)
    losses = ops.where(signs == 1, 1.0 - cosine, 0.0) + ops.where(signs == -1, ops.relu(cosine - margin), 0.0)
    return reduced(losses, reduction)


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """Return what the distance of the positive example, less that of the negative one, plus ``margin`` is above 0.

    With ``swap`` the smaller of the negative example's distances from the other two counts.
    """
    distance = partial(pairwise_distance, p=p, eps=eps)
    return triplet_margin_with_distance_loss(
        anchor, positive, negative, distance_function=distance, margin=margin, swap=swap, reduction=reduction
    )


def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Callable[[Any, Any], Any] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """Return :func:`triplet_margin_loss` for a distance of one's own. Raises ``ArgumentError`` unless margin > 0."""
    if margin <= 0:
        raise ArgumentError(f"margin must be positive, but is {margin}")
    apart = distance_function or pairwise_distance
    near, far = apart(anchor, positive), apart(anchor, negative)
    if swap:
        far = ops.minimum(far, apart(positive, negative))
    return reduced(ops.relu(margin + near - far), reduction)


def multi_margin_loss(
    input: Any, target: Any, p: int = 1, margin: float = 1.0, weight: Any = None, reduction: str = "mean"
) -> Tensor:
    """Return the mean over classes i of what ``margin - x[t] + x[i]`` is above 0, to the power ``p``; 0 for i = t."""
    if p not in (1, 2):
        raise ArgumentError(f"p is 1 or 2, not {p!r}")
    count, classes = input.shape[-1], array_of(target)
    named = np.expand_dims(_within(classes, count), -1) == np.arange(count)
    own = ops.sum(ops.where(named, input, 0.0), axis=-1, keepdims=True)
    excess = ops.relu(margin - own + input)
    if p == 2:
        excess = ops.square(excess)
    if weight is not None:
        named_weights = ops.index(_weights(weight, input, input.ndim - 1), classes, start=0)
        excess = excess * ops.expand_dims(named_weights, axis=-1)
    return reduced(ops.sum(ops.where(named, 0.0, excess), axis=-1) / count, reduction)


def multiclass_hinge(input: Any, target: Any, hinge: float = 1.0, reduction: str = "mean") -> Tensor:
    """Return :func:`multi_margin_loss` of margin ``hinge``, summed over the classes where that is averaged."""
    return multi_margin_loss(input, target, margin=hinge, reduction=reduction) * input.shape[-1]


def multilabel_margin_loss(input: Any, target: Any, reduction: str = "mean") -> Tensor:
    """Return the sum of what ``1 - x[j] + x[i]`` is above 0, over classes j named and i not named, by classes.

    Of each row of ``target`` the classes before the first -1 count.
    """
    count, classes = input.shape[-1], array_of(target)
    valid = np.cumprod(classes >= 0, axis=-1, dtype=bool)
    named = np.any((classes[..., np.newaxis] == np.arange(count)) & valid[..., np.newaxis], axis=-2)
    pairs = named[..., :, np.newaxis] & ~named[..., np.newaxis, :]
    excess = ops.relu(1.0 - ops.expand_dims(input, axis=-1) + ops.expand_dims(input, axis=-2))
    return reduced(ops.sum(ops.where(pairs, excess, 0.0), axis=(-2, -1)) / count, reduction)


__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cosine_embedding_loss",
    "cross_entropy",
    "focal_loss",
    "gaussian_nll_loss",
    "hinge_embedding_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "margin_ranking_loss",
    "mse_loss",
    "multi_margin_loss",
    "multiclass_hinge",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "nll_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
    "soft_margin_loss",
    "softmax_focal_loss",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]
