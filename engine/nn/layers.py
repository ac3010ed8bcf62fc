"""Layers, activations and losses as modules."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gradproof.errors import DtypeError, OutOfRangeError, ShapeError

from .. import random
from ..data import count_from
from ..functions.arguments import whole
from ..functions.rearrangement import reshape
from ..shapes import normalise_axes
from ..tensor import Tensor
from . import functional
from .module import Module
from .parameter import Parameter


class Linear(Module):
    """``x W^T + b``: ``weight`` has the shape (out_features, in_features), ``bias`` (out_features,), or is None.

    Both begin with numbers between -1/sqrt(in_features) and 1/sqrt(in_features), all equally likely.
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        self.in_features = count_from(in_features, "in_features")
        self.out_features = count_from(out_features, "out_features")
        bound = 1 / math.sqrt(in_features) if in_features else 0.0
        shapes = [(out_features, in_features), (out_features,)]
        weight, shift = (
            Parameter((random.rand(shape, dtype=dtype, device=device) * 2 - 1) * bound) for shape in shapes
        )
        self.weight = weight
        self.bias = shift if bias else None

    def forward(self, input: Any) -> Any:
        """Return ``input`` of shape (..., in_features) as (..., out_features)."""
        return functional.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Return the sizes."""
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Sequential(Module):
    """Modules one after another, named by their numbers, or by the keys of one dictionary."""

    def __init__(self, *modules: Any) -> None:
        is_named = len(modules) == 1 and isinstance(modules[0], Mapping)
        named = dict(modules[0]) if is_named else {str(number): each for number, each in enumerate(modules)}
        wrong = next((type(each).__name__ for each in named.values() if not isinstance(each, Module)), None)
        if wrong is not None:
            raise DtypeError(f"Sequential holds modules, not {wrong}")
        vars(self).update(named)
        self._names = tuple(named)

    def forward(self, input: Any) -> Any:
        """Hand ``input`` through all modules."""
        return functools.reduce(lambda value, module: module(value), self, input)

    def __iter__(self) -> Iterator[Module]:
        return (vars(self)[name] for name in self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return Sequential({name: vars(self)[name] for name in self._names[index]})
        place = whole(index, "an index")
        if not -len(self) <= place < len(self):
            raise OutOfRangeError(f"index {place} is out of range for {len(self)} modules")
        return vars(self)[self._names[place]]


class Flatten(Module):
    """Join the dimensions from ``start_dim`` to ``end_dim``."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Tensor) -> Any:
        """Return ``input`` with these dimensions as one."""
        shape = input.shape or (1,)
        (first,), (last,) = (normalise_axes(dim, len(shape)) for dim in (self.start_dim, self.end_dim))
        if first > last:
            raise ShapeError(f"the dimensions from {self.start_dim} to {self.end_dim} are in the wrong order")
        return reshape(input, *shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :])

    def extra_repr(self) -> str:
        """Return the dimensions."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class _Activation(Module):
    _function: Callable[[Any], Any]

    def forward(self, input: Any) -> Any:
        """Return the activation, entry by entry."""
        return type(self)._function(input)


class ReLU(_Activation):
    """``max(x, 0)``."""

    _function = staticmethod(functional.relu)


class Tanh(_Activation):
    """The hyperbolic tangent."""

    _function = staticmethod(functional.tanh)


class Sigmoid(_Activation):
    """The logistic function."""

    _function = staticmethod(functional.sigmoid)


class _Loss(Module):
    _function: Callable[..., Any]

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = reduction

    def forward(self, input: Any, target: Any) -> Any:
        """Return the loss of ``input`` against ``target``."""
        return type(self)._function(input, target, reduction=self.reduction)


class MSELoss(_Loss):
    """Squared differences, their mean or their sum."""

    _function = staticmethod(functional.mse_loss)


class BCEWithLogitsLoss(_Loss):
    """Binary cross-entropy of logits, its mean or its sum."""

    _function = staticmethod(functional.binary_cross_entropy_with_logits)


__all__ = [
    "BCEWithLogitsLoss",
    "Flatten",
    "Linear",
    "MSELoss",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Tanh",
]
