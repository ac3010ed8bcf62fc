"""PyTorch as a target: a graph is run eagerly, and hooks show what flows through every node."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from gradproof.case import Case
from gradproof.errors import UnsupportedError
from gradproof.exact import Array
from gradproof.graph import Graph, Input, Node

from . import torch_ops
from .library import LibraryTarget, array_text
from .memory import aliases
from .spelling import Function, Spelling
from .target import Pullback, Run

_SPELLING = Spelling("torch", torch_ops, torch_ops.OPS, torch_ops.LACKS)


class TorchTarget(LibraryTarget):
    """PyTorch with its own backward.

    Every use of a value as an argument goes through an identity, whose hook shows what that argument was passed.

    PyTorch takes the memory of a cotangent for that of a gradient where only views lie between, and then adds to it in
    place (its issue 34082): in many graphs gradients share memory with each other or with what was handed over. So that
    this does not hide all else, cotangents are copied on their way, unless ``copies`` is False. No number changes.
    """

    name = "torch"

    def __init__(self, ops: Mapping[str, Function] | None = None, *, copies: bool = True) -> None:
        super().__init__(_SPELLING, ops)
        self._copies = copies

    def play(self, case: Case, cotangents: Sequence[Array] | None = None) -> Run:
        """Run the case on tensors, with a copy of every value and every cotangent."""
        graph = case.graph
        self._spelling.check(graph)
        handed = [np.array(ct) for ct in case.cotangents] if cotangents is None else cotangents
        seen = _Hooks(graph)
        tensors = [_tensor(each.materialise()).requires_grad_(each.requires_grad) for each in graph.inputs]
        for leaf in graph.leaves:
            tensors[leaf].register_hook(functools.partial(seen.arrive, leaf))
        copies = [np.array(each.value) for each in graph.inputs]
        with _in_words():
            for site, node in graph.enumerate_nodes():
                tensors.append(self._run_node(site, node, [tensors[arg] for arg in node.args], seen))
                copies.append(np.array(_array(tensors[site])))
            pullbacks = tuple(
                seen.pull(tensors[output], _tensor(ct).clone() if self._copies else _tensor(ct))
                for output, ct in zip(graph.outputs, handed, strict=True)
            )
        return _run(graph, tensors, copies, pullbacks, handed)

    def _run_node(self, site: int, node: Node, args: Sequence[Any], seen: _Hooks) -> Any:
        with torch.set_grad_enabled(node.grad_enabled):
            uses = [_Use.apply(arg, self._copies) for arg in args]
            for slot, use in enumerate(uses):
                if use.requires_grad:
                    use.register_hook(functools.partial(seen.leave, site, slot))
            result = self._spelling.apply(node, uses)
        if result.requires_grad:
            result.register_hook(functools.partial(seen.enter, site))
        return result

    def _compute(self, node: Node, args: Sequence[Array], batches: Sequence[bool]) -> Array:
        if any(batches):
            raise UnsupportedError("torch is played point by point")
        with torch.no_grad(), _quietly():
            return _array(self._spelling.apply(node, [_tensor(arg) for arg in args]))

    def _head(self) -> list[str]:
        return ["import torch", "import torch.nn.functional as F"]

    def _body(self, case: Case) -> list[str]:
        graph = case.graph
        lines = [f"{graph.name(i)} = {_input_text(each)}" for i, each in enumerate(graph.inputs)]
        for site, node in graph.enumerate_nodes():
            line = f"{graph.name(site)} = {self._call_text(graph, node)}"
            lines += [line] if node.grad_enabled else ["with torch.no_grad():", f"    {line}"]
        lines += [
            f"{graph.name(output)}.backward({_tensor_text(ct)}, retain_graph=True)"
            for output, ct in zip(graph.outputs, case.cotangents, strict=True)
            if graph.tracked[output]
        ]
        reached = frozenset().union(*map(graph.reached_from, graph.outputs))
        names = [graph.name(leaf) for leaf in graph.leaves if leaf in reached]
        return lines + [f'print("{name}", None if {name}.grad is None else {name}.grad.tolist())' for name in names]


class _Use(torch.autograd.Function):
    """One use of a value: the identity, which passes on the very tensor that arrives, or a copy."""

    @staticmethod
    def forward(ctx: Any, x: Any, copies: bool) -> Any:
        """Return ``x``."""
        ctx.copies = copies
        return x

    @staticmethod
    def backward(ctx: Any, ct: Any) -> Any:
        """Return ``ct``."""
        return ct.clone() if ctx.copies else ct, None


class _Hooks:
    """Copies what flows in one backward pass after the other, by ids of the graph.

    Where PyTorch passes on no tensor it means zeros.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._entered: dict[int, Array] = {}
        self._left: dict[tuple[int, int], Array] = {}
        self._gradients: dict[int, Array] = {}

    def arrive(self, leaf: int, ct: Any) -> None:
        """Keep the gradient of a leaf: all that arrives in one pass."""
        self._gradients[leaf] = self._copy(leaf, ct)

    def enter(self, site: int, ct: Any) -> None:
        """Keep the cotangent of a node, before its rule sees it."""
        self._entered[site] = self._copy(site, ct)

    def leave(self, site: int, slot: int, ct: Any) -> None:
        """Keep what a node passed on to one argument."""
        self._left[site, slot] = self._copy(self._graph.nodes[site - len(self._graph.inputs)].args[slot], ct)

    def _copy(self, value_id: int, ct: Any) -> Array:
        value = self._graph[value_id]
        return np.zeros(value.shape, value.dtype) if ct is None else np.array(_array(ct))

    def pull(self, root: Any, ct: Any) -> Pullback:
        """Run one pass."""
        self._entered, self._left, self._gradients = {}, {}, {}
        if root.requires_grad:
            root.backward(ct, retain_graph=True)
        left = {
            site: tuple(self._left.get((site, slot)) for slot in range(len(node.args)))
            for site, node in self._graph.enumerate_nodes()
            if site in self._entered
        }
        return Pullback(self._entered, left, self._gradients)


def _run(
    graph: Graph, tensors: Sequence[Any], copies: Sequence[Array], pullbacks: tuple[Pullback, ...], handed: Any
) -> Run:
    values = [_array(tensor) for tensor in tensors]
    grads = {leaf: _array(tensors[leaf].grad) for leaf in graph.leaves if tensors[leaf].grad is not None}
    none = {leaf: each.gradients[leaf] for each in pullbacks for leaf in each.gradients.keys() - grads.keys()}
    return Run(
        tuple(copies),
        pullbacks,
        {leaf: np.array(grad) for leaf, grad in (none | grads).items()},
        modified=tuple(i for i, copy in enumerate(copies) if copy.tobytes() != values[i].tobytes()),
        untracked=tuple(i for i, tensor in enumerate(tensors) if not tensor.requires_grad),
        aliases=aliases(grads, values, handed),
    )


def _tensor(array: Array) -> Any:
    """Return a tensor in the memory of an array."""
    with warnings.catch_warnings():
        # whoever hands over an array that is not to be written to looks whether it was
        warnings.filterwarnings("ignore", "The given NumPy array is not writable", UserWarning)
        return torch.from_numpy(np.asarray(array))


def _array(tensor: Any) -> Array:
    return tensor.detach().numpy()


@contextmanager
def _quietly() -> Iterator[None]:
    with warnings.catch_warnings():
        # kl_div says that its mean is none over batches
        warnings.filterwarnings("ignore", "reduction: 'mean' divides the total loss", UserWarning)
        # there is no variance of so few entries, which is what NaN says
        warnings.filterwarnings("ignore", r"(var|std)\(\): degrees of freedom is <= 0", UserWarning)
        yield


@contextmanager
def _in_words() -> Iterator[None]:
    """Raise ``UnsupportedError`` where PyTorch says that an op is not there for a dtype."""
    try:
        with _quietly():
            yield
    except (NotImplementedError, RuntimeError) as error:
        if "not implemented for" not in str(error):
            raise
        raise UnsupportedError(f"torch: {error}") from error


def _input_text(each: Input) -> str:
    text = _tensor_text(each.value)
    if not each.contiguous and each.value.ndim:
        text = f"{text}.repeat_interleave(2, dim=-1)[..., ::2]"
    return f"{text}.requires_grad_()" if each.requires_grad else text


def _tensor_text(value: Array) -> str:
    return array_text(value, "torch.tensor", f"torch.{value.dtype.name}")
