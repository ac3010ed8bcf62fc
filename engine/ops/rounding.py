"""Step functions: integer-valued, constant between their jumps. The derivative is 0, and at a jump taken as 0."""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.budget import EXACT

from ..domain import REAL
from ..op import Function, define
from ..shapes import Elementwise
from .selection import where


def _flat(ct: Any, y: Any, x: Any) -> Any:
    """Return zeros, also where ``ct`` is not finite."""
    return where(np.False_, ct, 0.0)


def _step(name: str, forward: Any, node: str, jumps: tuple[float, ...]) -> Function:
    return define(
        name, forward=forward, vjp=_flat, shape=Elementwise(1), domain=(REAL,), kinks=(jumps,), budget=EXACT, node=node
    )


floor = _step("floor", np.floor, "FloorBackward0", (-2.0, -1.0, 0.0, 1.0))
ceil = _step("ceil", np.ceil, "CeilBackward0", (-2.0, -1.0, 0.0, 1.0))
trunc = _step("trunc", np.trunc, "TruncBackward0", (-2.0, -1.0, 1.0, 2.0))
round = _step("round", np.rint, "RoundBackward0", (-1.5, -0.5, 0.5, 1.5))  # noqa: A001 - the array API's name
sign = _step("sign", np.sign, "SignBackward0", (0.0,))

__all__ = [
    "ceil",
    "floor",
    "round",
    "sign",
    "trunc",
]
