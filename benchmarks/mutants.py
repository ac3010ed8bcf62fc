"""The same mutants, on the same cases, put to the checkers that people use today, at their defaults."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import autograd.extend
import autograd.test_util
import jax
import jax.test_util
import numpy as np
import scipy.optimize
import torch

from gradproof.case import Case
from gradproof.engine.vocabulary import OPS
from gradproof.graph import DETACHING, Graph, Input
from gradproof.verify import EngineTarget
from gradproof.verify.examination import examine
from gradproof.verify.mutants.misconduct import MISCONDUCT
from gradproof.verify.mutants.mutants import Mutant, all_mutants, slots
from gradproof.verify.mutants.mutation import FACTORS
from gradproof.verify.mutants.trial import Trial, Weight, trials, weigh

#: For each class of mistakes so many pairs of a mutant and a case, and so many cases for the count of false alarms.
PAIRS, RIGHT = 40, 150

#: Cases drawn for each argument of each op.
CASES = 5

CLASSES: dict[str, tuple[str, ...]] = {
    **{f"scaled by 1 + {each.size:.0e}".replace("e-0", "e-"): (each.name,) for each in FACTORS},
    "zero": ("zeroed",),
    "of the wrong sign, doubled, clipped": ("sign", "magnitude", "doubled", "clipped"),
    "a factor or a term forgotten or repeated": ("pass-through", "ignores-cotangent", "dropped-term", "repeated-term"),
    "stale or mistaken values": (
        "result-for-argument", "argument-for-result", "stale-argument", "stale-result", "stale-both",
        "rule-of-another-op", "swapped-cotangents", "swapped-operands",
    ),
    "broadcasting or axes": ("first-slice", "mean-for-sum", "rolled", "transposed", "transposed-factor"),
    "one entry or one region alone, by 1e-3": (
        "one-entry-1e-3", "negative-side", "narrow-region", "far-out", "near-zero",
    ),
    "one entry alone, by 1e-6": ("one-entry-1e-6",),
    "NaN or infinite in one entry": ("nan-at-a-point", "infinite-at-a-point"),
    "shifted": ("offset", "scaled-offset"),
    "rounded, or by finite differences": ("rounded", "forward-difference", "central-difference"),
    "accumulation": ("overwritten", "second-lost"),
}  # fmt: skip

#: A gradient that is missing, or of another shape or dtype, cannot go through the wrappers; a repeated pass and conduct
#: neither.
LEFT_OUT = ("lost", "wrong-dtype", "wrong-shape", "grad-replaced", *(each.name for each in MISCONDUCT))

#: ``check_grad`` returns a distance and no verdict. SciPy's own tests of it ask for seven decimals.
SCIPY_THRESHOLD = 1.5e-7


@dataclass(frozen=True, eq=False)
class Problem:
    """The function of a case and the gradient of a target, on arrays of the leaves."""

    case: Case
    target: EngineTarget

    @cached_property
    def leaves(self) -> list[np.ndarray]:
        """The point."""
        return [np.array(self.case.graph.inputs[leaf].value) for leaf in self.case.graph.leaves]

    def _at(self, leaves: Sequence[np.ndarray]) -> Graph:
        graph, dtype = self.case.graph, self.case.dtype
        inputs = list(graph.inputs)
        for leaf, value in zip(graph.leaves, leaves, strict=True):
            inputs[leaf] = Input(np.array(value, dtype=dtype), requires_grad=True)
        return Graph(tuple(inputs), graph.nodes, graph.outputs)

    def value(self, *leaves: np.ndarray) -> np.ndarray:
        """Return the output."""
        graph = self._at(leaves)
        values = EngineTarget().forward(graph, [each.value for each in graph.inputs])
        return np.array(values[graph.outputs[0]])

    def pull(self, leaves: Sequence[np.ndarray], ct: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the cotangents of the leaves, by the target."""
        graph = self._at(leaves)
        found = self.target.play(Case(graph, (np.array(ct, dtype=self.case.dtype),))).pullbacks[0].gradients
        return tuple(
            np.array(found.get(leaf, np.zeros_like(value))) for leaf, value in zip(graph.leaves, leaves, strict=True)
        )


# --- the checkers: each tells whether it accepts


def _gradproof(problem: Problem) -> bool:
    return not examine(problem.case, problem.target).verdict.fails


def _gradcheck(problem: Problem, *, fast: bool) -> bool:
    class Wrapped(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *leaves):
            ctx.save_for_backward(*leaves)
            return torch.from_numpy(problem.value(*(leaf.detach().numpy() for leaf in leaves)))

        @staticmethod
        def backward(ctx, ct):
            leaves = [leaf.detach().numpy() for leaf in ctx.saved_tensors]
            return tuple(torch.from_numpy(each) for each in problem.pull(leaves, ct.numpy()))

    tensors = [torch.tensor(leaf, requires_grad=True) for leaf in problem.leaves]
    return torch.autograd.gradcheck(Wrapped.apply, tensors, fast_mode=fast, raise_exception=False)


def _jax(problem: Problem) -> bool:
    leaves = [jax.numpy.asarray(leaf) for leaf in problem.leaves]
    out = problem.value(*problem.leaves)
    shape = jax.ShapeDtypeStruct(out.shape, out.dtype)
    shapes = tuple(jax.ShapeDtypeStruct(leaf.shape, leaf.dtype) for leaf in leaves)

    @jax.custom_vjp
    def wrapped(*xs):
        return jax.pure_callback(lambda *ys: problem.value(*map(np.asarray, ys)), shape, *xs)

    def pull(xs, ct):
        return jax.pure_callback(lambda ys, t: problem.pull([np.asarray(y) for y in ys], np.asarray(t)), shapes, xs, ct)

    wrapped.defvjp(lambda *xs: (wrapped(*xs), xs), pull)
    try:
        jax.test_util.check_grads(wrapped, tuple(leaves), order=1, modes=("rev",))
    except AssertionError:
        return False
    return True


def _autograd(problem: Problem) -> bool:
    wrapped = autograd.extend.primitive(problem.value)
    autograd.extend.defvjp_argnum(
        wrapped, lambda argnum, _, xs, __: lambda ct: problem.pull(xs, np.asarray(ct))[argnum]
    )
    try:
        autograd.test_util.check_grads(wrapped, modes=["rev"], order=1)(*problem.leaves)
    except AssertionError:
        return False
    return True


def _scipy(problem: Problem) -> bool:
    ct, shapes = problem.case.cotangents[0], [leaf.shape for leaf in problem.leaves]

    def split(x: np.ndarray) -> list[np.ndarray]:
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
        return [part.reshape(shape) for part, shape in zip(np.split(x, ends), shapes, strict=True)]

    distance = scipy.optimize.check_grad(
        lambda x: float(np.sum(ct * problem.value(*split(x)))),
        lambda x: np.concatenate([each.ravel() for each in problem.pull(split(x), ct)]),
        np.concatenate([leaf.ravel() for leaf in problem.leaves]),
    )
    return bool(distance <= SCIPY_THRESHOLD)


CHECKERS: dict[str, Callable[[Problem], bool]] = {
    "Gradproof": _gradproof,
    "gradcheck, slow": lambda problem: _gradcheck(problem, fast=False),
    "gradcheck, fast": lambda problem: _gradcheck(problem, fast=True),
    "JAX check_grads": _jax,
    "autograd check_grads": _autograd,
    "SciPy check_grad": _scipy,
}


# --- the sample


def _suits(trial: Trial) -> bool:
    """Tell whether a case is a smooth enough function for the peers: what is left out is said on the page."""
    graph = trial.case.graph
    dtypes = {graph[i].dtype for i in range(len(graph)) if graph[i].dtype.startswith("float")}
    return (
        len(graph.outputs) == 1
        and len(dtypes) == 1
        and all(node.grad_enabled and node.op not in DETACHING for node in graph.nodes)
        and all(graph[leaf].size and leaf in graph.reached_from(graph.outputs[0]) for leaf in graph.leaves)
        and not trial.proof.notes
    )


def _sample(dtype: str) -> tuple[dict[str, list[tuple[Mutant, Trial]]], list[Trial], int, int]:
    """Return pairs for each class, the cases, and how many there are and were drawn."""
    drawn = {
        (name, slot): tried
        for name in sorted(OPS)
        for slot, tried in trials(name, dtype, CASES, 0).items()
        if slot in slots(OPS[name])
    }
    total = {trial.case.id for tried in drawn.values() for trial in tried}
    suiting = {place: [trial for trial in tried if _suits(trial)] for place, tried in drawn.items()}
    cases = list({trial.case.id: trial for tried in suiting.values() for trial in tried}.values())
    shuffled = random.Random(0)  # noqa: S311 - reproducible, not secret
    pairs = {}
    for title, operators in CLASSES.items():
        mutants = [each for each in all_mutants(operators=operators) if dtype in each.operator.dtypes]
        candidates = [(each, trial) for each in mutants for trial in suiting.get((each.op, each.slot), cases)]
        shuffled.shuffle(candidates)
        chosen = (pair for pair in candidates if _differs(*pair))
        pairs[title] = [pair for pair, _ in zip(chosen, range(PAIRS), strict=False)]
    return pairs, cases[:RIGHT], len(cases), len(total)


def _differs(mutant: Mutant, trial: Trial) -> bool:
    try:
        run = mutant.target().play(trial.case)
    except (ValueError, TypeError, IndexError):
        return False  # it cannot be wrapped
    return weigh(trial, run, mutant.operator.least(trial.dtype)) is Weight.FULL


# --- the tables


def measure() -> str:
    """Return the tables."""
    jax.config.update("jax_enable_x64", True)
    return "\n\n".join([_measure("float64"), _measure("float32"), _remarks()])


def _measure(dtype: str) -> str:
    pairs, cases, suiting, total = _sample(dtype)
    checkers = {name: each for name, each in CHECKERS.items() if dtype == "float64" or name != "SciPy check_grad"}
    lines = [
        f"**{dtype}**: {suiting} of {total} cases suit all of them.",
        "",
        f"| the cotangent is | pairs | {' | '.join(checkers)} |",
        f"|---|---:|{'---:|' * len(checkers)}",
    ]
    for title, chosen in pairs.items():
        if chosen:
            rates = [
                _rate(checker, [(mutant.target(), trial) for mutant, trial in chosen]) for checker in checkers.values()
            ]
            lines.append(f"| {title} | {len(chosen)} | {' | '.join(rates)} |")
    false = [_rate(checker, [(EngineTarget(), trial) for trial in cases]) for checker in checkers.values()]
    lines.append(f"| **right: false alarms** | {len(cases)} | {' | '.join(false)} |")
    return "\n".join(lines)


def _rate(accepts: Callable[[Problem], bool], trials_of: Sequence[tuple[EngineTarget, Trial]]) -> str:
    """Return the share that a checker does not accept."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        refused = sum(not accepts(Problem(trial.case, target)) for target, trial in trials_of)
    return f"{100 * refused / len(trials_of):.3g} %"


def _remarks() -> str:
    return (
        "The forward is our engine's on arrays, the backward is the mutant's, wrapped as a `torch.autograd.Function`, "
        "a `jax.custom_vjp` with callbacks, a primitive of autograd, a pair of functions. Each class of mistakes is a "
        "random sample over all ops and operators of that class, of the pairs in which the gradient really differs "
        "([mutants](mutants.md) says how that is counted); the false alarms are on the right engine. Left out are "
        "cases with several outputs, several floating dtypes, detached parts, leaves without entries or influence, "
        f"kinks and singular points on the way, and the operators {', '.join(LEFT_OUT)}, which the wrappers cannot "
        "express. All options are defaults, but for `order=1` and reverse mode where a function must say so. SciPy's "
        f"`check_grad` returns a distance; what exceeds {SCIPY_THRESHOLD:g} is refused, since its own tests ask for "
        "seven decimals, and float32 is not put to it."
    )


if __name__ == "__main__":
    print(measure())  # noqa: T201 - run alone, it shows its section
