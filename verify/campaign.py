"""Campaigns: many generated cases on one target, collected and never raised.

A campaign is cut into shards; each is a pure function of a seed derived from the root seed and its number.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hypothesis import HealthCheck, Phase, given, seed, settings

from gradproof.case import Case
from gradproof.engine.vocabulary import OPS
from gradproof.errors import UnknownOpError, UnsupportedError, nearest

from .examination import CaseResult, Clock
from .generation.strategies import SEEDS, expanded
from .second_order import examine_any_order as examine
from .shrinking import minimal
from .targets.target import Target, ops_of
from .tutorial import tutorial_cases

#: How many examples a shard draws; some repeat each other, and some have no derivative to ask for.
SHARD = 100

#: A plan over few ops may ask for more graphs than there are: it ends after so many shards without a new one.
BARREN = 3


@dataclass(frozen=True)
class Plan:
    """What to run. ``ops`` None means the whole vocabulary, ``dtype`` None a mix of all.

    With ``order`` 2 the same graphs are asked for their second derivatives.
    """

    graphs: int = 300
    seed: int = 0
    ops: tuple[str, ...] | None = None
    dtype: str | None = None
    order: int = 1

    def __post_init__(self) -> None:
        for name in self.ops or ():
            if name not in OPS:
                raise UnknownOpError(f"{name!r} is no op of the vocabulary{nearest(name, OPS)}; see 'gradproof ops'")

    def on(self, target: Target) -> Plan:
        """Return the plan for a target, over the ops that it knows. Raises ``UnknownOpError`` for others."""
        known = ops_of(target)
        for name in self.ops or ():
            if name not in known:
                raise UnknownOpError(f"{name!r} is no op that {target.name} has{nearest(name, known)}")
        return self if self.ops or len(known) == len(OPS) else replace(self, ops=tuple(sorted(known)))


Progress = Callable[["Outcome"], None]


@dataclass
class Outcome:
    """What a campaign found so far.

    ``results`` hold a title for the cases that have one. ``minimal`` maps the id of the first case of each distinct
    failure to the smallest case with the same op at fault and the same verdict. ``errors`` are cases that could not
    be examined: the target or Gradproof itself raised. ``seen`` holds the ids of all generated cases; ``discarded``
    counts those that were drawn again, or had no derivative to ask for, and ``lacking`` those that were left out since
    the target does not have what they call.
    """

    plan: Plan
    results: list[tuple[str, CaseResult]] = field(default_factory=list)
    errors: list[tuple[Case, Exception]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    discarded: int = 0
    lacking: int = 0
    minimal: dict[str, CaseResult] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    wall: float = 0.0

    @property
    def failures(self) -> list[CaseResult]:
        """The failing cases."""
        return [result for _, result in self.results if not result.ok]


def run(
    plan: Plan,
    target: Target,
    progress: Progress = lambda outcome: None,
    into: Outcome | None = None,
    *,
    shrink: bool = True,
) -> Outcome:
    """Run a campaign; ``progress`` is called after every case. Failures are made small, unless ``shrink`` is False.

    With ``into`` the outcome is collected there, and holds what was found so far when an interrupt ends the run.
    """
    outcome, start = into or Outcome(plan.on(target)), time.perf_counter()
    try:
        for title, case in _named(outcome.plan).items():
            _examine(outcome, case, target, title)
            progress(outcome)
        _run_shards(outcome, target, progress)
        if shrink:
            _shrink(outcome, target)
    finally:
        outcome.wall = time.perf_counter() - start
    return outcome


def _named(plan: Plan) -> Mapping[str, Case]:
    """Return the cases of the tutorial, unless the plan leaves out an op or the dtype they use."""
    if plan.dtype not in (None, "float32"):
        return {}
    return {
        title: case
        for title, case in tutorial_cases().items()
        if plan.ops is None or all(node.op in plan.ops for node in case.graph.nodes)
    }


def derived_seed(root: int, shard: int) -> int:
    """Return the seed of a shard: 64 bits of BLAKE2b of the root seed and the shard's number."""
    return int.from_bytes(hashlib.blake2b(f"{root}/{shard}".encode(), digest_size=8).digest())


def _run_shards(outcome: Outcome, target: Target, progress: Progress) -> None:
    shard, barren = 0, 0
    while len(outcome.seen) < outcome.plan.graphs and barren < BARREN:
        before = len(outcome.seen)
        _run_shard(outcome, target, shard, progress)
        shard, barren = shard + 1, 0 if len(outcome.seen) > before else barren + 1


def _run_shard(outcome: Outcome, target: Target, shard: int, progress: Progress) -> None:
    """Examine the new cases of one shard, up to the number that the plan asks for."""
    plan, clock = outcome.plan, Clock()
    clock.start("generation")

    @seed(derived_seed(plan.seed, shard))
    @settings(
        max_examples=SHARD,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(SEEDS)
    def each(drawn: bytes) -> None:
        if len(outcome.seen) < plan.graphs:
            case = expanded(drawn, plan.ops, plan.dtype)
            clock.stop("generation")
            if case.id not in outcome.seen and asks_something(case):
                outcome.seen.add(case.id)
                _examine(outcome, case, target)
                progress(outcome)
            else:
                outcome.discarded += 1
            clock.start("generation")

    each()
    clock.stop("generation")
    _add(outcome.seconds, clock.seconds)


def asks_something(case: Case) -> bool:
    """Tell whether any derivative of the case has an entry: some output depends on some leaf, and neither is empty."""
    graph = case.graph
    return any(
        graph[output].size and any(graph[leaf].size for leaf in graph.reached_from(output) & set(graph.leaves))
        for output in graph.outputs
    )


def _examine(outcome: Outcome, case: Case, target: Target, title: str = "") -> None:
    asked = case.of_second_order() if outcome.plan.order == 2 else case
    try:
        result = examine(asked, target)
    except UnsupportedError:
        outcome.lacking += 1
        outcome.seen.discard(case.id)
        return
    except Exception as error:  # one case must not lose the others; it is reported, and the run ends with exit code 3
        outcome.errors.append((asked, error))
        return
    outcome.results.append((title, result))
    _add(outcome.seconds, result.seconds)


def _add(total: dict[str, float], part: Mapping[str, float]) -> None:
    for name, seconds in part.items():
        total[name] = total.get(name, 0.0) + seconds


def _shrink(outcome: Outcome, target: Target) -> None:
    """Find the smallest case of each distinct failure."""
    clock = Clock()
    with clock.part("shrinking"):
        for result in first_of_each(outcome.failures):
            try:
                outcome.minimal[result.asked.id] = minimal(result, target)
            except Exception as error:  # the case itself is reported all the same
                outcome.errors.append((result.asked, error))
                outcome.minimal[result.asked.id] = result
    if outcome.minimal:
        _add(outcome.seconds, clock.seconds)


def first_of_each(failures: Sequence[CaseResult]) -> list[CaseResult]:
    """Return one failing case per signature."""
    return list({result.signature: result for result in reversed(failures)}.values())[::-1]
