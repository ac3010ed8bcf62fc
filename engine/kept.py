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

    @property
    def array(self) -> Modified:
        """Itself, as a variable has an array."""
        return self

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
        self._packed = pack(value.wrap(value.array, value.version))

    @property
    def array(self) -> Packed:
        """Itself, as a variable has an array."""
        return self

    def unpacked(self) -> Variable:
        """Return the value. Raises ``AutogradError`` where it is no tensor of the shape and dtype that were packed."""
        value = self._unpack(self._packed)
        if not isinstance(value, Variable) or (value.array.shape, value.array.dtype) != (self.shape, self.dtype):
            raise AutogradError(
                f"the unpack hook must return a tensor of shape {self.shape} and dtype {self.dtype.name}, not {value!r}"
            )
        return value


class PackedArgs(list[Any]):
    """The arguments of a node, of which those that a rule reads are packed."""


def pack(node: Node, args: Sequence[Variable], result: Variable, hooks: tuple[Any, Any]) -> None:
    """Give what a node has saved into the keeping of hooks: a function that packs a tensor, and one that unpacks it."""
    reads = node.op.reads
    node.args = PackedArgs(
        Packed(arg, *hooks) if is_read else Outline(arg.array)
        for arg, is_read in zip(args, reads.args_of(len(args)), strict=True)
    )
    held: Any = Packed(result, *hooks) if reads.result else None
    node.result = held


def kept_by(node: Node, like: Any) -> tuple[Sequence[Any], Any]:
    """Return the arguments and the result that the rules of a node are called with, arrays or variables as ``like`` is.

    What no rule reads may be an outline or None; what has been written to since refuses to be read.
    Raises ``AutogradError`` where a backward pass has freed them.
    """
    args, y = node.args, node.result
    if not args:
        raise AutogradError(
            f"the values that {node.name()} needs were freed by an earlier backward pass through this graph; "
            "pass retain_graph=True to every backward but the last"
        )
    if type(args) is PackedArgs:
        args = [arg.unpacked() if isinstance(arg, Packed) else arg for arg in args]
        y = y.unpacked().array if isinstance(y, Packed) else y
    elif last_write[0] > node.sequence:
        args, y = _intact(node, args, y)
    if not isinstance(like, Variable):
        # an array without dimensions as a number of its dtype, with which NumPy computes several times faster
        arrays = []
        for arg in args:
            array = arg.array
            arrays.append(array[()] if type(array) is np.ndarray and not array.ndim else array)
        return arrays, y[()] if type(y) is np.ndarray and not y.ndim else y
    edged = [_at(edge, arg) for edge, arg in zip(node.edges, args, strict=True)]
    return edged, _tracked(y, node, like) if isinstance(y, np.ndarray) else y


def _intact(node: Node, args: Sequence[Any], y: Array | None) -> tuple[Sequence[Any], Any]:
    """Return what a node has kept, with stand-ins for what was written to after the node was made."""
    made = node.sequence
    args = [Modified(arg.array, node) if arg.version[0] > made else arg for arg in args]
    return args, Modified(y, node) if y is not None and node.version[0] > made else y


def _at(edge: Any, arg: Any) -> Any:
    """Return an argument at the place that it had in the graph when the node was made."""
    return arg if not isinstance(arg, Variable) or arg.edge is edge else arg.at(edge)


def _tracked(y: Array, node: Node, like: Variable) -> Variable:
    """Return the result of a node as a tracked variable again."""
    result: Variable = like.wrap(y)
    result.track(node)
    return result
