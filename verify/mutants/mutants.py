"""Mutants: targets with one planted mistake. A verifier is worth what it finds of them."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

from gradproof.case import Case
from gradproof.engine import backward
from gradproof.engine.op import Op, Rule, Variadic
from gradproof.engine.vocabulary import OPS
from gradproof.errors import ArgumentError, UnknownOpError, nearest
from gradproof.exact import Array
from gradproof.graph import Node

from ..targets.engine import EngineTarget
from ..targets.target import Recorded, Run
from .mutation import OPERATORS, factor
from .operator import Operator, Pull, Verbatim

#: What stands for the op in the id of a mutant that changes the sweep.
SWEEP = "sweep"


@dataclass(frozen=True)
class Mutant:
    """One operator at one argument of one op, at all of the op, or in the sweep (``op`` is "sweep" then).

    ``slot`` is None for the last two.
    """

    op: str
    slot: int | None
    operator: Operator

    @property
    def id(self) -> str:
        """The name it is called by: ``tanh.0:sign``, ``tanh:untracked``, ``sweep:overwritten``."""
        place = self.op if self.slot is None else f"{self.op}.{self.slot}"
        return f"{place}:{self.operator.name}"

    @property
    def culprit(self) -> str:
        """What a report must put the blame on."""
        return "accumulation" if self.op == SWEEP else self.op

    def target(self) -> EngineTarget:
        """Return the engine with this mistake."""
        corrupt = self.operator.corrupt
        if self.op == SWEEP:
            return _MutatedSweep(self.operator)
        if corrupt is None or self.slot is None:
            return _MutatedNode(self.op, self.operator)
        return mutate_vjp(self.op, self.slot, functools.partial(_corrupted, OPS[self.op], self.slot, corrupt))


def _corrupted(op: Op, slot: int, corrupt: Callable[[Pull], Any], rule: Rule) -> Rule:
    def wrong(ct: Any, y: Any, *args: Any, **params: Any) -> Any:
        return corrupt(Pull(op, slot, rule, ct, y, args, params))

    return wrong


def all_mutants(ops: Iterable[str] | None = None, operators: Iterable[str] | None = None) -> list[Mutant]:
    """Return every operator at every op, or argument with a VJP rule, that it applies to.

    By default that is the whole vocabulary.
    Mutants of the sweep come with the whole vocabulary alone.
    """
    chosen = [_operator(name) for name in (operators or OPERATORS)]
    found = []
    for op in map(_op, sorted(OPS) if ops is None else ops):
        fitting = [operator for operator in chosen if operator.sweep is None and slots(op) and operator.applies(op)]
        found += [Mutant(op.name, slot, each) for slot in slots(op) for each in fitting if each.corrupt is not None]
        found += [Mutant(op.name, None, each) for each in fitting if each.forward is not None]
    return found + [Mutant(SWEEP, None, operator) for operator in chosen if operator.sweep is not None and ops is None]


def slots(op: Op) -> list[int]:
    """Return the arguments that have a VJP rule; of an op with any number of arguments the first two."""
    return [0, 1] if isinstance(op.vjp, Variadic) else [slot for slot, rule in enumerate(op.vjp) if rule is not None]


def named(mutant_id: str) -> Mutant:
    """Return a mutant by its id. Raises ``ArgumentError`` or ``UnknownOpError`` where there is none of that name."""
    place, _, operator = mutant_id.partition(":")
    name, _, slot = place.partition(".")
    if not operator or not (slot.isdigit() or "." not in place):
        raise ArgumentError(f"{mutant_id!r} is no mutant; one is written OP.ARGUMENT:OPERATOR, as in tanh.0:sign")
    candidates = all_mutants(None if place == SWEEP else [name], [operator])
    found = next((each for each in candidates if each.id == mutant_id), None)
    if found is None:
        raise ArgumentError(f"{operator} does not apply to {place}: see 'gradproof mutants --list'")
    return found


def _op(name: str) -> Op:
    if name not in OPS:
        raise UnknownOpError(f"{name!r} is no op of the vocabulary{nearest(name, OPS)}")
    return OPS[name]


def _operator(name: str) -> Operator:
    if name not in OPERATORS:
        raise ArgumentError(f"{name!r} is no mutation operator{nearest(name, OPERATORS)}")
    return OPERATORS[name]


def mutate_vjp(name: str, slot: int, change: Callable[[Any], Any]) -> EngineTarget:
    """Return the engine with another VJP of one argument of one op: ``change(true rule)`` is the new rule."""
    op = _op(name)
    if isinstance(op.vjp, Variadic):
        vjp: Any = Variadic(functools.partial(_of_any, slot, change, op.vjp.rule))
    else:
        rules = list(op.vjp)
        if slot >= len(rules) or rules[slot] is None:
            raise ArgumentError(f"{name} has no VJP rule of its own for argument {slot}")
        rules[slot] = change(rules[slot])
        vjp = tuple(rules)
    return _MutatedRule(
        {**OPS, name: dataclasses.replace(op, vjp=vjp)}, f"gradproof with a planted fault in {name}.{slot}"
    )


def _of_any(mutated: int, change: Callable[[Any], Any], rule: Rule, slot: int, *call: Any, **params: Any) -> Any:
    """Apply the rule of an op with any number of arguments, changed for one of them."""
    own = functools.partial(rule, slot)
    return (change(own) if slot == mutated else own)(*call, **params)


class _MutatedRule(EngineTarget):
    """The engine with another vocabulary, whose rules may hand on what the sweep would have mended."""

    def play(self, case: Case, cotangents: Sequence[Array] | None = None) -> Run:
        """Run the case with the fault in place."""
        with _verbatim():
            return super().play(case, cotangents)

    def record(self, case: Case) -> Recorded:
        """Record the case with the fault in place."""
        with _verbatim():
            return super().record(case)


@contextmanager
def _verbatim() -> Iterator[None]:
    """Let the sweep pass on what a rule marks as verbatim, whatever its shape and dtype."""
    fit, has_nan = backward.fit, backward._has_nan

    def pass_on(ct: Any, shape: Any, dtype: Any) -> Any:
        return ct.cotangent if isinstance(ct, Verbatim) else fit(ct, shape, dtype)

    def looks_at(ct: Any) -> bool:
        return not isinstance(ct, Verbatim) and has_nan(ct)

    with mock.patch.object(backward, "fit", pass_on), mock.patch.object(backward, "_has_nan", looks_at):
        yield


class _MutatedNode(EngineTarget):
    """The engine with a mistake in what it does with the result of one op."""

    def __init__(self, name: str, operator: Operator) -> None:
        super().__init__(name=f"gradproof with a planted fault in {name}: the cotangent is {operator.meaning}")
        assert operator.forward is not None
        self._mutated, self._corrupt = name, operator.forward

    def _interpret(self, node: Node, args: list[Any]) -> Any:
        result = super()._interpret(node, args)
        return self._corrupt(args, result) if node.op == self._mutated else result


class _MutatedSweep(EngineTarget):
    """The engine with a mistake in the sweep."""

    def __init__(self, operator: Operator) -> None:
        super().__init__(name=f"gradproof with a planted fault in the sweep: {operator.meaning}")
        assert operator.sweep is not None
        self._sweep = operator.sweep

    def play(self, case: Case, cotangents: Sequence[Array] | None = None) -> Run:
        """Run the case with the fault in place."""
        with self._sweep():
            return super().play(case, cotangents)

    def record(self, case: Case) -> Recorded:
        """Record the case with the fault in place."""
        with self._sweep():
            return super().record(case)


def wrong_factor(name: str, slot: int = 0, size: float = 1e-9) -> EngineTarget:
    """Return the engine with a cotangent scaled by ``1 + size``."""
    return Mutant(name, slot, factor(size)).target()


def wrong_sign(name: str, slot: int = 0) -> EngineTarget:
    """Return the engine with a cotangent of the opposite sign."""
    return Mutant(name, slot, OPERATORS["sign"]).target()
