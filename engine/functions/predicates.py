"""Questions about entries, answered by booleans, counts and places: none has a derivative."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops, truth
from ..dispatch import is_traced
from ..shapes import normalise_axes
from ..variable import Variable, array_of, untracked
from .arguments import Dim, axes_of, numpy_names

if TYPE_CHECKING:
    from ..tensor import Tensor


def _axes(input: Any, dim: Dim) -> tuple[int, ...] | None:
    return None if dim is None else normalise_axes(axes_of(dim), input.array.ndim)


def _is_asked(input: Any) -> bool:
    """Tell whether a trace is asked about floating entries; an integer is a finite number."""
    return input.array.dtype.kind == "f" and is_traced(input)


def isnan(input: Any) -> Tensor:
    """Return whether each entry is no number."""
    return truth.isnan(input) if _is_asked(input) else untracked(np.isnan(input.array), input)


def isinf(input: Any) -> Tensor:
    """Return whether each entry is infinite."""
    return truth.isinf(input) if _is_asked(input) else untracked(np.isinf(input.array), input)


def isposinf(input: Any) -> Tensor:
    """Return whether each entry is positive and infinite."""
    return ops.equal(input, np.inf) if _is_asked(input) else untracked(input.array == np.inf, input)


def isneginf(input: Any) -> Tensor:
    """Return whether each entry is negative and infinite."""
    return ops.equal(input, -np.inf) if _is_asked(input) else untracked(input.array == -np.inf, input)


def isfinite(input: Any) -> Tensor:
    """Return whether each entry is a finite number."""
    return truth.isfinite(input) if _is_asked(input) else untracked(np.isfinite(input.array), input)


def signbit(input: Any) -> Tensor:
    """Return whether the sign of each entry is minus, also of zeros."""
    return truth.signbit(input) if _is_asked(input) else untracked(np.signbit(input.array), input)


def isclose(input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Return whether entries are equal, or at most ``atol + rtol abs(other)`` apart."""
    if is_traced(input, other):
        return truth.isclose(input, other, rtol, atol, equal_nan)
    with np.errstate(invalid="ignore"):
        return untracked(np.isclose(input.array, array_of(other), rtol, atol, equal_nan), input)


def allclose(input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Tell whether all entries are close, as :func:`isclose` has it."""
    return bool(isclose(input, other, rtol, atol, equal_nan).array.all())


def equal(input: Any, other: Any) -> bool:
    """Tell whether two tensors have the same shape and equal entries."""
    return np.array_equal(input.array, array_of(other))


@numpy_names
def any(input: Any, dim: Dim = None, keepdim: bool = False) -> Tensor:  # noqa: A001 - PyTorch's name
    """Return whether some entry over ``dim`` is other than zero."""
    if is_traced(input):
        return truth.any(input, _axes(input, dim), keepdim)
    return untracked(np.any(input.array, axis=_axes(input, dim), keepdims=keepdim), input)


@numpy_names
def all(input: Any, dim: Dim = None, keepdim: bool = False) -> Tensor:  # noqa: A001 - PyTorch's name
    """Return whether every entry over ``dim`` is other than zero."""
    if is_traced(input):
        return truth.all(input, _axes(input, dim), keepdim)
    return untracked(np.all(input.array, axis=_axes(input, dim), keepdims=keepdim), input)


def count_nonzero(input: Any, dim: Dim = None) -> Tensor:
    """Return how many entries over ``dim`` are other than zero."""
    return untracked(np.count_nonzero(input.array, axis=_axes(input, dim)), input)


def nonzero(input: Any, *, as_tuple: bool = False) -> Any:
    """Return the indices of the entries other than zero as rows, or one vector of them for each dimension."""
    found = np.nonzero(np.atleast_1d(input.array))
    if as_tuple:
        return tuple(untracked(each, input) for each in found)
    rows = np.stack(found[: input.array.ndim], axis=-1) if input.array.ndim else np.zeros((len(found[0]), 0), np.int64)
    return untracked(rows, input)


def argwhere(input: Any) -> Tensor:
    """Return the indices of the entries other than zero as rows."""
    found: Tensor = nonzero(input)
    return found


def isin(elements: Any, test_elements: Any, *, invert: bool = False) -> Tensor:
    """Return whether each entry is among others."""
    kind = type(elements) if isinstance(elements, Variable) else type(test_elements)
    return kind.wrap(np.isin(array_of(elements), array_of(test_elements), invert=invert))


__all__ = [
    "all",
    "allclose",
    "any",
    "argwhere",
    "count_nonzero",
    "equal",
    "isclose",
    "isfinite",
    "isin",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "nonzero",
    "signbit",
]
