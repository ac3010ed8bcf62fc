"""Mutants: targets with one planted mistake. A verifier is worth what it finds of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import numpy as np

from gradproof.case import Case
from gradproof.engine import backward
from gradproof.engine.op import OPS, Op, Variadic
from gradproof.errors import ArgumentError, UnknownOpError, nearest
from gradproof.exact import Array

from .targets.engine import EngineTarget
from .targets.target import Run


def mutate_vjp(name: str, slot: int, change: Callable[[Any], Any]) -> EngineTarget:
    """Return the engine with another VJP of one argument of one op: ``change(true rule)`` is the new rule."""
    op = _op(name)
    rules = [] if isinstance(op.vjp, Variadic) else list(op.vjp)
    if slot >= len(rules) or rules[slot] is None:
        raise ArgumentError(f"{name} has no VJP rule of its own for argument {slot}")
    rules[slot] = change(rules[slot])
    return _with(dataclasses.replace(op, vjp=tuple(rules)), f"{name}.{slot}")


def _op(name: str) -> Op:
    if name not in OPS:
        raise UnknownOpError(f"{name!r} is no op of the vocabulary{nearest(name, OPS)}")
    return OPS[name]


def _with(op: Op, label: str) -> EngineTarget:
    return EngineTarget({**OPS, op.name: op}, name=f"gradproof with a planted fault in {label}")


def wrong_factor(name: str, slot: int = 0, size: float = 1e-9) -> EngineTarget:
    """Return the engine with a cotangent scaled by ``1 + size``."""
    return mutate_vjp(name, slot, lambda rule: lambda *args, **params: rule(*args, **params) * (1.0 + size))


def wrong_sign(name: str, slot: int = 0) -> EngineTarget:
    """Return the engine with a cotangent of the opposite sign."""
    return mutate_vjp(name, slot, lambda rule: lambda *args, **params: -rule(*args, **params))


def missing_sum(name: str, slot: int = 0) -> EngineTarget:
    """Return the engine with a rule that takes one slice where it should sum over a broadcast axis."""

    def change(rule: Any) -> Any:
        def first_slice(ct: Any, y: Any, *args: Any, **params: Any) -> Any:
            return _first_slice(np.asarray(rule(ct, y, *args, **params)), np.shape(args[slot]))

        return first_slice

    return mutate_vjp(name, slot, change)


def _first_slice(ct: Array, shape: tuple[int, ...]) -> Array:
    extra = ct.ndim - len(shape)
    if 0 in ct.shape:
        return np.zeros(shape, ct.dtype)
    kept = ct[(0,) * extra]
    return kept[tuple(slice(0, 1) if n == 1 else slice(None) for n in shape)]


def transposed_factor(slot: int = 0) -> EngineTarget:
    """Return the engine with a ``matmul`` that forgets to transpose the other factor, where it is square."""

    def change(rule: Any) -> Any:
        def untransposed(ct: Any, _: Any, a: Any, b: Any) -> Any:
            factor = b if slot == 0 else a
            if factor.ndim != 2 or factor.shape[0] != factor.shape[1] or ct.ndim < 2:
                return rule(ct, _, a, b)
            return np.matmul(ct, factor) if slot == 0 else np.matmul(factor, ct)

        return untransposed

    return mutate_vjp("matmul", slot, change)


def stale_value(name: str, slot: int = 0, share: float = 0.75) -> EngineTarget:
    """Return the engine with a rule that works with outdated arguments, and with the result that belongs to them."""
    forward = _op(name).forward

    def change(rule: Any) -> Any:
        def outdated(ct: Any, _: Any, *args: Any, **params: Any) -> Any:
            old = [np.asarray(arg * share, dtype=arg.dtype) if arg.dtype.kind == "f" else arg for arg in args]
            return rule(ct, forward(*old, **params), *old, **params)

        return outdated

    return mutate_vjp(name, slot, change)


def nan_at(name: str, point: float, slot: int = 0) -> EngineTarget:
    """Return the engine with a cotangent that is NaN where the argument equals ``point``, and right elsewhere."""

    def change(rule: Any) -> Any:
        def poisoned(ct: Any, y: Any, *args: Any, **params: Any) -> Any:
            return np.where(args[slot] == point, np.nan, rule(ct, y, *args, **params))

        return poisoned

    return mutate_vjp(name, slot, change)


class OverwritingTarget(EngineTarget):
    """The engine with a sweep that keeps the last cotangent of a value instead of their sum."""

    def __init__(self) -> None:
        super().__init__(name="gradproof with cotangents overwritten")

    def play(self, case: Case) -> Run:
        """Run the case with the fault in place."""
        with _overwriting():
            return super().play(case)


@contextmanager
def _overwriting() -> Iterator[None]:
    add = backward._Pending.add

    def overwrite(pending: Any, edge: Any, ct: Any) -> None:
        if edge in pending._sums:
            pending._sums[edge] = ct
        else:
            add(pending, edge, ct)

    with mock.patch.object(backward._Pending, "add", overwrite):
        yield
