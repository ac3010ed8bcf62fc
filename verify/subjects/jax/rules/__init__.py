"""JAX's primitives in terms of ``gradproof.engine``: what each computes, by its name. Never a derivative.

A rule takes the operands and the parameters of the primitive. Operands that depend on a leaf are tensors, all others
NumPy arrays; a result that is an array is known from there on. Integers that depend on a leaf are float64.
"""

from __future__ import annotations

from typing import Any, NoReturn

from gradproof.errors import UnsupportedError

from ...rules import Rule
from . import linear_algebra, pointwise, rearrangement, reduction, selection, whole

_FAMILIES = (linear_algebra, pointwise, rearrangement, reduction, selection)

RULES: dict[str, Rule] = {name: rule for family in _FAMILIES for name, rule in family.RULES.items()}

#: What stands before these where the first operand is of integers or truth values.
WHOLE: dict[str, Rule] = {**whole.RULES, **reduction.WHOLE}


def _refusal(reason: str) -> Rule:
    def rule(*_: Any, **__: Any) -> NoReturn:
        raise UnsupportedError(reason)

    return rule


_RANDOM = _refusal("it draws random numbers, which depend on the arguments; draw them outside, and pass them")
_RANDOM_NAMES = ("bits", "clone", "fold_in", "gamma", "seed", "split", "unwrap", "wrap")

#: Primitives that are not traced, with a rule that says why.
REFUSED: dict[str, Rule] = {
    **{f"random_{name}": _RANDOM for name in _RANDOM_NAMES},
    "io_callback": _refusal("it calls Python for what that does, and may return anything"),
    "reduce_precision": _refusal("it rounds to bits of which the proof knows nothing; leave it out"),
    "rng_bit_generator": _RANDOM,
    "rng_uniform": _RANDOM,
    "threefry2x32": _RANDOM,
}
