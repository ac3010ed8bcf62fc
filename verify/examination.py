"""Examine one case: three witnesses, the certificates, a verdict and a diagnosis."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gradproof.budget import Budget
from gradproof.case import Case
from gradproof.engine.vocabulary import OPS
from gradproof.errors import ContradictionError
from gradproof.exact import Array
from gradproof.graph import Node
from gradproof.symbolic import Proof, Proven, prove, prove_naively

from .certificate import Certificate, broken, certify
from .conduct import Fault, Misdeed, misdeeds
from .finite_differences.differences import are_few, differences
from .finite_differences.finite_difference import Difference
from .finite_differences.opinion import agrees, rejects
from .finite_differences.probes import Probes, probe
from .kinks import Joint, judge_jointly
from .layouts import laid_out
from .targets.target import Run, Target, budgets_of
from .verdict import MEASURED, Circumstances, Verdict, judge, seen_error, ulps, worst


def budgets() -> dict[str, Budget]:
    """Return the budget of every op of the vocabulary."""
    return {name: op.budget for name, op in OPS.items()}


@dataclass(frozen=True, eq=False)
class Pair:
    """What the three witnesses say of one output and one input.

    ``agreement`` is the finite difference's opinion of the proven gradient: True, False, or None where its error
    estimate is too large to tell. ``rejects`` says that it is certain that the target's gradient is not the derivative.
    ``difference`` is None where none was taken. ``joint`` are the verdicts at kinks, over all inputs of the output.
    """

    output: int
    leaf: int
    got: Array | None
    proven: Proven
    verdicts: Array
    difference: Difference | None
    agreement: bool | None
    joint: tuple[Joint, ...] = ()

    @cached_property
    def rejects(self) -> bool:
        """Whether some entry of the target's gradient is beyond the error estimate of the finite difference."""
        if self.difference is None:
            return False
        return rejects(self.difference, np.zeros(self.verdicts.shape) if self.got is None else self.got)

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of the entries."""
        return worst(self.verdicts.flat)

    @cached_property
    def ulps(self) -> Array | None:
        """How far each entry is from the proven value, in units in the last place; NaN where that says nothing.

        That is where the truth is 0, or no single value within the tolerance, and where the tolerance is too wide.
        """
        if self.got is None:
            return None
        apart, proven = ulps(self.got, self.proven), self.proven
        if apart.shape != self.verdicts.shape:
            return apart
        measured = np.array([each in MEASURED for each in self.verdicts.flat], dtype=bool).reshape(apart.shape)
        told = measured & (proven.midpoints != 0.0) & (proven.radii <= proven.tolerances)
        return np.where(told, apart, np.nan)


@dataclass(frozen=True, eq=False)
class CaseResult:
    """The outcome of one case. ``seconds`` is the time that each part took, ``faults`` what the target did wrong.

    ``probes`` are taken, one for each output, where the entries are too many for a finite difference each.
    """

    case: Case
    run: Run
    proof: Proof
    pairs: tuple[Pair, ...]
    certificates: tuple[Certificate, ...]
    verdict: Verdict
    seconds: Mapping[str, float]
    faults: tuple[Fault, ...] = ()
    probes: tuple[Probes, ...] = ()

    #: What is asked for, what else the texts speak of, and what is on trial, in words.
    quantity, derivative, trial = "gradient", "derivative", "backward"

    @property
    def asked(self) -> Case:
        """The case that was asked for, and that replays this: of second order, ``case`` is its recorded backward."""
        return self.case

    @property
    def first(self) -> CaseResult:
        """The outcome at first order."""
        return self

    @property
    def ok(self) -> bool:
        """Whether nothing failed."""
        return not self.verdict.fails

    @cached_property
    def broken(self) -> list[Certificate]:
        """The certificates that do not hold."""
        return broken(self.certificates)

    @property
    def blamed(self) -> list[Certificate | Fault]:
        """All that speaks against the target: what it did wrong, then the certificates that do not hold."""
        return [*self.faults, *self.broken]

    @cached_property
    def lossy(self) -> list[Certificate]:
        """The certificates that do not hold, though a naive formula could have returned the same."""
        return [each for each in self.certificates if each.inaccurate]

    @cached_property
    def cause(self) -> Certificate | Fault | None:
        """The misdeed or the broken certificate to blame."""
        if self.faults:
            return self.faults[0]
        return _first_cause(self.broken) if self.broken else None

    @cached_property
    def culprit(self) -> str:
        """The op at fault, or the one that left the verdict open; empty where there is none."""
        if self.cause is not None:
            return "accumulation" if self.cause.part == "accumulation" else self.op_at(self.cause.site)
        if self.verdict is Verdict.INACCURATE and self.lossy:
            return self.op_at(max(self.lossy, key=lambda each: each.ulps).site)
        if self.verdict.fails:
            return self._source_of_no_number
        if self.verdict is Verdict.VERIFIED or not self.proof.notes:
            return ""
        return self.op_at(min(self.proof.notes))

    @property
    def _source_of_no_number(self) -> str:
        """Name the op that passed on what is no number although a number entered it; empty where there is none."""
        for pullback in self.run.pullbacks:
            for site in sorted(pullback.entered, reverse=True):
                parts = [part for part in pullback.left[site] if part is not None]
                if np.all(np.isfinite(pullback.entered[site])) and not all(np.all(np.isfinite(p)) for p in parts):
                    return self.op_at(site)
        return ""

    def op_at(self, site: int) -> str:
        """Return the name of the op that made a value, "input" for an input."""
        value = self.case.graph[site]
        return value.op if isinstance(value, Node) else "input"

    @property
    def blocks(self) -> list[tuple[int, int | None, int]]:
        """What each pair is the derivative of, by the ids of the case that was asked for.

        The number of the output; of second order the leaf whose gradient is differentiated, else None; and the leaf it
        is differentiated by, -1 for the cotangent.
        """
        return [(pair.output, None, pair.leaf) for pair in self.pairs]

    @property
    def notes(self) -> list[str]:
        """What a reader of the graph should know beside it."""
        return []

    @cached_property
    def is_whole(self) -> bool:
        """Whether the graph is one function that is not seen inside: there is no op to name beside it."""
        nodes = self.case.graph.nodes
        return bool(nodes) and all(node.call is not None for node in nodes) and len(self.case.graph.applications) == 1

    def place(self, site: int) -> str:
        """Return the name of a value and of the op that made it."""
        return f"{self.case.graph.name(site)} ({self.op_at(site)})"

    @cached_property
    def conventions(self) -> list[str]:
        """Which derivatives the target has chosen at kinks, each once."""
        return list(dict.fromkeys(each.convention for each in self.certificates if each.convention))

    @cached_property
    def worst_ulps(self) -> float | None:
        """The largest error of a node, in units in the last place, where digits do not cancel.

        Of a function that is not seen inside, the largest error of an entry; None where ulps say nothing of it.
        """
        if self.is_whole:
            known = [pair.ulps for pair in self.pairs if pair.ulps is not None and self.verdict in MEASURED]
            return max((float(each) for apart in known for each in apart.flat if np.isfinite(each)), default=None)
        found = [each.ulps for each in self.certificates if each.holds is not None]
        return max(found, default=None)

    @cached_property
    def sees(self) -> float | None:
        """The error that any entry of any gradient would have shown, relative to the largest entry of that gradient.

        None where for some gradient there is no such statement.
        """
        found = [seen_error(pair.proven) for pair in self.pairs if not pair.proven.structural]
        known = [each for each in found if each is not None]
        return max(known) if known and len(known) == len(found) else None

    @property
    def signature(self) -> tuple[str, Verdict, Misdeed | None]:
        """What makes two failures the same: the op at fault, the verdict, and what was done where it misbehaves."""
        return self.culprit, self.verdict, self.faults[0].misdeed if self.faults else None


def _first_cause(found: Sequence[Certificate]) -> Certificate:
    """Return the broken certificate to blame: a forward one, else that of a rule, else that of the sweep.

    Among several, the one that ran first: the sweep runs from the last node to the first.
    """
    order = {"forward": 0, "vjp": 1, "rule": 1, "accumulation": 2, "gradient": 3}
    return min(found, key=lambda each: (order[each.part], -each.site if order[each.part] else each.site))


class Clock:
    """Sums up the time that named parts take."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._running: dict[str, float] = {}

    def start(self, name: str) -> None:
        """Begin to count for ``name``."""
        self._running[name] = time.perf_counter()

    def stop(self, name: str) -> None:
        """Add the time since the last start to ``name``."""
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - self._running.pop(name)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Add the time of the block to ``name``."""
        self.start(name)
        try:
            yield
        finally:
            self.stop(name)


def examine(case: Case, target: Target, *, finite_differences: bool = True, proof: Proof | None = None) -> CaseResult:
    """Run ``case`` on ``target``, compare the three witnesses, and return what is known.

    What is proven of a case depends on the budgets of a target alone: a ``proof`` from an earlier examination, of a
    target with the same ones, saves the oracle.
    Raises ``ContradictionError`` where Gradproof's own proofs disagree: that is a fault of Gradproof.
    """
    clock, known = Clock(), budgets_of(target)
    with clock.part("engine"):
        handed = laid_out(case)
        run = target.play(case, handed)
    with clock.part("conduct"):
        faults = misdeeds(case, target, run, handed, known)
    with clock.part("oracle"):
        proof = proof or prove(case, known)
    with clock.part("certificates"):
        certificates = certify(case, run, known)
    with clock.part("finite differences"):
        wanted = finite_differences and not faults
        taken, probes = _differences(case, target, run, proof) if wanted else ({}, ())
    with clock.part("verdict"):
        pairs = _pairs(case, run, proof, certificates, taken, known)
        verdict = Verdict.MISBEHAVES if faults else _verdict(case, run, proof, pairs, certificates, known)
    return CaseResult(case, run, proof, pairs, tuple(certificates), verdict, clock.seconds, tuple(faults), probes)


def _differences(
    case: Case, target: Target, run: Run, proof: Proof
) -> tuple[Mapping[tuple[int, int], Difference], tuple[Probes, ...]]:
    """Take finite differences by every entry, or along a few directions where these are too many."""
    if are_few(case.graph):
        return differences(case, target, run), ()
    return {}, probe(case, target, run, proof)


def _pairs(
    case: Case,
    run: Run,
    proof: Proof,
    certificates: Sequence[Certificate],
    taken: Mapping[tuple[int, int], Difference],
    admitted: Mapping[str, Budget],
) -> tuple[Pair, ...]:
    pairs = []
    naive: Proof | None = None
    for number, output in enumerate(case.graph.outputs):
        joint = _joint(proof, number, run)
        for leaf, proven in proof.gradients[number].items():
            got = run.pullbacks[number].gradients.get(leaf)
            between = case.graph.reached_from(output) & case.graph.descendants(leaf)
            known = _circumstances(case, proof, certificates, output, between)
            verdicts = judge(got, proven, known)
            if np.any(verdicts == Verdict.WRONG) and got is not None and not broken(certificates):
                naive = naive or prove_naively(case, admitted)
                _forgive(verdicts, got, proven, naive.gradients[number][leaf])
            _put_joint(verdicts, joint, place_of(proof, number, leaf), known)
            if known.noted and not (known.limited or broken(certificates)):
                _put_steep(verdicts, joint, place_of(proof, number, leaf), got)
            _put_undefined(verdicts, got, case.graph.inputs[leaf].value)
            if _jumps(proof, number, leaf):
                verdicts[verdicts < Verdict.UNDEFINED] = Verdict.UNDEFINED
            difference = taken.get((number, leaf))
            agreement = None if difference is None else agrees(difference, proven)
            pairs.append(Pair(number, leaf, got, proven, verdicts, difference, agreement, joint))
    return tuple(pairs)


def _forgive(verdicts: Array, got: Array, proven: Proven, naive: Proven) -> None:
    """Call inaccurate what naive formulas could have returned."""
    if got.shape == verdicts.shape:
        verdicts[(verdicts == Verdict.WRONG) & proven.loses_digits(got, naive)] = Verdict.INACCURATE


def _joint(proof: Proof, number: int, run: Run) -> tuple[Joint, ...]:
    """Judge jointly what has no single value, where gradients of the right shapes arrived."""
    branching = proof.branchings[number] if proof.branchings else None
    if branching is None:
        return ()
    arrived = run.pullbacks[number].gradients
    shapes = {leaf: proof.gradients[number][leaf].enclosure.shape for leaf in branching.keys}
    if any(leaf not in arrived or arrived[leaf].shape != shape for leaf, shape in shapes.items()):
        return ()
    return tuple(judge_jointly(arrived, branching))


def _jumps(proof: Proof, number: int, leaf: int) -> bool:
    """Tell whether the branches that meet at this point give different values: no derivative exists."""
    branching = proof.branchings[number] if proof.branchings else None
    return branching is not None and branching.jumps and leaf in branching.keys


def place_of(proof: Proof, number: int, leaf: int) -> int | None:
    """Return where the entries of a leaf begin among those that are judged jointly."""
    branching = proof.branchings[number] if proof.branchings else None
    if branching is None or leaf not in branching.keys:
        return None
    return sum(proof.gradients[number][key].enclosure.size for key in branching.keys if key < leaf)


def _put_joint(verdicts: Array, joint: Sequence[Joint], start: int | None, known: Circumstances) -> None:
    """Put the joint verdicts in place of those that were found entry by entry.

    An open one rests on certificates, and after an overflow nothing is called wrong.
    """
    if start is None:
        return
    for each in joint:
        mine = _entries(each, start, verdicts.size)
        if each.verdict is not None:
            verdicts.flat[mine] = _of_joint(each.verdict, known)
        else:
            verdicts.flat[mine] = [_of_hull(verdict) for verdict in verdicts.flat[mine]]


def _put_undefined(verdicts: Array, got: Array | None, inputs: Array) -> None:
    """Say that nothing is differentiable where it is not at a number, whatever was returned in the right shape."""
    if got is not None and got.shape == inputs.shape:
        verdicts[~np.isfinite(inputs)] = Verdict.UNDEFINED


def _entries(joint: Joint, start: int, size: int) -> Array:
    """Return which entries of a leaf, that begin at ``start`` among all, are judged jointly."""
    places = joint.cluster.places - start
    return places[(places >= 0) & (places < size)]


def _put_steep(verdicts: Array, joint: Sequence[Joint], start: int | None, got: Array | None) -> None:
    """Say that what is no number at a tip is undefined, where no certificate fails and a slope on the way is infinite.

    Beside the point all may be numbers there, of a function that is constant.
    """
    for each in joint:
        if each.cluster.sampled and start is not None and got is not None and got.shape == verdicts.shape:
            mine = _entries(each, start, verdicts.size)
            mine = mine[~np.isfinite(got.flat[mine])]
            verdicts.flat[mine[verdicts.flat[mine] == Verdict.WRONG]] = Verdict.UNDEFINED


def _of_joint(verdict: Verdict, known: Circumstances) -> Verdict:
    if known.overflowed and verdict in (Verdict.WRONG, Verdict.INCONCLUSIVE):
        return Verdict.OVERFLOWS
    return Verdict.SUBGRADIENT if verdict is Verdict.INCONCLUSIVE and known.certified else verdict


def _of_hull(verdict: Verdict) -> Verdict:
    return verdict if verdict.fails else Verdict.SUBGRADIENT


def _circumstances(
    case: Case, proof: Proof, certificates: Sequence[Certificate], output: int, between: frozenset[int]
) -> Circumstances:
    """Return what matters to the derivative of ``output`` along the values ``between``, or to its value."""
    behind = case.graph.ancestors(output)
    inputs = [each.value for i, each in enumerate(case.graph.inputs) if i in behind]
    singular = {site for site, reasons in proof.notes.items() if "singular" in reasons and site in between}
    return Circumstances(
        noted=any(site in between for site in proof.notes) or not all(np.all(np.isfinite(value)) for value in inputs),
        certified=all(each.holds for each in certificates if each.site in behind),
        overflowed=any(each.overflows for each in certificates if each.site in behind),
        limited=singular <= {each.site for each in certificates if each.convention},
    )


def _verdict(
    case: Case,
    run: Run,
    proof: Proof,
    pairs: Sequence[Pair],
    certificates: Sequence[Certificate],
    admitted: Mapping[str, Budget],
) -> Verdict:
    failures = broken(certificates)
    certified = all(each.holds for each in certificates)
    verdicts = [pair.verdict for pair in pairs]
    verdicts += [Verdict.FORWARD_DIFFERS if each.part == "forward" else Verdict.WRONG for each in failures]
    verdicts += [Verdict.INACCURATE for each in certificates if each.inaccurate]
    verdicts += [_forward_verdict(case, run, proof, certificates, output, admitted) for output in case.graph.outputs]
    found = worst(verdicts)
    if found.fails and certified:
        raise ContradictionError(
            f"case {case.id}: every node is certified, but the end-to-end comparison says {found}; "
            "this is a fault of Gradproof, please report the case file"
        )
    return found


def _forward_verdict(
    case: Case,
    run: Run,
    proof: Proof,
    certificates: Sequence[Certificate],
    output: int,
    admitted: Mapping[str, Budget],
) -> Verdict:
    """Compare an output with its enclosure. Certificates have checked each node; this checks them together."""
    proven = proof.values.get(output)
    if proven is None:
        return Verdict.VERIFIED
    forward = [each for each in certificates if each.part in ("forward", "memory")]
    known = _circumstances(case, proof, forward, output, case.graph.ancestors(output))
    found = worst(judge(run.values[output], proven, known).flat)
    if found is Verdict.WRONG and not broken(certificates):
        naive = prove_naively(case, admitted).values[output]
        if np.all(proven.admits(run.values[output]) | naive.admits(run.values[output])):
            return Verdict.INACCURATE
    return Verdict.FORWARD_DIFFERS if found is Verdict.WRONG else found
