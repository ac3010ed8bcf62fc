"""The verifier on trial: the kill table.

A mutant is found in a case where a strict run fails, and would not on the right engine: where the verdict fails, where
it is a finding that the right engine does not get, or where the mutant itself raises. The rate is taken over the cases
that count (:mod:`.trial`); those at kinks, and those in which less differs, are tallied apart.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gradproof.case import Case
from gradproof.engine.vocabulary import OPS
from gradproof.errors import ContradictionError

from ..examination import CaseResult, examine
from ..shrinking import minimal
from ..targets.engine import EngineTarget
from ..verdict import Verdict
from .mutants import SWEEP, Mutant, all_mutants
from .trial import Trial, Weight, trials, weigh, weigh_conduct

#: The dtypes of the table. In float16 there is no goal: right formulas may lose a tenth there.
DTYPES = ("float64", "float32")

#: The goal: the share of counted cases in which a mutant of this size is found. All others must be found always.
GOALS = {"factor-1e-12": 0.99}


@dataclass(frozen=True)
class Survivor:
    """A mutant that was not found in a case in which its gradient really differs."""

    mutant: str
    case: Case
    verdict: str
    reason: str


@dataclass
class Tally:
    """The counts for one mutant in one dtype.

    ``counted`` cases, of them ``found``, of these ``located`` with the right op and argument named, ``told`` as a
    finding alone, and ``raised``. The same for cases at ``kinks`` and for those that differ by ``little``.
    """

    mutant: Mutant
    dtype: str
    counted: int = 0
    found: int = 0
    located: int = 0
    told: int = 0
    raised: int = 0
    kinks: int = 0
    kinks_found: int = 0
    little: int = 0
    little_found: int = 0
    survivors: list[Survivor] = field(default_factory=list)


@dataclass
class KillTable:
    """The outcome. ``shrunk`` holds the number of nodes of the minimal case for a sample of mutants."""

    seed: int
    tallies: list[Tally] = field(default_factory=list)
    shrunk: dict[str, int] = field(default_factory=dict)

    @property
    def survivors(self) -> list[Survivor]:
        """All survivors."""
        return [each for tally in self.tallies for each in tally.survivors]

    @property
    def counted(self) -> int:
        """How many cases were counted over all mutants."""
        return sum(tally.counted for tally in self.tallies)

    def missed(self) -> list[str]:
        """Return the operators that miss the goal."""
        return [name for name, share in self.rates().items() if share < GOALS.get(name, 1.0)]

    def rates(self) -> dict[str, float]:
        """Return the share that was found, for each operator that any case was counted for."""
        sums = {name: totals(mine) for name, mine in self.by_operator().items()}
        return {name: total["found"] / total["counted"] for name, total in sums.items() if total["counted"]}

    def by_operator(self) -> dict[str, list[Tally]]:
        """Return the tallies of each operator."""
        found: dict[str, list[Tally]] = {}
        for tally in self.tallies:
            found.setdefault(tally.mutant.operator.name, []).append(tally)
        return found


#: What a tally counts.
COUNTS = ("counted", "found", "located", "told", "raised", "kinks", "kinks_found", "little", "little_found")


def totals(tallies: Iterable[Tally]) -> Counter[str]:
    """Return the counts of several tallies, added up."""
    total: Counter[str] = Counter()
    for tally in tallies:
        total.update({name: getattr(tally, name) for name in COUNTS})
    return total


def kill_table(
    ops: Sequence[str] | None = None,
    *,
    count: int = 10,
    root: int = 0,
    shrink: int = 0,
    operators: Sequence[str] | None = None,
    progress: Callable[[str], None] = lambda name: None,
) -> KillTable:
    """Put every mutant to ``count`` cases in each dtype, and ``shrink`` of those that were found to shrinking."""
    table = KillTable(root)
    found: list[tuple[Mutant, CaseResult]] = []
    by_place: dict[tuple[str, int | None], list[Mutant]] = {}
    for mutant in all_mutants(ops, operators):
        by_place.setdefault((mutant.op, mutant.slot), []).append(mutant)
    for dtype, name, slot, tried in _all_trials(ops, count, root):
        progress(f"{name} in {dtype}")
        for mutant in by_place.get((name, slot), []):
            if dtype in mutant.operator.dtypes:
                tally, results = put_to_trial(mutant, dtype, tried)
                table.tallies.append(tally)
                found += [(mutant, result) for result in results[:1]]
    for mutant, result in random.Random(root).sample(found, min(shrink, len(found))):  # noqa: S311 - not secret
        progress(f"shrinking {mutant.id}")
        table.shrunk[mutant.id] = len(minimal(result, mutant.target()).case.graph.nodes)
    return table


def _all_trials(ops: Sequence[str] | None, count: int, root: int) -> Iterator[tuple[str, str, int | None, list[Trial]]]:
    """Yield cases for each place of a mutant; for the sweep, those of all ops in which a value is used twice."""
    for dtype in DTYPES:
        for_sweep: dict[str, Trial] = {}
        for name in sorted(OPS) if ops is None else ops:
            for_op: dict[str, Trial] = {}
            for slot, drawn in trials(name, dtype, count, root).items():
                tried = [trial for trial in drawn if trial.dtype in DTYPES]
                for_op |= {trial.case.id: trial for trial in tried}
                yield dtype, name, slot, tried
            yield dtype, name, None, list(for_op.values())[:count]
            for_sweep |= {key: trial for key, trial in for_op.items() if _has_fan_out(trial.case)}
        if ops is None:
            yield dtype, SWEEP, None, list(for_sweep.values())


def _has_fan_out(case: Case) -> bool:
    """Tell whether several cotangents meet: in a value that is used twice, or in ``grad``."""
    used = [arg for node in case.graph.nodes for arg in node.args] + list(case.graph.outputs)
    return len(used) > len(set(used)) or len(case.graph.outputs) > 1


def put_to_trial(mutant: Mutant, dtype: str, tried: Sequence[Trial]) -> tuple[Tally, list[CaseResult]]:
    """Return the tally of one mutant over cases, and the results of those in which it was found."""
    tally, target, results = Tally(mutant, dtype), mutant.target(), []
    for trial in tried:
        if trial.dtype not in mutant.operator.dtypes:
            continue
        weight, result, error = _examined(mutant, target, trial)
        is_told = result is not None and _is_told(result, trial)
        is_found = error is not None or is_told or (result is not None and result.verdict.fails)
        if weight is Weight.FULL:
            tally.counted += 1
            tally.found += is_found
            tally.told += is_told
            tally.raised += error is not None
            tally.located += result is not None and is_found and locates(mutant, result)
            if not is_found:
                tally.survivors.append(_survivor(mutant, trial, result))
            elif result is not None:
                results.append(result)
        elif weight is Weight.KINK:
            tally.kinks += 1
            tally.kinks_found += is_found
        elif weight is Weight.LITTLE:
            tally.little += 1
            tally.little_found += is_found
    return tally, results


def _examined(mutant: Mutant, target: EngineTarget, trial: Trial) -> tuple[Weight, CaseResult | None, Exception | None]:
    """Return what a case says of a mutant, and the examination where the gradients differ."""
    try:
        weight = _weigh(mutant, target, trial)
    except Exception as error:  # a mutant may hand on what no rule can take: a campaign reports that, too
        return Weight.FULL, None, error
    if weight is Weight.NOTHING:
        return weight, None, None
    try:
        return weight, examine(trial.case, target, finite_differences=False, proof=trial.proof), None
    except ContradictionError:  # it was seen, but there is no verdict: so the mutant survives
        return weight, None, None
    except Exception as error:  # with read-only cotangents, say, which the first run did not have
        return weight, None, error


def _is_told(result: CaseResult, trial: Trial) -> bool:
    """Tell whether a case is a finding on the mutant, and not on the right engine."""
    if not result.verdict.is_finding:
        return False
    right = examine(trial.case, EngineTarget(), finite_differences=False, proof=trial.proof)
    return right.verdict < Verdict.INACCURATE


def _weigh(mutant: Mutant, target: EngineTarget, trial: Trial) -> Weight:
    if mutant.operator.misdeed is not None:
        return weigh_conduct(trial, target, mutant.operator)
    return weigh(trial, target.play(trial.case), mutant.operator.least(trial.dtype))


def locates(mutant: Mutant, result: CaseResult) -> bool:
    """Tell whether the report blames the right op and argument."""
    blamed_slot = None if result.cause is None else result.cause.slot
    return result.culprit == mutant.culprit and blamed_slot == mutant.slot


def _survivor(mutant: Mutant, trial: Trial, result: CaseResult | None) -> Survivor:
    if result is None:
        return Survivor(mutant.id, trial.case, "none", "the end-to-end comparison fails, but every certificate holds")
    mine = [each for each in result.certificates if each.part == "vjp" and result.op_at(each.site) == mutant.op]
    is_open = any(each.holds is None for each in mine) or mutant.op == SWEEP
    notes = sorted({reason for reasons in trial.proof.notes.values() for reason in reasons})
    reason = "its certificate is open" if is_open else "its certificate holds: the error is within the tolerance"
    return Survivor(mutant.id, trial.case, str(result.verdict), ", ".join([reason, *notes]))


def as_data(table: KillTable) -> Mapping[str, object]:
    """Return the table as JSON data."""
    return {
        "format": "gradproof-mutants",
        "version": 1,
        "seed": table.seed,
        "missed": table.missed(),
        "rates": table.rates(),
        "shrunk": table.shrunk,
        "mutants": [
            {
                "mutant": tally.mutant.id,
                "operator": tally.mutant.operator.name,
                "dtype": tally.dtype,
                "counted": tally.counted,
                "found": tally.found,
                "located": tally.located,
                "told": tally.told,
                "raised": tally.raised,
                "at kinks": tally.kinks,
                "at kinks, found": tally.kinks_found,
                "smaller": tally.little,
                "smaller, found": tally.little_found,
            }
            for tally in table.tallies
        ],
        "survivors": [
            {"mutant": each.mutant, "case": each.case.id, "verdict": each.verdict, "reason": each.reason}
            for each in table.survivors
        ],
    }
