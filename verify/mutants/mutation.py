"""Mutation operators: the mistakes that people make in a VJP rule, or in the sweep that calls it.

Each is a few lines that return a wrong cotangent, given one call of the right rule. :mod:`.mutants` plants them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from unittest import mock

import numpy as np

from gradproof.engine import backward
from gradproof.engine.autograd import passes
from gradproof.engine.op import Op, Variadic
from gradproof.engine.shapes import Elementwise
from gradproof.engine.vocabulary import OPS
from gradproof.exact import Array

from .misconduct import MISCONDUCT
from .operator import Operator, Pull, Verbatim, dtypes_for

# --- where an operator makes sense


def _is_nonlinear(op: Op) -> bool:
    return not op.linear


def _is_smooth(op: Op) -> bool:
    """Tell whether the values of the arguments matter to the rule other than by a choice."""
    return not op.linear and all(domain.kind == "real" for domain in op.domain[0])


def _has_partner(op: Op) -> bool:
    return isinstance(op.vjp, Variadic) or sum(rule is not None for rule in op.vjp) > 1


def _has_two_arguments(op: Op) -> bool:
    return _is_smooth(op) and len(op.domain[0]) == 2


def _broadcasts(op: Op) -> bool:
    return op.name == "broadcast_to" or (isinstance(op.shape, Elementwise) and op.shape.arity > 1)


def _has_neighbour(op: Op) -> bool:
    return isinstance(op.shape, Elementwise) and op in _neighbours(op) and len(_neighbours(op)) > 1


def _neighbours(op: Op) -> list[Op]:
    """Return the elementwise ops without parameters that take as many real arguments."""
    return [
        other
        for other in OPS.values()
        if isinstance(other.shape, Elementwise)
        and not other.defaults
        and other.is_real
        and isinstance(other.vjp, tuple)
        and len(other.vjp) == len(op.domain[0])
        and all(rule is not None for rule in other.vjp)
    ]


# --- the mistakes


def factor(size: float) -> Operator:
    """Return the operator that scales a cotangent by ``1 + size``."""
    return Operator(
        f"factor-{size:.0e}".replace("e-0", "e-"),
        f"scaled by 1 + {size:.0e}".replace("e-0", "e-"),
        lambda pull: pull.raw * (1.0 + size),
        size=size,
        dtypes=dtypes_for(size),
    )


def in_places(name: str, where: str, places: Callable[[Any], Any], size: float = 1e-3) -> Operator:
    """Return the operator that scales a cotangent by ``1 + size`` at some ``places`` of the argument alone."""
    return Operator(
        name,
        f"off by {size:.0e} {where}".replace("e-0", "e-"),
        lambda pull: _scaled_where(pull, places(pull.x), size),
        dtypes=dtypes_for(size),
    )


def _scaled_where(pull: Pull, chosen: Array, size: float) -> Array:
    """Return the right cotangent with a relative error where ``chosen``."""
    return np.where(chosen, pull.right * (1.0 + size), pull.right)


def _last(array: Any) -> Array:
    """Return a mask of the last entry."""
    return (np.arange(np.size(array)) == np.size(array) - 1).reshape(np.shape(array))


def _first_slice(pull: Pull) -> Any:
    ct, shape = np.asarray(pull.raw), pull.x.shape
    if ct.shape == shape or 0 in ct.shape:
        return pull.raw
    kept = ct[(0,) * (ct.ndim - len(shape))]
    return kept[tuple(slice(0, 1) if n == 1 else slice(None) for n in shape)]


def _averaged(pull: Pull) -> Any:
    return pull.raw if 0 in pull.x.shape else pull.right * (pull.x.size / np.size(pull.raw))


def _rolled(pull: Pull) -> Array:
    return np.roll(np.ravel(pull.right), 1).reshape(pull.x.shape)


def _transposed(pull: Pull) -> Array:
    """Return the cotangent with its axes in the opposite order, where that has the same shape; else it is right."""
    turned = np.transpose(pull.right)
    return turned if turned.shape == pull.x.shape else pull.right


def _untransposed_factor(pull: Pull) -> Any:
    """Forget to transpose the other factor of a matrix product, where it is square."""
    other = pull.args[1 - pull.slot]
    if other.ndim < 2 or other.shape[-1] != other.shape[-2]:
        return pull.raw
    return pull.by(args=pull.with_argument(1 - pull.slot, np.swapaxes(other, -1, -2)))


def _of_the_other(pull: Pull) -> Any:
    """Return the cotangent of the next argument, where it has the same shape."""
    other = (pull.slot + 1) % len(pull.args)
    rule = pull.op.rules(len(pull.args))[other]
    if rule is None or other == pull.slot or pull.args[other].shape != pull.x.shape:
        return pull.raw
    return rule(pull.ct, pull.y, *pull.args, **pull.params)


def _swapped_operands(pull: Pull) -> Any:
    a, b = pull.args
    return pull.by(args=(b, a)) if a.shape == b.shape else pull.raw


def _result_for_argument(pull: Pull) -> Any:
    if np.shape(pull.y) != pull.x.shape:
        return pull.raw
    return pull.by(args=pull.with_argument(pull.slot, pull.y))


def _argument_for_result(pull: Pull) -> Any:
    return pull.by(y=pull.x) if np.shape(pull.y) == pull.x.shape else pull.raw


def _old(pull: Pull) -> list[Any]:
    return [arg * arg.dtype.type(0.75) if arg.dtype.kind == "f" else arg for arg in pull.args]


def _stale_result(pull: Pull) -> Any:
    return pull.by(y=pull.op.forward(*_old(pull), **pull.params))


def _stale_both(pull: Pull) -> Any:
    return pull.by(y=pull.op.forward(*_old(pull), **pull.params), args=_old(pull))


def _pass_through(pull: Pull) -> Any:
    return pull.ct if np.shape(pull.raw) == np.shape(pull.ct) else pull.raw


def _of_a_neighbour(pull: Pull) -> Any:
    """Return what the rule of the next op of the same arity says."""
    others = _neighbours(pull.op)
    rule = others[(others.index(pull.op) + 1) % len(others)].rules(len(pull.args))[pull.slot]
    assert rule is not None
    return rule(pull.ct, pull.y, *pull.args)


def _differenced(pull: Pull, power: float, sides: Sequence[int]) -> Array:
    """Return finite differences of the op's own forward, with the customary step for their order."""
    found = np.empty_like(pull.x)
    for place in np.ndindex(pull.x.shape):
        step = pull.x.dtype.type(np.finfo(pull.x.dtype).eps ** power * max(1.0, abs(pull.x[place])))
        ahead, behind = (_forward_moved(pull, place, side * step) for side in sides)
        found[place] = np.sum(pull.ct * ((ahead - behind) / (step * (sides[0] - sides[1]))))
    return found


def _forward_moved(pull: Pull, place: tuple[int, ...], step: Any) -> Any:
    moved = np.array(pull.x)
    moved[place] += step
    return pull.op.forward(*pull.with_argument(pull.slot, moved), **pull.params)


def _rounded(pull: Pull) -> Array:
    """Return the cotangent rounded to the next smaller dtype."""
    smaller = np.float32 if pull.x.dtype == np.float64 else np.float16
    return np.asarray(pull.right).astype(smaller).astype(pull.x.dtype)


def _of_wrong_dtype(pull: Pull) -> Verbatim:
    other = np.float32 if pull.x.dtype == np.float64 else np.float64
    return Verbatim(np.asarray(pull.right).astype(other))


# --- mistakes of the sweep


@contextmanager
def _keeping(choose: Callable[[Any, Any], Any]) -> Iterator[None]:
    """Let the sweep keep one of two cotangents of a value: ``choose(held, arriving)``."""

    def keep(pending: Any, edge: Any, ct: Any) -> None:
        pending.sums[edge] = choose(pending.sums[edge], ct)

    with mock.patch.object(backward._Pending, "add_to", keep):
        yield


@contextmanager
def _replacing_grad() -> Iterator[None]:
    """Let every backward pass replace ``grad`` instead of adding to it."""
    accumulate = passes._accumulate

    def replace(leaf: Any, ct: Any) -> None:
        leaf._grad = None
        accumulate(leaf, ct)

    with mock.patch.object(passes, "_accumulate", replace):
        yield


def _of_sweep(name: str, meaning: str, sweep: Callable[[], AbstractContextManager[None]]) -> Operator:
    return Operator(name, meaning, sweep=sweep)


FACTORS = tuple(factor(size) for size in (1e-1, 1e-3, 1e-4, 1e-6, 1e-9, 1e-11, 1e-12))

_LIST = (
    *FACTORS,
    Operator("sign", "of the opposite sign", lambda pull: -pull.raw),
    Operator("magnitude", "without its sign", lambda pull: np.abs(pull.raw)),
    Operator("zeroed", "zero", lambda pull: np.zeros_like(pull.right)),
    Operator("doubled", "counted twice", lambda pull: 2.0 * pull.raw),
    Operator("clipped", "clipped to [-1, 1]", lambda pull: np.clip(pull.right, -1.0, 1.0)),
    Operator("pass-through", "the incoming cotangent, without the local derivative", _pass_through),
    Operator("ignores-cotangent", "the derivative itself, as if ones came in", lambda p: p.by(ct=np.ones_like(p.ct))),
    Operator(
        "dropped-term",
        "without the term of the last entry that comes in",
        lambda pull: pull.by(ct=np.where(_last(pull.ct), np.zeros_like(pull.ct), pull.ct)),
    ),
    Operator(
        "repeated-term",
        "with the term of the last entry that comes in counted twice",
        lambda pull: pull.by(ct=np.where(_last(pull.ct), pull.ct * 2.0, pull.ct)),
    ),
    Operator("result-for-argument", "the rule works with y for x", _result_for_argument, _is_smooth),
    Operator("argument-for-result", "the rule works with x for y", _argument_for_result, _is_smooth),
    Operator("stale-argument", "the rule works with outdated arguments", lambda p: p.by(args=_old(p)), _is_nonlinear),
    Operator("stale-result", "the rule works with an outdated result", _stale_result, _is_nonlinear),
    Operator("stale-both", "the rule works with outdated arguments and their result", _stale_both, _is_nonlinear),
    Operator("first-slice", "the first slice where broadcast axes must be summed", _first_slice, _broadcasts),
    Operator("mean-for-sum", "the mean over broadcast axes for their sum", _averaged, _broadcasts),
    Operator("rolled", "shifted by one entry", _rolled),
    Operator("transposed", "transposed", _transposed),
    Operator(
        "transposed-factor",
        "with the other factor not transposed",
        _untransposed_factor,
        lambda op: op.name == "matmul",
    ),
    Operator("swapped-cotangents", "the cotangent of another argument", _of_the_other, _has_partner),
    Operator("swapped-operands", "the rule works with its arguments exchanged", _swapped_operands, _has_two_arguments),
    Operator("rule-of-another-op", "by the rule of another op", _of_a_neighbour, _has_neighbour),
    in_places("one-entry-1e-6", "in its last entry", _last, 1e-6),
    in_places("one-entry-1e-3", "in its last entry", _last),
    in_places("negative-side", "for negative arguments", lambda x: x < 0),
    in_places("narrow-region", "for arguments between 1 and 1.25", lambda x: (np.abs(x) >= 1.0) & (np.abs(x) <= 1.25)),
    in_places("far-out", "for arguments beyond 10", lambda x: np.abs(x) > 10.0),
    in_places("near-zero", "for arguments within 1e-3", lambda x: np.abs(x) < 1e-3),
    Operator("nan-at-a-point", "NaN in its last entry", lambda p: np.where(_last(p.x), np.nan, p.right)),
    Operator("infinite-at-a-point", "infinite in its last entry", lambda p: np.where(_last(p.x), np.inf, p.right)),
    Operator("offset", "shifted by 1e-3", lambda pull: pull.right + 1e-3, dtypes=dtypes_for(1e-3)),
    Operator(
        "scaled-offset",
        "shifted by 1e-6 of its largest entry",
        lambda pull: pull.right + 1e-6 * np.max(np.abs(pull.right), initial=0.0),
        dtypes=dtypes_for(1e-6),
    ),
    Operator("rounded", "rounded to the next smaller dtype", _rounded, dtypes=("float64", "float32")),
    Operator("forward-difference", "by forward differences", lambda p: _differenced(p, 1 / 2, (1, 0))),
    Operator("central-difference", "by central differences", lambda p: _differenced(p, 1 / 3, (1, -1))),
    Operator("lost", "nothing at all", lambda pull: Verbatim(None)),
    Operator("wrong-dtype", "of another dtype", _of_wrong_dtype),
    Operator("wrong-shape", "with one axis too many", lambda pull: Verbatim(np.asarray(pull.right)[np.newaxis])),
    _of_sweep("overwritten", "the last of several cotangents of a value is kept", lambda: _keeping(lambda _, new: new)),
    _of_sweep(
        "second-lost", "the first of several cotangents of a value is kept", lambda: _keeping(lambda old, _: old)
    ),
    _of_sweep("grad-replaced", "a second backward pass replaces grad", _replacing_grad),
    *MISCONDUCT,
)

#: The operators by name.
OPERATORS: dict[str, Operator] = {operator.name: operator for operator in _LIST}
