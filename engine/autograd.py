"""``backward`` and ``grad``: the two ways into the reverse sweep, with PyTorch's signatures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradproof.errors import AutogradError, ShapeError

from .backward import Edge, EnteringObserver, Observer, sweep
from .ops import astype, clone
from .variable import Variable

Tensors = Variable | Sequence[Variable]


def backward(
    tensors: Tensors,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    *,
    observe: Observer | None = None,
    entering: EnteringObserver | None = None,
) -> None:
    """Add the vector-Jacobian products of ``tensors`` with ``grad_tensors`` to ``grad`` of the leaves.

    A missing cotangent stands for 1 where the tensor has one entry. ``observe`` sees every step of the sweep, and
    ``entering`` each cotangent before the rules see it.
    Raises ``AutogradError`` where there is no graph, or it was freed; ``ShapeError`` for a cotangent that does not fit.
    """
    roots = _roots(_sequence(tensors), _sequence(grad_tensors), create_graph)
    retain = create_graph if retain_graph is None else retain_graph
    found = sweep(roots, retain_graph=retain, create_graph=create_graph, observe=observe, entering=entering)
    with np.errstate(all="ignore"):
        for leaf, ct in found.items():
            assert isinstance(leaf, Variable)
            _accumulate(leaf, ct)


def grad(
    outputs: Tensors,
    inputs: Tensors,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
    *,
    observe: Observer | None = None,
) -> tuple[Any, ...]:
    """Return the vector-Jacobian products of ``outputs`` with ``grad_outputs``, one for each of ``inputs``.

    ``inputs`` may be leaves or intermediate results. One that the outputs do not depend on gives None with
    ``allow_unused``, and else raises ``AutogradError``. ``observe`` sees every step of the sweep.
    """
    wanted = _sequence(inputs)
    edges = [_edge(each, f"input {i}") for i, each in enumerate(wanted)]
    roots = _roots(_sequence(outputs), _sequence(grad_outputs), create_graph)
    retain = create_graph if retain_graph is None else retain_graph
    found = sweep(roots, retain_graph=retain, create_graph=create_graph, towards=edges, observe=observe)
    return tuple(
        _as_tensor(found.get(edge), each, i, allow_unused)
        for i, (edge, each) in enumerate(zip(edges, wanted, strict=True))
    )


def _sequence(values: Any) -> list[Any]:
    return list(values) if isinstance(values, list | tuple) else [values]


def _roots(tensors: list[Any], cotangents: list[Any], create_graph: bool) -> list[tuple[Edge, Any]]:
    if len(cotangents) == 1 and cotangents[0] is None:
        cotangents = [None] * len(tensors)
    if len(tensors) != len(cotangents):
        raise ShapeError(f"{len(tensors)} tensors need as many cotangents, not {len(cotangents)}")
    roots = []
    for i, (tensor, ct) in enumerate(zip(tensors, cotangents, strict=True)):
        edge = _edge(tensor, f"tensor {i}")
        cotangent = _cotangent(tensor, ct)
        roots.append((edge, cotangent if create_graph else cotangent.array))
    return roots


def _edge(tensor: Any, role: str) -> Edge:
    edge = tensor.edge if isinstance(tensor, Variable) else None
    if edge is None:
        raise AutogradError(
            f"{role} does not require grad and has no grad_fn; "
            "set requires_grad=True on what you differentiate by, and compute outside no_grad"
        )
    return edge


def _cotangent(tensor: Variable, ct: Any) -> Variable:
    """Return ``ct`` as a tensor of the shape and dtype of ``tensor``; ones of one entry where it is missing."""
    array = tensor.array
    if ct is None:
        if array.size != 1:
            raise AutogradError(
                f"backward without a cotangent needs a scalar, not shape {array.shape}; pass gradient= of that shape"
            )
        return type(tensor).wrap(np.ones_like(array))
    if not isinstance(ct, Variable):
        ct = type(tensor).wrap(np.asarray(ct))
    if ct.array.shape != array.shape:
        raise ShapeError(
            f"the cotangent has shape {ct.array.shape}, but the tensor has {array.shape}; they must be equal"
        )
    fitting: Variable = ct if ct.array.dtype == array.dtype else astype(ct, dtype=array.dtype.name)
    return fitting


def _accumulate(leaf: Variable, ct: Any) -> None:
    """Add ``ct`` to ``leaf.grad``: in place, but for a gradient that is itself part of a graph."""
    held = leaf._grad
    if held is None:
        leaf._grad = clone(ct) if isinstance(ct, Variable) else type(leaf).wrap(np.array(ct))
    elif isinstance(ct, Variable) or held._requires_grad:
        leaf._grad = held + ct
    else:
        held.array += ct
        held.mark_written()


def _as_tensor(ct: Any, wanted: Variable, index: int, allow_unused: bool) -> Any:
    if ct is None and not allow_unused:
        raise AutogradError(f"the outputs do not depend on input {index}; pass allow_unused=True to get None for it")
    return ct if ct is None or isinstance(ct, Variable) else type(wanted).wrap(np.array(ct))
