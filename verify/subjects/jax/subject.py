"""Functions of JAX as subjects: ``jax.vjp`` or ``jax.jvp`` is on trial, with every rule of the user's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np

from gradproof.engine.tracing import trace
from gradproof.errors import ArgumentError, TraceError
from gradproof.exact import Array
from gradproof.graph import Graph
from gradproof.lines import line_of
from gradproof.symbolic import COTANGENT

from ..applications import noted
from ..arguments import flattened, name_of, parameter_names
from ..subject import Blocks, Leaf
from .tracing import as_tensor, run

#: What JAX raises where a function asks for values while it is traced.
_NEEDS_VALUES = (
    jax.errors.ConcretizationTypeError,
    jax.errors.NonConcreteBooleanIndexError,
    jax.errors.TracerArrayConversionError,
)


class JaxSubject:
    """A function of JAX at its arguments, which may be any pytrees.

    Leaves are the arrays among the arguments, JAX's or NumPy's, and Python floats; those of a floating dtype require
    grad. All else is handed to the function as it is. Where a leaf is float64, or all are Python floats, JAX's 64 bits
    are switched on while the function runs, and only then. Outputs are the floating arrays in what it returns.

    In ``mode`` "reverse" gradients are those of ``jax.vjp``, in "forward" they are made of ``jax.jvp`` along unit
    vectors. Raises ``DtypeError`` for a leaf of a dtype that cannot be proven, ``ArgumentError`` for another mode.
    """

    library = "JAX"

    def __init__(
        self, function: Callable[..., Any], args: Sequence[Any], mode: Literal["reverse", "forward"] = "reverse"
    ) -> None:
        if mode not in ("reverse", "forward"):
            raise ArgumentError(f"the mode is 'reverse' or 'forward', not {mode!r}")
        self.name = name_of(function)
        self._function = function
        self._gradient = _reverse if mode == "reverse" else _forward
        self._entries, self._tree = jax.tree_util.tree_flatten(tuple(args))
        self._places = [place for place, each in enumerate(self._entries) if _is_leaf(each)]
        self._is_wide = _is_wide([self._entries[place] for place in self._places])
        names = _names(function, args)
        with self._bits():
            self.leaves = tuple(Leaf.of(names[place], _array(self._entries[place])) for place in self._places)

    def graph(self) -> Graph:
        """Return the forward as a graph, at the leaves. Leaves of integers and truth values are constants in it."""
        with self._bits():
            function, arguments = self._at([leaf.value for leaf in self.leaves])
            if not arguments:
                raise TraceError(
                    f"{self.name} got no floating array and no float: there is nothing to differentiate by"
                )
            try:
                closed = jax.make_jaxpr(function)(*arguments)
            except _NEEDS_VALUES as error:
                raise self._explained(error) from error
            if not closed.jaxpr.outvars:
                raise TraceError(f"{self.name} returned no floating array: there is nothing to differentiate")

            def forward(*leaves: Any) -> list[Any]:
                tensors = [each for each, leaf in zip(leaves, self.leaves, strict=True) if leaf.requires_grad]
                return [*map(as_tensor, run(closed.jaxpr, closed.consts, tensors)), *noted()]

            return trace(forward, *(leaf.value for leaf in self.leaves))

    def forward(self, values: Sequence[Array]) -> list[Array]:
        """Return the outputs at other values of the leaves."""
        with self._bits():
            function, arguments = self._at(values)
            return [np.array(each) for each in function(*arguments)]

    def pull_back(self, values: Sequence[Array], number: int, ct: Array) -> list[Array | None]:
        """Return the gradient by each floating leaf of output ``number`` with the cotangent ``ct``; None for others."""
        with self._bits():
            function, arguments = self._at(values)
            found = iter(self._gradient(lambda *floats: function(*floats)[number], arguments, jnp.asarray(ct)))
            return [np.array(next(found)) if leaf.requires_grad else None for leaf in self.leaves]

    def pull_back_twice(
        self, values: Sequence[Array], number: int, ct: Array, directions: Mapping[int, Array]
    ) -> Blocks:
        """Differentiate each gradient again, along the direction that is given for its leaf."""
        floating = [place for place, leaf in enumerate(self.leaves) if leaf.requires_grad]
        with self._bits():
            function, arguments = self._at(values)

            def gradient(first: int, *floats: Any) -> Any:
                *floats_alone, cotangent = floats
                return self._gradient(lambda *each: function(*each)[number], floats_alone, cotangent)[
                    floating.index(first)
                ]

            blocks: dict[tuple[int, int], Array | None] = {}
            for first, direction in directions.items():
                both = self._gradient(
                    lambda *floats, first=first: gradient(first, *floats),
                    [*arguments, jnp.asarray(ct)],
                    jnp.asarray(direction),
                )
                named = zip((*floating, COTANGENT), both, strict=True)
                blocks.update({(first, second): np.array(block) for second, block in named})
            return blocks

    def call(self, derivative: Callable[..., Any], leading: Sequence[Array], values: Sequence[Array]) -> Any:
        """Return what a function gives of the arguments with other values, and of further arrays before them."""
        with self._bits():
            args = jax.tree_util.tree_unflatten(self._tree, self._with(values))
            return derivative(*map(jnp.asarray, leading), *args)

    def flattened(self, structure: Any, what: str) -> list[Any]:
        """Return one thing for each leaf, of what is nested as the arguments are. Raises ``DtypeError``."""
        args = jax.tree_util.tree_unflatten(self._tree, self._entries)
        return flattened(args, structure, what, _is_leaf, _parts)

    def array(self, value: Any, what: str) -> Array:  # noqa: ARG002 - NumPy has them all
        """Return an array of JAX's as one of NumPy's."""
        return np.asarray(value)

    def _with(self, values: Sequence[Array]) -> list[Any]:
        """Return the entries of the arguments with other values of the leaves."""
        entries = list(self._entries)
        for place, value in zip(self._places, values, strict=True):
            entries[place] = _argument(entries[place], value)
        return entries

    def _at(self, values: Sequence[Array]) -> tuple[Callable[..., list[Any]], list[Any]]:
        """Return the outputs as a function of the floating leaves, and these; other leaves have fixed values."""
        entries = self._with(values)
        floating = [place for place, leaf in zip(self._places, self.leaves, strict=True) if leaf.requires_grad]

        def function(*floats: Any) -> list[Any]:
            current = list(entries)
            for place, each in zip(floating, floats, strict=True):
                current[place] = each
            returned = self._function(*jax.tree_util.tree_unflatten(self._tree, current))
            return [jnp.asarray(each) for each in jax.tree_util.tree_leaves(returned) if _is_floating(each)]

        return function, [entries[place] for place in floating]

    def _explained(self, error: Exception) -> TraceError:
        return TraceError(
            f"{self.name} asks for the values of an array that is traced{line_of(error)}; use jnp.where "
            "in place of a Python branch, jax.numpy in place of NumPy, and no float() or bool() of an array"
        )

    def _bits(self) -> AbstractContextManager[Any]:
        """Return what has JAX's 64 bits switched on where they are needed, and as they were afterwards."""
        return _enable_64_bits() if self._is_wide else nullcontext()


def _enable_64_bits() -> Any:
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    from jax import experimental  # before JAX 0.8

    return experimental.enable_x64()


def _reverse(function: Callable[..., Any], arguments: Sequence[Any], ct: Any) -> Sequence[Any]:
    """Return the gradients by all arguments as ``jax.vjp`` has them."""
    _, pull = jax.vjp(function, *arguments)
    return tuple(pull(ct))


def _forward(function: Callable[..., Any], arguments: Sequence[Any], ct: Any) -> Sequence[Any]:
    """Return the gradients by all arguments: each entry is the product of ``ct`` and ``jax.jvp`` of a unit vector."""
    still = [jnp.zeros_like(each) for each in arguments]
    gradients = []
    for place, argument in enumerate(still):
        entries = []
        for entry in range(argument.size):
            unit = argument.ravel().at[entry].set(1.0).reshape(argument.shape)
            _, tangent = jax.jvp(function, tuple(arguments), (*still[:place], unit, *still[place + 1 :]))
            entries.append(jnp.sum(ct * tangent))
        gradients.append(jnp.asarray(entries, argument.dtype).reshape(argument.shape))
    return gradients


def _is_leaf(entry: Any) -> bool:
    """Tell whether an entry of a pytree is an array of numbers, or a float; a key of random numbers is none."""
    if not isinstance(entry, jax.Array | np.ndarray | np.generic):
        return type(entry) is float
    return isinstance(entry.dtype, np.dtype) and entry.dtype.kind not in "OSUMm"


def _parts(value: Any) -> list[tuple[Any, Any]]:
    """Return what a node of a pytree holds, with the key of each part; nothing for what is no node."""
    found, _ = jax.tree_util.tree_flatten_with_path(value, is_leaf=lambda part: part is not value)
    return [(jax.tree_util.keystr(path), part) for path, part in found if path]


def _is_wide(leaves: Sequence[Any]) -> bool:
    floats = [each for each in leaves if type(each) is not float and jnp.issubdtype(each.dtype, jnp.floating)]
    return any(each.dtype == np.float64 for each in floats) or not floats


def _is_floating(value: Any) -> bool:
    if not isinstance(value, jax.Array | np.ndarray | np.generic):
        return type(value) is float
    return bool(jnp.issubdtype(value.dtype, jnp.floating))


def _array(entry: Any) -> Array:
    return np.array(jnp.asarray(entry) if type(entry) is float else entry)


def _argument(entry: Any, value: Array) -> Any:
    """Return a value of a leaf as the function got it: a float, which decides no dtype, or an array of its dtype."""
    return float(value) if type(entry) is float else jnp.asarray(value, entry.dtype)


def _names(function: Callable[..., Any], args: Sequence[Any]) -> list[str]:
    """Return the names of the entries of the arguments: ``x``, ``params['w']``."""
    return [
        name + jax.tree_util.keystr(path)
        for name, each in zip(parameter_names(function, len(args)), args, strict=True)
        for path, _ in jax.tree_util.tree_flatten_with_path(each)[0]
    ]
