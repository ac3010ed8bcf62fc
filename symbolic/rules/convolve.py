"""Convolutions of sequences."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..program import Definition, Term, contract, move


def _starts_at(short: int, mode: str) -> int:
    return {"full": 0, "same": (short - 1) // 2, "valid": short - 1}[mode]


def _convolve(a: Term, b: Term, *, mode: str) -> Term:
    """Multiply by the matrix of Toeplitz that has entry ``k - i`` of the first sequence at (k, i)."""
    short, long = sorted([a.shape[-1], b.shape[-1]])
    count = {"full": short + long - 1, "same": long, "valid": long - short + 1}[mode]

    def toeplitz(x: Any) -> Any:
        rows, columns = np.ogrid[:count, : b.shape[-1]]
        place = rows + _starts_at(short, mode) - columns
        return np.where((place >= 0) & (place < x.shape[-1]), np.take(x, place, axis=-1, mode="clip"), -1)

    return move(lambda x: x[..., 0], contract(move(toeplitz, a), move(lambda x: x[..., np.newaxis], b)))


RULES: dict[str, Definition] = {
    "convolve": _convolve,
}
