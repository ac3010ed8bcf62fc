"""Functions with derivatives by hand, right ones and wrong ones: the mistakes that people make.

Each is written over a namespace ``xp`` that NumPy, PyTorch and JAX all satisfy, so that every checker sees the same
code. ``vjp(xp, ct, *args)`` returns a cotangent for each argument.
"""

# ruff: noqa: ARG001, D103 - functions are what their names say, and all adjoints take the same arguments
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

RANDOM = np.random.default_rng(0)


@dataclass(frozen=True)
class Pair:
    """A function, its adjoint, and adjoints with a mistake, by what the mistake is.

    ``hidden`` are mistakes that do not show at ``args``.
    """

    name: str
    function: Callable[..., Any]
    vjp: Callable[..., Any]
    mistakes: Mapping[str, Callable[..., Any]]
    args: tuple[np.ndarray, ...]
    hidden: frozenset[str] = frozenset()


def normal(*shape: int) -> np.ndarray:
    return RANDOM.standard_normal(shape)


def positive(*shape: int) -> np.ndarray:
    return RANDOM.uniform(0.5, 2.0, shape)


def relu(xp: Any, x: Any) -> Any:
    return xp.where(x > 0.0, x, 0.0 * x)


def sigmoid(xp: Any, x: Any) -> Any:
    return 1.0 / (1.0 + xp.exp(-x))


def softmax(xp: Any, x: Any) -> Any:
    e = xp.exp(x)
    return e / xp.sum(e, axis=1)[:, None]


def layer(xp: Any, x: Any, w: Any, b: Any) -> Any:
    return xp.tanh(x @ w + b)


def _layer(xp: Any, ct: Any, x: Any, w: Any, b: Any, slope: Any) -> Any:
    inner = ct * slope
    return inner @ w.T, x.T @ inner, xp.sum(inner, axis=0)


def layer_vjp(xp: Any, ct: Any, x: Any, w: Any, b: Any) -> Any:
    return _layer(xp, ct, x, w, b, 1.0 - layer(xp, x, w, b) ** 2)


def layer_from_its_input(xp: Any, ct: Any, x: Any, w: Any, b: Any) -> Any:
    return _layer(xp, ct, x, w, b, 1.0 - (x @ w + b) ** 2)


def layer_without_the_sum(xp: Any, ct: Any, x: Any, w: Any, b: Any) -> Any:
    by_x, by_w, _ = layer_vjp(xp, ct, x, w, b)
    return by_x, by_w, (ct * (1.0 - layer(xp, x, w, b) ** 2))[0]


def layer_with_the_mean(xp: Any, ct: Any, x: Any, w: Any, b: Any) -> Any:
    by_x, by_w, by_b = layer_vjp(xp, ct, x, w, b)
    return by_x, by_w, by_b / x.shape[0]


def norm(xp: Any, x: Any) -> Any:
    return xp.sqrt(xp.sum(x * x))


def layer_norm(xp: Any, x: Any) -> Any:
    centred = x - xp.mean(x, axis=1)[:, None]
    return centred / xp.sqrt(xp.mean(centred**2, axis=1) + 1e-5)[:, None]


def layer_norm_vjp(xp: Any, ct: Any, x: Any, *, centre: bool = True, project: bool = True) -> Any:
    centred = x - xp.mean(x, axis=1)[:, None]
    scale = xp.sqrt(xp.mean(centred**2, axis=1) + 1e-5)[:, None]
    y = centred / scale
    found = ct
    if centre:
        found = found - xp.mean(ct, axis=1)[:, None]
    if project:
        found = found - y * xp.mean(ct * y, axis=1)[:, None]
    return (found / scale,)


def softmax_vjp(xp: Any, ct: Any, x: Any) -> Any:
    y = softmax(xp, x)
    return (y * (ct - xp.sum(ct * y, axis=1)[:, None]),)


LABELS = np.eye(3)[[0, 2, 1, 1]]
MASK = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
KERNEL = 3


def as_own(xp: Any, constant: np.ndarray, like: Any) -> Any:
    """Return a constant as an array of the namespace, in the dtype of another."""
    return xp.asarray(constant, dtype=like.dtype)


def cross_entropy(xp: Any, x: Any) -> Any:
    return -xp.sum(as_own(xp, LABELS, x) * xp.log(softmax(xp, x))) / x.shape[0]


def cumulate(xp: Any, x: Any) -> Any:
    return xp.cumsum(x, axis=0)


def reversed_sum(xp: Any, ct: Any) -> Any:
    return xp.sum(ct, axis=0) - xp.cumsum(ct, axis=0) + ct


def convolve(xp: Any, x: Any, k: Any) -> Any:
    n = x.shape[0] - KERNEL + 1
    return sum(x[i : i + n] * k[i] for i in range(KERNEL))


def convolve_vjp(xp: Any, ct: Any, x: Any, k: Any, *, flipped: bool = False) -> Any:
    n = x.shape[0] - KERNEL + 1
    order = range(KERNEL - 1, -1, -1) if flipped else range(KERNEL)
    pads = [
        xp.concatenate([0.0 * x[:i], ct * k[j], 0.0 * x[n + i :]]) for i, j in zip(range(KERNEL), order, strict=True)
    ]
    return sum(pads), xp.stack([xp.sum(ct * x[i : i + n]) for i in range(KERNEL)])


def huber(xp: Any, x: Any) -> Any:
    size = abs(x)
    return xp.where(size < 1.0, 0.5 * x * x, size - 0.5)


def cosine(xp: Any, a: Any, b: Any) -> Any:
    return xp.sum(a * b) / (norm(xp, a) * norm(xp, b))


def cosine_vjp(xp: Any, ct: Any, a: Any, b: Any) -> Any:
    n, m, c = norm(xp, a), norm(xp, b), cosine(xp, a, b)
    return ct * (b / m - c * a / n) / n, ct * (a / n - c * b / m) / m


def gelu(xp: Any, x: Any) -> Any:
    return 0.5 * x * (1.0 + xp.tanh(0.7978845608 * (x + 0.044715 * x**3)))


def gelu_vjp(xp: Any, ct: Any, x: Any, *, inner: bool = True) -> Any:
    t = xp.tanh(0.7978845608 * (x + 0.044715 * x**3))
    slope = 0.7978845608 * (1.0 + 3.0 * 0.044715 * x**2) if inner else 0.7978845608
    return (ct * (0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * slope),)


PAIRS = [
    Pair(
        "tanh layer", layer, layer_vjp,
        {
            "the input in place of the output": layer_from_its_input,
            "no sum over the batch": layer_without_the_sum,
            "the mean over the batch": layer_with_the_mean,
        },
        (normal(4, 3), normal(3, 2), normal(2)),
    ),
    Pair(
        "softmax", softmax, softmax_vjp,
        {
            "no projection": lambda xp, ct, x: (softmax(xp, x) * ct,),
            "wrong axis": lambda xp, ct, x: (softmax(xp, x) * (ct - xp.sum(ct * softmax(xp, x), axis=0)),),
        },
        (normal(3, 3),),
    ),
    Pair(
        "layer norm", layer_norm, layer_norm_vjp,
        {
            "no centring": lambda xp, ct, x: layer_norm_vjp(xp, ct, x, centre=False),
            "no projection": lambda xp, ct, x: layer_norm_vjp(xp, ct, x, project=False),
        },
        (normal(3, 4),),
    ),
    Pair(
        "rectifier", relu, lambda xp, ct, x: (xp.where(x > 0.0, ct, 0.0 * ct),),
        {"wrong for negative inputs only": lambda xp, ct, x: (xp.where(x > 0.0, ct, 0.01 * ct),)},
        (positive(5),), frozenset({"wrong for negative inputs only"}),
    ),
    Pair(
        "sigmoid", sigmoid, lambda xp, ct, x: (ct * sigmoid(xp, x) * sigmoid(xp, -x),),
        {"the input in place of the output": lambda xp, ct, x: (ct * x * (1.0 - x),)},
        (normal(4),),
    ),
    Pair(
        "cross entropy", cross_entropy,
        lambda xp, ct, x: (ct * (softmax(xp, x) - as_own(xp, LABELS, x)) / x.shape[0],),
        {
            "no division by the batch": lambda xp, ct, x: (ct * (softmax(xp, x) - as_own(xp, LABELS, x)),),
            "no labels": lambda xp, ct, x: (ct * softmax(xp, x) / x.shape[0],),
        },
        (normal(4, 3),),
    ),
    Pair(
        "log-sum-exp", lambda xp, x: xp.log(xp.sum(xp.exp(x), axis=1)),
        lambda xp, ct, x: (ct[:, None] * softmax(xp, x),),
        {"no normalisation": lambda xp, ct, x: (ct[:, None] * xp.exp(x),)},
        (normal(3, 4),),
    ),
    Pair(
        "unit vector", lambda xp, x: x / norm(xp, x),
        lambda xp, ct, x: ((ct - x * xp.sum(ct * x) / norm(xp, x) ** 2) / norm(xp, x),),
        {"the norm as a constant": lambda xp, ct, x: (ct / norm(xp, x),)},
        (normal(4),),
    ),
    Pair(
        "masked squares", lambda xp, x: as_own(xp, MASK, x) * x * x,
        lambda xp, ct, x: (2.0 * ct * as_own(xp, MASK, x) * x,),
        {"forgot the mask": lambda xp, ct, x: (2.0 * ct * x,)},
        (normal(2, 3),),
    ),
    Pair(
        "mean squared error", lambda xp, a, b: xp.mean((a - b) ** 2),
        lambda xp, ct, a, b: (2.0 * ct * (a - b) / a.shape[0], 2.0 * ct * (b - a) / a.shape[0]),
        {
            "no factor 2": lambda xp, ct, a, b: (ct * (a - b) / a.shape[0], ct * (b - a) / a.shape[0]),
            "the same sign twice": lambda xp, ct, a, b: (2.0 * ct * (a - b) / a.shape[0],) * 2,
        },
        (normal(5), normal(5)),
    ),
    Pair(
        "matrix product", lambda xp, a, b: a @ b, lambda xp, ct, a, b: (ct @ b.T, a.T @ ct),
        {
            "a factor not transposed": lambda xp, ct, a, b: (ct @ b, a.T @ ct),
            "factors exchanged": lambda xp, ct, a, b: (b.T @ ct, ct @ a.T),
        },
        (normal(3, 3), normal(3, 3)),
    ),
    Pair(
        "quadratic form", lambda xp, a, x: x @ (a @ x),
        lambda xp, ct, a, x: (ct * x[:, None] * x[None, :], ct * (a @ x + a.T @ x)),
        {
            "as if the matrix were symmetric": lambda xp, ct, a, x: (
                ct * x[:, None] * x[None, :], 2.0 * ct * (a @ x),
            ),
        },
        (normal(3, 3), normal(3)),
    ),
    Pair(
        "quotient", lambda xp, a, b: a / b, lambda xp, ct, a, b: (ct / b, -ct * a / b**2),
        {"no minus sign": lambda xp, ct, a, b: (ct / b, ct * a / b**2)},
        (normal(4), positive(4)),
    ),
    Pair(
        "cube", lambda xp, x: x**3, lambda xp, ct, x: (3.0 * ct * x**2,),
        {"the exponent not lowered": lambda xp, ct, x: (3.0 * ct * x**3,)},
        (normal(4),),
    ),
    Pair(
        "root", lambda xp, x: xp.sqrt(x), lambda xp, ct, x: (0.5 * ct / xp.sqrt(x),),
        {"no factor 1/2": lambda xp, ct, x: (ct / xp.sqrt(x),)},
        (positive(4),),
    ),
    Pair(
        "bell curve", lambda xp, x: xp.exp(-0.5 * x * x), lambda xp, ct, x: (-ct * x * xp.exp(-0.5 * x * x),),
        {"no inner derivative": lambda xp, ct, x: (-ct * xp.exp(-0.5 * x * x),)},
        (normal(4),),
    ),
    Pair(
        "logistic loss", lambda xp, x: xp.log1p(xp.exp(-x)), lambda xp, ct, x: (-ct * sigmoid(xp, -x),),
        {"the other side": lambda xp, ct, x: (-ct * sigmoid(xp, x),)},
        (normal(4),),
    ),
    Pair(
        "Huber loss", huber,
        lambda xp, ct, x: (ct * xp.where(abs(x) < 1.0, x, xp.where(x > 0.0, 1.0 + 0.0 * x, -1.0 + 0.0 * x)),),
        {"not clipped far out": lambda xp, ct, x: (ct * x,)},
        (0.4 * np.tanh(normal(4)),), frozenset({"not clipped far out"}),
    ),
    Pair(
        "cumulative sum", cumulate, lambda xp, ct, x: (reversed_sum(xp, ct),),
        {"not reversed": lambda xp, ct, x: (xp.cumsum(ct, axis=0),)},
        (normal(5),),
    ),
    Pair(
        "mean over rows", lambda xp, x: xp.mean(x, axis=0), lambda xp, ct, x: (ct[None, :] / x.shape[0] + 0.0 * x,),
        {"the count of the other axis": lambda xp, ct, x: (ct[None, :] / x.shape[1] + 0.0 * x,)},
        (normal(3, 4),),
    ),
    Pair(
        "column added to a matrix", lambda xp, x, c: x + c[:, None], lambda xp, ct, x, c: (ct, xp.sum(ct, axis=1)),
        {"summed over the wrong axis": lambda xp, ct, x, c: (ct, xp.sum(ct, axis=0))},
        (normal(3, 3), normal(3)),
    ),
    Pair(
        "variance", lambda xp, x: xp.sum((x - xp.mean(x)) ** 2) / (x.shape[0] - 1),
        lambda xp, ct, x: (2.0 * ct * (x - xp.mean(x)) / (x.shape[0] - 1),),
        {
            "n in place of n - 1": lambda xp, ct, x: (2.0 * ct * (x - xp.mean(x)) / x.shape[0],),
            "the mean as a constant 0": lambda xp, ct, x: (2.0 * ct * x / (x.shape[0] - 1),),
        },
        (1.0 + normal(5),),
    ),
    Pair(
        "norm", norm, lambda xp, ct, x: (ct * x / norm(xp, x),),
        {"the square of the norm": lambda xp, ct, x: (ct * x / norm(xp, x) ** 2,)},
        (normal(4),),
    ),
    Pair(
        "cosine similarity", cosine, cosine_vjp,
        {"the norms as constants": lambda xp, ct, a, b: (
            ct * b / (norm(xp, a) * norm(xp, b)), ct * a / (norm(xp, a) * norm(xp, b)),
        )},
        (normal(4), normal(4)),
    ),
    Pair(
        "logarithm of a determinant", lambda xp, a: xp.linalg.slogdet(a)[1],
        lambda xp, ct, a: (ct * xp.linalg.inv(a).T,),
        {"the inverse not transposed": lambda xp, ct, a: (ct * xp.linalg.inv(a),)},
        (normal(3, 3) + 3.0 * np.eye(3),),
    ),
    Pair(
        "angle", lambda xp, y, x: xp.arctan2(y, x),
        lambda xp, ct, y, x: (ct * x / (x * x + y * y), -ct * y / (x * x + y * y)),
        {"arguments exchanged": lambda xp, ct, y, x: (-ct * y / (x * x + y * y), ct * x / (x * x + y * y))},
        (normal(4), positive(4)),
    ),
    Pair(
        "convolution", convolve, convolve_vjp,
        {"the kernel flipped": lambda xp, ct, x, k: convolve_vjp(xp, ct, x, k, flipped=True)},
        (normal(6), normal(3)),
    ),
    Pair(
        "gelu", gelu, gelu_vjp,
        {"no inner derivative": lambda xp, ct, x: gelu_vjp(xp, ct, x, inner=False)},
        (normal(4),),
    ),
    Pair(
        "swish", lambda xp, x: x * sigmoid(xp, x),
        lambda xp, ct, x: (ct * (sigmoid(xp, x) + x * sigmoid(xp, x) * sigmoid(xp, -x)),),
        {"the gate as a constant": lambda xp, ct, x: (ct * sigmoid(xp, x),)},
        (normal(4),),
    ),
    Pair(
        "absolute value", lambda xp, x: abs(x),
        lambda xp, ct, x: (ct * xp.where(x > 0.0, 1.0 + 0.0 * x, -1.0 + 0.0 * x),),
        {"wrong for negative inputs only": lambda xp, ct, x: (ct,)},
        (positive(4),), frozenset({"wrong for negative inputs only"}),
    ),
    Pair(
        "softplus, cut off at 20", lambda xp, x: xp.log1p(xp.exp(x)), lambda xp, ct, x: (ct * sigmoid(xp, x),),
        {"an error of 1e-9 far out": lambda xp, ct, x: (
            xp.where(x > 15.0, ct * (1.0 + 1e-9), ct * sigmoid(xp, x)),
        )},
        (normal(4),), frozenset({"an error of 1e-9 far out"}),
    ),
]  # fmt: skip


def scaled(pair: Pair, size: float) -> Callable[..., Any]:
    """Return the right adjoint with a relative error of this size in the first argument."""

    def vjp(xp: Any, ct: Any, *args: Any) -> Any:
        first, *rest = pair.vjp(xp, ct, *args)
        return (first * (1.0 + size), *rest)

    return vjp
