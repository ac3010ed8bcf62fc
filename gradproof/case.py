"""A case: a graph and the cotangents that its outputs are pulled back with. The replayable unit of work.

With directions it is a case of second order: the derivatives along them of the gradients.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .errors import DtypeError, GraphFormatError, ShapeError
from .exact import Array, canonical, decode_array, digest, encode_array, name_of
from .graph import Graph, check_header, parse_json

FORMAT = "gradproof-case"
#: The version of the files of first order, and of those that hold directions.
VERSION, VERSION_WITH_DIRECTIONS = 1, 2


@dataclass(frozen=True, eq=False)
class Case:
    """``cotangents`` holds one array per output of ``graph``, of that output's shape and dtype.

    ``directions`` holds none, or one array per leaf of the leaf's shape and dtype: then what is asked for is, for each
    output and each leaf, the gradient of the inner product of that leaf's gradient with its direction.
    """

    graph: Graph
    cotangents: tuple[Array, ...]
    directions: tuple[Array, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "cotangents", tuple(np.asarray(ct) for ct in self.cotangents))
        object.__setattr__(self, "directions", tuple(np.asarray(each) for each in self.directions))
        kinds = {self.graph.name(output): self.graph[output].dtype for output in self.graph.outputs}
        if any(not dtype.startswith("float") for dtype in kinds.values()):
            raise DtypeError(f"only floating outputs have cotangents, but the outputs are {kinds}")
        outputs = [self.graph[output] for output in self.graph.outputs]
        shapes, expected = [ct.shape for ct in self.cotangents], [each.shape for each in outputs]
        if shapes != expected:
            raise ShapeError(f"the cotangents have shapes {shapes}, but the outputs {expected}; they must be equal")
        dtypes, needed = [name_of(ct.dtype) for ct in self.cotangents], [each.dtype for each in outputs]
        if dtypes != needed:
            raise DtypeError(f"the cotangents have dtypes {dtypes}, but the outputs {needed}; they must be equal")
        self._check_directions()

    def _check_directions(self) -> None:
        given = [(each.shape, name_of(each.dtype)) for each in self.directions]
        leaves = [(self.graph[leaf].shape, self.graph[leaf].dtype) for leaf in self.graph.leaves]
        if given and given != leaves:
            raise ShapeError(f"the directions are {given}, but the leaves {leaves}; they must be equal")

    @classmethod
    def of_ones(cls, graph: Graph) -> Case:
        """Return the case that pulls ones back: for a scalar output, the gradient."""
        outputs = (graph[output] for output in graph.outputs)
        return cls(graph, tuple(np.ones(each.shape, dtype=each.dtype) for each in outputs))

    @cached_property
    def id(self) -> str:
        """A digest of the canonical JSON."""
        return digest(self.to_data())

    @property
    def order(self) -> int:
        """The order of the derivatives that are asked for: 2 where there are directions, else 1."""
        return 2 if self.directions else 1

    def of_first_order(self) -> Case:
        """Return the case without its directions."""
        return Case(self.graph, self.cotangents)

    def of_second_order(self) -> Case:
        """Return the case with its directions, or with drawn ones where it has none: the same each time.

        They have no zeros, and full mantissas between 1/2 and 2 in magnitude.
        """
        if self.directions:
            return self
        random = np.random.default_rng(int(self.id, 16))
        leaves = [self.graph[leaf] for leaf in self.graph.leaves]
        directions = [drawn(random, each.shape, each.dtype) for each in leaves]
        return Case(self.graph, self.cotangents, tuple(directions))

    @property
    def dtype(self) -> str:
        """The name of the widest floating dtype in the graph."""
        names = {self.graph[value_id].dtype for value_id in range(len(self.graph))}
        return max((name for name in names if name.startswith("float")), key=lambda name: np.finfo(name).bits)

    def to_data(self) -> dict[str, Any]:
        """Return the case as JSON data with exact values."""
        cotangents = [encode_array(ct) for ct in self.cotangents]
        data = {"format": FORMAT, "version": VERSION, "graph": self.graph.to_data(), "cotangents": cotangents}
        if not self.directions:
            return data
        directions = [encode_array(each) for each in self.directions]
        return {**data, "version": VERSION_WITH_DIRECTIONS, "directions": directions}

    def to_json(self) -> str:
        """Return the case as canonical JSON; :meth:`from_json` gives it back bit for bit."""
        return canonical(self.to_data())

    @classmethod
    def from_json(cls, text: str) -> Case:
        """Read a case, or a bare graph (pulled back with ones).

        Raises ``GraphFormatError`` where the text is damaged or of a newer version.
        """
        data = parse_json(text)
        if isinstance(data, Mapping) and data.get("format") != FORMAT:
            return cls.of_ones(Graph.from_data(data))
        has_directions = isinstance(data, Mapping) and data.get("version") == VERSION_WITH_DIRECTIONS
        check_header(data, FORMAT, VERSION_WITH_DIRECTIONS if has_directions else VERSION)
        graph, cotangents = Graph.from_data(data.get("graph")), _read_arrays(data, "cotangents")
        directions = _read_arrays(data, "directions") if has_directions else ()
        try:
            return cls(graph, cotangents, directions)
        except (ShapeError, DtypeError) as error:
            raise GraphFormatError(f"damaged case: {error}") from error


def drawn(random: np.random.Generator, shape: tuple[int, ...], dtype: str) -> Array:
    """Return drawn numbers without zeros, of either sign, with full mantissas between 1/2 and 2 in magnitude."""
    return np.asarray(random.uniform(0.5, 2.0, shape) * random.choice([-1.0, 1.0], shape), dtype)


def _read_arrays(data: Mapping[str, Any], name: str) -> tuple[Array, ...]:
    try:
        return tuple(decode_array(each) for each in data[name])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise GraphFormatError(f"damaged case: {type(error).__name__}: {error}") from error
