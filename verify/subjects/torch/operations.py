"""What PyTorch's dispatcher tells of an operation."""

from __future__ import annotations

from collections.abc import Sequence
from types import CodeType
from typing import Any

import torch
from torch.utils._pytree import tree_leaves


def codes_of_forwards() -> set[CodeType]:
    """Return the codes of the forwards of all functions that have a derivative of their own."""
    found: set[CodeType] = set()
    classes = torch.autograd.Function.__subclasses__()
    while classes:
        each = classes.pop()
        classes += each.__subclasses__()
        if isinstance(code := getattr(each.forward, "__code__", None), CodeType):
            found.add(code)
    return found - {torch.autograd.Function.forward.__code__}


def name_of(func: Any) -> str:
    """Return the name of an operation as rules have it: with its overload for PyTorch's own, else as it was made."""
    return str(func) if func.namespace == "aten" else func.name().split(".")[0]


def schema_of(function: Any) -> Any:
    """Return the schema of an operation of the dispatcher, such as one of ``torch.library.custom_op``; else None."""
    if isinstance(function, torch._ops.OpOverloadPacket):
        function = getattr(function, function.overloads()[0])
    return getattr(getattr(function, "_opoverload", function), "_schema", None)


def tensors_in(values: Any) -> list[torch.Tensor]:
    """Return the tensors in nested values, in order."""
    return [each for each in tree_leaves(values) if isinstance(each, torch.Tensor)]


def is_view(func: Any) -> bool:
    """Tell whether an operation returns a window of the memory of an argument, and is not made of others."""
    if torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), "CompositeImplicitAutograd"):
        return False
    return any(each.alias_info is not None and not each.alias_info.is_write for each in func._schema.returns)


def written_by(func: Any) -> list[int]:
    """Return the positions of the arguments that an operation writes to."""
    return [i for i, each in enumerate(func._schema.arguments) if each.alias_info and each.alias_info.is_write]


def is_fill(indices: Sequence[Any], value: torch.Tensor, accumulate: bool = False) -> bool:
    """Tell whether one value is put where a mask holds."""
    return len(indices) == 1 and indices[0].dtype == torch.bool and value.numel() == 1 and not accumulate


def twin_of(func: Any) -> Any:
    """Return PyTorch's operation that returns what another one writes to its first argument; None if there is none."""
    name = func._schema.name.removeprefix("aten::")
    if func.namespace != "aten" or not name.endswith("_") or written_by(func) != [0]:
        return None
    return getattr(getattr(torch.ops.aten, name.removesuffix("_"), None), func._overloadname, None)
