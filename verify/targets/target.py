"""What a target is, and what it shows of a run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from gradproof.budget import Budget
from gradproof.case import Case
from gradproof.engine.vocabulary import OPS
from gradproof.exact import Array
from gradproof.graph import NOTHING_HELD, Graph

from .memory import Alias


@dataclass(frozen=True, eq=False)
class Pullback:
    """One backward pass, from one output.

    ``entered``: by node id, the cotangent of its result, as it was before any rule saw it. ``left``: what it passed on
    to each argument, None where nothing; where a function has several results, the first of them that got a cotangent
    stands for all. ``gradients``: by leaf id, what arrived in all. ``spoilt`` lists the ids of
    the nodes whose rules changed the cotangent that had entered.
    """

    entered: Mapping[int, Array]
    left: Mapping[int, tuple[Array | None, ...]]
    gradients: Mapping[int, Array]
    spoilt: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Run:
    """One run of a case.

    ``values`` are copies made when each op had run. ``accumulated`` is the final ``grad`` of the leaves.
    ``modified`` lists the ids of values that changed after they were made, ``untracked`` those through which the target
    lets no derivative flow, ``aliases`` the gradients that share memory.
    """

    values: tuple[Array, ...]
    pullbacks: tuple[Pullback, ...]
    accumulated: Mapping[int, Array]
    modified: tuple[int, ...]
    untracked: tuple[int, ...] = ()
    aliases: tuple[Alias, ...] = ()


@dataclass(frozen=True)
class Step:
    """One step of a first backward pass, by ids of the recorded graph: the node ``site`` was pulled back through.

    ``entered`` is its cotangent, and ``left`` what it passed on to each argument, None where nothing. ``made`` are the
    values that its VJP rule computed or captured on the way.
    """

    site: int
    entered: int
    left: tuple[int | None, ...]
    made: frozenset[int]


@dataclass(frozen=True, eq=False)
class Recorded:
    """Forward and backward of a case of second order, run as one graph and pulled back once more.

    The outputs of ``case`` are gradients: ``blocks`` names, for each, the output (its number) and the leaf of the
    original graph. ``ids`` are the values of that in the recorded graph; its inputs have the same. ``cotangents`` are
    those of its outputs, leaves here too. ``passes`` are the steps of the first backward pass from each output; ``run``
    is the forward, and the second pass from each gradient.
    """

    case: Case
    run: Run
    ids: tuple[int, ...]
    cotangents: tuple[int, ...]
    blocks: tuple[tuple[int, int], ...]
    passes: tuple[tuple[Step, ...], ...]


class Target(Protocol):
    """An engine on trial.

    It may also have ``ops``, the names of those it knows, where these are not the whole vocabulary; ``budgets`` by the
    names of ops, in place of the vocabulary's; and ``versions`` of what it consists of, by name.
    """

    name: str

    def play(self, case: Case, cotangents: Sequence[Array] | None = None) -> Run:
        """Run the case forward, and backward from each output in turn.

        ``cotangents`` are the arrays to hand over, equal to those of the case: they may be strided or read-only, and
        the caller looks afterwards whether they are as they were. By default they are fresh copies.
        """

    def record(self, case: Case) -> Recorded:
        """Run a case of second order: forward and backward as one graph, and backward again from each gradient."""

    def forward(
        self,
        graph: Graph,
        inputs: Sequence[Array],
        held: Mapping[int, Array] = NOTHING_HELD,
        disturb: Callable[[Array], Array] | None = None,
    ) -> list[Array]:
        """Return all values of the graph by id at other inputs: what finite differences are taken of.

        Nodes with a ``held`` value keep it; ``disturb`` is applied to the results of all others before they are used.
        Inputs with one more axis in front than the graph says are a batch: their values at many points. So are then the
        values that depend on them; a target that knows no batch may raise, or return any other shapes.
        """

    def script(self, case: Case) -> str:
        """Return a standalone program that runs the case with this library alone."""


def ops_of(target: Target) -> Collection[str]:
    """Return the names of the ops that a target knows."""
    return getattr(target, "ops", OPS.keys())


def budgets_of(target: Target) -> dict[str, Budget]:
    """Return the budget of every op of the vocabulary on a target."""
    return {name: op.budget for name, op in OPS.items()} | dict(getattr(target, "budgets", {}))


def versions_of(target: Target) -> dict[str, str]:
    """Return the versions of what a target consists of, by name."""
    return dict(getattr(target, "versions", {}))
