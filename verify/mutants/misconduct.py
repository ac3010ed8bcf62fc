"""Mutation operators of conduct: the numbers may be right, and what is done beside is not.

Whether a fault made any difference cannot be read off a gradient then. So an operator confesses when it has really done
what it is for: a cotangent of zeros that is doubled in place is the same as before.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

import numpy as np

from gradproof.engine import backward, from_numpy
from gradproof.engine.autograd import passes
from gradproof.exact import Array

from ..conduct import Misdeed
from .operator import Operator, Pull

_listening: list[list[str]] = []

#: Numbers the calls of what depends on chance: so many in a row differ from each other.
_calls = itertools.count()
PERIOD = 31


@contextmanager
def confessions() -> Iterator[list[str]]:
    """Collect what operators confess while the context is open."""
    heard: list[str] = []
    _listening.append(heard)
    try:
        yield heard
    finally:
        _listening.pop()


def _confess(what: str) -> None:
    for heard in _listening:
        heard.append(what)


def _double(array: Any) -> None:
    """Double an array in place, where it can be written to."""
    if not isinstance(array, np.ndarray) or array.dtype.kind != "f" or not array.flags.writeable:
        return
    before = array.tobytes()
    with np.errstate(over="ignore"):
        array *= 2.0
    if array.tobytes() != before:
        _confess("doubled in place")


def _then(change: Callable[[Pull], Any]) -> Callable[[Pull], Any]:
    """Return the rule that gives the right cotangent and does something else afterwards."""

    def pull_and_change(pull: Pull) -> Any:
        right = np.array(pull.right)
        change(pull)
        return right

    return pull_and_change


def _at_random(array: Array) -> Array:
    """Return an array moved by some tens of ulps, other ones in every call."""
    factor = array.dtype.type(1.0 + next(_calls) % PERIOD * 8 * np.finfo(array.dtype).eps)
    with np.errstate(over="ignore", under="ignore"):
        return array * factor


def _from_memory(pull: Pull) -> Any:
    """Read the cotangent as if it were contiguous, as a kernel does that is given a pointer and a size."""
    ct = pull.ct
    if not isinstance(ct, np.ndarray) or ct.flags.c_contiguous:
        return pull.raw
    owner = ct
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    start = (ct.__array_interface__["data"][0] - owner.__array_interface__["data"][0]) // ct.itemsize
    memory = np.ravel(owner, order="K")[start : start + ct.size]
    return pull.by(ct=np.resize(memory, ct.shape))


def _in_borrowed_memory(pull: Pull) -> Any:
    """Use the memory of the incoming cotangent for the work, and leave it as it was."""
    # whoever writes this knows that what was broadcast cannot be written to
    if isinstance(pull.ct, np.ndarray) and 0 not in pull.ct.strides:
        np.multiply(pull.ct, 2.0, out=pull.ct)
        np.multiply(pull.ct, 0.5, out=pull.ct)
    return pull.raw


def _after_overwriting(args: Sequence[Any], y: Any) -> Any:
    _double(args[0].array)
    return y


def _noisy(_: Sequence[Any], y: Any) -> Any:
    if y.array.dtype.kind == "f":
        y.array = _at_random(y.array)
    return y


def _untracked(_: Sequence[Any], y: Any) -> Any:
    return from_numpy(np.array(y.array))


@contextmanager
def _keeping_what_arrives() -> Iterator[None]:
    """Let the first cotangent that arrives at a leaf become its ``grad``, without a copy where it can be written to."""
    accumulate = passes._accumulate
    kept: list[Array] = []

    def as_it_is(ct: Any) -> Any:
        return ct if not isinstance(ct, np.ndarray) or ct.flags.writeable else np.array(ct)

    def keep(leaf: Any, ct: Any) -> None:
        if leaf._grad is None:
            if any(np.shares_memory(ct, other) for other in kept):
                _confess("one array for two gradients")
            kept.append(ct)
        accumulate(leaf, ct)

    with (
        mock.patch.multiple(backward, _own=as_it_is, copied=as_it_is),
        mock.patch.object(passes, "_accumulate", keep),
    ):
        yield


MISCONDUCT = (
    Operator(
        "in-place",
        "right, but the incoming cotangent is doubled in place",
        _then(lambda pull: _double(pull.ct)),
        misdeed=Misdeed.CHANGES_COTANGENT,
    ),
    Operator(
        "spoils-argument",
        "right, but the argument is doubled in place",
        _then(lambda pull: _double(pull.x)),
        misdeed=Misdeed.CHANGES_VALUE,
    ),
    Operator(
        "unrepeatable",
        "off by tens of ulps, other ones in every call",
        lambda pull: _at_random(pull.right),
        misdeed=Misdeed.UNREPEATABLE,
    ),
    Operator(
        "ignores-strides",
        "right for a contiguous cotangent; another is read as if it were one",
        _from_memory,
        misdeed=Misdeed.NEEDS_LAYOUT,
    ),
    Operator(
        "needs-to-write",
        "right, but computed in the memory of the incoming cotangent",
        _in_borrowed_memory,
        misdeed=Misdeed.NEEDS_LAYOUT,
    ),
    Operator(
        "spoils-in-forward",
        "right, but the forward has doubled its first argument in place",
        forward=_after_overwriting,
        misdeed=Misdeed.CHANGES_VALUE,
    ),
    Operator(
        "noisy-forward",
        "right for a result that is off by tens of ulps, other ones in every call",
        forward=_noisy,
        misdeed=Misdeed.UNREPEATABLE,
    ),
    Operator(
        "untracked", "missing: the result is dropped from the graph", forward=_untracked, misdeed=Misdeed.DROPS_OUTPUT
    ),
    Operator(
        "grad-not-copied",
        "not copied: what arrives at a leaf becomes its grad",
        sweep=_keeping_what_arrives,
        misdeed=Misdeed.SHARES_MEMORY,
    ),
)
