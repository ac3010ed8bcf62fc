"""Rules: what an operation of another library computes, said in ops of the vocabulary. Never a derivative."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradproof.errors import TraceError, UnsupportedError, nearest

#: Takes tensors of ``gradproof.engine`` and plain parameters, in the order of the operation; returns tensors.
Rule = Callable[..., Any]

_GIVEN: dict[str, Rule] = {}


def rule(name: str, function: Rule) -> None:
    """Say what an operation computes that a trace of another library meets: a function of ``gradproof.engine`` tensors.

    ``name`` is what the library calls it, as an error about an unmapped operation does. It stands before what is built
    in. ``function`` computes the forward; its derivative is never asked for.

    >>> import gradproof
    >>> gradproof.rule("h5::sq", lambda x: x**2)
    """
    _GIVEN[name] = function


def find_rule(name: str, known: Mapping[str, Rule]) -> Rule | None:
    """Return the rule of an operation: one that was given, else a known one; None where there is neither."""
    return _GIVEN.get(name) or known.get(name)


def rule_for(name: str, known: Mapping[str, Rule], library: str) -> Rule:
    """Return the rule of an operation. Raises ``TraceError``, which says how to supply one, where there is none."""
    found = find_rule(name, known)
    if found is None:
        raise TraceError(
            f"{library}'s operation {name!r} has no rule{nearest(name, known)}; say what it computes, in terms of "
            f"gradproof.engine: gradproof.rule({name!r}, lambda *args, **params: ...)"
        )
    return found


def constant(x: Any, what: str) -> float:
    """Return the one number that an operand consists of. Raises ``UnsupportedError`` where it depends on a leaf."""
    if not isinstance(x, np.ndarray) or np.unique(x).size != 1:
        raise UnsupportedError(f"{what} depends on the arguments, or is not the same everywhere")
    return float(x.flat[0])
