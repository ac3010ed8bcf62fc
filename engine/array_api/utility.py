"""Whether all or some entries are true, and differences of neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..functions import differences, predicates
from .arguments import NUMERIC, Axis, array, arrays

if TYPE_CHECKING:
    from ..tensor import Tensor


def all(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:  # noqa: A001 - the standard's name
    """Return whether every entry over ``axis`` is other than zero."""
    return predicates.all(array("all", x), axis, keepdims)


def any(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:  # noqa: A001 - the standard's name
    """Return whether some entry over ``axis`` is other than zero."""
    return predicates.any(array("any", x), axis, keepdims)


def diff(
    x: Tensor, /, *, axis: int = -1, n: int = 1, prepend: Tensor | None = None, append: Tensor | None = None
) -> Tensor:
    """Return the ``n``-th differences of neighbours along ``axis``, with what is put in front and behind."""
    given = [each for each in (x, prepend, append) if each is not None]
    parts = iter(arrays("diff", *given, kinds=NUMERIC))
    first = next(parts)
    before = None if prepend is None else next(parts)
    behind = None if append is None else next(parts)
    return differences.diff(first, n, axis, before, behind)


__all__ = ["all", "any", "diff"]
