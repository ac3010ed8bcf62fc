"""``check``: the front door. One function, one point or many, and the verdict on its derivative."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradproof.case import Case, drawn
from gradproof.engine.autograd.function import Function
from gradproof.errors import ArgumentError, DtypeError, ParameterError, TraceError
from gradproof.exact import DTYPES, Array
from gradproof.graph import Graph
from gradproof.symbolic import prove, prove_naively

from ..examination import CaseResult, budgets, examine
from ..player import REFUSALS
from ..second_order import examine_second_order
from ..subjects.arguments import Arguments, name_of
from ..subjects.by_hand import ByHand
from ..subjects.plain import PlainFunction
from ..subjects.subject import Leaf, Subject
from ..symmetry import symmetric_as
from ..targets.engine import EngineTarget
from ..targets.subject import SubjectTarget, graph_of
from ..verdict import Verdict
from .blame import blamed
from .library import PLAIN, library_of, subject_in
from .misfits import given_without_floats, lists_explained
from .noise import without_lost_digits
from .replay import command_of
from .result import CheckResult
from .second_order import examine_subject_twice

#: A Jacobian or Hessian by hand of so many rows is checked row by row, else along a drawn direction.
MOST_ROWS = 64


def check(
    function: Callable[..., Any],
    *args: Any,
    gradient: Callable[..., Any] | None = None,
    vjp: Callable[..., Any] | None = None,
    jacobian: Callable[..., Any] | None = None,
    hessian: Callable[..., Any] | None = None,
    order: int = 1,
    dtype: Any = None,
    points: int = 1,
    seed: int = 0,
    library: str | None = None,
    mode: str = "reverse",
) -> CheckResult:
    """Prove the derivative of ``function`` at ``args`` right or wrong.

    ``args`` are any nesting of tuples, lists and dicts of arrays; floating arrays are differentiated by. The function
    returns an array or several. Whose derivative is on trial is told by what they are: that of PyTorch for its tensors
    and modules, of JAX or HIPS autograd for their arrays and functions (or say ``library="torch"``, ``"jax"``,
    ``"autograd"``), and else that of our own engine, by which a function of NumPy arrays, of the array API's or of our
    tensors is differentiated. Or it is one that was written by hand:

    - ``gradient(*args)``, of a function with one number as its result: an array for each argument, alone for one;
    - ``vjp(cotangent, *args)``: the same, of the inner product of the result with a cotangent of its shape;
    - ``jacobian(*args)``: for each argument an array of the shape of the result followed by that of the argument;
    - ``hessian(*args)``, of one argument and one number: an array of its shape twice, alone or besides one of these.

    It is called with arrays of the library that the function is in, nested as ``args`` are, and may return NumPy's.
    Of a PyTorch module with parameters, a dict of these by name comes before the arguments.

    ``order=2`` asks for second derivatives too. ``dtype`` is that of all floating arguments. With ``points`` above 1 so
    many more points around ``args`` and far from it are tried, and the simplest found is told where the derivative is
    wrong; ``seed`` is where the drawing starts. ``mode="forward"`` puts what ``jax.jvp`` makes of a JAX function on
    trial, in place of ``jax.vjp``.

    Raises ``TraceError`` where the function cannot be followed, naming the line; ``MissingLibraryError`` for a library
    that is not installed; ``ArgumentError`` or ``DtypeError`` for what cannot be checked. Exceptions of the function
    are its own.

    >>> import numpy as np
    >>> print(check(lambda x: np.sum(x**3), np.array([1.0, 2.0]), gradient=lambda x: 3 * x))
    WRONG: the gradient of lambda by x, in 1 of 2 entries (the derivative by hand)
      x[1]   got 6.0, proven 12.0 within 9.6e-14: 3.4e+15 ulp off
    <BLANKLINE>
    The gradient is wrong, and finite differences side with the proven value.
    """
    if order not in (1, 2):
        raise ArgumentError(f"order={order!r}; derivatives of order 1 and 2 are checked")
    if not isinstance(points, int) or points < 1:
        raise ArgumentError(f"points={points!r}, but it is the number of points to try, 1 or more")
    if mode not in ("reverse", "forward"):
        raise ArgumentError(f"mode={mode!r}, but derivatives are taken in reverse or forward mode")
    wanted = None if dtype is None else _floating(dtype)
    by_hand = {"gradient": gradient, "vjp": vjp, "jacobian": jacobian, "hessian": hessian}
    given = {name: each for name, each in by_hand.items() if each is not None}
    for name, each in {"function": function, **given}.items():
        if not callable(each):
            raise ParameterError(f"{name}= must be a function, not {type(each).__name__}: {each!r}")
    if len(given.keys() - {"hessian"}) > 1:
        raise ArgumentError(f"{' and '.join(given)} are given, but one derivative is checked at a time")
    home = library_of(function, args, library)
    with lists_explained(function, args):
        trial = _trial(function, args, given, wanted, home, 2 if hessian is not None else order, mode)
        results = tuple(trial.results([leaf.value for leaf in trial.leaves]))
    command = command_of(function, given, order) if home == PLAIN else ""
    found = CheckResult(trial.name, trial.library, trial.leaves, results, trial.target, command=command)
    if points > 1 and found.ok:
        from .search import search  # Hypothesis takes its time to load

        found = search(trial, found, points, seed)
    return found if home == PLAIN or given else _explained(found, home)


def _explained(found: CheckResult, library: str) -> CheckResult:
    """Return an outcome with what is at fault inside of a function of another library."""
    assert isinstance(found.target, SubjectTarget)
    point = [leaf.value for leaf in found.leaves]
    return replace(found, blamed=blamed(found.target.subject, library, point, found.worst))


def _floating(dtype: Any) -> np.dtype[Any]:
    """Return a floating dtype that can be proven. Raises ``DtypeError`` for anything else."""
    names = [name for name in DTYPES if name.startswith("float")]
    try:
        found = np.dtype(dtype)
    except TypeError as error:
        raise DtypeError(f"dtype={dtype!r} is no dtype of NumPy; use one of {', '.join(names)}") from error
    if found.name not in names:
        raise DtypeError(f"dtype={dtype!r} is none of those that are proven: {', '.join(names)}")
    return found


@dataclass(frozen=True, eq=False)
class Trial:
    """A function that was traced, its derivative on trial, and what is asked of it."""

    name: str
    library: str
    leaves: tuple[Leaf, ...]
    graph: Graph
    target: EngineTarget | SubjectTarget
    order: int
    by_hand: frozenset[str] = frozenset()

    def results(self, values: Sequence[Array], *, finite_differences: bool = True) -> Iterator[CaseResult]:
        """Examine it at a point, given by a value for each leaf: row by row where rows were written by hand."""
        graph = self.graph.at(dict(enumerate(values)))
        for case in self._cases(graph):
            yield self._examine(case, finite_differences=finite_differences)

    def is_elsewhere(self, results: Sequence[CaseResult]) -> bool:
        """Tell whether a function, whose values are not on trial, is another one at a point than was traced."""
        is_other = any(each.verdict is Verdict.FORWARD_DIFFERS for each in results)
        return is_other and isinstance(self.target, SubjectTarget)

    def _cases(self, graph: Graph) -> Iterator[Case]:
        """Yield what is asked: with one cotangent, or with one for each row of what was written by hand."""
        drawn = Case(graph, cotangents_of(graph))
        if not self.by_hand:
            yield drawn if self.order == 1 else drawn.of_second_order()
        elif "jacobian" in self.by_hand:
            yield from _rows_of_jacobian(drawn)
        elif self.by_hand != {"hessian"}:
            yield drawn
        if "hessian" in self.by_hand:
            yield from _rows_of_hessian(drawn)

    def _examine(self, case: Case, *, finite_differences: bool) -> CaseResult:
        if isinstance(self.target, EngineTarget):
            look = examine if case.order == 1 else examine_second_order
            return look(case, self.target, finite_differences=finite_differences)
        if case.order == 2:
            return examine_subject_twice(case, self.target, alone=bool(self.by_hand))
        return without_lost_digits(examine(case, self.target, finite_differences=finite_differences), self.target)


def _rows_of_jacobian(drawn: Case) -> Iterator[Case]:
    """Yield a case for each row of a Jacobian, or the drawn one where there are many."""
    (ct,) = drawn.cotangents
    if not 1 < ct.size <= MOST_ROWS:
        yield drawn
        return
    for unit in np.eye(ct.size, dtype=ct.dtype):
        yield replace(drawn, cotangents=(unit.reshape(ct.shape),))


def _rows_of_hessian(drawn: Case) -> Iterator[Case]:
    """Yield a case for each row of a Hessian, or one with a drawn direction where there are many."""
    leaf = drawn.graph[drawn.graph.leaves[0]]
    if leaf.size > MOST_ROWS:
        yield drawn.of_second_order()
        return
    for unit in np.eye(leaf.size, dtype=leaf.dtype):
        yield replace(drawn, directions=(unit.reshape(leaf.shape),))


def _trial(
    function: Callable[..., Any],
    args: Sequence[Any],
    by_hand: Mapping[str, Callable[..., Any]],
    dtype: Any,
    home: str,
    order: int,
    mode: str,
) -> Trial:
    _check_options(home, by_hand, dtype, order, mode)
    if home != PLAIN:
        how = {"mode": mode} if mode == "forward" else {}
        subject = subject_in(home, function, args, **how)
        _check_leaves(subject.leaves, function, args)
        return _trial_of_subject(ByHand(subject, by_hand) if by_hand else subject, order)
    plain = PlainFunction(function, Arguments.of(function, args, dtype))
    _check_leaves(plain.leaves, function, args)
    if by_hand:
        return _trial_of_subject(ByHand(plain, by_hand), order)
    functions: dict[str, type[Function]] = {}
    graph = plain.graph(functions)
    target = EngineTarget(functions=list(functions.values()))
    return _labelled(Trial(plain.name, "our own engine", plain.leaves, graph, target, order))


def _labelled(trial: Trial) -> Trial:
    """Return a trial whose graph has the arguments by the names that the user gave them."""
    return replace(trial, graph=trial.graph.labelled([leaf.name for leaf in trial.leaves]))


def _trial_of_subject(subject: Subject, order: int) -> Trial:
    target = SubjectTarget(subject)
    by_hand = frozenset(subject.derivatives) if isinstance(subject, ByHand) else frozenset()
    trial = _labelled(Trial(subject.name, subject.library, subject.leaves, graph_of(subject), target, order, by_hand))
    _check_trace(trial)
    return trial


def _check_options(home: str, by_hand: Mapping[str, Callable[..., Any]], dtype: Any, order: int, mode: str) -> None:
    """Raise ``ArgumentError`` for what does not go together."""
    if mode == "forward" and home != "jax":
        raise ArgumentError(f"mode='forward' is for functions of JAX; {home} differentiates in reverse mode")
    if mode == "forward" and by_hand:
        raise ArgumentError("mode='forward' puts the derivative that JAX takes on trial, and not one by hand")
    if order == 2 and by_hand and "hessian" not in by_hand:
        raise ArgumentError("order=2 asks for a second derivative too, of which none is given by hand; pass hessian=")
    if dtype is not None and home != PLAIN:
        raise ArgumentError(f"dtype= is for NumPy arrays; hand over {home}'s arrays in the dtype that you want")


def _check_leaves(leaves: Sequence[Leaf], function: Callable[..., Any], args: Sequence[Any]) -> None:
    if not any(each.requires_grad for each in leaves):
        raise DtypeError(
            f"{name_of(function)} has no argument to differentiate by: it needs a floating array, but was given "
            f"{given_without_floats(function, args)}"
        )


def cotangents_of(graph: Graph) -> tuple[Array, ...]:
    """Return a cotangent for each output: 1 for one number, else drawn numbers, the same each time.

    They have no zeros, and full mantissas between 1/2 and 2 in magnitude.
    """
    random = np.random.default_rng(0)
    outputs = [graph[output] for output in graph.outputs]
    numbers = [drawn(random, each.shape, each.dtype) for each in outputs]
    return tuple(np.ones_like(ct) if ct.size == 1 else ct for ct in numbers)


# --- is the trace the function?


def _check_trace(trial: Trial) -> None:
    """Compare the function with its trace at a second input. Raises ``TraceError`` where they differ.

    Where the function has no value there, nothing is told. It may lose digits in its own way.
    """
    values = [_beside(leaf.value) for leaf in trial.leaves]
    graph = trial.graph.at(dict(enumerate(values)))
    try:
        outputs = trial.target.forward(graph, values)
    except REFUSALS:
        return
    case, known_budgets = Case(graph, cotangents_of(graph)), budgets()
    proof, naive = prove(case, known_budgets), None
    for output in graph.outputs:
        got, proven = np.asarray(outputs[output]), proof.values.get(output)
        if proven is None or got.shape != proven.enclosure.shape or proof.notes:
            continue
        known = np.isfinite(got) & np.isfinite(proven.tolerances) & np.isfinite(proven.midpoints)
        off = known & ~proven.admits(got)
        if off.any():
            naive = naive or prove_naively(case, known_budgets)
            lossy = naive.values[output]
            off &= np.isfinite(lossy.tolerances) & ~proven.loses_digits(got, lossy)
        if off.any():
            place = tuple(np.argwhere(off)[0].tolist())
            raise TraceError(
                f"at another input {trial.name} returns {got[place].item()!r} where its trace gives "
                f"{float(proven.midpoints[place])!r}: it took a value that depends on the input for a constant, "
                "went another way, or draws random numbers; a branch on the data is traced as numpy.where "
                "(torch.where, jax.numpy.where)"
            )


def _beside(value: Array) -> Array:
    """Return a value near by, the same each time: of floating entries each other by 1/64 to 1/16 of its magnitude."""
    if value.dtype.kind != "f":
        return value
    random = np.random.default_rng(1)
    share = random.uniform(1 / 64, 1 / 16, value.shape) * random.choice([-1.0, 1.0], value.shape)
    moved = np.where(value == 0.0, np.abs(share), value * (1.0 + share))
    return symmetric_as(value, np.asarray(moved, value.dtype))
