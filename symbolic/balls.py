"""Evaluation in ball arithmetic: arrays of ``arb`` balls as a scalar domain of the derivative sweep.

A ball is a midpoint and a radius of arbitrary precision, proven to contain the true value (Johansson, "Arb", IEEE
Transactions on Computers 66(8), 2017).
"""

# ruff: noqa: ARG002, D102 - the methods are those of Domain, and documented there
from __future__ import annotations

import contextlib
import enum
import operator
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx

from gradproof.exact import Array
from gradproof.graph import Node

from .compiler import compile_ball, compile_balls
from .domain import Domain, Objects, as_objects, gather
from .implicit import enclose_root, enclose_solution
from .matrices import determinants, inverse_balls
from .program import Implicit, Move, Root, Step
from .scalar import ScalarFunction
from .switches import BETWEEN, ONE, ZERO, Meeting, Undecided, met, standing_on, unsettled

#: What NumPy hands to a ufunc, arguments and results, at most.
MOST_OPERANDS = 64


@contextlib.contextmanager
def precision(bits: int) -> Iterator[None]:
    """Set the working precision, which is one per process, until the block ends.

    The floating-point flags that flint's own arithmetic leaves behind say nothing of the balls: NumPy is to be silent.
    """
    before = ctx.prec
    ctx.prec = bits
    try:
        with np.errstate(all="ignore"):
            yield
    finally:
        ctx.prec = before


def entrywise(function: Callable[..., Any], count: int, results: int = 1) -> Callable[..., Any]:
    """Return ``function`` over arrays of objects."""
    if count + results > MOST_OPERANDS:
        return _unzipped(np.frompyfunc(function, count, 1), results)
    ufunc = np.frompyfunc(function, count, results)
    if results > 1:
        return lambda *arrays: tuple(map(as_objects, ufunc(*arrays)))
    return lambda *arrays: as_objects(ufunc(*arrays))


def _unzipped(ufunc: np.ufunc, results: int) -> Callable[..., tuple[Objects, ...]]:
    """Return a function to one array for each part of the tuples that ``ufunc`` gives."""
    parts = [entrywise(operator.itemgetter(number), 1) for number in range(results)]

    def unzipped(*arrays: Objects) -> tuple[Objects, ...]:
        found = np.empty(np.broadcast_shapes(*map(np.shape, arrays)), object)
        ufunc(*arrays, out=found)
        return tuple(part(found) for part in parts)

    return unzipped


def exact_balls(array: Array) -> Objects:
    """Return the exact binary values of an array as balls; booleans stay what they are."""
    values = array.ravel().tolist()
    balls = values if array.dtype == np.bool_ else map(arb, values)
    return np.fromiter(balls, object, len(values)).reshape(array.shape)


def cotangent_balls(array: Array) -> Objects:
    """Return a given cotangent as exact balls, its zeros as structural ones."""
    balls = exact_balls(array)
    balls[array == 0] = ZERO
    return balls


class Kind(enum.Enum):
    """How the key of a switching point stands to zero."""

    TIE = "is a tie"
    OPEN = "may be a tie"
    FLIP = "is within rounding errors of a tie"


@dataclass(frozen=True)
class Switch:
    """A switching point that a sweep met: the scalar function applied to the slots ``args`` of an op, at one entry.

    ``sides`` are the signs of its key that one may stand on. ``compares`` says that it is the tie of a comparison.
    """

    site: int
    args: tuple[int, ...]
    entry: int
    key: str
    sides: tuple[int, ...]
    compares: bool = False


class Balls(Domain):
    """Arrays of balls: every operation encloses the true result.

    At a switching point the result is the hull of both branches; ``switches`` collects them. With ``sides`` a branch is
    taken instead where a side is given, and none is collected any more. ``notes`` collects, by node, what made an
    enclosure wide or empty: "kink" or "singular"; ``jumps`` the nodes with a slope that holds an integer part which
    rounding errors may change.

    The scalar ``ZERO`` itself, and no other ball, is *structurally* zero: what it multiplies adds nothing, even where
    it is not finite, as in the branch of a selection that was not taken.
    """

    zero = ZERO

    def __init__(self, sides: Mapping[Switch, int] = MappingProxyType({})) -> None:
        self.notes: dict[int, set[str]] = {}
        self.switches: dict[Switch, Kind] = {}
        self.jumps: set[int] = set()
        self.stand_on(sides)
        self._site = -1
        self._args: tuple[int, ...] = ()
        self._moving = True
        self._outside: set[int] = set()
        #: by site, slots and function: arguments, and the slopes that were evaluated together with the values there
        self._slopes: dict[tuple[int, tuple[int, ...], ScalarFunction], tuple[Sequence[Objects], dict[int, Objects]]]
        self._slopes = {}

    def stand_on(self, sides: Mapping[Switch, int]) -> None:
        """Take the given sides from now on, and no others."""
        self._sides: dict[tuple[int, tuple[int, ...]], dict[int, dict[str, int]]] = {}
        for switch, side in sides.items():
            place = self._sides.setdefault((switch.site, switch.args), {})
            place.setdefault(switch.entry, {})[switch.key] = side

    @property
    def standing(self) -> Collection[int]:
        """The entries at which a side is taken in the step being worked on."""
        return self._sides.get(self.place, {}).keys()

    @property
    def undecided(self) -> bool:
        """Whether balls overlapped where the true values may be apart: more precision may decide."""
        return Kind.OPEN in self.switches.values()

    def enter(self, site: int, node: Node, args: list[Any], *, moving: bool) -> list[Any]:
        self._site, self._moving = site, moving
        return args

    def enter_step(self, step: Step) -> None:
        self._args = step.args

    def enter_pullback(self, site: int, node: Node, y: Objects, ct: Objects) -> Objects:
        self._site = site
        if site in self._outside and np.any(_is_undefined(y, ct)):
            self.note("singular")
        return ct

    def note(self, reason: str) -> None:
        """Remember that ``reason`` holds at the node being worked on."""
        self.notes.setdefault(self._site, set()).add(reason)

    # --- switching points

    def evaluate(self, function: Callable[..., Any], operands: Sequence[Objects], *, rounded: bool = False) -> Objects:
        """Return ``function`` entry by entry, and note the switching points that it meets.

        ``rounded`` tells that the operands are widened by rounding errors.
        """
        met.clear()
        unsettled.clear()
        values: Objects = as_objects(function(*operands))
        if rounded and unsettled:
            self.jumps.add(self._site)
        if met and not self._sides:
            self.note("kink")
            for entry, scalars in enumerate(_entries(operands)):
                met.clear()
                function(*scalars)
                self._note_switches(entry, met, Kind.FLIP if rounded else None, compares=False)
        return self._on_sides(function, operands, values)

    def answer(self, function: Callable[..., Any], operands: Sequence[Objects]) -> Objects:
        """Return the answers of a comparison, and note the switching points at which it has none."""
        values = self._on_sides(function, operands, as_objects(function(*operands)))
        if not self._moving:
            values = _settled(values)
        for entry, answer in enumerate(values.ravel().tolist()):
            if isinstance(answer, Undecided) and not self._sides:
                self._note_switches(entry, answer.meetings, Kind.FLIP if answer.flips else None, compares=True)
        return values

    def _note_switches(self, entry: int, meetings: Mapping[str, Meeting], kind: Kind | None, *, compares: bool) -> None:
        for key, meeting in meetings.items():
            switch = Switch(self._site, self._args, entry, key, meeting.sides, compares)
            self.switches.setdefault(switch, kind or (Kind.TIE if meeting.exact else Kind.OPEN))

    def _on_sides(self, function: Callable[..., Any], operands: Sequence[Objects], values: Objects) -> Objects:
        """Evaluate again, on its side, each entry that has one."""
        chosen = self._sides.get(self.place)
        if chosen is None:
            return values
        values = np.array(values)
        for entry, sides in chosen.items():
            with standing_on(sides):
                values.flat[entry] = as_objects(function(*(operand.flat[entry] for operand in operands)))[()]
        return values

    # --- the steps

    def numbers(self, a: Objects) -> Objects:
        return _as_numbers(a) if a.size and isinstance(a.flat[0], bool | Undecided) else a

    def apply(self, function: ScalarFunction, args: Sequence[Objects]) -> Objects:
        if function.is_condition:
            return self.answer(_evaluator(function), args)
        is_joint = self._moving and function.is_smooth and function.costly
        values: Objects = self._with_slopes(function, args) if is_joint else _evaluator(function)(*args)
        if not _all_finite(values) and all(map(_all_finite, args)):
            self._outside.add(self._site)
        return values

    def _with_slopes(self, function: ScalarFunction, args: Sequence[Objects]) -> Objects:
        """Return the values, and keep the slopes, which share their work, for the pullback."""
        values, *slopes = _with_costly_slopes(function)(*args)
        self._slopes[(*self.place, function)] = args, dict(zip(function.costly, slopes, strict=True))
        return values

    @property
    def place(self) -> tuple[int, tuple[int, ...]]:
        """The step being worked on: its node, and the slots of its arguments."""
        return self._site, self._args

    def partials(self, function: ScalarFunction, args: Sequence[Objects], wanted: Sequence[bool]) -> list[Any]:
        found = [self.partial(function, slot, args) if flag else None for slot, flag in enumerate(wanted)]
        if not all(_all_finite(each) for each in found if each is not None):
            self.note("singular")
        return found

    def partial(self, function: ScalarFunction, slot: int, args: Sequence[Objects]) -> Objects:
        """Return the partial by one argument."""
        slope = function.gradient[slot]
        if slope in function.symbols:
            return args[function.symbols.index(slope)]
        at, known = self._slopes.get((*self.place, function), ((), {}))
        is_known = slot in known and all(map(operator.is_, args, at))
        return known[slot] if is_known else self.evaluate(_slope(function, slot), args)

    def select(self, condition: Objects, a: Objects, b: Objects) -> Objects:
        values: Objects = _choose(condition, a, b)
        return values

    def share(self, condition: Objects, ct: Objects, *, chosen: bool) -> Objects:
        if any(isinstance(answer, Undecided) for answer in condition.ravel().tolist()):
            self.note("kink")
        shared: Objects = (_share_taken if chosen else _share_left)(condition, ct)
        return shared

    def product(self, a: Objects, b: Objects) -> Objects:
        return _times(a, b) if _has_zeros(a) or _has_zeros(b) else as_objects(a * b)

    def add(self, parts: Sequence[Objects]) -> Objects:
        if len(parts) == 1:
            return parts[0]
        return _with_zeros(super().add(parts), lambda: np.any([_is_support(part) for part in parts], axis=0))

    def total(self, a: Objects, axes: tuple[int, ...]) -> Objects:
        return _with_zeros(super().total(a, axes), lambda: np.any(_is_support(a), axis=axes, keepdims=True))

    def contract(self, a: Objects, b: Objects) -> Objects:
        return _with_zeros(contract_balls(a, b), lambda: np.matmul(_is_support(a), _is_support(b)))

    def determinant(self, a: Objects) -> Objects:
        return _put_zeros(
            determinants(a), np.all(np.any(_is_support(a), axis=-1, keepdims=True), axis=-2, keepdims=True)
        )

    def root(self, step: Implicit, x: Objects) -> Objects:
        y = enclose_root(step, x, Balls) if isinstance(step, Root) else enclose_solution(step, x, Balls)
        if not _all_finite(y) and _all_finite(x):
            self._outside.add(self._site)
        return y

    def inverse(self, a: Objects, step: Implicit, y: Objects) -> Objects:
        inverse = inverse_balls(a)
        if not _all_finite(inverse):
            self.note("singular")
        return inverse

    def cotangent(self, array: Array) -> Objects:
        return cotangent_balls(array)

    def gather(self, args: Sequence[Objects], step: Move) -> Objects:
        """Fill with zeros that are values, and not structural: what multiplies them may be infinite."""
        filled: Objects = gather(args, step, arb(0))
        return filled

    def scatter(self, ct: Objects, step: Move) -> list[Any]:
        parts = super().scatter(ct, step)
        if step.is_injective:
            return parts
        if not any(any(map(arb.is_zero, part.ravel().tolist())) for part in parts):
            return parts
        used = np.bincount(step.index[_is_support(ct).ravel() & (step.index >= 0)], minlength=step.starts[-1]) > 0
        supports = np.split(used, step.starts[1:-1])
        return [_put_zeros(part, support.reshape(part.shape)) for part, support in zip(parts, supports, strict=True)]


def _entries(operands: Sequence[Objects]) -> Iterator[tuple[Any, ...]]:
    return zip(*(operand.ravel().tolist() for operand in operands), strict=True)


def _with_zeros(values: Objects, support: Callable[[], Array]) -> Objects:
    """Put the structural zero where nothing else was added up: where ``support`` does not hold."""
    return _put_zeros(values, support()) if any(map(arb.is_zero, values.ravel().tolist())) else values


def _put_zeros(values: Objects, support: Array) -> Objects:
    values = values.copy()
    values[~support] = ZERO
    return values


def _has_zeros(balls: Objects) -> bool:
    """Tell whether an entry is the structural zero."""
    return any(ball is ZERO for ball in balls.ravel().tolist())


def are_same(a: Objects, b: Objects) -> bool:
    """Tell whether two arrays of one shape hold the same balls, and structural zeros in the same places."""
    return all(map(_is_same, a.ravel().tolist(), b.ravel().tolist()))


def _is_same(a: arb, b: arb) -> bool:
    if a is b or a is ZERO or b is ZERO:
        return a is b
    return bool(a.mid() == b.mid() and a.rad() == b.rad())


def _is_support(balls: Objects) -> Array:
    """Tell for each entry whether it is more than the structural zero."""
    return np.array([ball is not ZERO for ball in balls.ravel().tolist()], dtype=bool).reshape(balls.shape)


def contract_balls(a: Objects, b: Objects) -> Objects:
    """Return the product of two stacks of matrices of balls."""
    (*stack, m, k), n = a.shape, b.shape[-1]
    if not k:
        return np.full((*stack, m, n), ZERO, dtype=object)
    result = np.empty((*stack, m, n), dtype=object)
    for place in np.ndindex(*stack):
        left = arb_mat(m, k, a[place].ravel().tolist())
        right = arb_mat(k, n, b[place].ravel().tolist())
        result[place] = np.fromiter((left * right).entries(), object, m * n).reshape(m, n)
    return result


@cache
def _evaluator(function: ScalarFunction) -> Callable[..., Any]:
    return entrywise(compile_ball(function.symbols, function.expression), function.arity)


@cache
def _with_costly_slopes(function: ScalarFunction) -> Callable[..., Any]:
    slopes = (function.gradient[slot] for slot in function.costly)
    compiled = compile_balls(function.symbols, (function.expression, *slopes))
    return entrywise(compiled, function.arity, 1 + len(function.costly))


@cache
def _slope(function: ScalarFunction, slot: int) -> Callable[..., Any]:
    return entrywise(compile_ball(function.symbols, function.gradient[slot]), function.arity)


def _all_finite(balls: Objects) -> bool:
    return all(map(arb.is_finite, balls.ravel().tolist()))


def _decided(answer: Any) -> Any:
    """Decide a tie between values that no derivative is taken by: they are data."""
    is_tie = isinstance(answer, Undecided) and not answer.flips and answer.value is not None
    return answer.value if is_tie else answer


def answer_of(answer: Any) -> bool | None:
    """Return the answer of a comparison, None where there is none."""
    return answer.value if isinstance(answer, Undecided) else answer


def _number(answer: Any) -> arb:
    known = answer_of(answer)
    return BETWEEN if known is None else (ONE if known else ZERO)


def _chosen(condition: Any, a: arb, b: arb) -> arb:
    known = answer_of(condition)
    return a.union(b) if known is None else (a if known else b)


def _sharing(chosen: bool) -> Callable[[Any, arb], arb]:
    """Return the pullback of a selection to one branch: all of ``ct``, nothing, or anything between at a tie."""

    def share(condition: Any, ct: arb) -> arb:
        if not isinstance(condition, Undecided):
            return ct if condition == chosen else ZERO
        if condition.flips:
            return ct if condition.value == chosen else ZERO
        return ct * BETWEEN

    return share


def _product(a: arb, b: arb) -> arb:
    return ZERO if a is ZERO or b is ZERO else a * b


#: The answers of comparisons as True, False, and None where none can be given.
known_answer = entrywise(answer_of, 1)
_is_undefined = entrywise(lambda y, ct: not y.is_finite() and not ct.is_zero(), 2)
_settled = entrywise(_decided, 1)
_as_numbers = entrywise(_number, 1)
_times = entrywise(_product, 2)
_choose = entrywise(_chosen, 3)
_share_taken = entrywise(_sharing(True), 2)
_share_left = entrywise(_sharing(False), 2)
