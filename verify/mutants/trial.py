"""Cases that mutants are put to, and what a case says of a mutant: whether its gradient really differs.

A case counts for a mutant where the gradient differs by at least the operator's size (half of it, since sizes are
rounded too), relative to the largest entry of that gradient (of the cotangent, where the true gradient is zero), in an
entry for which a single true value is proven, and where rounding moves the gradient by less than a quarter of the
size. What rounding does is measured by Monte Carlo arithmetic (D. S. Parker, 1997), and does not rest on the tolerance
that the verifier computes: the right engine runs a few times with all that rounding may move moved by an ulp. At a
kink there is no single true value.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any

import numpy as np

from gradproof.case import Case
from gradproof.engine.vocabulary import OPS
from gradproof.exact import Array
from gradproof.symbolic import Proof, Proven, prove
from gradproof.symbolic.approximate import MARGIN

from ..campaign import asks_something
from ..conduct import Misdeed
from ..examination import budgets
from ..generation.strategies import expanded
from ..layouts import laid_out, unusual
from ..targets.engine import EngineTarget
from ..targets.target import Run
from .misconduct import confessions
from .monte_carlo import monte_carlo
from .mutants import slots
from .operator import Operator

#: Ops that accompany the one on trial in its cases.
COMPANIONS = ("multiply", "sin", "add")

#: So many draws for each case that is asked for, at most.
PATIENCE = 12

#: So many runs are moved by rounding.
SAMPLES = 16

#: So many runs must differ from a first one, where results are not repeatable.
REPEATS = 4


class Weight(Enum):
    """What a case says of a mutant."""

    NOTHING = "the gradients are equal bit for bit"
    LITTLE = "they differ by less than the size, or by no more than rounding explains"
    KINK = "they differ only where no single derivative is proven"
    FULL = "the gradient really differs"


@dataclass(frozen=True, eq=False)
class Trial:
    """A case, what is proven of it, and how the right engine runs it: the same for all mutants.

    ``moved`` are runs in Monte Carlo arithmetic.
    """

    case: Case
    proof: Proof
    run: Run
    moved: tuple[Run, ...]

    @cached_property
    def dtype(self) -> str:
        """The narrowest floating dtype in the graph: errors below its rounding are no errors."""
        graph = self.case.graph
        names = {graph[i].dtype for i in range(len(graph))}
        return min((name for name in names if name.startswith("float")), key=lambda name: np.finfo(name).bits)


def trials(name: str, dtype: str, count: int, root: int) -> dict[int, list[Trial]]:
    """Return, for each argument of an op, ``count`` cases in which a cotangent flows to it; fewer where few exist."""
    wanted: dict[int, list[Trial]] = {slot: [] for slot in slots(OPS[name])}
    drawn = {}
    for case in _draw(name, dtype, count * PATIENCE, root):
        reached = _reached_slots(case, name)
        short = [slot for slot in wanted if slot in reached and len(wanted[slot]) < count]
        if short and case.id not in drawn:
            drawn[case.id] = trial = try_out(case)
            for slot in short:
                wanted[slot].append(trial)
        if all(len(found) == count for found in wanted.values()):
            break
    return wanted


def try_out(case: Case) -> Trial:
    """Return what is the same for all mutants."""
    target = EngineTarget()
    with np.errstate(all="ignore"):
        moved = tuple(monte_carlo(number).play(case) for number in range(SAMPLES))
    return Trial(case, prove(case, budgets()), target.play(case), moved)


def _draw(name: str, dtype: str, count: int, root: int) -> Iterator[Case]:
    """Yield cases over an op and its companions that ask for a derivative."""
    ops = tuple(dict.fromkeys((name, *COMPANIONS)))
    for number in range(count):
        seed = hashlib.blake2b(f"{root}/{name}/{dtype}/{number}".encode(), digest_size=12).digest()
        if asks_something(case := expanded(seed, ops, dtype)):
            yield case


def _reached_slots(case: Case, name: str) -> set[int]:
    """Return the arguments of an op to which a cotangent flows from an output, on to an entry of a leaf."""
    graph = case.graph
    found = set()
    for output in graph.outputs:
        reached = graph.reached_from(output)
        for site, node in graph.enumerate_nodes():
            if node.op == name and site in reached:
                found |= {slot for slot, arg in enumerate(node.args) if arg in reached and graph[arg].size}
    return found


def weigh(trial: Trial, run: Run, size: float) -> Weight:
    """Return what a case says of a mutant whose run is ``run`` and whose errors have the relative ``size``."""
    unit = max(float(np.max(np.abs(ct), initial=0.0)) for ct in trial.case.cotangents)
    return max(
        (_weigh_one(*each, size, unit) for each in _gradients(trial, run)),
        key=list(Weight).index,
        default=Weight.NOTHING,
    )


def weigh_conduct(trial: Trial, target: EngineTarget, operator: Operator) -> Weight:
    """Return what a case says of a mutant that misbehaves: whether its misdeed was really done, and could be seen.

    Equal runs must differ; the gradient must, where a cotangent is strided or read-only or an output is dropped; and
    what is changed or shared in memory leaves no trace in a gradient, so that the operator itself says so.
    """
    case, size = trial.case, operator.least(trial.dtype)
    if operator.misdeed is Misdeed.UNREPEATABLE:
        first, *others = (target.play(case) for _ in range(1 + REPEATS))
        return Weight.NOTHING if any(_same_bits_everywhere(first, each) for each in others) else Weight.FULL
    if operator.misdeed is Misdeed.NEEDS_LAYOUT:
        try:
            return weigh(trial, target.play(case, laid_out(case, unusual)), size)
        except ValueError:  # NumPy's word for an array that cannot be written to
            return Weight.FULL
    with confessions() as heard:
        run = target.play(case)
    if operator.misdeed is Misdeed.DROPS_OUTPUT:
        return weigh(trial, run, size)
    return Weight.FULL if heard else Weight.NOTHING


def _same_bits_everywhere(one: Run, other: Run) -> bool:
    return all(map(_same_bits, one.values, other.values)) and all(
        _same_bits(one.accumulated[leaf], other.accumulated[leaf]) for leaf in one.accumulated
    )


def _gradients(trial: Trial, run: Run) -> Iterator[tuple[list[Proven], list[Array | None], Array | None]]:
    """Yield what is proven, the right runs and the wrong one: for each gradient of each pass, and what is in ``grad``.

    What is proven of a sum are its terms. The first of the right runs is the one that was not moved.
    """
    proof, right = trial.proof.gradients, (trial.run, *trial.moved)
    for number, proven in enumerate(proof):
        for leaf, each in proven.items():
            runs = [each.pullbacks[number].gradients.get(leaf) for each in right]
            yield [each], runs, run.pullbacks[number].gradients.get(leaf)
    for leaf in trial.case.graph.leaves:
        runs = [each.accumulated.get(leaf) for each in right]
        yield [proven[leaf] for proven in proof], runs, run.accumulated.get(leaf)


def _weigh_one(
    proven: Sequence[Proven], runs: Sequence[Array | None], wrong: Array | None, size: float, unit: float
) -> Weight:
    right = runs[0]
    if right is None or right.size == 0 or _same_bits(right, wrong):
        return Weight.NOTHING
    single = np.logical_and.reduce([_is_single(each, right.dtype) for each in proven])
    if not np.any(single):
        return Weight.KINK
    truth = np.sum([each.midpoints for each in proven], axis=0)
    scale = np.max(np.abs(truth), where=single, initial=0.0) or unit
    if not max(_distance(each, truth, single) for each in runs) <= size / 4 * scale:
        return Weight.LITTLE
    if wrong is None or wrong.shape != right.shape or wrong.dtype != right.dtype:
        return Weight.FULL
    if not _distance(wrong, right, single) <= size / 2 * scale:
        return Weight.FULL
    return Weight.LITTLE if np.array_equal(right[~single], wrong[~single], equal_nan=True) else Weight.KINK


def _distance(a: Array | None, b: Array, chosen: Array) -> float:
    """Return the largest distance of two arrays where ``chosen``: infinite or NaN where one is not finite."""
    if a is None:
        return np.inf
    with np.errstate(invalid="ignore", over="ignore"):
        return float(np.max(np.abs(a.astype(np.float64) - b.astype(np.float64)), where=chosen, initial=0.0))


def _is_single(proven: Proven, dtype: np.dtype[Any]) -> Array:
    """Tell for each entry whether one finite value is proven that the dtype can hold."""
    finite = np.isfinite(proven.midpoints) & ~proven.exceeds(float(np.finfo(dtype).max))
    return finite & ((proven.radii == 0.0) | (MARGIN * proven.radii <= proven.tolerances))


def _same_bits(right: Array, wrong: Array | None) -> bool:
    if wrong is None or wrong.dtype != right.dtype or wrong.shape != right.shape:
        return False
    return right.tobytes() == wrong.tobytes()
