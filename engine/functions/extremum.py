"""Largest and smallest entries over dimensions, and running ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .. import ops
from ..ops.extremum import places_of_running
from ..variable import untracked
from .arguments import Dim, axes_of, numpy_names
from .sorting import Selection

if TYPE_CHECKING:
    from ..tensor import Tensor


class CummaxResult(Selection):
    """What ``cummax`` returns."""


class CumminResult(Selection):
    """What ``cummin`` returns."""


class AminmaxResult(NamedTuple):
    """What ``aminmax`` returns."""

    min: Any
    max: Any


def _all_for_none(dim: Dim) -> Any:
    """Return axes, of which none stand for all, as in PyTorch."""
    return None if dim == () else axes_of(dim)


@numpy_names
def amax(input: Any, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Return the largest entries over ``dim``, among which ties share a derivative."""
    return ops.amax(input, axis=_all_for_none(dim), keepdims=keepdim)


@numpy_names
def amin(input: Any, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Return the smallest entries over ``dim``, among which ties share a derivative."""
    return ops.amin(input, axis=_all_for_none(dim), keepdims=keepdim)


def aminmax(input: Any, *, dim: int | None = None, keepdim: bool = False) -> AminmaxResult:
    """Return the smallest and the largest entries over ``dim``."""
    return AminmaxResult(amin(input, dim, keepdim), amax(input, dim, keepdim))


def cummax(input: Any, dim: int) -> CummaxResult:
    """Return the largest of all entries along ``dim`` up to each, and where the latest of those stands."""
    return CummaxResult(*_running(ops.cumulative_max, input, dim))


def cummin(input: Any, dim: int) -> CumminResult:
    """Return the smallest of all entries along ``dim`` up to each, and where the latest of those stands."""
    return CumminResult(*_running(ops.cumulative_min, input, dim))


def _running(op: Any, input: Any, dim: int) -> tuple[Any, Any]:
    values = op(input, axis=dim)
    return values, untracked(places_of_running(input.array, values.array, dim), input)


__all__ = [
    "amax",
    "amin",
    "aminmax",
    "cummax",
    "cummin",
]
