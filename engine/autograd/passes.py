"""``backward`` and ``grad``: the two ways into the reverse sweep, with PyTorch's signatures."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from gradproof.errors import ArgumentError, AutogradError, DtypeError, OutOfRangeError, ShapeError

from ..backward import EnteringObserver, Observer, copied, leading_to, sweep
from ..dispatch import refresh
from ..mode import flag, is_grad_enabled, set_grad_enabled
from ..ops import astype, clone, concat, expand_dims
from ..variable import Edge, Variable, hooks_of

Tensors = Variable | Sequence[Variable]


def backward(
    tensors: Tensors,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensors | None = None,
    *,
    observe: Observer | None = None,
    entering: EnteringObserver | None = None,
) -> None:
    """Add the vector-Jacobian products of ``tensors`` with ``grad_tensors`` to ``grad`` of the leaves.

    With ``inputs`` only to ``grad`` of those, which retain it where they are computed. A missing cotangent stands for 1
    where the tensor has one entry. ``observe`` sees every step of the sweep, and ``entering`` each cotangent before the
    rules see it.
    Raises ``AutogradError`` where there is no graph, or it was freed; ``ShapeError`` for a cotangent that does not fit.
    """
    create_graph = _whether("create_graph", create_graph)
    starts = _sequence(tensors)
    cls = class_of(starts)
    roots = _roots(starts, _sequence(grad_tensors), create_graph)
    chosen = None if inputs is None else [_retaining(each, f"input {i}") for i, each in enumerate(_inputs(inputs))]
    is_tracked = is_grad_enabled()

    def deliver(leaf: Variable, ct: Any) -> None:
        with set_grad_enabled(is_tracked):
            _arrive(leaf, ct, create_graph, cls)

    found = sweep(
        roots,
        retain_graph=create_graph if retain_graph is None else _whether("retain_graph", retain_graph),
        create_graph=create_graph,
        cls=cls,
        towards=chosen,
        observe=observe,
        entering=entering,
        deliver=deliver,
    )
    with np.errstate(all="ignore"):
        for edge, ct in found.items():
            if isinstance(edge, Variable):
                _arrive(edge, ct, create_graph, cls)


def _inputs(inputs: Tensors) -> list[Any]:
    if not (found := _sequence(inputs)):
        raise AutogradError("backward() was given no inputs; leave inputs out for all leaves")
    return found


def _retaining(tensor: Any, role: str) -> Edge:
    edge = _edge(tensor, role)
    if tensor.origin is not None:
        retain_grad(tensor)
    return edge


def retain_grad(tensor: Variable) -> None:
    """Keep the gradient of a computed tensor in ``grad``, as its hooks leave it."""
    kept = weakref.ref(tensor)

    def keep(ct: Any) -> None:
        if (held := kept()) is not None:
            _accumulate(held, copied(ct))

    assert tensor.origin is not None
    hooks_of(tensor.origin).retain = keep


def class_of(tensors: Sequence[Any]) -> type[Variable]:
    """Return the class of what is computed from the tensors, which hooks are handed."""
    return next((type(each.wrap(each.array)) for each in tensors if isinstance(each, Variable)), Variable)


def _arrive(leaf: Variable, ct: Any, create_graph: bool, cls: type[Variable]) -> None:
    """Add a cotangent to the gradient of a leaf, between its hooks."""
    hooks = leaf.hooks
    if hooks is None:
        _accumulate(leaf, ct)
        return
    with set_grad_enabled(create_graph):
        (ct,) = hooks.enter((ct,), cls)
    _accumulate(leaf, copied(ct))
    with set_grad_enabled(create_graph):
        hooks.accumulate(leaf)
        hooks.leave((), (ct,), cls)


def grad(
    outputs: Tensors,
    inputs: Tensors,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
    *,
    observe: Observer | None = None,
) -> tuple[Any, ...]:
    """Return the vector-Jacobian products of ``outputs`` with ``grad_outputs``, one for each of ``inputs``.

    ``inputs`` may be leaves or intermediate results. One that the outputs do not depend on gives zeros with
    ``materialize_grads``, None with ``allow_unused``, and else raises ``AutogradError``. With ``is_grads_batched`` the
    cotangents, and so the results, have one more dimension in front. ``observe`` sees every step of the sweep.
    """
    if materialize_grads and allow_unused is False:
        raise ArgumentError("materialize_grads gives zeros for unused inputs; leave allow_unused out, or pass True")
    create_graph = _whether("create_graph", create_graph)
    wanted, starts = _sequence(inputs), _sequence(outputs)
    if not wanted:
        raise AutogradError("grad() was given no inputs")
    for i, each in enumerate(starts):
        _check_tensor(each, f"output {i}")
    edges = [_edge(each, f"input {i}") for i, each in enumerate(wanted)]
    retain = create_graph if retain_graph is None else _whether("retain_graph", retain_graph)
    cls = class_of(starts)
    needed = leading_to(edges, [_edge(each, f"tensor {i}") for i, each in enumerate(starts)])

    def pull(cotangents: list[Any], retain: bool) -> list[Any]:
        found = sweep(
            _roots(starts, cotangents, create_graph),
            retain_graph=retain,
            create_graph=create_graph,
            cls=cls,
            towards=edges,
            needed=needed,
            observe=observe,
        )
        cts = [found.get(edge) for edge in edges]
        if len(set(edges)) < len(edges):
            cts = [copied(ct) for ct in cts]
        return [
            _as_tensor(ct, each, i, allow_unused, materialize_grads)
            for i, (ct, each) in enumerate(zip(cts, wanted, strict=True))
        ]

    cotangents = _sequence(grad_outputs)
    return tuple(_pull_all(pull, cotangents, retain) if is_grads_batched else pull(cotangents, retain))


def _pull_all(pull: Callable[[list[Any], bool], list[Any]], batches: list[Any], retain: bool) -> list[Any]:
    """Pull back a batch of cotangents one by one, and stack what comes of each input."""
    if any(batch is None for batch in batches):
        raise ArgumentError("is_grads_batched needs grad_outputs, with one more dimension in front")
    if not all(map(len, batches)):
        raise OutOfRangeError("is_grads_batched needs at least one cotangent in each batch")
    *first, last = zip(*batches, strict=True)
    found = [*(pull(list(each), True) for each in first), pull(list(last), retain)]
    return [None if parts[0] is None else _stacked(parts) for parts in zip(*found, strict=True)]


def _stacked(parts: Sequence[Any]) -> Any:
    return concat(*(expand_dims(part, axis=0) for part in parts), axis=0)


def _sequence(values: Any) -> list[Any]:
    return list(values) if isinstance(values, list | tuple | Iterator) else [values]


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


def _check_tensor(value: Any, role: str) -> None:
    if not isinstance(value, Variable):
        raise DtypeError(f"{role} must be a tensor, not {type(value).__name__}")


def _edge(tensor: Any, role: str) -> Edge:
    _check_tensor(tensor, role)
    refresh(tensor)
    if (edge := tensor.edge) is None:
        raise AutogradError(
            f"{role} does not require grad and has no grad_fn; "
            "set requires_grad=True on what you differentiate by, and compute outside no_grad"
        )
    return edge


def _whether(name: str, value: Any) -> bool:
    """Return a truth value, which a whole number stands for too."""
    return bool(value) if isinstance(value, int) else flag(name, value)


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
        raise DtypeError(f"a cotangent is a tensor or None, not {type(ct).__name__}")
    if ct.array.shape != array.shape:
        raise ShapeError(
            f"the cotangent has shape {ct.array.shape}, but the tensor has {array.shape}; they must be equal"
        )
    fitting: Variable = ct if ct.array.dtype == array.dtype else astype(ct, dtype=array.dtype.name)
    return fitting


def _accumulate(leaf: Variable, ct: Any) -> None:
    """Add ``ct``, a variable or an array that nobody else sees, to ``leaf.grad``.

    That is done in place, but for a gradient that is itself part of a graph.
    """
    held = leaf._grad
    if held is None:
        leaf._grad = clone(ct) if isinstance(ct, Variable) else type(leaf).wrap(ct)
    elif isinstance(ct, Variable) or held._requires_grad:
        leaf._grad = held + ct
    else:
        held.array += ct
        held.mark_written()


def _as_tensor(ct: Any, wanted: Variable, index: int, allow_unused: bool | None, materialize: bool) -> Any:
    if ct is None and materialize:
        return type(wanted).wrap(np.zeros_like(wanted.array))
    if ct is None and not allow_unused:
        raise AutogradError(f"the outputs do not depend on input {index}; pass allow_unused=True to get None for it")
    return ct if ct is None or isinstance(ct, Variable) else type(wanted).wrap(ct)
