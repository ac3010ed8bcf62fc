"""What a subject is: a function in some library, as the harness sees it, with the derivative that is on trial."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

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


class Forward(Protocol):
    """A function at its arguments.

    ``leaves`` are the arrays among these, in order, at the point that was asked for. All methods take one array for
    each leaf, of its shape and dtype, and return fresh arrays. They use the memory of what they are handed, where the
    library can: whoever calls looks afterwards whether the function has changed it.
    """

    name: str
    leaves: tuple[Leaf, ...]

    def graph(self) -> Graph:
        """Return the forward as a graph of ops of the vocabulary, at the leaves.

        Its first inputs are the leaves, in order, and further ones are constants. Its outputs are those of the
        function, in order. Raises ``TraceError`` where that cannot be had, naming the line or the operation.
        """

    def forward(self, values: Sequence[Array]) -> list[Array]:
        """Return the outputs at other values of the leaves."""


class Subject(Forward, Protocol):
    """A function whose derivative is on trial: that of a ``library``, or one that was written by hand."""

    library: str

    def pull_back(self, values: Sequence[Array], number: int, ct: Array) -> list[Array | None]:
        """Return what the library gives as the gradient by each leaf of output ``number`` with the cotangent ``ct``.

        None where it gives none, and for leaves that do not require grad.
        """

    def pull_back_twice(
        self, values: Sequence[Array], number: int, ct: Array, directions: Mapping[int, Array]
    ) -> Blocks:
        """Differentiate each gradient of :meth:`pull_back` again, along the direction that is given for its leaf."""


class Host(Forward, Protocol):
    """A function whose arguments another one can be handed: a derivative that was written by hand."""

    def call(self, derivative: Callable[..., Any], leading: Sequence[Array], values: Sequence[Array]) -> Any:
        """Return what a function gives of the arguments with other values, and of further arrays before them.

        All are handed over in the library's own kind, and nested as the function's own are.
        """

    def flattened(self, structure: Any, what: str) -> list[Any]:
        """Return one thing for each leaf, of what is nested as the arguments are: alone where there is one argument.

        None stands for all that would be in its place. Raises ``DtypeError`` where the nesting is another one.
        """

    def array(self, value: Any, what: str) -> Array:
        """Return an array of the library, or of NumPy, as one of NumPy. Raises ``DtypeError`` where NumPy has none."""


class LibrarySubject(Subject, Host, Protocol):
    """A function of a library, whose own derivative is on trial unless one by hand takes its place."""
