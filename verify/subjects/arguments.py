"""Arguments of a function: any nesting of tuples, lists and dicts, and the arrays in it, one by one."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gradproof.engine.variable import Variable
from gradproof.errors import DtypeError

from .subject import Leaf


@dataclass(frozen=True, eq=False)
class Arguments:
    """The arguments ``args`` of a function. ``leaves`` are the arrays among them, in order; ``values`` as they came.

    Arrays of numbers, numbers of NumPy's that float, Python floats and tensors of ``gradproof.engine`` are leaves, and
    whatever else there is stays as it is. Those that float require grad, but for tensors that do not where another one
    does.
    """

    args: tuple[Any, ...]
    leaves: tuple[Leaf, ...]
    values: tuple[Any, ...]

    @classmethod
    def of(cls, function: Callable[..., Any], args: Sequence[Any], dtype: Any = None) -> Arguments:
        """Take arguments apart, those that float in ``dtype`` where one is given.

        Raises ``DtypeError`` for arrays of a dtype that cannot be proven.
        """
        names = parameter_names(function, len(args))
        entries = (entry for name, arg in zip(names, args, strict=True) for entry in named_entries(name, arg))
        found = [(name, value) for name, value in entries if _is_leaf(value)]
        asks = any(isinstance(value, Variable) and value._requires_grad for _, value in found)
        leaves = tuple(_leaf(name, value, dtype, asks) for name, value in found)
        return cls(tuple(args), leaves, tuple(value for _, value in found))

    def rebuilt(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """Return the arguments with other values in place of the arrays, in order."""
        rest = iter(values)
        return tuple(_rebuilt(arg, rest) for arg in self.args)

    def flattened(self, structure: Any, what: str) -> list[Any]:
        """Return one thing for each leaf, of what is nested as the arguments are: alone where there is one argument.

        None stands for all that would be in its place. Raises ``DtypeError`` where the nesting is another one.
        """
        return flattened(self.args, structure, what, _is_leaf, parts_of)


def name_of(function: Callable[..., Any]) -> str:
    """Return how a function is called in messages.

    A custom Function by its class, and not ``apply``; a method with its class; ``partial`` with what it is of; a lambda
    with the line that it is in.
    """
    if isinstance(function, functools.partial):
        return f"partial({name_of(function.func)})"
    named, owner = _applied(function), getattr(function, "__self__", None)
    if named is None and inspect.ismethod(function):
        return f"{(owner if isinstance(owner, type) else type(owner)).__name__}.{function.__name__}"
    name = getattr(named or function, "__name__", type(function).__name__)
    return f"lambda{_line_of_lambda(function)}" if name == "<lambda>" else name


def _line_of_lambda(function: Callable[..., Any]) -> str:
    """Return `` at file.py:3``; nothing where the lambda is in no file."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    file = Path(getattr(code, "co_filename", ""))
    return f" at {file.name}:{code.co_firstlineno}" if code is not None and file.is_file() else ""


def _applied(function: Callable[..., Any]) -> Any:
    """Return the class that a function applies, of PyTorch's or of our own custom Functions; None where it is none."""
    owner = getattr(function, "__self__", None)
    is_apply = isinstance(owner, type) and hasattr(owner, "forward") and hasattr(owner, "apply")
    return owner if is_apply and getattr(function, "__name__", "") == "apply" else None


def parameter_names(function: Callable[..., Any], count: int) -> list[str]:
    """Return the names under which a function takes so many arguments by position."""
    applied = _applied(function)
    try:
        parameters = list(inspect.signature(function if applied is None else applied.forward).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    if parameters and applied is not None and parameters[0].name == "ctx":
        parameters = parameters[1:]
    names = [each.name for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    rest = next((each.name for each in parameters if each.kind is inspect.Parameter.VAR_POSITIONAL), "args")
    return [names[i] if i < len(names) else f"{rest}[{i - len(names)}]" for i in range(count)]


def entries_of(value: Any) -> list[Any]:
    """Return what tuples, lists and dicts hold, however they are nested."""
    return [entry for _, entry in named_entries("", value)]


def named_entries(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what tuples, lists and dicts hold, however they are nested, with how a user would write it."""
    if not isinstance(value, Mapping | tuple | list):
        yield name, value
    for key, part in parts_of(value):
        yield from named_entries(f"{name}[{key!r}]", part)


def flattened(
    args: Sequence[Any],
    structure: Any,
    what: str,
    is_leaf: Callable[[Any], bool],
    parts: Callable[[Any], list[tuple[Any, Any]]],
) -> list[Any]:
    """Return one thing for each leaf of arguments, as :meth:`Arguments.flattened` does.

    ``is_leaf`` tells the leaves, and ``parts`` returns what anything else holds, with the key of each part.
    """

    def like(arg: Any, value: Any) -> list[Any]:
        if is_leaf(arg):
            return [value]
        held = parts(arg)
        given = dict.fromkeys(key for key, _ in held) if value is None else dict(parts(value))
        if held and given.keys() != dict(held).keys():
            raise DtypeError(f"{what} must be nested as the arguments are: {_kind(arg)} there, {_kind(value)} here")
        return [each for key, part in held for each in like(part, given[key])]

    given = structure if len(args) > 1 else (structure,)
    if not isinstance(given, tuple | list) or len(given) != len(args):
        raise DtypeError(f"{what} must be {len(args)} values, one for each argument, not {_kind(structure)}")
    return [each for arg, value in zip(args, given, strict=True) for each in like(arg, value)]


def _is_leaf(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype.kind not in "SUMm"  # text and times are no numbers
    return isinstance(value, np.floating | float | Variable)


def _leaf(name: str, value: Any, dtype: Any, asks: bool) -> Leaf:
    """Return a value as a leaf. ``asks`` says that of tensors those alone that require grad are asked for."""
    array = value.array if isinstance(value, Variable) else np.asarray(value)
    if dtype is not None and array.dtype.kind == "f":
        array = array.astype(dtype)
    return Leaf.of(name, array, not (asks and isinstance(value, Variable)) or value._requires_grad)


def parts_of(value: Any) -> list[tuple[Any, Any]]:
    """Return what a tuple, list or dict holds, with the key of each part; nothing for anything else."""
    if isinstance(value, Mapping):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, tuple | list) else []


def _rebuilt(value: Any, rest: Iterator[Any]) -> Any:
    if _is_leaf(value):
        return next(rest)
    if isinstance(value, Mapping):
        made = {key: _rebuilt(part, rest) for key, part in value.items()}
        return made if type(value) is dict else type(value)(made)  # type: ignore[call-arg]
    if isinstance(value, tuple | list):
        parts = [_rebuilt(part, rest) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return value


def _kind(value: Any) -> str:
    parts = parts_of(value)
    held = ", ".join(repr(key) for key, _ in parts) if isinstance(value, Mapping) else str(len(parts))
    return f"a {type(value).__name__}" + (f" of {held}" if parts else "")
