"""The vocabulary: one file per mathematical family, forward and VJP side by side.

Names are those of the Python array API standard wherever it has one. Each op takes arrays or tensors.
"""

from .activation import gelu, log_softmax, logsumexp, sigmoid, silu, softmax, softplus
from .arithmetic import add, divide, hypot, multiply, negative, pow, sqrt, square, subtract  # noqa: A004
from .exponential import exp, expm1, log, log1p
from .linear_algebra import det, inv, matmul, solve
from .loss import binary_cross_entropy_with_logits, mse_loss
from .norm import vector_norm
from .product import cumulative_prod, prod
from .rearrangement import (
    astype,
    broadcast_to,
    clone,
    concat,
    detach,
    embed,
    expand_dims,
    getitem,
    index_add,
    permute_dims,
    reshape,
    take,
)
from .reduction import cumulative_sum, max, mean, min, sum  # noqa: A004
from .rounding import ceil, floor, sign
from .selection import (
    abs,  # noqa: A004
    clip,
    equal,
    greater,
    greater_equal,
    less,
    less_equal,
    maximum,
    minimum,
    not_equal,
    relu,
    where,
)
from .sorting import sort
from .special import digamma, erf, gammaln, ndtr, polygamma
from .statistics import std, var
from .trigonometric import atan, atan2, cos, sin, sinc, tanh

__all__ = [
    "abs",
    "add",
    "astype",
    "atan",
    "atan2",
    "binary_cross_entropy_with_logits",
    "broadcast_to",
    "ceil",
    "clip",
    "clone",
    "concat",
    "cos",
    "cumulative_prod",
    "cumulative_sum",
    "det",
    "detach",
    "digamma",
    "divide",
    "embed",
    "equal",
    "erf",
    "exp",
    "expand_dims",
    "expm1",
    "floor",
    "gammaln",
    "gelu",
    "getitem",
    "greater",
    "greater_equal",
    "hypot",
    "index_add",
    "inv",
    "less",
    "less_equal",
    "log",
    "log1p",
    "log_softmax",
    "logsumexp",
    "matmul",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "mse_loss",
    "multiply",
    "ndtr",
    "negative",
    "not_equal",
    "permute_dims",
    "polygamma",
    "pow",
    "prod",
    "relu",
    "reshape",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "sinc",
    "softmax",
    "softplus",
    "solve",
    "sort",
    "sqrt",
    "square",
    "std",
    "subtract",
    "sum",
    "take",
    "tanh",
    "var",
    "vector_norm",
    "where",
]
