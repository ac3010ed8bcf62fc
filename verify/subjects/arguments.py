"""Arguments of a function: any nesting of tuples, lists and dicts, and the arrays in it, one by one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.engine.variable import Variable
from gradproof.errors import DtypeError
from gradproof.exact import Array

from .subject import Leaf

#: The kinds of dtypes, as NumPy's letters, that a graph holds.
_KINDS = "fiub"


@dataclass(frozen=True, eq=False)
class Arguments:
    """The arguments ``args`` of a function. ``leaves`` are the arrays among them, in order.

    Arrays, Python floats and tensors of ``gradproof.engine`` are leaves, and whatever else there is stays as it is.
    Those that float require grad, but for tensors that do not where another one does.
    """

    args: tuple[Any, ...]
    leaves: tuple[Leaf, ...]

    @classmethod
    def of(cls, function: Callable[..., Any], args: Sequence[Any], dtype: Any = None) -> Arguments:
        """Take arguments apart, those that float in ``dtype`` where one is given.

        Raises ``DtypeError`` for arrays of anything but real numbers, integers and truth values.
        """
        names = parameter_names(function, len(args))
        wanted = any(each._requires_grad for arg in args for each in _values(arg) if isinstance(each, Variable))
        found = [leaf for name, arg in zip(names, args, strict=True) for leaf in _leaves(name, arg, wanted)]
        made = tuple(_in(leaf, dtype) for leaf in found)
        return cls(tuple(args), made)

    def rebuilt(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """Return the arguments with other values in place of the arrays, in order."""
        rest = iter(values)
        return tuple(_rebuilt(arg, rest) for arg in self.args)

    def flattened(self, structure: Any, what: str) -> list[Any]:
        """Return one thing for each leaf, of what is nested as the arguments are: alone where there is one argument.

        None stands for all that would be in its place. Raises ``DtypeError`` where the nesting is another one.
        """
        given = structure if len(self.args) > 1 else (structure,)
        if not isinstance(given, tuple | list) or len(given) != len(self.args):
            raise DtypeError(f"{what} must be {len(self.args)} values, one for each argument, not {_kind(structure)}")
        return [each for arg, value in zip(self.args, given, strict=True) for each in _like(arg, value, what)]


def parameter_names(function: Callable[..., Any], count: int) -> list[str]:
    """Return the names under which a function takes so many arguments by position."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names = [each.name for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    rest = next((each.name for each in parameters if each.kind is inspect.Parameter.VAR_POSITIONAL), "args")
    return [names[i] if i < len(names) else f"{rest}[{i - len(names)}]" for i in range(count)]


def is_leaf(value: Any) -> bool:
    """Tell whether a value is an array, a number that floats, or a tensor of the engine."""
    return isinstance(value, np.ndarray | np.floating | float | Variable)


def _values(value: Any) -> Iterator[Any]:
    yield value
    for _, part in _parts(value):
        yield from _values(part)


def _leaves(name: str, value: Any, wanted: bool = False) -> Iterator[Leaf]:
    """Yield the arrays in a value. ``wanted`` says that of tensors those alone that require grad are asked for."""
    if is_leaf(value):
        array = value.array if isinstance(value, Variable) else np.asarray(value)
        if array.dtype.kind not in _KINDS:
            raise DtypeError(f"{name} has dtype {array.dtype}; what is checked are real numbers")
        requires = array.dtype.kind == "f" and (not (wanted and isinstance(value, Variable)) or value._requires_grad)
        yield Leaf(name, array, requires)
    for key, part in _parts(value):
        yield from _leaves(f"{name}[{key!r}]", part, wanted)


def _parts(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, tuple | list) else []


def _rebuilt(value: Any, rest: Iterator[Any]) -> Any:
    if is_leaf(value):
        return next(rest)
    if isinstance(value, Mapping):
        made = {key: _rebuilt(part, rest) for key, part in value.items()}
        return made if type(value) is dict else type(value)(made)  # type: ignore[call-arg]
    if isinstance(value, tuple | list):
        parts = [_rebuilt(part, rest) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return value


def _like(arg: Any, value: Any, what: str) -> list[Any]:
    """Return what stands in a structure in place of each leaf of an argument."""
    if is_leaf(arg):
        return [value]
    parts = _parts(arg)
    if value is None or not parts:
        return [None] * len(list(_leaves("", arg)))
    given = dict(_parts(value))
    if given.keys() != dict(parts).keys():
        raise DtypeError(f"{what} must be nested as the arguments are: {_kind(arg)} there, {_kind(value)} here")
    return [each for key, part in parts for each in _like(part, given[key], what)]


def _kind(value: Any) -> str:
    parts = _parts(value)
    return f"a {type(value).__name__}" + (f" of {len(parts)}" if parts else "")


def _in(leaf: Leaf, dtype: Any) -> Leaf:
    if dtype is None or leaf.value.dtype.kind != "f":
        return leaf
    value: Array = leaf.value.astype(dtype)
    return Leaf(leaf.name, value, leaf.requires_grad)
