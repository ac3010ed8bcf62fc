"""What a row of the table holds, and the targets that return the answers on trial."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from unittest import mock

import numpy as np

from gradproof import trace
from gradproof.case import Case
from gradproof.engine import backward
from gradproof.engine.vocabulary import OPS
from gradproof.exact import Array
from gradproof.verify import EngineTarget, Verdict
from gradproof.verify.targets.target import Pullback, Run

#: Gradients: one number or nested list for each input; of a single input just that.
Gradients = Any


# --- true answers


@dataclass(frozen=True)
class Derivative:
    """The derivative, which exists."""

    gradients: Gradients

    @property
    def text(self) -> str:
        return shown(self.gradients)


class Hull:
    """The convex hull of a few generalised derivatives."""

    def __init__(self, *vertices: Gradients) -> None:
        self.vertices = vertices

    @property
    def text(self) -> str:
        if all(np.ndim(vertex) == 0 for vertex in self.vertices) and len(self.vertices) == 2:
            return f"[{', '.join(map(shown, sorted(self.vertices)))}]"
        return f"the hull of {', '.join(map(shown, self.vertices))}"


@dataclass(frozen=True)
class Described:
    """An answer in words: a set with infinitely many corners, or none at all."""

    text: str


NONE = Described("none")
#: Stated where what is returned does not matter.
ANYTHING = object()
NAN, INF = float("nan"), float("inf")


# --- the answers of targets


@dataclass(frozen=True)
class Answer:
    """What a target returns, and the verdict it must get.

    ``gradients`` is None where our engine returns the derivative, and where a value does not matter. ``says`` are words
    that the diagnosis must contain.
    """

    label: str
    target: EngineTarget
    gradients: Gradients | None
    verdict: Verdict
    says: tuple[str, ...]
    atol: float = 0.0

    def returned(self, truth: Derivative | Hull | Described) -> Gradients | None:
        """What the target returns: what is stated, else of our engine the derivative; None where it does not matter."""
        if self.gradients is ANYTHING or (self.gradients is None and not isinstance(truth, Derivative)):
            return None
        return truth.gradients if self.gradients is None and self.label == "ours" else self.gradients

    @property
    def text(self) -> str:
        """The answer as the page shows it."""
        if self.gradients is None or self.gradients is ANYTHING or isinstance(self.target, Planted):
            return self.label
        return f"{self.label} → {shown(self.gradients)}"


def right(verdict: Verdict, gradients: Gradients | None = None, *says: str, atol: float = 0.0) -> Answer:
    """The answer of Gradproof's engine; where no gradients are stated, they are the derivative."""
    return Answer("ours", EngineTarget(), gradients, verdict, says, atol)


def given(gradients: Gradients, verdict: Verdict, *says: str) -> Answer:
    """A value planted in what the one consumer of each input passes on to it."""
    return Answer(shown(gradients), Planted(gradients), gradients, verdict, says)


def ruled(
    label: str, rules: Mapping[str, Callable[..., Any]], gradients: Gradients | None, verdict: Verdict, *says: str
) -> Answer:
    """The answer of other VJP rules, named by op and argument: ``relu.0``."""
    return Answer(label, EngineTarget(with_rules(rules), label), gradients, verdict, says)


def weak(gradients: Gradients, verdict: Verdict, *says: str) -> Answer:
    """The answer of a sweep that multiplies zeros as IEEE 754 does, as PyTorch's, JAX's and HIPS autograd's do."""
    return Answer("0 times infinity is NaN", WeakZeros(), gradients, verdict, says)


def with_rules(rules: Mapping[str, Callable[..., Any]]) -> dict[str, Any]:
    ops = dict(OPS)
    for place, rule in rules.items():
        name, slot = place.split(".")
        vjp = list(ops[name].vjp)
        vjp[int(slot)] = rule
        ops[name] = dataclasses.replace(ops[name], vjp=tuple(vjp))
    return ops


class Planted(EngineTarget):
    """The engine, but for what arrives at the inputs."""

    def __init__(self, gradients: Gradients) -> None:
        super().__init__(name="a planted gradient")
        self._gradients = gradients

    def play(self, case: Case, cotangents: Sequence[Array] | None = None) -> Run:
        run = super().play(case, cotangents)
        (pullback,) = run.pullbacks
        planted = by_leaf(case, self._gradients)
        left = {site: list(parts) for site, parts in pullback.left.items()}
        for leaf, gradient in planted.items():
            ((site, slot),) = _consumers(case, leaf, left)
            left[site][slot] = gradient
        passed_on = {site: tuple(parts) for site, parts in left.items()}
        return dataclasses.replace(
            run, pullbacks=(Pullback(pullback.entered, passed_on, planted),), accumulated=planted
        )


def _consumers(case: Case, leaf: int, left: Mapping[int, Any]) -> list[tuple[int, int]]:
    """Return the nodes and arguments through which something arrives at a leaf."""
    nodes = [(site, node) for site, node in case.graph.enumerate_nodes() if site in left]
    return [
        (site, slot)
        for site, node in nodes
        for slot, arg in enumerate(node.args)
        if arg == leaf and left[site][slot] is not None
    ]


def by_leaf(case: Case, gradients: Gradients | None) -> dict[int, Array]:
    """Return stated gradients as arrays of the shape and dtype of each leaf."""
    if gradients is None:
        return {}
    leaves = case.graph.leaves
    each = gradients if len(leaves) > 1 else (gradients,)
    like = [case.graph.inputs[leaf].value for leaf in leaves]
    return {
        leaf: np.broadcast_to(np.asarray(value, x.dtype), x.shape).copy()
        for leaf, value, x in zip(leaves, each, like, strict=True)
    }


class WeakZeros(EngineTarget):
    """The engine without strong zeros."""

    def play(self, case: Case, cotangents: Sequence[Array] | None = None) -> Run:
        with mock.patch.object(backward, "_has_nan", return_value=False):
            return super().play(case, cotangents)


# --- the rows


@dataclass(frozen=True)
class Trap:
    """One hard point: the function as text and as a function of engine ops, the point, the true answer and why.

    ``at`` is an array, or a tuple of one for each input; ``point`` its text where it is long. ``ct`` is every entry of
    the cotangent. The true answer is stated up to ``slack``.
    """

    formula: str
    function: Callable[..., Any]
    at: Any
    truth: Derivative | Hull | Described
    reason: str
    answers: tuple[Answer, ...]
    dtype: str = "float64"
    point: str = ""
    ct: float = 1.0
    slack: float = 0.0

    @property
    def name(self) -> str:
        return f"{self.formula} at {self.place}"

    @property
    def place(self) -> str:
        """The point as text; with the dtype where it is not float64, the cotangent where it is not 1."""
        dtype = "" if self.dtype == "float64" else f", {self.dtype}"
        ct = "" if self.ct == 1 else f", cotangent {self.ct:g}"
        return (self.point or shown(self.at)) + dtype + ct

    def case(self) -> Case:
        inputs = self.at if isinstance(self.at, tuple) else (self.at,)
        graph = trace(self.function, *(np.asarray(each, self.dtype) for each in inputs))
        (output,) = graph.outputs
        return Case(graph, (np.full(graph[output].shape, self.ct, graph[output].dtype),))


def narrowed(row: Trap) -> Trap | None:
    """Return the row in float32, where all its numbers are float32 numbers."""
    answers = [answer.returned(row.truth) for answer in row.answers]
    known = [each for each in answers if each is not None] + list(getattr(row.truth, "vertices", ()))
    stated = [x for each in (row.at, *known) for x in numbers(each)]
    fits = row.dtype == "float64" and all(x != x or abs(x) == INF or as_float32(x) == x for x in stated)
    return dataclasses.replace(row, dtype="float32") if fits else None


def as_float32(x: float) -> float:
    with np.errstate(over="ignore"):
        return float(np.float32(x))


def numbers(nested: Any) -> Iterator[float]:
    """Yield the numbers in nested lists and tuples."""
    if isinstance(nested, list | tuple):
        for each in nested:
            yield from numbers(each)
    else:
        yield float(nested)


def trap(
    formula: str,
    function: Callable[..., Any],
    at: Any,
    truth: Any,
    reason: str,
    *answers: Answer,
    **more: Any,
) -> Trap:
    """Return a row; numbers and lists as ``truth`` are the derivative."""
    known = truth if isinstance(truth, Derivative | Hull | Described) else Derivative(truth)
    return Trap(formula, function, at, known, reason, answers, **more)


def shown(gradients: Any) -> str:
    """Return numbers as text, as short as they can be."""
    if isinstance(gradients, tuple | list):
        if len(gradients) > 6:
            first, last = shown(gradients[0]), shown(gradients[-1])
            return f"{len(gradients)} times {first}" if len(set(gradients)) == 1 else f"[{first}, ..., {last}]"
        inner = ", ".join(map(shown, gradients))
        return f"({inner})" if isinstance(gradients, tuple) else f"[{inner}]"
    value = float(gradients)
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e4 else repr(value)


def sections(named: Mapping[str, list[Trap]]) -> dict[str, list[Trap]]:
    """Return the table; no two rows may have one name."""
    counts: defaultdict[str, int] = defaultdict(int)
    for rows in named.values():
        for row in rows:
            counts[row.name] += 1
    assert not (twice := [name for name, count in counts.items() if count > 1]), twice
    return dict(named)
