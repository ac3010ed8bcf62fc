"""The budget of an op: the rounding errors that a sound implementation of it may commit.

Plain data, so that the record of an op can state it and the oracle can apply it without knowing each other.
Let ``u`` be the unit roundoff of the dtype (2^-53 for float64, 2^-24 for float32).
``docs/tolerance.md`` derives what follows from it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Form(enum.Enum):
    """How the admitted error is measured."""

    EXACT = "exact"
    CORRECTLY_ROUNDED = "correctly rounded"
    POINTWISE = "pointwise"
    SUMMATION = "summation"


@dataclass(frozen=True)
class Budget:
    """A form and its sizes.

    ``arguments``: the op may return its value at arguments moved by this many ``u``, relatively (a backward error):
    one number per argument, the last one standing for all further ones.
    ``forward``: the result may be off by this many ``u``, relatively, and by as many underflow units (a forward error).
    ``vjp``: so may each product of a cotangent, before any sums that un-broadcast it.
    Sums of n terms inside the op, or made by the sweep, may be off by ``gamma_n sum abs(terms)`` in every form.
    """

    form: Form
    forward: float = 0.0
    vjp: float = 0.0
    arguments: tuple[float, ...] = (0.0,)

    def __str__(self) -> str:
        if self.form is Form.POINTWISE:
            return f"pointwise, {self.forward / 2:g} ulp"
        return self.form.value


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
