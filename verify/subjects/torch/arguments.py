"""The tensors among the arguments of a PyTorch function, and how a user would write them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.utils._pytree import keystr, tree_flatten_with_path, tree_unflatten

from gradproof.exact import Array
from gradproof.graph import lay_out

from ..arguments import parameter_names
from ..subject import Leaf
from .arrays import array_of, check
from .operations import schema_of


class Arguments:
    """The arguments of a call: any nesting of tensors and other values, and the parameters of a module.

    ``leaves`` are the tensors: the parameters first. All floating ones require grad where none asks for it.
    """

    def __init__(self, function: Callable[..., Any], args: Sequence[Any]) -> None:
        self._function = function
        self._parameters = dict(function.named_parameters()) if isinstance(function, torch.nn.Module) else {}
        found, self._structure = tree_flatten_with_path(tuple(args))
        self._values = [value for _, value in found]
        self._slots = [slot for slot, value in enumerate(self._values) if isinstance(value, torch.Tensor)]
        names = _names(function, len(args))
        arguments = [(_written(names, found[slot][0]), found[slot][1]) for slot in self._slots]
        tensors = [*self._parameters.items(), *arguments]
        for name, tensor in tensors:
            check(tensor, name)
        asks = any(each.requires_grad for _, each in tensors)
        self.leaves = tuple(Leaf.of(name, _laid_out(each), each.requires_grad or not asks) for name, each in tensors)

    def call(self, tensors: Sequence[torch.Tensor]) -> Any:
        """Call the function with other tensors for the leaves; buffers of a module stay as they are."""
        count = len(self._parameters)
        values = list(self._values)
        for slot, tensor in zip(self._slots, tensors[count:], strict=True):
            values[slot] = tensor
        args = tree_unflatten(values, self._structure)
        if not isinstance(self._function, torch.nn.Module):
            return self._function(*args)
        buffers = {name: each.detach().clone() for name, each in self._function.named_buffers()}
        state = {**dict(zip(self._parameters, tensors, strict=False)), **buffers}
        return torch.func.functional_call(self._function, state, args)


def _names(function: Callable[..., Any], count: int) -> list[str]:
    """Return the names of so many arguments: those of an operation are in its schema."""
    schema = schema_of(function)
    if schema is not None:
        return [each.name for each in schema.arguments][:count]
    return parameter_names(function.forward if isinstance(function, torch.nn.Module) else function, count)


def _laid_out(tensor: torch.Tensor) -> Array:
    """Return a copy of a tensor, which is contiguous where the tensor is."""
    return lay_out(array_of(tensor), contiguous=tensor.is_contiguous())


def _written(names: Sequence[str], path: tuple[Any, ...]) -> str:
    """Return how a user would write a value among the arguments."""
    return names[path[0].idx] + keystr(path[1:])
