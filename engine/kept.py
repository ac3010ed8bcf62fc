"""What a node has kept for its rules, as it is when they are called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from gradproof.errors import AutogradError

from .variable import Array, Node, Outline, Variable, last_write


class Modified(np.lib.mixins.NDArrayOperatorsMixin):
    """Stands for a value that was written to after it was used: it has shape and dtype, and refuses to be read."""

    def __init__(self, value: Any, node: Node) -> None:
        self.shape: tuple[int, ...] = value.shape
        self.dtype: np.dtype[Any] = value.dtype
        self._node = node.name()

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    def _refuse(self) -> NoReturn:
        raise AutogradError(
            f"a tensor that {self._node} needs for its backward was modified in place after it was used; "
            "modify a clone instead"
        )

    def __array__(self, dtype: Any = None, copy: Any = None) -> NoReturn:
        self._refuse()

    def __array_ufunc__(self, *args: Any, **how: Any) -> NoReturn:
        self._refuse()

    def __array_function__(self, *args: Any, **how: Any) -> NoReturn:
        self._refuse()

    def __getitem__(self, index: Any) -> NoReturn:
        self._refuse()

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        self._refuse()


class Packed:
    """A saved value in the keeping of a user's hooks."""

    def __init__(self, value: Variable, pack: Callable[[Any], Any], unpack: Callable[[Any], Any]) -> None:
        self.shape = value.array.shape
        self.dtype = value.array.dtype
        self._unpack = unpack
        self._packed = pack(value.wrap(value.array, value.own_version))

    def unpacked(self) -> Variable:
        """Return the value. Raises ``AutogradError`` where it is no tensor of the shape and dtype that were packed."""
        value = self._unpack(self._packed)
        if not isinstance(value, Variable) or (value.array.shape, value.array.dtype) != (self.shape, self.dtype):
            raise AutogradError(
                f"the unpack hook must return a tensor of shape {self.shape} and dtype {self.dtype.name}, not {value!r}"
            )
        return value


class PackedValues(list[Any]):
    """What a node has kept of its arguments, where what a rule reads is packed."""


def pack(node: Node, args: Sequence[Any], result: Variable, hooks: tuple[Any, Any]) -> None:
    """Give what a node has saved into the keeping of hooks: a function that packs a tensor, and one that unpacks it."""
    reads = node.op.reads
    node.values = PackedValues(
        arg if not isinstance(arg, Variable) else Packed(arg, *hooks) if is_read else Outline(arg.array)
        for arg, is_read in zip(args, reads.args_of(len(args)), strict=True)
    )
    node.result = Packed(result, *hooks) if reads.result else None


def kept_by(node: Node, like: Any) -> tuple[Sequence[Any], Any]:
    """Return the arguments and the result that the rules of a node are called with, arrays or variables as ``like`` is.

    What no rule reads may be an outline or None; what has been written to since refuses to be read.
    Raises ``AutogradError`` where a backward pass has freed them.
    """
    values, y = node.values, node.result
    if values is None:
        raise AutogradError(
            f"the values that {node.name()} needs were freed by an earlier backward pass through this graph; "
            "pass retain_graph=True to every backward but the last"
        )
    if type(values) is PackedValues:
        values, y = [_unpacked(value) for value in values], _unpacked(y)
    elif last_write[0] > node.sequence:
        values, y = _intact(node)
    if not isinstance(like, Variable):
        return [_as_number(value) for value in values], _as_number(y)
    return _placed(node, values, like), _tracked(y, node, like) if isinstance(y, np.ndarray) else y


def _unpacked(value: Any) -> Any:
    return value.unpacked().array if isinstance(value, Packed) else value


def _as_number(value: Any) -> Any:
    """Return an array without dimensions as a number of its dtype: with such NumPy computes several times faster."""
    return value[()] if type(value) is np.ndarray and not value.ndim else value


def _intact(node: Node) -> tuple[Sequence[Any], Any]:
    """Return what a node has kept, with stand-ins for what was written to after the node was made."""
    made, y = node.sequence, node.result
    versions = [_version(node, slot) for slot in range(len(node.values))]
    values = [
        Modified(value, node) if version is not None and version[0] > made else value
        for value, version in zip(node.values, versions, strict=True)
    ]
    return values, Modified(y, node) if y is not None and node.version[0] > made else y


def _version(node: Node, slot: int) -> list[int] | None:
    """Return the version of the memory of an argument; a constant has none."""
    guard, edge = node.guards.get(slot), node.edges[slot]
    return guard.version if guard is not None else None if edge is None else edge.version


def _placed(node: Node, values: Sequence[Any], like: Variable) -> list[Any]:
    """Return the arguments as variables again, at the places in the graph that they had when the node was made."""
    return [_at(node, slot, value, like) for slot, value in enumerate(values)]


def _at(node: Node, slot: int, value: Any, like: Variable) -> Any:
    edge = node.edges[slot]
    held = edge if isinstance(edge, Variable) else node.guards.get(slot)
    if held is not None and held.array is value and held.edge is edge:
        return held
    version = _version(node, slot)
    if version is None or not isinstance(value, np.ndarray):
        return value
    placed = like.wrap(value, version)
    placed.origin, placed._requires_grad = edge, edge is not None
    return placed


def _tracked(y: Array, node: Node, like: Variable) -> Variable:
    """Return the result of a node as a tracked variable again."""
    result: Variable = like.wrap(y, node.version)
    result.track(node)
    return result
