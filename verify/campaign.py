"""Campaigns: many generated cases on one target, collected and never raised.

A campaign is cut into shards; each is a pure function of a seed derived from the root seed and its number.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hypothesis import HealthCheck, Phase, given, seed, settings

from gradproof.case import Case
from gradproof.engine.op import OPS
from gradproof.errors import UnknownOpError, nearest

from .examine import CaseResult, Clock, examine
from .shrinking import minimal
from .strategies import cases
from .targets.target import Target
from .tutorial import tutorial_cases

SHARD = 100


@dataclass(frozen=True)
class Plan:
    """What to run. ``ops`` None means the whole vocabulary, ``dtype`` None both of them."""

    graphs: int = 300
    seed: int = 0
    ops: tuple[str, ...] | None = None
    dtype: str | None = None

    def __post_init__(self) -> None:
        for name in self.ops or ():
            if name not in OPS:
                raise UnknownOpError(f"{name!r} is no op of the vocabulary{nearest(name, OPS)}; see 'gradproof ops'")


Progress = Callable[["Outcome"], None]


@dataclass
class Outcome:
    """What a campaign found so far.

    ``results`` hold a title for the cases that have one. ``minimal`` maps the id of the first case of each distinct
    failure to the smallest case with the same op at fault and the same verdict. ``errors`` are cases that could not
    be examined: faults of Gradproof itself, with what was raised.
    """

    plan: Plan
    results: list[tuple[str, CaseResult]] = field(default_factory=list)
    errors: list[tuple[Case, Exception]] = field(default_factory=list)
    minimal: dict[str, CaseResult] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    wall: float = 0.0

    @property
    def failures(self) -> list[CaseResult]:
        """The failing cases."""
        return [result for _, result in self.results if not result.ok]


def run(plan: Plan, target: Target, progress: Progress = lambda outcome: None, into: Outcome | None = None) -> Outcome:
    """Run a campaign; ``progress`` is called after every case.

    With ``into`` the outcome is collected there, and holds what was found so far when an interrupt ends the run.
    """
    outcome, start = into or Outcome(plan), time.perf_counter()
    try:
        for title, case in _named(plan).items():
            _examine(outcome, case, target, title)
            progress(outcome)
        for shard, size in enumerate(_sizes(plan.graphs)):
            _run_shard(outcome, target, derived_seed(plan.seed, shard), size, progress)
        _shrink(outcome, target)
    finally:
        outcome.wall = time.perf_counter() - start
        outcome.seconds["generation"] = max(outcome.wall - sum(outcome.seconds.values()), 0.0)
    return outcome


def _named(plan: Plan) -> Mapping[str, Case]:
    """Return the cases of the tutorial, unless the plan leaves out an op or the dtype they use."""
    if plan.dtype == "float64":
        return {}
    return {
        title: case
        for title, case in tutorial_cases().items()
        if plan.ops is None or all(node.op in plan.ops for node in case.graph.nodes)
    }


def _sizes(graphs: int) -> Iterator[int]:
    while graphs > 0:
        yield min(graphs, SHARD)
        graphs -= SHARD


def derived_seed(root: int, shard: int) -> int:
    """Return the seed of a shard: 64 bits of BLAKE2b of the root seed and the shard's number."""
    return int.from_bytes(hashlib.blake2b(f"{root}/{shard}".encode(), digest_size=8).digest())


def _run_shard(outcome: Outcome, target: Target, shard_seed: int, size: int, progress: Progress) -> None:
    plan = outcome.plan

    @seed(shard_seed)
    @settings(
        max_examples=size,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases(_rotated(plan.ops or sorted(OPS), shard_seed), plan.dtype))
    def each(case: Case) -> None:
        _examine(outcome, case, target)
        progress(outcome)

    each()


def _rotated(ops: Sequence[str], shard_seed: int) -> tuple[str, ...]:
    """Let every shard begin with another op, since the first one is drawn most often."""
    start = shard_seed % len(ops)
    return (*ops[start:], *ops[:start])


def _examine(outcome: Outcome, case: Case, target: Target, title: str = "") -> None:
    try:
        result = examine(case, target)
    except Exception as error:  # one case must not lose the others; the run ends with exit code 3
        outcome.errors.append((case, error))
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
            outcome.minimal[result.case.id] = minimal(result, target)
    if outcome.minimal:
        _add(outcome.seconds, clock.seconds)


def first_of_each(failures: Sequence[CaseResult]) -> list[CaseResult]:
    """Return one failing case per signature."""
    return list({result.signature: result for result in reversed(failures)}.values())[::-1]
