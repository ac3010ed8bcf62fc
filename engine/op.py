"""Op: the record that declares an operation.

An op called with arrays computes; called with at least one tensor it also records what the backward pass needs.
The rules of the VJPs are written with ops and operators, so the same rule runs on arrays in a plain
backward pass, and on tensors where a graph of the backward pass is wanted.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from gradproof.budget import EXACT, Budget

from .dispatch import function_of
from .domain import Box, Domain
from .half import in_other_dtypes, rounding_once
from .reads import Reads, reads_of
from .shapes import Elementwise, ShapeRule
from .vocabulary import OPS

#: ``rule(ct, y, *args, **params)`` returns the cotangent of one argument, of ``y``'s or of the argument's shape.
Rule = Callable[..., Any]

#: What runs an op: ``function(*args, **params)``.
Function = Callable[..., Any]

#: A node name of PyTorch, or a function of the arguments and parameters that returns it.
NodeName = str | Callable[..., str]


@dataclass(frozen=True)
class Variadic:
    """The rule of an op with any number of arguments; it takes the argument's position first."""

    rule: Rule


@dataclass(frozen=True, slots=True)
class Routine:
    """What every call of an op needs to know, worked out once.

    ``forward``: what computes in all dtypes but float16, where it is the op's own.
    ``arity``: how many arguments it takes, if all are real numbers and there are no more; else -1.
    ``has_one_name``: whether its nodes have the same name for all calls.
    ``keeps_args`` and ``keeps_result``: whether the rules read all arguments, and the result.
    """

    forward: Callable[..., Any]
    arity: int
    has_params: bool
    is_differentiable: bool
    has_one_name: bool
    keeps_args: bool
    keeps_result: bool


@dataclass(frozen=True, eq=False)
class Op:
    """What is known of an operation: facts of mathematics and of the algorithm, and nothing else.

    ``vjp``: one rule per argument, None where an argument carries no derivative.
    ``domain``: boxes; the op is defined and differentiable on their union, except at the kinks.
    ``kinks``: for each argument, the values at which the derivative jumps; more than two stand for all that differ
    from them by integers. ``ties`` says that it jumps where two arguments (or entries) are equal.
    ``linear``: the rules read shapes and dtypes of the arguments alone, never values.
    ``integers``: the op keeps integers, instead of turning them into floats.
    ``lapses``: where a pointwise op breaks its promise of 4 ulp in float64: for "forward" or "vjp", where and why.
    """

    name: str
    forward: Callable[..., Any]
    vjp: tuple[Rule | None, ...] | Variadic
    shape: ShapeRule
    domain: tuple[Box, ...]
    budget: Budget
    node: NodeName
    kinks: tuple[tuple[float, ...], ...] = ()
    ties: bool = False
    params: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    linear: bool = False
    integers: bool = True
    lapses: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """The static parameters with their default values."""
        if isinstance(self.forward, np.ufunc):
            return {}
        parameters = inspect.signature(self.forward).parameters.values()
        return {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY}

    @cached_property
    def required(self) -> list[str]:
        """The static parameters without a default value."""
        return [name for name, value in self.defaults.items() if value is inspect.Parameter.empty]

    @cached_property
    def real_slots(self) -> tuple[bool, ...]:
        """For each argument, whether it is a real number (and not a condition or an index)."""
        return tuple(domain.kind == "real" for domain in self.domain[0])

    @cached_property
    def is_variadic(self) -> bool:
        """Tell whether it takes any number of arguments."""
        return isinstance(self.vjp, Variadic)

    @cached_property
    def routine(self) -> Routine:
        """What every call needs to know."""
        return Routine(
            forward=in_other_dtypes(self.forward),
            arity=-1 if self.is_variadic or not self.is_real else len(self.real_slots),
            has_params=bool(self.defaults),
            is_differentiable=any(self.rules(len(self.real_slots))),
            has_one_name=isinstance(self.node, str),
            keeps_args=self.reads.all_args,
            keeps_result=self.reads.result,
        )

    @cached_property
    def is_real(self) -> bool:
        """Tell whether all arguments are real numbers."""
        return all(self.real_slots)

    @cached_property
    def is_pointwise(self) -> bool:
        """Tell whether this is a differentiable function of real numbers, entry by entry.

        Such an op promises that its forward and its VJP lie within 4 ulp of the exact value, but for its ``lapses``,
        where they are within the bound that a pointwise budget of 4 ulp admits.
        """
        return isinstance(self.shape, Elementwise) and self.is_real and isinstance(self.vjp, tuple) and any(self.vjp)

    @cached_property
    def reads(self) -> Reads:
        """What the rules read of the arguments and of the result."""
        count = len(self.real_slots)
        return Reads((False,) * count, False) if self.linear else reads_of(self.rules(count), count)

    def domain_of(self, slot: int) -> tuple[Domain, ...]:
        """Return the domain of one argument in each box; a variadic op has the same one for all."""
        return tuple(box[min(slot, len(box) - 1)] for box in self.domain)

    def rule(self, slot: int) -> Rule | None:
        """Return the VJP rule of one argument."""
        return self.rules(slot + 1)[slot]

    def rules(self, count: int) -> tuple[Rule | None, ...]:
        """Return the VJP rules of all arguments, of which a variadic op has ``count``."""
        if isinstance(self.vjp, tuple):
            return self.vjp
        return tuple(functools.partial(self.vjp.rule, slot) for slot in range(count))

    @cached_property
    def function(self) -> Function:
        """What users call: it computes, and with a tensor among the arguments also records."""
        return function_of(self)

    def __call__(self, *args: Any, **params: Any) -> Any:
        """Compute, and record, as :attr:`function` does."""
        return self.function(*args, **params)

    def __repr__(self) -> str:
        return f"<op {self.name}>"


def define(
    name: str,
    *,
    forward: Callable[..., Any],
    shape: ShapeRule,
    domain: Box | tuple[Box, ...],
    budget: Budget,
    node: NodeName,
    vjp: Rule | tuple[Rule | None, ...] | Variadic | None = None,
    **facts: Any,
) -> Function:
    """Add an op to the vocabulary, where :data:`OPS` has its record, and return its function.

    A single rule stands for a one-tuple, None for an op without a derivative, and a single box for the union of one.
    A forward that computes is made to round once in float16, unless a parameter says what dtype comes out.
    """
    boxes = domain if isinstance(domain[0], tuple) else (domain,)
    if vjp is None:
        vjp = (None,) * len(boxes[0])
    elif callable(vjp):
        vjp = (vjp,)
    if budget != EXACT and "dtype" not in facts.get("params", ()):
        forward = rounding_once(forward)
    op = Op(name, forward, vjp, shape, boxes, budget, node, **facts)
    OPS[name] = op
    return op.function
