"""The value and the graph that dispatch works on: what a tensor is, without any of its methods."""

from __future__ import annotations

import functools
import itertools
import weakref
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .half import HALF
from .hooks import Hook, Hooks, RemovableHandle

if TYPE_CHECKING:
    from .op import Op

Array = NDArray[Any]

_new = object.__new__
#: Numbers nodes and writes in the order in which they are made.
sequence = itertools.count(1)
#: The number of the last write in place to any memory.
last_write = [0]

#: The argument that PyTorch keeps as a number in such a node, and not as a tensor with an edge.
_NUMBER_SLOT = {"PowBackward0": 1, "PowBackward2": 0}


#: The version of what was made in inference mode: writes to it are not counted.
INFERENCE: list[int] = [0, 0]
#: The version of memory that was never written to, and that no other variable shows.
UNWRITTEN: list[int] = [0, 0]


class Ending:
    """What a variable has where a path of the backward pass ends at it: the gradient, and whom it is shown to."""

    __slots__ = ("accumulator", "grad", "hooks")

    def __init__(self) -> None:
        self.grad: Any = None
        self.accumulator: weakref.ref[AccumulateGrad] | None = None
        #: of a leaf; those of a computed value are its node's
        self.hooks: Hooks | None = None


class View:
    """How a variable shows the memory of another: the op that made it of its ``parent``.

    ``synced`` is the number of the last write that its place in the graph accounts for. Where the memory has been
    written to since, the op is recorded again before the variable is used.
    """

    __slots__ = ("is_tracked", "op", "params", "parent", "synced")

    #: the number of the write that made this a view, of a tensor whose shape was changed in place
    turned: int = 0

    def __init__(self, op: Op, params: Mapping[str, Any], parent: Variable, is_tracked: bool) -> None:
        self.op = op
        self.params = params
        self.parent = parent
        #: whether operations were tracked when it was made
        self.is_tracked = is_tracked
        self.synced = parent.own_version[0]

    def source(self) -> Variable:
        """Return the parent: what holds its place where its own shape was changed in place since."""
        while (later := self.parent._view) is not None and later.turned > self.synced:
            self.parent = later.parent
        return self.parent


class Variable:
    """An array and its place in the graph.

    ``version`` is shared by all views of the same memory: the number of the last write in place, from the same count as
    the numbers of the nodes, and how many writes there were. All that was never written or viewed has the same one.
    """

    __slots__ = ("__weakref__", "_requires_grad", "_view", "array", "ending", "origin", "version")

    array: Array
    #: what computed it: a node, or one output of a node that has several; of a stand-in for a leaf, that leaf
    origin: Node | Output | Variable | None
    version: list[int]
    _view: View | None
    ending: Ending | None
    _requires_grad: bool

    #: As an edge: a leaf is no node, which would have a number.
    sequence: ClassVar[int] = 0

    #: NumPy leaves mixed expressions to the operators of the tensor.
    __array_ufunc__: ClassVar[None] = None

    @classmethod
    def wrap(cls, array: Array, version: list[int] = UNWRITTEN) -> Any:
        """Return an untracked variable around ``array`` itself, in memory of its own or with that ``own_version``."""
        variable = _new(cls)
        variable.array = array
        variable.origin = None
        variable.version = version
        variable._view = None
        variable.ending = None
        variable._requires_grad = False
        return variable

    def at(self, edge: Node | Output | Variable | None, array: Array | None = None) -> Any:
        """Return another variable at a place of the graph: of the same memory, or of ``array``."""
        other = self.wrap(self.array, self.own_version) if array is None else self.wrap(array, [0, 0])
        other.origin = edge
        other._requires_grad = edge is not None
        return other

    def mark_written(self) -> None:
        """Take note that the memory was written to."""
        if self.version is INFERENCE:
            return
        version = self.own_version
        version[0] = last_write[0] = next(sequence)
        version[1] += 1

    @property
    def own_version(self) -> list[int]:
        """The version of its memory, for who shares that: made when first asked for, and told to its node."""
        if self.version is UNWRITTEN:
            node = self.origin if isinstance(self.origin, Node) else None
            self.version = [0, 0] if node is None or node.version is UNWRITTEN else node.version
            if node is not None:
                node.version = self.version
        return self.version

    def track(self, origin: Node | Output) -> None:
        """Make this the result of a node, or one of its results."""
        self.origin = origin
        self._requires_grad = True

    @property
    def grad_fn(self) -> Any:
        """The node that computed it; None for a leaf."""
        origin = self.origin
        return origin.named() if isinstance(origin, Node) else origin.node if isinstance(origin, Output) else origin

    @property
    def edge(self) -> Node | Output | Variable | None:
        """Where a cotangent of this value goes: to what computed it, to itself as a leaf, or nowhere."""
        if not self._requires_grad:
            return None
        return self if self.origin is None else self.origin

    @property
    def own_ending(self) -> Ending:
        """What it has as the end of a path, made when first asked for."""
        if self.ending is None:
            self.ending = Ending()
        return self.ending

    @property
    def _grad(self) -> Any:
        return None if self.ending is None else self.ending.grad

    @_grad.setter
    def _grad(self, value: Any) -> None:
        if value is not None or self.ending is not None:
            self.own_ending.grad = value

    @property
    def hooks(self) -> Hooks | None:
        """The hooks of a leaf."""
        return None if self.ending is None else self.ending.hooks

    @hooks.setter
    def hooks(self, value: Hooks) -> None:
        self.own_ending.hooks = value


class Output:
    """One of several results of a node, which holds the node; the node knows it only as long as it is needed."""

    __slots__ = ("__weakref__", "hooks", "node", "number")

    #: As an edge it does not tell the version of its memory.
    version: ClassVar[None] = None

    def __init__(self, node: Node, number: int) -> None:
        self.node = node
        self.number = number
        self.hooks: Hooks | None = None

    @property
    def sequence(self) -> int:
        """The number of the node."""
        return self.node.sequence


_metadata: weakref.WeakKeyDictionary[Any, dict[Any, Any]] = weakref.WeakKeyDictionary()


class _Hooked:
    """Something in the graph that hooks can be registered at."""

    __slots__ = ()

    def _own_hooks(self) -> Hooks:
        raise NotImplementedError

    @property
    def metadata(self) -> dict[Any, Any]:
        """A dictionary for whatever a user wants to remember of this node."""
        return _metadata.setdefault(self, {})

    def register_prehook(self, fn: Hook) -> RemovableHandle:
        """Call ``fn(grad_outputs)`` before the cotangent is pulled back. It may return others to take their place."""
        return RemovableHandle(self._own_hooks().before, fn)

    def register_hook(self, fn: Hook) -> RemovableHandle:
        """Call ``fn(grad_inputs, grad_outputs)`` after that. It may return others in place of ``grad_inputs``."""
        return RemovableHandle(self._own_hooks().after, fn)


class Node(_Hooked):
    """One operation of the recorded graph, and what its VJP needs.

    ``type(node).__name__`` is PyTorch's name for it, once :meth:`named` has been called: nodes of one class are faster.
    Nodes are numbered as they are made, so that descending numbers are a topological order of the backward pass.
    """

    __slots__ = ("__weakref__", "edges", "guards", "hooks", "op", "params", "result", "sequence", "values", "version")

    op: Op
    #: the arrays of the arguments, until they are freed; of large ones that no rule reads the outline alone
    values: Any
    params: Mapping[str, Any]
    #: the result, where a rule reads it
    result: Any
    #: the version of the memory of the result
    version: list[int]
    #: where the cotangents of the arguments go
    edges: Sequence[Edge | None]
    #: by position, the arguments that their edges do not tell everything of
    guards: Mapping[int, Variable]
    sequence: int
    hooks: Hooks | None
    #: how many results it has, where each is an :class:`Output`
    count: ClassVar[int] = 0

    def named(self) -> Node:
        """Return the node, of a class that has its name from now on."""
        if type(self) is Node:
            self.__class__ = class_named(self.op.node)
        return self

    def forget_unread(self) -> None:
        """Keep of the arguments that no rule reads the outline alone, but of small ones, for which that takes longer.

        In float16 all are kept, since the result is computed again from them.
        """
        values = list(self.values)
        for slot, is_read in enumerate(self.op.reads.args_of(len(values))):
            value = values[slot]
            if not is_read and value.size > SMALL and value.dtype != HALF:
                values[slot] = Outline(value)
        self.values = tuple(values)
        if self.guards:
            self.guards = {slot: arg for slot, arg in self.guards.items() if values[slot] is arg.array}

    def _own_hooks(self) -> Hooks:
        return hooks_of(self)

    @property
    def is_released(self) -> bool:
        """Tell whether a backward pass has freed what the VJP needs."""
        return self.values is None

    def adopt(self, result: Variable) -> None:
        """Have ``result``, whose memory has been written to, for the result of this node."""
        if self.result is not None:
            self.result = result.array
        self.version = result.version
        self.sequence = next(sequence)

    def release(self) -> None:
        """Free the saved values. The edges stay; a linear op keeps working, since it needs shapes alone."""
        if not self.op.linear:
            self.values = None
            self.result = None

    def name(self) -> str:
        """Return PyTorch's name of this kind of node."""
        return type(self.named()).__name__

    @property
    def next_functions(self) -> tuple[tuple[Node | AccumulateGrad | None, int], ...]:
        """The nodes that the cotangents of the arguments go to, each with the number of its output."""
        return tuple(_shown(self.edges[slot]) for slot in self.shown_slots)

    @property
    def shown_slots(self) -> list[int]:
        """The arguments that PyTorch's node has an edge for."""
        number = _NUMBER_SLOT.get(self.name())
        return [slot for slot in range(len(self.edges)) if slot != number and self.op.rule(slot) is not None]

    def __repr__(self) -> str:
        return f"<{self.name()} object at {hex(id(self))}>"


@functools.cache
def class_named(name: str) -> type[Node]:
    """Return the class of nodes of this name, made when first asked for."""
    return type(name, (Node,), {"__slots__": (), "__module__": __name__})


class CustomNode(Node):
    """A node whose rule is a user's own."""

    __slots__ = ("_outputs", "count")

    count: int  # type: ignore[misc]

    def __init__(self, args: Sequence[Variable]) -> None:
        self.edges = tuple(arg.edge for arg in args)
        self.sequence = next(sequence)
        self.hooks = None
        self.count = 0
        self._outputs: dict[int, weakref.ref[Output]] = {}

    def output(self, number: int) -> Output:
        """Return one of its results: the same object as long as someone holds it."""
        known = self._outputs.get(number)
        output = None if known is None else known()
        if output is None:
            output = Output(self, number)
            self._outputs[number] = weakref.ref(output)
        return output

    @property
    def outputs(self) -> list[Output]:
        """All its results."""
        return [self.output(number) for number in range(self.count)]

    def pull_back(self, cts: Sequence[Any], create_graph: bool) -> tuple[Any, ...]:
        """Return a cotangent for each tensor it was applied to, from those of its outputs, of which some are None."""
        raise NotImplementedError

    @property
    def shown_slots(self) -> list[int]:
        """All its tensors."""
        return list(range(len(self.edges)))

    def release(self) -> None:
        """Free what it has saved."""
        raise NotImplementedError


def _shown(edge: Node | Output | Variable | None) -> tuple[Node | AccumulateGrad | None, int]:
    """Return where an edge leads, as PyTorch shows it: a node, and the number of one of its outputs."""
    if isinstance(edge, Variable):
        return accumulator(edge), 0
    return (edge.node, edge.number) if isinstance(edge, Output) else (edge and edge.named(), 0)


def array_of(value: Any) -> Array:
    """Return the array of a variable, or the array itself: for masks and indices that carry no derivative."""
    if isinstance(value, Variable):
        return value.array
    return value if isinstance(value, np.ndarray | np.generic) else np.asarray(value)  # type: ignore[return-value]


def untracked(values: Any, like: Variable) -> Any:
    """Return values that carry no derivative, such as places and masks, as a variable of the class of another."""
    return like.wrap(np.asarray(values))


class Outline:
    """The shape and dtype of a value that is not kept."""

    __slots__ = ("dtype", "shape")

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def __init__(self, value: Any) -> None:
        self.shape = value.shape
        self.dtype = value.dtype

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)


#: Up to how many entries an array that is not needed is kept nevertheless.
SMALL = 64


#: Where a cotangent goes: to a node, to one output of a node that has several, or to a leaf.
Edge = Node | Output | Variable


class AccumulateGrad(_Hooked):
    """The end of a path: adds what arrives to ``variable.grad``."""

    __slots__ = ("__weakref__", "variable")

    next_functions: tuple[()] = ()

    def __init__(self, variable: Variable) -> None:
        self.variable = variable

    def _own_hooks(self) -> Hooks:
        return hooks_of(self.variable)

    def name(self) -> str:
        """Return ``"AccumulateGrad"``."""
        return type(self).__name__

    def __repr__(self) -> str:
        return f"<{self.name()} object at {hex(id(self))}>"


def hooks_of(edge: Node | Output | Variable) -> Hooks:
    """Return the hooks of an edge, made when the first is asked for."""
    if edge.hooks is None:
        edge.hooks = Hooks()
    return edge.hooks


def accumulator(leaf: Variable) -> AccumulateGrad:
    """Return the accumulator of a leaf: the same object as long as someone holds it."""
    ending = leaf.own_ending
    node = None if ending.accumulator is None else ending.accumulator()
    if node is None:
        node = AccumulateGrad(leaf)
        ending.accumulator = weakref.ref(node)
    return node
