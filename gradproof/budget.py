"""The budget of an op: the rounding errors that a sound implementation of it may commit.

Plain data, so that the record of an op can state it and the oracle can apply it without knowing each other.
Let ``u`` be the unit roundoff of the dtype (2^-53 for float64, 2^-24 for float32, 2^-11 for float16) and
``gamma_n = n u / (1 - n u)``.
``docs/tolerance.md`` derives what follows from it.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any


class Form(enum.Enum):
    """How the admitted error is measured."""

    EXACT = "exact"
    CORRECTLY_ROUNDED = "correctly rounded"
    POINTWISE = "pointwise"
    SUMMATION = "summation"
    PRODUCT = "product"
    CENTRED = "centred"
    NORMWISE = "normwise"
    BACKWARD = "backward error"


@dataclass(frozen=True)
class Budget:
    """A form and its sizes.

    ``arguments``: the op may return its value at arguments moved by this many ``u`` (a backward error), relatively, or
    in the normwise form relatively to the norm of the matrix that the entry is in: one number per argument, the last
    one standing for all further ones.
    ``forward``: the result may be off by this many ``u``, relatively, and by as many underflow units (a forward error).
    ``vjp``: so may each product of a cotangent, before any sums that un-broadcast it.
    ``jointly``: in the normwise form, the norm of so many first arguments is that of all of them together.
    ``whole``: in the normwise form, the result may also be off by this many ``u`` of the largest entry of its matrix.
    ``flushes``: numbers below the smallest normal one may be taken for zero, arguments and results, in every form; that
    is then the underflow unit, in place of the smallest subnormal number.
    Sums of n terms inside the op, or made by the sweep, may be off by ``gamma_n sum abs(terms)`` in every form.

    In the product, centred and normwise form some sizes are per entry that the op combines, and for a backward error
    they are per operation: see :meth:`at`.
    """

    form: Form
    forward: float = 0.0
    vjp: float = 0.0
    arguments: tuple[float, ...] = (0.0,)
    whole: float = 0.0
    jointly: int = 0
    flushes: bool = False

    def at(self, shapes: Sequence[tuple[int, ...]], params: Mapping[str, Any]) -> Budget:
        """Return the budget of one call, whose arguments have these shapes: sizes per entry times their number.

        A product multiplies, and a centred op subtracts the mean of, the entries of the first argument along the
        parameter ``axis``, of all axes where that is None; a normwise op counts the rows or columns of the matrices
        that are moved, whichever are most. A backward error counts the parameter ``operations``.
        """
        if self.form is Form.BACKWARD:
            count = params["operations"]
            return replace(self, vjp=count * self.vjp, arguments=tuple(count * size for size in self.arguments))
        if self.form is Form.PRODUCT:
            count = _entries(shapes[0], params["axis"])
            return replace(self, forward=count * self.forward, vjp=count * self.vjp)
        if self.form in (Form.CENTRED, Form.NORMWISE):
            is_centred = self.form is Form.CENTRED
            count = _entries(shapes[0], params["axis"]) if is_centred else self._largest_side(shapes)
            arguments = tuple(count * size for size in self.arguments)
            return replace(self, arguments=arguments, whole=count * self.whole)
        return self

    def _largest_side(self, shapes: Sequence[tuple[int, ...]]) -> int:
        return max(max(shape[-2:]) for shape, size in zip(shapes, self.arguments, strict=False) if size)

    def __str__(self) -> str:
        sizes = {"": "", "result": self.forward, "VJP": self.vjp}
        if self.form is Form.PRODUCT:
            return f"product, γ({_per_entry(self.forward)}); VJP γ({_per_entry(self.vjp)})"
        if self.form is Form.CENTRED:
            sizes[""] = f", γ({_per_entry(self.arguments[0])})"
        elif self.form is Form.NORMWISE:
            own = f", result {_per_entry(self.whole)} u max|Y|" if self.whole else ""
            norm = "max|A, B|" if self.jointly else "max|A|"
            sizes[""] = f", {_per_entry(self.arguments[0])} u {norm}{own}"
        elif self.form is Form.POINTWISE:
            fixed = [str(slot) for slot, size in enumerate(self.arguments) if not size]
            return f"pointwise, {self.forward / 2:g} ulp" + (
                f"; argument {', '.join(fixed)} not moved" if fixed else ""
            )
        elif self.form is Form.CORRECTLY_ROUNDED:
            del sizes["result"]
        beginning = f"{self.form.value}{sizes.pop('')}"
        return "; ".join([beginning, *(f"{name} {size:g} u" for name, size in sizes.items() if size)])


def _entries(shape: tuple[int, ...], axis: int | tuple[int, ...] | None) -> int:
    """Return how many entries lie along the axes."""
    if axis is None:
        return math.prod(shape)
    return math.prod(shape[i] for i in ((axis,) if isinstance(axis, int) else axis))


def _per_entry(size: float) -> str:
    return "n" if size == 1 else f"{size:g}n"


EXACT = Budget(Form.EXACT)


def correctly_rounded(*, vjp: float) -> Budget:
    """Return the budget of an op within half an ulp whose cotangents take ``vjp`` roundings."""
    return Budget(Form.CORRECTLY_ROUNDED, forward=1, vjp=vjp)


def pointwise(ulps: float, *, moved: tuple[bool, ...] = (True,)) -> Budget:
    """Return the mixed forward-backward budget ``k 2u (abs(f) + sum_j abs(a_j df/da_j))``, ``k`` in ulps.

    The sum is over the arguments that are ``moved``; the last flag stands for all further ones.
    """
    size = 2 * ulps
    return Budget(Form.POINTWISE, forward=size, vjp=size, arguments=tuple(size * flag for flag in moved))


def summation(*, forward: float = 0, vjp: float = 0) -> Budget:
    """Return the budget of a sum or contraction, with further roundings of the result and of each cotangent."""
    return Budget(Form.SUMMATION, forward=forward, vjp=vjp)


def product(*, forward: float = 1, vjp: float = 2) -> Budget:
    """Return the relative budget ``gamma_kn`` of a product of n factors, ``k`` being ``forward`` and ``vjp``.

    A product takes n - 1 roundings. A term of its VJP takes as many, and where n such terms are summed, n - 1 more.
    """
    return Budget(Form.PRODUCT, forward=forward, vjp=vjp)


def centred(*, forward: float, vjp: float) -> Budget:
    """Return the budget of a function of the differences from a mean of n entries, carried on by ``forward`` roundings.

    Each difference may be off by ``gamma_n (abs(x) + mean abs(x))``: what entries moved by ``gamma_n`` give.
    """
    return Budget(Form.CENTRED, forward=forward, vjp=vjp, arguments=(1,))


def normwise(
    factor: float,
    *,
    forward: float,
    vjp: float,
    moved: tuple[bool, ...] = (True,),
    whole: float = 0,
    jointly: int = 0,
) -> Budget:
    """Return the budget of an op on n x n matrices, which may be moved by ``factor n u max|A|`` in every entry.

    The norm is the largest entry of the matrix, relative to which elimination with partial pivoting grows (Higham,
    *Accuracy and Stability*, section 9.3). Arguments that are not ``moved`` are no matrices of the factorisation.
    Vectors that are orthonormal but for rounding errors are off by ``whole n u`` of their largest entry besides
    (section 19.3). The first matrices are moved ``jointly`` where their largest entry counts for each of them: the
    residual of an equation ``A X + X B = Q`` is as large as both norms make it (section 16.1).
    """
    return Budget(Form.NORMWISE, forward, vjp, tuple(factor * flag for flag in moved), whole, jointly)
