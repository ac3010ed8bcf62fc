"""What a mutation operator is, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from gradproof.engine.backward import fit
from gradproof.engine.op import Op, Rule
from gradproof.exact import Array

from ..conduct import Misdeed

#: What an operator without a size of its own must change to count, relative to the largest entry of the gradient.
LEAST = {"float64": 1e-11, "float32": 1e-4, "float16": 1e-1}


def dtypes_for(size: float) -> tuple[str, ...]:
    """Return the dtypes in which a relative error of this size counts: float64 always, and where it is large enough."""
    return tuple(dtype for dtype, least in LEAST.items() if dtype == "float64" or size >= least)


@dataclass(frozen=True, eq=False)
class Pull:
    """One call of a VJP rule: the op, the argument's number, and what the sweep hands over."""

    op: Op
    slot: int
    rule: Rule
    ct: Any
    y: Any
    args: tuple[Any, ...]
    params: Mapping[str, Any]

    def by(self, *, ct: Any = None, y: Any = None, args: Sequence[Any] | None = None) -> Any:
        """Return what the right rule makes of another cotangent, result or arguments."""
        return self.rule(self.ct if ct is None else ct, self.y if y is None else y, *(args or self.args), **self.params)

    @cached_property
    def raw(self) -> Any:
        """What the right rule returns: of the argument's shape, or of the result's, to be summed by the sweep."""
        return self.by()

    @property
    def x(self) -> Array:
        """The argument."""
        return self.args[self.slot]

    @cached_property
    def right(self) -> Array:
        """The right cotangent, of the argument's shape and dtype."""
        return fit(self.raw, self.x.shape, self.x.dtype)

    def with_argument(self, slot: int, value: Any) -> tuple[Any, ...]:
        """Return the arguments with another one in place of number ``slot``."""
        return (*self.args[:slot], value, *self.args[slot + 1 :])


@dataclass(frozen=True)
class Verbatim:
    """A cotangent that the sweep must pass on as it is, of whatever shape and dtype; None for nothing at all."""

    cotangent: Array | None

    #: It has no shape and no dtype, so that the sweep hands it to where these are mended.
    shape: ClassVar[None] = None
    dtype: ClassVar[None] = None


@dataclass(frozen=True, eq=False)
class Operator:
    """A mutation operator.

    One of three says what it does: ``corrupt`` returns a wrong cotangent; ``forward`` returns another result of a node,
    given its arguments and the right one; ``sweep`` opens a context in which the sweep is another one. ``applies`` says
    to which ops it can be put. ``size`` is the relative error that it makes, None where that depends on the case.
    ``dtypes`` are those in which it is more than rounding. ``misdeed`` is what it does beside, or instead of, returning
    wrong numbers.
    """

    name: str
    meaning: str
    corrupt: Callable[[Pull], Any] | None = None
    applies: Callable[[Op], bool] = lambda op: True
    size: float | None = None
    dtypes: tuple[str, ...] = tuple(LEAST)
    forward: Callable[[Sequence[Any], Any], Any] | None = None
    sweep: Callable[[], AbstractContextManager[None]] | None = field(default=None, repr=False)
    misdeed: Misdeed | None = None

    def least(self, dtype: str) -> float:
        """Return how far a gradient must be off to count, relative to its largest entry."""
        return LEAST[dtype] if self.size is None else self.size
