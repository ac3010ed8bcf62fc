"""The tensors among the arguments of a PyTorch function, and how a user would write them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.utils._pytree import keystr, tree_flatten_with_path, tree_unflatten

from gradproof.exact import Array
from gradproof.graph import lay_out

from ..arguments import flattened, parameter_names
from ..subject import Leaf
from .arrays import array_of, check
from .operations import schema_of


class Arguments:
    """The arguments of a call: any nesting of tensors and other values.

    The parameters of a module, where it has some, are a dict before the others. ``leaves`` are the tensors. All
    floating ones require grad where none asks for it.
    """

    def __init__(self, function: Callable[..., Any], args: Sequence[Any]) -> None:
        self._function = function
        self._parameters = dict(function.named_parameters()) if isinstance(function, torch.nn.Module) else {}
        self._args = (self._parameters, *args) if self._parameters else tuple(args)
        found, self._structure = tree_flatten_with_path(self._args)
        self._values = [value for _, value in found]
        self._slots = [slot for slot, value in enumerate(self._values) if _is_leaf(value)]
        names = _names(function, len(args))
        tensors = [(self._written(names, found[slot][0]), found[slot][1]) for slot in self._slots]
        for name, tensor in tensors:
            check(tensor, name)
        asks = any(each.requires_grad for _, each in tensors)
        self.leaves = tuple(Leaf.of(name, _laid_out(each), each.requires_grad or not asks) for name, each in tensors)

    def _written(self, names: Sequence[str], path: tuple[Any, ...]) -> str:
        """Return how a user would write a value among the arguments, and a parameter by its name."""
        number, *rest = path
        if self._parameters and number.idx == 0:
            return rest[0].key
        return names[number.idx - bool(self._parameters)] + keystr(rest)

    def rebuilt(self, tensors: Sequence[torch.Tensor]) -> tuple[Any, ...]:
        """Return the arguments with other tensors for the leaves."""
        values = list(self._values)
        for slot, tensor in zip(self._slots, tensors, strict=True):
            values[slot] = tensor
        return tuple(tree_unflatten(values, self._structure))

    def call(self, tensors: Sequence[torch.Tensor]) -> Any:
        """Call the function with other tensors for the leaves; buffers of a module stay as they are."""
        args = self.rebuilt(tensors)
        if not isinstance(self._function, torch.nn.Module):
            return self._function(*args)
        parameters, args = (args[0], args[1:]) if self._parameters else ({}, args)
        buffers = {name: each.detach().clone() for name, each in self._function.named_buffers()}
        return torch.func.functional_call(self._function, {**parameters, **buffers}, args)

    def flattened(self, structure: Any, what: str) -> list[Any]:
        """Return one thing for each leaf, of what is nested as the arguments are. Raises ``DtypeError``."""
        return flattened(self._args, structure, what, _is_leaf, _parts)


def _is_leaf(value: Any) -> bool:
    return isinstance(value, torch.Tensor)


def _parts(value: Any) -> list[tuple[Any, Any]]:
    """Return what a node of nested values holds, with the key of each part; nothing for what is no node."""
    found, _ = tree_flatten_with_path(value, is_leaf=lambda part: part is not value)
    return [(keystr(path), part) for path, part in found if path]


def _names(function: Callable[..., Any], count: int) -> list[str]:
    """Return the names of so many arguments: those of an operation are in its schema."""
    schema = schema_of(function)
    if schema is not None:
        return [each.name for each in schema.arguments][:count]
    return parameter_names(function.forward if isinstance(function, torch.nn.Module) else function, count)


def _laid_out(tensor: torch.Tensor) -> Array:
    """Return a copy of a tensor, which is contiguous where the tensor is."""
    return lay_out(array_of(tensor), contiguous=tensor.is_contiguous())
