"""Finite differences: the second opinion.

Central differences over a ladder of steps, extrapolated (Richardson 1911; the tableau and its error estimate after
Ridders, "Accurate computation of F'(x) and F'(x) F''(x)", Advances in Engineering Software 4(2), 1982), on the
target's own forward. It returns a value and an error estimate, and is never the judge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from gradproof.exact import Array

Forward = Callable[[Sequence[Array]], list[Array]]

#: Steps relative to the scale of the entry: from large, where truncation rules, to small, where rounding does.
LADDER = 2.0 ** -np.arange(4, 25, 4)


@dataclass(frozen=True, eq=False)
class Difference:
    """The Jacobian of one output by one input, in float64: ``values`` and ``errors`` have shape (outputs, entries).

    An error of infinity says that no step gave a finite difference.
    """

    values: Array
    errors: Array


def differences(forward: Forward, inputs: Sequence[Array], leaf: int) -> list[Difference]:
    """Differentiate every output by the entries of input number ``leaf``: one result per output."""
    with np.errstate(all="ignore"):
        base = forward(inputs)
        columns = [_column(forward, inputs, leaf, place, base) for place in np.ndindex(*inputs[leaf].shape)]
    return [_stack([column[k] for column in columns], output.size) for k, output in enumerate(base)]


def _stack(columns: list[tuple[Array, Array]], rows: int) -> Difference:
    if not columns:
        return Difference(np.zeros((rows, 0)), np.zeros((rows, 0)))
    return Difference(
        np.stack([value for value, _ in columns], axis=1), np.stack([error for _, error in columns], axis=1)
    )


def _column(
    forward: Forward, inputs: Sequence[Array], leaf: int, place: tuple[int, ...], base: list[Array]
) -> list[tuple[Array, Array]]:
    """Differentiate by one entry: for each output its flat derivatives and their error estimates."""
    x = inputs[leaf]
    steps = LADDER * max(abs(float(x[place])), _least_scale(x.dtype))
    quotients = [_quotient(forward, inputs, leaf, place, step) for step in steps]
    unit = np.finfo(x.dtype).eps / 2
    return [
        extrapolate(
            np.stack([quotient[k] for quotient in quotients]), steps, unit * np.abs(output.astype(np.float64)).ravel()
        )
        for k, output in enumerate(base)
    ]


def _least_scale(dtype: np.dtype[np.generic]) -> float:
    """Return the scale of an entry that is zero or tiny: such a one is moved by a fixed amount."""
    return 2.0**-10 if dtype == np.float64 else 2.0**-4


def _quotient(forward: Forward, inputs: Sequence[Array], leaf: int, place: tuple[int, ...], step: float) -> list[Array]:
    """Return the central difference quotient of every output, with the step that was really taken."""
    ends, places = [], []
    for signed in (step, -step):
        moved = np.array(inputs[leaf])
        moved[place] += signed
        places.append(float(moved[place]))
        ends.append(forward([moved if i == leaf else each for i, each in enumerate(inputs)]))
    width = places[0] - places[1]
    return [(up.astype(np.float64) - down).ravel() / width for up, down in zip(*ends, strict=True)]


def extrapolate(quotients: Array, steps: Array, noise: Array) -> tuple[Array, Array]:
    """Return the best entry of Ridders' tableau, column by column, and its estimated error.

    ``quotients`` has one row per step; ``noise`` is the rounding error of one forward value.
    """
    ratio = (steps[0] / steps[1]) ** 2
    best = np.full(quotients.shape[1], np.nan)
    least = np.full(quotients.shape[1], np.inf)
    previous: list[Array] = []
    for quotient, step in zip(quotients, steps, strict=True):
        floor = 2 * noise / step
        row, factor = [quotient], 1.0
        for older in previous:
            factor *= ratio
            row.append(row[-1] + (row[-1] - older) / (factor - 1))
            error = np.maximum(np.abs(row[-1] - row[-2]), np.abs(row[-1] - older)) + floor
            better = np.isfinite(row[-1]) & (error < least)
            best, least = np.where(better, row[-1], best), np.where(better, error, least)
        previous = row
    return best, least
