"""Hypothesis strategies for cases and graphs."""

from __future__ import annotations

import random
from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from gradproof.case import Case
from gradproof.engine.vocabulary import OPS
from gradproof.graph import Graph

from .builder import BLOCK, HEADER, build

#: How many blocks a graph is built from when all is drawn at once: half of them have five or more, and there is a tail.
LENGTHS = (1, 2, 3, 4, 4, 5, 5, 5, 6, 6, 7, 8, 9, 11, 13, 17)

_HEADERS = st.binary(min_size=HEADER, max_size=HEADER)
_BLOCKS = st.lists(st.binary(min_size=BLOCK, max_size=BLOCK), min_size=1, max_size=max(LENGTHS))
#: What :func:`expanded` makes a whole case of. No two are likely ever to be the same.
SEEDS = st.binary(min_size=12, max_size=12)


def cases(ops: Sequence[str] | None = None, dtype: str | None = None) -> SearchStrategy[Case]:
    """Draw cases over ``ops`` (all by default) in one dtype, or in any where none is given.

    One draw is one node, so that Hypothesis shrinks by leaving nodes out and by making each of them simpler.
    """
    names = tuple(ops or sorted(OPS))
    return st.builds(lambda header, blocks: build(names, dtype, header, blocks), _HEADERS, _BLOCKS)


def expanded(seed: bytes, ops: Sequence[str] | None = None, dtype: str | None = None) -> Case:
    """Return the case that a seed stands for: for generation alone, since it does not shrink.

    Hypothesis follows every example by up to five that repeat parts of it. A single draw has no parts: all cases are
    new, and a deep one costs as much as one draw, where :func:`cases` takes one for each node.
    """
    source = random.Random(seed)  # noqa: S311 - reproducible, not secret
    length = source.choice(LENGTHS)
    names = tuple(ops or sorted(OPS))
    return build(names, dtype, source.randbytes(HEADER), [source.randbytes(BLOCK) for _ in range(length)])


def graphs(ops: Sequence[str] | None = None, dtype: str | None = None) -> SearchStrategy[Graph]:
    """Draw the graphs of :func:`cases`."""
    return cases(ops, dtype).map(lambda case: case.graph)
