"""The graph: a recorded straight-line program of ops, as plain data.

It is the one type that the engine, the mirror, the harness and every target speak. It knows no rule of any of
them: what an op means is given by whoever plays the graph.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np

from .errors import GraphFormatError
from .exact import (
    DTYPES,
    Array,
    Param,
    as_param,
    canonical,
    decode_array,
    decode_param,
    digest,
    encode_array,
    encode_param,
    name_of,
)

FORMAT = "gradproof-graph"
#: The version of graphs of ops alone, and of those with nodes that carry a graph.
VERSION, VERSION_WITH_CALLS = 1, 2

#: Ops that end the tracking of their argument, whatever the grad mode.
DETACHING = frozenset({"detach"})

NOTHING_HELD: Mapping[int, Any] = MappingProxyType({})

V = TypeVar("V")


@dataclass(frozen=True, eq=False)
class Input:
    """An input with its exact value.

    ``contiguous`` tells the memory layout that a target is to see: False means every second element of a
    larger buffer. The value is the same either way. ``label`` is how a user writes it, where it is an argument of a
    function of theirs: for reading alone, and not kept in files.
    """

    value: Array
    requires_grad: bool = False
    contiguous: bool = True
    label: str = ""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the value."""
        return self.value.shape

    @property
    def size(self) -> int:
        """The number of entries."""
        return self.value.size

    @cached_property
    def dtype(self) -> str:
        """The name of the value's dtype."""
        return name_of(self.value.dtype)

    def materialise(self) -> Array:
        """Return a fresh array with this value in the layout that ``contiguous`` asks for."""
        return lay_out(self.value, contiguous=self.contiguous)


@dataclass(frozen=True, eq=False)
class Call:
    """What a node stands for that applies a function of the user's own, with a derivative of its own.

    ``graph`` is the graph of its forward. Its first inputs are the arguments of the node, at the values that they had;
    further ones are constants that the forward found elsewhere. Its outputs are all results of the function, and
    ``result`` is the number of the one that is the node's: a function with several results is as many nodes.
    ``written`` are the arguments in whose memory the function leaves results.
    """

    graph: Graph
    result: int = 0
    written: tuple[int, ...] = ()

    @property
    def output(self) -> int:
        """The id of the result in the graph of the forward."""
        return self.graph.outputs[self.result]

    @cached_property
    def carriers(self) -> frozenset[int]:
        """The arguments from which a derivative may flow to the result."""
        return self.graph.reached_from(self.output).intersection(self.graph.leaves)

    def to_data(self) -> dict[str, Any]:
        """Return the call as JSON data."""
        return {"graph": self.graph.to_data(), "result": self.result, "written": list(self.written)}


@dataclass(frozen=True, eq=False)
class Node:
    """One application of an op. ``args`` are ids of earlier values; ``params`` are static.

    ``grad_enabled`` is the grad mode that was in force. Shape and dtype are those of the result. Where the node applies
    a function of the user's own, ``op`` is the name of that, ``call`` carries its graph, and the names of ``params``
    are the positions that these have among all its arguments.
    """

    op: str
    args: tuple[int, ...]
    params: Mapping[str, Param]
    shape: tuple[int, ...]
    dtype: str
    grad_enabled: bool = True
    call: Call | None = None

    def __post_init__(self) -> None:
        if type(self.params) is not MappingProxyType:  # else they are those of another node
            plain = {name: as_param(value) for name, value in self.params.items()}
            object.__setattr__(self, "params", MappingProxyType(plain))

    def __reduce__(self) -> tuple[Any, ...]:
        # a mapping proxy cannot be pickled
        return Node, (self.op, self.args, dict(self.params), self.shape, self.dtype, self.grad_enabled, self.call)

    @property
    def carriers(self) -> tuple[int, ...]:
        """The arguments from which a derivative may flow to the result."""
        if self.call is None:
            return self.args
        return tuple(arg for slot, arg in enumerate(self.args) if slot in self.call.carriers)

    def in_order(self, args: Sequence[V], params: Mapping[str, V]) -> list[V]:
        """Return arguments and parameters in the order in which a function of the user's own takes them."""
        rest = iter(args)
        return [params[str(i)] if str(i) in params else next(rest) for i in range(len(args) + len(params))]

    @property
    def size(self) -> int:
        """The number of entries of the result."""
        return math.prod(self.shape)

    def renumbered(self, new_ids: Mapping[int, int]) -> Node:
        """Return the same node with its arguments under new ids."""
        return self.of(tuple([new_ids[arg] for arg in self.args]))

    def of(self, args: tuple[int, ...]) -> Node:
        """Return the same node with other arguments."""
        node = Node(self.op, args, self.params, self.shape, self.dtype, self.grad_enabled, self.call)
        node.__dict__["params_key"] = self.params_key
        return node

    @cached_property
    def params_key(self) -> str:
        """The parameters as one canonical text, for use as a dictionary key."""
        return canonical({name: encode_param(value) for name, value in self.params.items()})


@dataclass(frozen=True, eq=False)
class Graph:
    """Inputs, nodes and outputs in single static assignment form.

    A value's id is its position: inputs first, then nodes. ``outputs`` are ids; one may stand there twice.

    >>> x = Input(np.array([1.0, 2.0]), requires_grad=True)
    >>> graph = Graph((x,), (Node("square", (0,), {}, (2,), "float64"),), (1,))
    >>> print(graph)
    x0 = input([1.0, 2.0])  # float64 (2,), requires grad
    v1 = square(x0)  # float64 (2,)
    return v1
    """

    inputs: tuple[Input, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[int, ...]

    @classmethod
    def assemble(cls, values: Sequence[Input | Node], outputs: Iterable[int]) -> Graph:
        """Return the graph of values in the order in which they were made: inputs move to the front.

        ``outputs``, and the arguments of the nodes, are positions in ``values``.
        """
        order = sorted(range(len(values)), key=lambda i: isinstance(values[i], Node))
        new_ids = {old: new for new, old in enumerate(order)}
        inputs = tuple(value for value in values if isinstance(value, Input))
        nodes = tuple(value.renumbered(new_ids) for value in values if isinstance(value, Node))
        return cls(inputs, nodes, tuple(new_ids[output] for output in outputs))

    def __getitem__(self, value_id: int) -> Input | Node:
        count = len(self.inputs)
        return self.inputs[value_id] if value_id < count else self.nodes[value_id - count]

    def __len__(self) -> int:
        return len(self.inputs) + len(self.nodes)

    def enumerate_nodes(self) -> Iterator[tuple[int, Node]]:
        """Yield (id, node) in order."""
        return enumerate(self.nodes, start=len(self.inputs))

    def name(self, value_id: int) -> str:
        """Return the name a value is printed with: its label, or ``x0`` for inputs, ``v1`` for results of nodes."""
        label = self.inputs[value_id].label if value_id < len(self.inputs) else ""
        return label or self._plain_name(value_id)

    def _plain_name(self, value_id: int) -> str:
        name = f"{'x' if value_id < len(self.inputs) else 'v'}{value_id}"
        return f"{name}'" if name in self._labels else name

    @cached_property
    def _labels(self) -> frozenset[str]:
        return frozenset(each.label for each in self.inputs)

    def labelled(self, labels: Sequence[str]) -> Graph:
        """Return the same graph with labels for its first inputs."""
        first = tuple(replace(each, label=label) for each, label in zip(self.inputs, labels, strict=False))
        return replace(self, inputs=(*first, *self.inputs[len(labels) :]))

    def unlabelled(self) -> Graph:
        """Return the same graph without labels: its names are identifiers."""
        return self.labelled([""] * len(self.inputs)) if any(self._labels) else self

    @cached_property
    def tracked(self) -> tuple[bool, ...]:
        """For each value, whether a derivative flows through it: derived from the recorded causes."""
        flags = [each.requires_grad for each in self.inputs]
        for node in self.nodes:
            flags.append(
                node.grad_enabled
                and node.op not in DETACHING
                and node.dtype.startswith("float")
                and any(flags[arg] for arg in node.carriers)
            )
        return tuple(flags)

    @cached_property
    def has_calls(self) -> bool:
        """Whether a node carries a graph."""
        return any(node.call is not None for node in self.nodes)

    @cached_property
    def applications(self) -> tuple[tuple[int, ...], ...]:
        """The nodes that carry a graph, those together that are results of one application."""
        found: list[list[int]] = []
        latest: dict[tuple[Any, ...], list[int]] = {}
        for site, node in self.enumerate_nodes():
            if node.call is not None:
                key = (node.op, node.args, node.params_key, node.grad_enabled)
                group = latest.get(key, [])
                if not group or any(node.call.result == self.call_at(each).result for each in group):
                    group = latest[key] = []
                    found.append(group)
                group.append(site)
        return tuple(map(tuple, found))

    def call_at(self, site: int) -> Call:
        """Return what a node carries that is known to carry a graph."""
        node = self[site]
        assert isinstance(node, Node)
        assert node.call is not None
        return node.call

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """The number of entries of each value."""
        return tuple(self[value_id].size for value_id in range(len(self)))

    @cached_property
    def leaves(self) -> tuple[int, ...]:
        """The ids of the inputs that require grad."""
        return tuple(index for index, each in enumerate(self.inputs) if each.requires_grad)

    @cached_property
    def depth(self) -> int:
        """The number of nodes on the longest path."""
        depths = [0] * len(self.inputs)
        for node in self.nodes:
            depths.append(1 + max((depths[arg] for arg in node.args), default=0))
        return max(depths, default=0)

    def ancestors(self, value_id: int) -> frozenset[int]:
        """Return the ids of all values that a value is computed from, itself included."""
        return self._needed({value_id})

    def descendants(self, value_id: int) -> frozenset[int]:
        """Return the ids of the values to which a tracked path leads from a tracked value, itself included."""
        found = {value_id} if self.tracked[value_id] else set()
        for site, node in self.enumerate_nodes():
            if self.tracked[site] and any(arg in found for arg in node.carriers):
                found.add(site)
        return frozenset(found)

    def moved_by(self, inputs: Iterable[int]) -> frozenset[int]:
        """Return the ids of the values that move with these inputs, themselves included.

        What is detached, or made without grad mode, is held: no derivative flows through it, so a finite difference
        must not move it either. What carries no derivative itself, as a comparison does, moves.
        """
        found = set(inputs)
        for site, node in self.enumerate_nodes():
            if node.grad_enabled and node.op not in DETACHING and any(arg in found for arg in node.carriers):
                found.add(site)
        return frozenset(found)

    def _needed(self, outputs: Iterable[int]) -> frozenset[int]:
        needed = set(outputs)
        for value_id in range(len(self) - 1, len(self.inputs) - 1, -1):
            if value_id in needed:
                needed.update(self.nodes[value_id - len(self.inputs)].args)
        return frozenset(needed)

    def reached_from(self, output: int) -> frozenset[int]:
        """Return the ids of the tracked values from which a tracked path leads to the value ``output``."""
        reached = {output} if self.tracked[output] else set()
        for value_id in range(len(self) - 1, len(self.inputs) - 1, -1):
            if value_id in reached:
                reached.update(arg for arg in self.nodes[value_id - len(self.inputs)].carriers if self.tracked[arg])
        return frozenset(reached)

    def play(
        self,
        interpret: Callable[[Node, list[V]], V],
        inputs: Sequence[V],
        hook: Callable[[int, V], None] | None = None,
        held: Mapping[int, V] = NOTHING_HELD,
    ) -> list[V]:
        """Run the program: ``interpret(node, args)`` gives each node its meaning; ``hook(id, value)`` sees each result.

        Nodes whose value is ``held`` are not run. Returns all values by id.
        """
        values = list(inputs)
        for value_id, node in self.enumerate_nodes():
            value = held[value_id] if value_id in held else interpret(node, [values[arg] for arg in node.args])
            values.append(value)
            if hook is not None:
                hook(value_id, value)
        return values

    def at(self, values: Mapping[int, Array]) -> Graph:
        """Return the same graph at other values of some inputs, by id, each in the dtype that it has."""
        inputs = tuple(
            replace(each, value=np.asarray(values[i], each.value.dtype)) if i in values else each
            for i, each in enumerate(self.inputs)
        )
        return replace(self, inputs=inputs)

    def cut(self, keep: int = 0) -> Graph:
        """Return the same graph without the values that no output needs, but with the first ``keep`` inputs."""
        needed = self._needed(self.outputs) | set(range(keep))
        if len(needed) == len(self):
            return self
        new_ids = {old: new for new, old in enumerate(sorted(needed))}
        nodes = tuple(node.renumbered(new_ids) for value_id, node in self.enumerate_nodes() if value_id in needed)
        inputs = tuple(each for index, each in enumerate(self.inputs) if index in needed)
        return Graph(inputs, nodes, tuple(new_ids[output] for output in self.outputs))

    @cached_property
    def id(self) -> str:
        """A digest of the canonical JSON."""
        return digest(self.to_data())

    def to_data(self) -> dict[str, Any]:
        """Return the graph as JSON data with exact values."""
        return {
            "format": FORMAT,
            "version": VERSION_WITH_CALLS if self.has_calls else VERSION,
            "inputs": [
                {"value": encode_array(x.value), "requires_grad": x.requires_grad, "contiguous": x.contiguous}
                for x in self.inputs
            ],
            "nodes": [
                {
                    "op": node.op,
                    "args": list(node.args),
                    "params": {name: encode_param(value) for name, value in node.params.items()},
                    "shape": list(node.shape),
                    "dtype": node.dtype,
                    "grad_enabled": node.grad_enabled,
                    **({} if node.call is None else {"call": node.call.to_data()}),
                }
                for node in self.nodes
            ],
            "outputs": list(self.outputs),
        }

    def to_json(self) -> str:
        """Return the graph as canonical JSON; :meth:`from_json` gives it back bit for bit."""
        return canonical(self.to_data())

    @classmethod
    def from_json(cls, text: str) -> Graph:
        """Read a graph. Raises ``GraphFormatError`` where the text is damaged or of a newer version."""
        return cls.from_data(parse_json(text))

    @classmethod
    def from_data(cls, data: Any) -> Graph:
        """Read a graph from JSON data. Raises ``GraphFormatError`` as :meth:`from_json` does."""
        has_calls = isinstance(data, Mapping) and data.get("version") == VERSION_WITH_CALLS
        check_header(data, FORMAT, VERSION_WITH_CALLS if has_calls else VERSION)
        try:
            graph = cls(
                tuple(
                    Input(decode_array(x["value"]), bool(x["requires_grad"]), bool(x["contiguous"]))
                    for x in data["inputs"]
                ),
                tuple(_read_node(node) for node in data["nodes"]),
                tuple(data["outputs"]),
            )
        except GraphFormatError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
            raise GraphFormatError(f"damaged graph: {type(error).__name__}: {error}") from error
        graph._check_references()
        graph._check_calls()
        if graph.has_calls != has_calls:
            raise GraphFormatError(f"damaged graph: version {data['version']} is not that of its nodes")
        return graph

    def _check_references(self) -> None:
        for value_id, node in self.enumerate_nodes():
            for arg in node.args:
                if not (isinstance(arg, int) and 0 <= arg < value_id):
                    raise GraphFormatError(
                        f"damaged graph: {self.name(value_id)} takes value {arg!r}, not an earlier one"
                    )
        for output in self.outputs:
            if not (isinstance(output, int) and 0 <= output < len(self)):
                raise GraphFormatError(f"damaged graph: output {output!r} is no value of it")

    def _check_calls(self) -> None:
        for value_id, node in self.enumerate_nodes():
            if node.call is not None and (problem := self._misfit(node, node.call)):
                raise GraphFormatError(f"damaged graph: {self.name(value_id)}: {problem}")

    def _misfit(self, node: Node, call: Call) -> str:
        """Say how the graph that a node carries does not fit it; nothing where it does."""
        inner = call.graph
        if not (type(call.result) is int and 0 <= call.result < len(inner.outputs)):
            return f"its function has no result {call.result!r}"
        if not all(type(slot) is int and 0 <= slot < len(node.args) for slot in call.written):
            return f"its function writes to arguments {list(call.written)}, of {len(node.args)}"
        if [(x.shape, x.dtype) for x in inner.inputs[: len(node.args)]] != [
            (self[arg].shape, self[arg].dtype) for arg in node.args
        ]:
            return "its arguments are not like the inputs of the graph that it carries"
        result = inner[call.output]
        if (result.shape, result.dtype) != (node.shape, node.dtype):
            return f"its result is {node.dtype} {node.shape}, but that of its graph {result.dtype} {result.shape}"
        positions = {str(i) for i in range(len(node.args) + len(node.params))}
        return "" if positions.issuperset(node.params) else f"its parameters are at {sorted(node.params)}"

    def __str__(self) -> str:
        return "\n".join([*map(self._input_line, range(len(self.inputs))), *self._node_lines(), self._return_line()])

    def _input_line(self, index: int) -> str:
        x = self.inputs[index]
        facts = [f"{x.dtype} {x.shape}"]
        facts += ["requires grad"] if x.requires_grad else []
        facts += [] if x.contiguous else ["not contiguous"]
        return f"{self.name(index)} = input({_short(x.value)})  # {', '.join(facts)}"

    def _node_lines(self) -> Iterator[str]:
        for value_id, node in self.enumerate_nodes():
            call = self.call_text(value_id)
            mode = "" if node.grad_enabled else ", under no_grad"
            yield f"{self.name(value_id)} = {call}  # {node.dtype} {node.shape}{mode}"

    def call_text(self, value_id: int) -> str:
        """Return one node as a call, its parameters in the order of the alphabet: ``sum(v3, axis=0)``."""
        node = self.nodes[value_id - len(self.inputs)]
        args = [self.name(arg) for arg in node.args]
        if node.call is not None:
            result = f"[{node.call.result}]" if len(node.call.graph.outputs) > 1 else ""
            shown = node.in_order(args, {place: repr(value) for place, value in node.params.items()})
            return f"{node.op}({', '.join(shown)}){result}"
        params = [f"{name}={value!r}" for name, value in sorted(node.params.items())]
        return f"{node.op}({', '.join(args + params)})"

    def _return_line(self) -> str:
        return f"return {', '.join(map(self.name, self.outputs))}"


def lay_out(value: Array, *, contiguous: bool) -> Array:
    """Return a fresh copy of ``value``, contiguous or as every second element along the last axis of a buffer."""
    if contiguous or value.ndim == 0:
        return np.array(value, order="C")
    buffer = np.zeros((*value.shape[:-1], 2 * value.shape[-1]), dtype=value.dtype)
    view = buffer[..., ::2]
    view[...] = value
    return view


def parse_json(text: str) -> Any:
    """Parse JSON. Raises ``GraphFormatError`` with the place where it breaks."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise GraphFormatError(f"not JSON: {error}") from error
    except RecursionError:
        raise GraphFormatError("not a graph: its JSON nests too deeply") from None


def check_header(data: Any, form: str, version: int) -> None:
    """Raise ``GraphFormatError`` unless ``data`` is an object of the given format and version."""
    if not isinstance(data, dict) or data.get("format") != form:
        found = data.get("format") if isinstance(data, dict) else type(data).__name__
        raise GraphFormatError(f"not a {form} file: its format is {found!r}")
    if data.get("version") != version:
        raise GraphFormatError(
            f"{form} version {data.get('version')!r}, but this release reads version {version}; "
            "a newer Gradproof may have written it"
        )


def _read_node(data: Mapping[str, Any]) -> Node:
    op, dtype = data["op"], data["dtype"]
    if not isinstance(op, str):
        raise GraphFormatError(f"{op!r} is no name of an op")
    if dtype not in DTYPES:
        raise GraphFormatError(f"dtype {dtype!r} is none of {', '.join(DTYPES)}")
    params = {name: decode_param(value) for name, value in data["params"].items()}
    shape = tuple(int(n) for n in data["shape"])
    call = _read_call(data["call"]) if "call" in data else None
    return Node(op, tuple(data["args"]), params, shape, dtype, bool(data["grad_enabled"]), call)


def _read_call(data: Mapping[str, Any]) -> Call:
    return Call(Graph.from_data(data["graph"]), data["result"], tuple(data["written"]))


def _short(value: Array) -> str:
    flat = ", ".join(map(repr, value.ravel()[:6].tolist())) + (", ..." if value.size > 6 else "")
    return f"[{flat}]" if value.ndim else flat
