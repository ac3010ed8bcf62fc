"""The calls of ``jax.custom_vjp`` and ``jax.custom_jvp`` in a jaxpr."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp

from gradproof.engine import Tensor
from gradproof.lines import is_users, place_of

from ..applications import Application, label


def label_of(equation: Any, body: Any) -> str:
    """Return what a user knows a call by, where its derivative is the user's own; nothing for any other.

    The line is that of the derivative.
    """
    if "custom" not in equation.primitive.name:
        return ""
    name, *_ = _source(body)
    rule = equation.params.get("bwd") or equation.params.get("jvp_jaxpr_fun")
    kind = "jax.custom_vjp" if "bwd" in equation.params else "jax.custom_jvp"
    for _, path, number in (_source(rule), _source(body)):
        if path and is_users(path):
            return label(name, kind, place_of(path, number))
    return ""


def _source(traced: Any) -> tuple[str, str, int]:
    """Return the name of the function that was traced, its file and its line: ``bits at model.py:12``."""
    name, _, place = str(getattr(getattr(traced, "debug_info", None), "func_src_info", "")).partition(" at ")
    path, _, number = place.rpartition(":")
    return name, path, int(number) if number.isdigit() else 0


def application_of(
    name: str,
    equation: Any,
    operands: Sequence[Any],
    results: Sequence[Any],
    call: Callable[[Any, Sequence[Any]], Sequence[Any]],
) -> Application:
    """Return a call as one of what depends on the leaves, with whatever else it is handed; ``call`` makes it again."""
    places = [place for place, each in enumerate(operands) if isinstance(each, Tensor)]
    floating = [
        place
        for place, each in enumerate(equation.outvars)
        if jnp.issubdtype(each.aval.dtype, jnp.floating) and isinstance(results[place], Tensor)
    ]

    def again(*given: Any) -> Any:
        filled = list(operands)
        for place, each in zip(places, given, strict=True):
            filled[place] = jnp.asarray(each, equation.invars[place].aval.dtype)
        found = call(equation, filled)
        return [found[place] for place in floating]

    handed = [operands[place] for place in places]
    kinds = [equation.invars[place].aval.dtype for place in places]  # integers are float64 in a trace
    differentiable = [
        each if jnp.issubdtype(kind, jnp.floating) else each.detach() for each, kind in zip(handed, kinds, strict=True)
    ]
    return Application(name, again, differentiable, [results[place] for place in floating])
