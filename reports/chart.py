"""The V-curve as a picture: where its lines, ticks and labels lie in the drawing, in units of the viewBox."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .record import StepCurve

WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 616, 14, 272

#: A label begins so far to the right of the first point of its line, and its baseline is so far below it.
BESIDE, BELOW = 8, 5

#: Ticks stand at every fourth power of ten.
DECADES = 4


@dataclass(frozen=True)
class Tick:
    """A power of ten on an axis: its exponent, and where it is."""

    exponent: int
    at: float


@dataclass(frozen=True)
class Line:
    """The median of one dtype: pieces of points as SVG writes them, where its label begins, and the best step."""

    dtype: str
    pieces: list[str]
    x: float
    y: float
    step: float
    error: float


@dataclass(frozen=True)
class Chart:
    """A drawing with two logarithmic axes."""

    lines: list[Line]
    across: list[Tick]
    upward: list[Tick]


@dataclass(frozen=True)
class _Axis:
    """A logarithmic axis between two powers of ten, drawn from ``start`` to ``end``."""

    low: int
    high: int
    start: float
    end: float

    @classmethod
    def over(cls, values: Iterable[float], start: float, end: float) -> _Axis:
        """Return the axis that has room for all values and for 1."""
        logarithms = [math.log10(value) for value in values if value > 0.0]
        low = DECADES * math.floor(min([-1.0, *logarithms]) / DECADES)
        high = DECADES * math.ceil(max([0.0, *logarithms]) / DECADES)
        return cls(low, high, start, end)

    def at(self, value: float) -> float:
        """Return where a value lies; zero lies at the low end."""
        place = math.log10(value) if value > 0.0 else self.low
        return round(self.start + (place - self.low) / (self.high - self.low) * (self.end - self.start), 1)

    @property
    def ticks(self) -> list[Tick]:
        """The powers of ten that are marked."""
        return [Tick(exponent, self.at(10.0**exponent)) for exponent in range(self.low, self.high + 1, DECADES)]


def chart(curves: Sequence[StepCurve]) -> Chart | None:
    """Return the drawing of the medians, None where there is none."""
    points = [(curve.dtype, _points(curve)) for curve in curves]
    drawn = [(dtype, each) for dtype, each in points if any(error is not None for _, error in each)]
    if not drawn:
        return None
    across = _Axis.over((step for _, each in drawn for step, _ in each), LEFT, RIGHT)
    upward = _Axis.over((error for _, each in drawn for _, error in each if error is not None), BOTTOM, TOP)
    return Chart([_line(dtype, each, across, upward) for dtype, each in drawn], across.ticks, upward.ticks)


def _points(curve: StepCurve) -> list[tuple[float, float | None]]:
    return list(zip(curve.steps, curve.median, strict=True))


def _line(dtype: str, points: Sequence[tuple[float, float | None]], across: _Axis, upward: _Axis) -> Line:
    pieces: list[list[str]] = [[]]
    for step, error in points:
        if error is None:
            pieces.append([])
        else:
            pieces[-1].append(f"{across.at(step)},{upward.at(error)}")
    known = [(error, step) for step, error in points if error is not None]
    (first_error, first_step), (error, step) = known[0], min(known)
    label = across.at(first_step) + BESIDE, upward.at(first_error) + BELOW
    return Line(dtype, [" ".join(each) for each in pieces if each], *label, step, error)
