"""Entries in order along an axis, and the places that they came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import ops
from ..functions import ranking
from .arguments import NUMERIC, array

if TYPE_CHECKING:
    from ..tensor import Tensor


def argsort(
    x: Tensor,
    /,
    *,
    axis: int = -1,
    descending: bool = False,
    stable: bool = True,  # noqa: ARG001 - every sort is stable
) -> Tensor:
    """Return the places of the entries in order along ``axis``; equal entries keep theirs."""
    return ranking.argsort(array("argsort", x, NUMERIC), axis, descending)


def sort(
    x: Tensor,
    /,
    *,
    axis: int = -1,
    descending: bool = False,
    stable: bool = True,  # noqa: ARG001 - every sort is stable
) -> Tensor:
    """Return the entries in order along ``axis``; equal ones keep theirs, so that each has its own derivative."""
    return ops.sort(array("sort", x, NUMERIC), axis=axis, descending=descending)


__all__ = ["argsort", "sort"]
