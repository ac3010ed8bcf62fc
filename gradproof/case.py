"""A case: a graph and the cotangents that its outputs are pulled back with. The replayable unit of work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .errors import DtypeError, GraphFormatError, ShapeError
from .exact import Array, canonical, decode_array, digest, encode_array
from .graph import Graph, check_header, parse_json

FORMAT = "gradproof-case"
VERSION = 1


@dataclass(frozen=True, eq=False)
class Case:
    """``cotangents`` holds one array per output of ``graph``, of that output's shape and dtype."""

    graph: Graph
    cotangents: tuple[Array, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "cotangents", tuple(np.asarray(ct) for ct in self.cotangents))
        kinds = {self.graph.name(output): self.graph[output].dtype for output in self.graph.outputs}
        if any(not dtype.startswith("float") for dtype in kinds.values()):
            raise DtypeError(f"only floating outputs have cotangents, but the outputs are {kinds}")
        outputs = [self.graph[output] for output in self.graph.outputs]
        shapes, expected = [ct.shape for ct in self.cotangents], [each.shape for each in outputs]
        if shapes != expected:
            raise ShapeError(f"the cotangents have shapes {shapes}, but the outputs {expected}; they must be equal")
        dtypes, needed = [ct.dtype.name for ct in self.cotangents], [each.dtype for each in outputs]
        if dtypes != needed:
            raise DtypeError(f"the cotangents have dtypes {dtypes}, but the outputs {needed}; they must be equal")

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
    def dtype(self) -> str:
        """The name of the widest floating dtype in the graph."""
        names = {self.graph[value_id].dtype for value_id in range(len(self.graph))}
        return "float64" if "float64" in names else "float32"

    def to_data(self) -> dict[str, Any]:
        """Return the case as JSON data with exact values."""
        cotangents = [encode_array(ct) for ct in self.cotangents]
        return {"format": FORMAT, "version": VERSION, "graph": self.graph.to_data(), "cotangents": cotangents}

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
        check_header(data, FORMAT, VERSION)
        graph, cotangents = Graph.from_data(data.get("graph")), _read_cotangents(data)
        try:
            return cls(graph, cotangents)
        except (ShapeError, DtypeError) as error:
            raise GraphFormatError(f"damaged case: {error}") from error


def _read_cotangents(data: Mapping[str, Any]) -> tuple[Array, ...]:
    try:
        return tuple(decode_array(ct) for ct in data["cotangents"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise GraphFormatError(f"damaged case: {type(error).__name__}: {error}") from error
