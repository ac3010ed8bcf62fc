"""Derivatives that were written by hand, beside the function that they are of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradproof.engine.variable import Variable
from gradproof.errors import ArgumentError, DtypeError, ShapeError, UnsupportedError
from gradproof.exact import Array
from gradproof.graph import Graph

from .plain import PlainFunction
from .subject import Blocks, Leaf


class ByHand:
    """A function with a derivative of the user's own: one of ``gradient``, ``vjp`` and ``jacobian``.

    ``gradient(*args)`` returns, of a function with one output of one entry, the derivative by each argument, in the
    argument's shape: nested as the arguments are, alone where there is one. ``vjp(cotangent, *args)`` returns the same
    of the inner product of the output with the cotangent, an array of the output's shape (a tuple of them where there
    are several). ``jacobian(*args)`` returns, for each argument, an array of the output's shape followed by the
    argument's. ``hessian(*args)``, of one argument, has its shape twice.
    """

    library = "the derivative by hand"

    def __init__(
        self,
        function: PlainFunction,
        *,
        gradient: Callable[..., Any] | None = None,
        vjp: Callable[..., Any] | None = None,
        jacobian: Callable[..., Any] | None = None,
        hessian: Callable[..., Any] | None = None,
    ) -> None:
        self._function = function
        self._gradient, self._vjp, self._jacobian, self._hessian = gradient, vjp, jacobian, hessian
        self.name = function.name
        self.leaves: tuple[Leaf, ...] = function.leaves

    def graph(self) -> Graph:
        """Return the forward as a graph.

        Raises ``ShapeError`` or ``ArgumentError`` where the derivative is not one that such a function has.
        """
        graph = self._function.graph()
        shapes = [graph[output].shape for output in graph.outputs]
        is_number = len(shapes) == 1 and graph[graph.outputs[0]].size == 1
        if self._gradient is not None and not is_number:
            raise ShapeError(
                f"a gradient is that of one number, but {self.name} returns shapes {shapes}; use jacobian= or vjp="
            )
        if self._jacobian is not None and len(shapes) != 1:
            raise ShapeError(f"{self.name} returns {len(shapes)} arrays; a jacobian is that of one, use vjp=")
        if self._hessian is not None:
            self._check_hessian(shapes, is_number)
        return graph

    def _check_hessian(self, shapes: Sequence[tuple[int, ...]], is_number: bool) -> None:
        if not is_number:
            raise ShapeError(f"a hessian is that of one number, but {self.name} returns shapes {shapes}")
        names = [leaf.name for leaf in self.leaves if leaf.requires_grad]
        if len(names) > 1:
            raise ArgumentError(
                f"a hessian is by one argument, but {self.name} is differentiated by {', '.join(names)}; put them "
                "together in one array, or check hessian= of a function of one of them"
            )

    def forward(self, values: Sequence[Array]) -> list[Array]:
        """Return the outputs at other values of the leaves."""
        return self._function.forward(values)

    def pull_back(self, values: Sequence[Array], number: int, ct: Array) -> list[Array | None]:
        """Return what the derivative by hand gives as the gradient by each leaf."""
        args = self._function.handed(values)
        if self._vjp is not None:
            return self._taken(self._vjp(self._cotangents(values, number, ct), *args), "the vjp")
        if self._jacobian is not None:
            rows = self._taken(self._jacobian(*args), "the jacobian")
            return [None if each is None else _contracted(ct, each, self.name) for each in rows]
        if self._gradient is not None:
            found = self._taken(self._gradient(*args), "the gradient")
            return [None if each is None else np.asarray(each * ct.reshape(()).astype(each.dtype)) for each in found]
        raise UnsupportedError(f"no gradient of {self.name} was given; pass gradient=, vjp= or jacobian=")

    def _cotangents(self, values: Sequence[Array], number: int, ct: Array) -> Any:
        """Return what the vjp takes: the cotangent, or one for each of several outputs, zero for all but one."""
        shapes = [(each.shape, each.dtype) for each in self.forward([np.array(each) for each in values])]
        if len(shapes) == 1:
            return ct
        return tuple(ct if i == number else np.zeros(*each) for i, each in enumerate(shapes))

    def _taken(self, returned: Any, what: str) -> list[Array | None]:
        """Return a fresh array for each leaf that requires grad."""
        named = f"{what} of {self.name}"
        found = self._function.arguments.flattened(returned, named)
        return [
            None if each is None or not leaf.requires_grad else _array(each, leaf.value.dtype, named)
            for each, leaf in zip(found, self.leaves, strict=True)
        ]

    def pull_back_twice(
        self,
        values: Sequence[Array],
        number: int,  # noqa: ARG002 - there is one output
        ct: Array,
        directions: Mapping[int, Array],
    ) -> Blocks:
        """Return the products of the Hessian by hand with the direction of its one argument."""
        if self._hessian is None:
            raise UnsupportedError(f"no second derivative of {self.name} was given; pass hessian=")
        found = _array(self._hessian(*self._function.handed(values)), np.float64, f"the hessian of {self.name}")
        (leaf,) = [i for i, each in enumerate(self.leaves) if each.requires_grad]
        shape = self.leaves[leaf].value.shape
        if found.shape != shape * 2:
            raise ArgumentError(f"the hessian of {self.name} has shape {found.shape}, but must have {shape * 2}")
        product = np.tensordot(directions[leaf], found, axes=len(shape)) * ct.reshape(())
        return {(leaf, leaf): product.astype(self.leaves[leaf].value.dtype)}


def _array(value: Any, dtype: Any, what: str) -> Array:
    """Return a fresh array in the dtype that is asked for: what was computed in a wider one is rounded.

    Raises ``DtypeError`` for anything but real numbers.
    """
    array = value.array if isinstance(value, Variable) else np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise DtypeError(f"{what} has dtype {array.dtype}, but must be of real numbers")
    return np.array(array, dtype=dtype)


def _contracted(ct: Array, rows: Array, name: str) -> Array:
    """Return the product of a cotangent with a Jacobian, whose first axes are those of the output."""
    if rows.shape[: ct.ndim] != ct.shape:
        raise ArgumentError(
            f"the jacobian of {name} has shape {rows.shape}, but must begin with that of the output, {ct.shape}"
        )
    return np.asarray(np.tensordot(ct.astype(rows.dtype), rows, axes=ct.ndim))
