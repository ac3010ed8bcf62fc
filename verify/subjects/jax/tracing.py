"""A jaxpr, run on tensors of ``gradproof.engine``.

Calls are inlined, also those with a derivative of their own: of them the forward alone is seen. Loops are unrolled.
What depends on no leaf is left to JAX, and is known from there on.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

import jax
import numpy as np
from jax.extend.core import jaxpr_as_fun
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from gradproof.engine import Tensor, ops
from gradproof.engine.variable import array_of
from gradproof.errors import GradproofError, TraceError, UnsupportedError
from gradproof.exact import DTYPES, Array
from gradproof.lines import line_among

from ..applications import note, noting, unnoted
from ..rules import rule_for
from .custom import application_of, label_of
from .rules import REFUSED, RULES, WHOLE

#: Where the function of JAX is called that is being inlined. What is inside may know who called it first.
_CALL: ContextVar[str] = ContextVar("_CALL", default="")

#: The dtypes in which rules return integers.
_WHOLE_DTYPES = (np.dtype(np.float64), np.dtype(np.int64))

#: How often the body of a loop is unrolled at most.
LONGEST = 1000


def run(jaxpr: Any, constants: Sequence[Any], operands: Sequence[Any]) -> list[Any]:
    """Return the results of a jaxpr: tensors, and what is known.

    Raises ``TraceError``, which names the line, for what has no rule, or branches on what depends on the leaves.
    """
    values = dict(zip((*jaxpr.constvars, *jaxpr.invars), (*constants, *operands), strict=True))

    def read(atom: Any) -> Any:
        return atom.val if hasattr(atom, "val") else values[atom]

    for equation in jaxpr.eqns:
        results = _results(equation, [read(atom) for atom in equation.invars])
        values.update(zip(equation.outvars, results, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def as_tensor(value: Any) -> Tensor:
    """Return what is known as a tensor."""
    return value if isinstance(value, Tensor) else Tensor.wrap(np.array(_array(value)))


def _results(equation: Any, operands: list[Any]) -> Sequence[Any]:
    name = equation.primitive.name
    if not equation.outvars:  # it prints
        return []
    if name in _CALLS:
        return _inlined(equation, operands)
    if not any(isinstance(each, Tensor) for each in operands):
        return _known(equation, operands)
    structure = _STRUCTURES.get(name)
    return _by_rule(equation, operands) if structure is None else structure(equation, operands)


def _known(equation: Any, operands: Sequence[Any]) -> Sequence[Any]:
    """Return what JAX computes."""
    primitive, found = equation.primitive, equation.primitive.get_bind_params(equation.params)
    functions, params = found if isinstance(found, tuple) else ((), found)
    results = primitive.bind(*functions, *operands, **params)
    return results if primitive.multiple_results else [results]


def _by_rule(equation: Any, operands: Sequence[Any]) -> list[Any]:
    name = equation.primitive.name
    known = REFUSED if name in REFUSED else WHOLE if name in WHOLE and _is_whole(equation) else RULES
    try:
        rule = rule_for(name, known, "JAX")
        hand = _array_or_tensor if rule is known.get(name) else as_tensor
        returned = rule(*map(hand, operands), **equation.params)
    except TraceError as error:
        raise TraceError(f"{error}{_at(equation)}") from error
    except GradproofError as error:
        raise TraceError(f"JAX's {name} is not traced here: {error}{_at(equation)}") from error
    results = list(returned) if isinstance(returned, list | tuple) else [returned]
    if len(results) != len(equation.outvars):
        raise TraceError(f"the rule of {name!r} returned {len(results)} values, but JAX has {len(equation.outvars)}")
    return [_checked(name, result, place.aval) for result, place in zip(results, equation.outvars, strict=True)]


def _is_whole(equation: Any) -> bool:
    return np.dtype(equation.invars[0].aval.dtype).kind in "iub"


def _checked(name: str, result: Any, wanted: Any) -> Any:
    """Return a result of a rule: known integers in JAX's dtype, others as float64.

    Raises ``TraceError`` where it has not the shape or the dtype that JAX's has.
    """
    found, dtype = array_of(result), np.dtype(wanted.dtype)
    is_whole = dtype.kind in "iu"
    if np.shape(found) != wanted.shape or (found.dtype != dtype and not (is_whole and found.dtype in _WHOLE_DTYPES)):
        raise TraceError(
            f"the rule of {name!r} returned {found.dtype} {found.shape}, but JAX has {wanted.dtype} {wanted.shape}"
        )
    if not isinstance(result, Tensor):
        return found.astype(dtype)
    return ops.astype(result, dtype="float64") if is_whole and found.dtype != np.float64 else result


def _array(value: Any) -> Any:
    """Return what is known as an array, integers as int64. A key of random numbers is none."""
    if not isinstance(getattr(value, "dtype", np.dtype(float)), np.dtype):
        return value
    array = np.asarray(value)
    if array.dtype.kind in "iu":
        return array.astype(np.int64)
    if array.dtype.name not in DTYPES:
        raise UnsupportedError(f"its dtype is {array.dtype.name}; those that are proven are {', '.join(DTYPES)}")
    return array


def _array_or_tensor(value: Any) -> Any:
    return value if isinstance(value, Tensor) else _array(value)


def _at(equation: Any) -> str:
    """Return the user's line, as the end of a message."""
    if _CALL.get():
        return _CALL.get()
    seen = equation.source_info.traceback
    frames = [] if seen is None else [(frame.file_name, frame.line_num) for frame in seen.frames]
    return line_among(frames)


def _inlined(equation: Any, operands: Sequence[Any]) -> list[Any]:
    """Return the results of a call, and take note of it where a user gave it a derivative of its own."""
    params = equation.params
    body = next(params[name] for name in ("jaxpr", "call_jaxpr", "fun_jaxpr") if name in params)
    name = label_of(equation, getattr(body, "jaxpr", body)) if noting() else ""
    if not name:
        return _run_call(equation, body, operands)
    with unnoted():
        results = _run_call(equation, body, operands)
    note(application_of(name, equation, operands, results, _known))
    return results


def _run_call(equation: Any, body: Any, operands: Sequence[Any]) -> list[Any]:
    if _CALL.get() or not _is_of_jax(getattr(body, "jaxpr", body)):
        return _run_closed(body, operands)
    token = _CALL.set(_at(equation))
    try:
        return _run_closed(body, operands)
    finally:
        _CALL.reset(token)


def _is_of_jax(jaxpr: Any) -> bool:
    """Tell whether a jaxpr is that of a function of JAX itself."""
    source = str(getattr(getattr(jaxpr, "debug_info", None), "func_src_info", ""))
    return f" at {os.path.dirname(jax.__file__)}" in source


def _run_closed(closed: Any, operands: Sequence[Any]) -> list[Any]:
    return run(getattr(closed, "jaxpr", closed), getattr(closed, "consts", ()), operands)


def _cond(equation: Any, operands: Sequence[Any]) -> list[Any]:
    which, *rest = operands
    if isinstance(which, Tensor):
        raise TraceError(f"a branch is taken by values of the arguments; write jnp.where instead{_at(equation)}")
    branches = equation.params["branches"]
    return _run_closed(branches[min(max(int(which), 0), len(branches) - 1)], rest)


def _while(equation: Any, operands: Sequence[Any]) -> list[Any]:
    params = equation.params
    split = params["cond_nconsts"], params["cond_nconsts"] + params["body_nconsts"]
    of_condition, of_body, carried = operands[: split[0]], operands[split[0] : split[1]], list(operands[split[1] :])
    for _ in range(LONGEST + 1):
        (goes_on,) = _run_closed(params["cond_jaxpr"], [*of_condition, *carried])
        if isinstance(goes_on, Tensor):
            raise TraceError(
                "how often a loop runs depends on values of the arguments; write jax.lax.fori_loop with a fixed "
                f"count{_at(equation)}"
            )
        if not goes_on:
            return carried
        carried = _run_closed(params["body_jaxpr"], [*of_body, *carried])
    raise TraceError(f"a loop runs more than {LONGEST} times; check it with fewer steps{_at(equation)}")


def _scan(equation: Any, operands: Sequence[Any]) -> list[Any]:
    params, results = equation.params, equation.outvars
    length, count, carries = params["length"], params["num_consts"], params["num_carry"]
    if length > LONGEST:
        raise TraceError(
            f"a loop runs {length} times; up to {LONGEST} are unrolled: check it with fewer{_at(equation)}"
        )
    constants, carried, sequences = operands[:count], operands[count : count + carries], operands[count + carries :]
    rows: dict[int, list[Any]] = {}
    for step in reversed(range(length)) if params["reverse"] else range(length):
        found = _run_closed(params["jaxpr"], [*constants, *carried, *(_entry(each, step) for each in sequences)])
        carried, rows[step] = found[:carries], found[carries:]
    columns = zip(*(rows[step] for step in range(length)), strict=True)
    stacked = [ops.stack(*map(as_tensor, column), axis=0) for column in columns]
    empty = [np.zeros(place.aval.shape, place.aval.dtype) for place in results[carries:]]
    return [*carried, *(stacked if length else empty)]


def _entry(sequence: Any, step: int) -> Any:
    return ops.getitem(sequence, index=(step,)) if isinstance(sequence, Tensor) else sequence[step]


def _linear_solve(equation: Any, operands: Sequence[Any]) -> list[Any]:
    """Return what a linear function maps to the right-hand side: the function makes a matrix of unit vectors.

    That is the definition. How it is solved, which may cut derivatives, is not looked at. Unknowns that have nothing to
    do with each other, as columns of a right-hand side, are solved for by matrices of their own.
    """
    lengths, function = equation.params["const_lengths"], equation.params["jaxprs"].matvec
    constants, sides = operands[: lengths.matvec], operands[sum(lengths) :]
    if len(sides) != 1:
        raise TraceError(f"a linear function of {len(sides)} arrays is not solved here; use one{_at(equation)}")
    aval, known = equation.outvars[0].aval, [place.aval for place in equation.invars[: lengths.matvec]]
    size = math.prod(aval.shape)
    basis = np.eye(size, dtype=aval.dtype).reshape(size, *aval.shape)
    of_all = jax.vmap(jaxpr_as_fun(function), in_axes=(*(None for _ in known), 0))
    outlines = [jax.ShapeDtypeStruct(each.shape, each.dtype) for each in known]
    (columns,) = _run_closed(jax.make_jaxpr(of_all)(*outlines, basis), [*constants, basis])
    groups = _coupled(np.asarray(of_all(*map(_generic, known), basis)[0]).reshape(size, size))
    matrices = ops.index(as_tensor(columns), groups[:, np.newaxis, :] * size + groups[:, :, np.newaxis], start=0)
    solved = ops.solve(matrices, ops.expand_dims(ops.index(as_tensor(sides[0]), groups, start=0), axis=-1))
    return [ops.index(solved, np.argsort(groups.ravel()).reshape(aval.shape), start=0)]


def _generic(aval: Any) -> Array:
    """Return an array like one that is known to be no special case: what is zero then is always zero."""
    if np.dtype(aval.dtype).kind != "f":
        return np.ones(aval.shape, aval.dtype)
    return np.random.default_rng(0).standard_normal(aval.shape).astype(aval.dtype)


def _coupled(matrix: Array) -> Array:
    """Return the numbers of the unknowns that a matrix couples, a row for each group; all in one if sizes differ."""
    count, labels = connected_components(csr_array(matrix != 0), directed=False)
    if np.unique(np.bincount(labels)).size != 1:
        return np.arange(len(labels))[np.newaxis]
    return np.argsort(labels, kind="stable").reshape(count, -1)


#: Primitives that stand for a jaxpr and compute nothing else.
_CALLS = frozenset(
    {
        "checkpoint",
        "closed_call",
        "core_call",
        "core_closed_call",
        "custom_jvp_call",
        "custom_vjp_call",
        "custom_vjp_call_jaxpr",
        "jit",
        "pjit",
        "remat",
        "remat2",
    }
)

_STRUCTURES: dict[str, Callable[[Any, Sequence[Any]], list[Any]]] = {
    "cond": _cond,
    "custom_linear_solve": _linear_solve,
    "scan": _scan,
    "while": _while,
}
