"""Monte Carlo arithmetic: the engine with everything that rounding may move moved by an ulp, at random.

How far results scatter tells how much rounding matters at a point, without a tolerance (D. S. Parker, *Monte Carlo
Arithmetic*, UCLA, 1997). Results and cotangents are moved, and those operands that the form of an op's budget lets an
implementation move: where that is normwise, each entry by an ulp of the largest of its matrix for each column, since
elimination computes it anew for each.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from gradproof.budget import EXACT, Form
from gradproof.engine.op import Op, Variadic
from gradproof.engine.vocabulary import OPS
from gradproof.exact import Array

from ..targets.engine import EngineTarget

#: Move an array at random, each entry by so much at the most.
Move = Callable[[Array, Array], Array]


def monte_carlo(seed: int) -> EngineTarget:
    """Return the right engine in Monte Carlo arithmetic."""
    random = np.random.default_rng(seed)

    def move(array: Array, size: Array) -> Array:
        step = random.integers(-1, 2, np.shape(array)) * np.finfo(array.dtype).eps
        return np.asarray(array + (size * step).astype(array.dtype))

    ops = {name: op if op.budget == EXACT else _unsteady(op, move) for name, op in OPS.items()}
    return EngineTarget(ops, name=f"gradproof in Monte Carlo arithmetic, seed {seed}")


def _unsteady(op: Op, move: Move) -> Op:
    """Return an op whose forward and rules are moved."""

    def operands(args: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(_operand(op, slot, arg, move) for slot, arg in enumerate(args))

    def forward(*args: Any, **params: Any) -> Any:
        return _relatively(np.asarray(op.forward(*operands(args), **params)), move)

    def pull(rule: Callable[..., Any], ct: Any, y: Any, *args: Any, **params: Any) -> Any:
        return _relatively(rule(_relatively(ct, move), y, *operands(args), **params), move)

    def variadic(slot: int, *call: Any, **params: Any) -> Any:
        assert isinstance(op.vjp, Variadic)
        return pull(functools.partial(op.vjp.rule, slot), *call, **params)

    # the signature tells the static parameters, of which a ufunc has none
    named = forward if isinstance(op.forward, np.ufunc) else functools.wraps(op.forward)(forward)
    vjp: Any = Variadic(variadic)
    if isinstance(op.vjp, tuple):
        vjp = tuple(rule and functools.partial(pull, rule) for rule in op.vjp)
    return dataclasses.replace(op, forward=named, vjp=vjp)


def _operand(op: Op, slot: int, arg: Any, move: Move) -> Any:
    sizes = op.budget.arguments
    if not (sizes[min(slot, len(sizes) - 1)] and isinstance(arg, np.ndarray) and arg.dtype.kind == "f" and arg.size):
        return arg
    if op.budget.form is not Form.NORMWISE:
        return _relatively(arg, move)
    return move(arg, max(arg.shape[-2:]) * np.abs(arg).max(axis=(-2, -1), keepdims=True))


def _relatively(array: Any, move: Move) -> Any:
    return move(array, array) if array.dtype.kind == "f" else array
