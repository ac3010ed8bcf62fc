"""What a subject is: a function in some library, as the harness sees it, with the derivative that is on trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from gradproof.errors import DtypeError
from gradproof.exact import DTYPES, Array
from gradproof.graph import Graph


@dataclass(frozen=True, eq=False)
class Leaf:
    """One array among the arguments. ``name`` is how a user would write it: ``x``, ``params['w']``."""

    name: str
    value: Array
    requires_grad: bool

    @classmethod
    def of(cls, name: str, value: Array, requires_grad: bool = True) -> Leaf:
        """Return an array as a leaf, which requires grad where it floats, if it shall. Integers are int64 in a graph.

        Raises ``DtypeError`` for a dtype that cannot be proven.
        """
        array = value.astype(np.int64) if value.dtype.kind in "iu" else value
        if array.dtype.name not in DTYPES:
            known = ", ".join(DTYPES)
            raise DtypeError(f"{name} has dtype {array.dtype.name}, but those that are proven are {known}; convert it")
        return cls(name, array, requires_grad and array.dtype.kind == "f")


#: By the numbers of two leaves: the gradient by the second of the inner product of the gradient by the first with its
#: direction. None where nothing arrives. ``COTANGENT`` of ``gradproof.symbolic`` stands for the cotangent in place of
#: the second leaf.
Blocks = Mapping[tuple[int, int], Array | None]


class Subject(Protocol):
    """A function whose derivative is on trial.

    ``leaves`` are the arrays among its arguments, in order, at the point that was asked for. All methods take one array
    for each leaf, of its shape and dtype, and return fresh arrays. They use the memory of what they are handed, where
    the library can: whoever calls looks afterwards whether the function has changed it.
    """

    name: str
    library: str
    leaves: tuple[Leaf, ...]

    def graph(self) -> Graph:
        """Return the forward as a graph of ops of the vocabulary, at the leaves.

        Its first inputs are the leaves, in order, and further ones are constants. Its outputs are those of the
        function, in order. Raises ``TraceError`` where that cannot be had, naming the line or the operation.
        """

    def forward(self, values: Sequence[Array]) -> list[Array]:
        """Return the outputs at other values of the leaves."""

    def pull_back(self, values: Sequence[Array], number: int, ct: Array) -> list[Array | None]:
        """Return what the library gives as the gradient by each leaf of output ``number`` with the cotangent ``ct``.

        None where it gives none, and for leaves that do not require grad.
        """

    def pull_back_twice(
        self, values: Sequence[Array], number: int, ct: Array, directions: Mapping[int, Array]
    ) -> Blocks:
        """Differentiate each gradient of :meth:`pull_back` again, along the direction that is given for its leaf."""
