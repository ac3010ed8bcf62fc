"""Derivatives that were written by hand, beside the function that they are of, whose library's own they replace."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from gradproof.errors import ArgumentError, DtypeError, ParameterError, ShapeError, UnsupportedError
from gradproof.exact import Array
from gradproof.graph import Graph

from .subject import Blocks, Host, Leaf


class ByHand:
    """A function with derivatives of the user's own: one of ``gradient``, ``vjp`` and ``jacobian``, and ``hessian``.

    ``gradient(*args)`` returns, of a function with one output of one entry, the derivative by each argument, in the
    argument's shape: nested as the arguments are, alone where there is one. ``vjp(cotangent, *args)`` returns the same
    of the inner product of the output with the cotangent, an array of the output's shape (a tuple of them where there
    are several). ``jacobian(*args)`` returns, for each argument, an array of the output's shape followed by the
    argument's. ``hessian(*args)``, of one argument, has its shape twice.

    They are called with arrays of the function's library, and return such or NumPy's, of the dtype of the argument or
    of a wider one, which is rounded.
    """

    library = "the derivative by hand"

    def __init__(self, function: Host, derivatives: Mapping[str, Callable[..., Any]]) -> None:
        self._function = function
        #: by the name of each: "gradient", "vjp", "jacobian", "hessian"
        self.derivatives = derivatives
        self.name = function.name
        self.leaves: tuple[Leaf, ...] = function.leaves

    def graph(self) -> Graph:
        """Return the forward as a graph.

        Raises ``ShapeError`` or ``ArgumentError`` where the derivative is not one that such a function has.
        """
        graph = self._function.graph()
        shapes = [graph[output].shape for output in graph.outputs]
        is_number = len(shapes) == 1 and graph[graph.outputs[0]].size == 1
        if "gradient" in self.derivatives and not is_number:
            raise ShapeError(
                f"a gradient is that of one number, but {self.name} returns shapes {shapes}; use jacobian= or vjp="
            )
        if "jacobian" in self.derivatives and len(shapes) != 1:
            raise ShapeError(f"{self.name} returns {len(shapes)} arrays; a jacobian is that of one, use vjp=")
        if "hessian" in self.derivatives:
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
        if "vjp" in self.derivatives:
            return self._taken("vjp", self._called("vjp", values, self._cotangents(number, ct)))
        if "jacobian" in self.derivatives:
            rows = self._taken("jacobian", self._called("jacobian", values))
            return [
                None if each is None else _contracted(ct, each, self._what("jacobian", leaf))
                for each, leaf in zip(rows, self.leaves, strict=True)
            ]
        if "gradient" in self.derivatives:
            found = self._taken("gradient", self._called("gradient", values))
            return [None if each is None else np.asarray(each * ct.reshape(()).astype(each.dtype)) for each in found]
        raise UnsupportedError(f"no gradient of {self.name} was given; pass gradient=, vjp= or jacobian=")

    def pull_back_twice(
        self,
        values: Sequence[Array],
        number: int,  # noqa: ARG002 - there is one output
        ct: Array,
        directions: Mapping[int, Array],
    ) -> Blocks:
        """Return the products of the Hessian by hand with the direction of its one argument."""
        if "hessian" not in self.derivatives:
            raise UnsupportedError(f"no second derivative of {self.name} was given; pass hessian=")
        ((place, leaf),) = [(i, each) for i, each in enumerate(self.leaves) if each.requires_grad]
        found = self._numbers("hessian", leaf, self._called("hessian", values)).astype(np.float64)
        shape = leaf.value.shape
        if found.shape != shape * 2:
            what = self._what("hessian", leaf)
            raise ArgumentError(f"{what} has shape {found.shape}, but must have {shape * 2}")
        product = np.tensordot(directions[place], found, axes=len(shape)) * ct.reshape(())
        return {(place, place): product.astype(leaf.value.dtype)}

    # --- calling a derivative, and taking what it returns

    def _called(self, kind: str, values: Sequence[Array], cotangents: Sequence[Array] = ()) -> Any:
        """Return what a derivative returns: its first argument is the cotangent, or a tuple of several."""
        derivative = self.derivatives[kind]

        def call(*given: Any) -> Any:
            cts, args = given[: len(cotangents)], given[len(cotangents) :]
            every = (*(cts if len(cts) < 2 else (cts,)), *args)
            _check_call(kind, derivative, every)
            return derivative(*every)

        return self._function.call(call, cotangents, values)

    def _cotangents(self, number: int, ct: Array) -> list[Array]:
        """Return a cotangent for each output, zero for all but one."""
        return [ct if i == number else np.zeros(*each) for i, each in enumerate(self._outputs)]

    @cached_property
    def _outputs(self) -> list[tuple[tuple[int, ...], np.dtype[Any]]]:
        """The shapes and dtypes of the outputs, which are the same at all values of the leaves."""
        outputs = self.forward([np.array(leaf.value) for leaf in self.leaves])
        return [(each.shape, each.dtype) for each in outputs]

    def _taken(self, kind: str, returned: Any) -> list[Array | None]:
        """Return a fresh array for each leaf that requires grad, in its dtype; None where there is none."""
        found = self._function.flattened(returned, f"the {kind} of {self.name}")
        return [
            None
            if each is None or not leaf.requires_grad
            else np.array(self._numbers(kind, leaf, each), leaf.value.dtype)
            for each, leaf in zip(found, self.leaves, strict=True)
        ]

    def _numbers(self, kind: str, leaf: Leaf, value: Any) -> Array:
        """Return as an array what stands for a leaf.

        Raises ``DtypeError`` for a dtype that is narrower than that of the leaf, and for anything but real numbers.
        """
        what, dtype = self._what(kind, leaf), leaf.value.dtype
        try:
            array = self._function.array(value, what)
        except ValueError as error:
            raise ShapeError(f"{what} is no array: {error}") from error
        if array.dtype.kind not in "fiub":
            raise DtypeError(f"{what} has dtype {array.dtype}, but must be of real numbers")
        if array.dtype.kind == "f" and array.dtype.itemsize < dtype.itemsize:
            raise DtypeError(f"{what} has dtype {array.dtype}, but must have that of {leaf.name}, {dtype}")
        return array

    def _what(self, kind: str, leaf: Leaf) -> str:
        return f"the {kind} of {self.name} by {leaf.name}"


def _check_call(kind: str, derivative: Callable[..., Any], args: Sequence[Any]) -> None:
    """Raise ``ParameterError`` where a derivative does not take the arguments that it is called with."""
    try:
        signature = inspect.signature(derivative)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*args)
    except TypeError as error:
        first = "the cotangent and then the arguments" if kind == "vjp" else "the arguments"
        raise ParameterError(
            f"{kind}= cannot be called with {len(args)} arguments: {error}; it takes {first} of the function"
        ) from error


def _contracted(ct: Array, rows: Array, what: str) -> Array:
    """Return the product of a cotangent with a Jacobian, whose first axes are those of the output."""
    if rows.shape[: ct.ndim] != ct.shape:
        raise ArgumentError(f"{what} has shape {rows.shape}, but must begin with that of the output, {ct.shape}")
    return np.asarray(np.tensordot(ct.astype(rows.dtype), rows, axes=ct.ndim))
