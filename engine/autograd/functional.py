"""Functions of functions: products with Jacobians and Hessians, and these matrices themselves.

The signatures are those of ``torch.autograd.functional``. Each takes a function of tensors to tensors, and its inputs:
a tensor, or a tuple of them. Where an output does not depend on an input the derivative is zero; with ``strict`` that
raises ``AutogradError``. Results are tracked with ``create_graph`` alone. Everything is computed by reverse passes; a
product with a Jacobian from the right takes two, the second through the first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradproof.errors import ArgumentError, AutogradError, DtypeError, ShapeError, UnsupportedError

from ..mode import enable_grad
from ..ops import detach, reshape
from ..variable import Variable
from .passes import grad

Function = Callable[..., Any]
Tensors = Sequence[Any]


class _Call:
    """One call of a function: what it is handed, what it returned, and whether these are tuples."""

    def __init__(self, inputs: Any, create_graph: bool) -> None:
        given, self.takes_tuple = _tensors(inputs, "the inputs")
        self.inputs = [_entering(each, create_graph) for each in given]

    def run(self, func: Function, strict: bool) -> None:
        """Call the function."""
        _check_callable(func)
        returned = func(*self.inputs)
        self.outputs, self.returns_tuple = _tensors(returned, "what the function returns")
        for number, output in enumerate(self.outputs):
            if strict and not output._requires_grad:
                raise AutogradError(f"output {number} depends on no input, which strict does not admit")


def vjp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return the outputs, and ``v`` times the Jacobian: ``v`` is like the outputs, the product like the inputs.

    ``v`` may be left out where the output has one entry.
    """
    with enable_grad():
        call = _Call(inputs, create_graph)
        call.run(func, strict)
        found = _pulled(call.outputs, call.inputs, _vector(v, call.outputs, "the output"), create_graph)
        product = _filled(found, call.inputs, create_graph, strict, "an output")
    return _left(call.outputs, call.returns_tuple, create_graph), _left(product, call.takes_tuple, create_graph)


def jvp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return the outputs, and the Jacobian times ``v``: ``v`` is like the inputs, the product like the outputs.

    ``v`` may be left out where the input has one entry.
    """
    with enable_grad():
        call = _Call(inputs, create_graph)
        vector = _vector(v, call.inputs, "the input")
        call.run(func, strict)
        product = _pushed(call.outputs, call.inputs, vector, create_graph, strict, "an output")
    return _left(call.outputs, call.returns_tuple, create_graph), _left(product, call.returns_tuple, create_graph)


def jacobian(
    func: Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """Return the Jacobian of every output by every input, of shape ``(*output.shape, *input.shape)``.

    A tuple of outputs, or of inputs, gives a tuple of Jacobians; both give a tuple of tuples. ``vectorize`` and
    ``strategy`` are taken as PyTorch takes them, and change nothing: the rows come one by one from reverse passes.
    """
    _check_strategy(strict, vectorize, strategy)
    with enable_grad():
        call = _Call(inputs, create_graph)
        call.run(func, strict)
        rows = [_jacobians(output, call.inputs, create_graph, strict) for output in call.outputs]
    found = tuple(_left(row, call.takes_tuple, create_graph) for row in rows)
    return found if call.returns_tuple else found[0]


def hessian(
    func: Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """Return the Hessian of a function with one entry, of shape ``(*input.shape, *input.shape)``.

    A tuple of inputs gives a tuple of tuples of blocks.
    """
    given, takes_tuple = _tensors(inputs, "the inputs")
    _check_callable(func)

    def slope(*entered: Any) -> Any:
        return jacobian(lambda *each: _scalar(func(*each)), entered, create_graph=True, strict=strict)

    found = jacobian(slope, tuple(given), create_graph, strict, vectorize, outer_jacobian_strategy)
    return found if takes_tuple else found[0][0]


def vhp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return the output, which has one entry, and ``v`` times the Hessian; both are like the inputs."""
    with enable_grad():
        call = _Call(inputs, create_graph)
        vector = _vector(v, call.inputs, "the input")
        slope = _slope(call, func, strict)
        found = _pulled(slope, call.inputs, vector, create_graph)
        product = _filled(found, call.inputs, create_graph, strict, "the slope")
    return _left(call.outputs, call.returns_tuple, create_graph), _left(product, call.takes_tuple, create_graph)


def hvp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return the output, which has one entry, and the Hessian times ``v``; both are like the inputs.

    The Hessian is symmetric where the second derivatives are continuous: :func:`vhp` then gives the same, for less.
    """
    with enable_grad():
        call = _Call(inputs, create_graph)
        vector = _vector(v, call.inputs, "the input")
        slope = _slope(call, func, strict)
        product = _pushed(slope, call.inputs, vector, create_graph, strict, "the slope")
    return _left(call.outputs, call.returns_tuple, create_graph), _left(product, call.takes_tuple, create_graph)


# --- what goes in, and what comes out


def _tensors(values: Any, what: str) -> tuple[list[Any], bool]:
    """Return tensors as a list, and whether they were a tuple."""
    each = values if isinstance(values, tuple) else (values,)
    wrong = next((type(value) for value in each if not isinstance(value, Variable)), None)
    if wrong is not None:
        raise DtypeError(f"{what} must be a tensor or a tuple of tensors, not {wrong.__name__}")
    return list(each), isinstance(values, tuple)


def _entering(tensor: Variable, create_graph: bool) -> Any:
    """Return a tensor to differentiate by: part of the graph that it is in, or the start of a new one."""
    if create_graph and tensor._requires_grad:
        return reshape(tensor, shape=tensor.array.shape)
    return detach(tensor).requires_grad_()


def _vector(v: Any, like: Tensors, what: str) -> list[Any]:
    """Return what multiplies: tensors of the shapes of ``like``, ones where nothing is given and one entry wanted."""
    if v is None:
        if len(like) != 1 or like[0].array.size != 1:
            raise AutogradError(f"v can be left out only where {what} is one tensor with one entry")
        return [type(like[0]).wrap(np.ones_like(like[0].array))]
    vector, _ = _tensors(v, "v")
    if len(vector) != len(like):
        raise ShapeError(f"v has {len(vector)} tensors, but must have {len(like)}")
    for number, (each, other) in enumerate(zip(vector, like, strict=True)):
        if each.array.shape != other.array.shape:
            raise ShapeError(f"tensor {number} of v has shape {each.array.shape}, but must have {other.array.shape}")
    return vector


def _left(tensors: Tensors, is_tuple: bool, create_graph: bool) -> Any:
    """Return results in the form that was asked for, outside the graph where none is to be created."""
    results = tuple(tensors) if create_graph else tuple(map(detach, tensors))
    return results if is_tuple else results[0]


def _scalar(output: Any) -> Any:
    """Return the one entry of the one tensor that a function with a Hessian returns."""
    if not isinstance(output, Variable):
        raise DtypeError(f"a function with a Hessian returns one tensor, not {type(output).__name__}")
    if output.array.size != 1:
        raise AutogradError(f"a function with a Hessian returns one entry, not shape {output.array.shape}")
    return reshape(output, shape=())


def _check_strategy(strict: bool, vectorize: bool, strategy: str) -> None:
    if strategy not in {"reverse-mode", "forward-mode"}:
        raise ArgumentError(f"strategy must be 'reverse-mode' or 'forward-mode', not {strategy!r}")
    if strict and vectorize:
        raise AutogradError("strict and vectorize exclude each other")
    if strategy == "forward-mode" and not vectorize:
        raise UnsupportedError("forward-mode needs vectorize=True")


# --- passes


def _pulled(outputs: Tensors, inputs: Tensors, cotangents: Tensors, create_graph: bool) -> list[Any]:
    """Return the products of cotangents with the Jacobian, None for an input that no output depends on."""
    tracked = [(output, ct) for output, ct in zip(outputs, cotangents, strict=True) if output._requires_grad]
    if not tracked:
        return [None] * len(inputs)
    starts, cts = zip(*tracked, strict=True)
    return list(grad(starts, inputs, cts, retain_graph=True, create_graph=create_graph, allow_unused=True))


def _pushed(
    outputs: Tensors, inputs: Tensors, vector: Tensors, create_graph: bool, strict: bool, what: str
) -> list[Any]:
    """Return the product of the Jacobian with a vector: the pullback is linear, and is pulled back itself."""
    free = [_entering(type(output).wrap(np.zeros_like(output.array)), False) for output in outputs]
    pulled = _filled(_pulled(outputs, inputs, free, create_graph=True), inputs, True, strict, what)
    return _filled(_pulled(pulled, free, vector, create_graph), outputs, create_graph, strict, what)


def _check_callable(func: Any) -> None:
    if not callable(func):
        raise DtypeError(f"a function is called with tensors, not {type(func).__name__}")


def _filled(found: Tensors, like: Tensors, create_graph: bool, strict: bool, what: str) -> list[Any]:
    """Return derivatives with zeros where there is none, which ``strict`` does not admit."""
    _check_strict(found, create_graph, strict, what)
    return [
        type(other).wrap(np.zeros_like(other.array)) if each is None else each
        for each, other in zip(found, like, strict=True)
    ]


def _check_strict(found: Sequence[Any], create_graph: bool, strict: bool, what: str) -> None:
    for number, each in enumerate(found):
        if strict and each is None:
            raise AutogradError(f"{what} does not depend on input {number}, which strict does not admit")
        if strict and create_graph and not each._requires_grad:
            raise AutogradError(f"the derivative by input {number} depends on no input, which strict does not admit")


def _slope(call: _Call, func: Function, strict: bool) -> list[Any]:
    """Call a function with one entry, and return its tracked gradient."""
    call.run(func, strict)
    output = _scalar(call.outputs[0] if len(call.outputs) == 1 and not call.returns_tuple else tuple(call.outputs))
    found = _pulled([output], call.inputs, _vector(None, [output], "the output"), create_graph=True)
    return _filled(found, call.inputs, True, strict, "the output")


def _jacobians(output: Any, inputs: Tensors, create_graph: bool, strict: bool) -> list[Any]:
    """Return the Jacobian of one output by each input."""
    shape, size = output.array.shape, output.array.size
    found: Sequence[Any] = [None] * len(inputs)
    if size and output._requires_grad:
        units = type(output).wrap(np.eye(size, dtype=output.array.dtype).reshape(size, *shape))
        found = grad(output, inputs, units, True, create_graph, allow_unused=True, is_grads_batched=True)
    _check_strict(found, create_graph, strict, "an output")
    return [
        type(each).wrap(np.zeros((*shape, *each.array.shape), each.array.dtype))
        if rows is None
        else reshape(rows, shape=(*shape, *each.array.shape))
        for rows, each in zip(found, inputs, strict=True)
    ]
