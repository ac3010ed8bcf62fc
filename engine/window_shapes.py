"""Shape rules of what slides windows over an argument: see :mod:`gradproof.engine.shapes`."""

# ruff: noqa: ARG002, D102 - all rules take the same arguments, and the base class documents them

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.errors import ArgumentError, ShapeError

from .shapes import Batched, Parameters, Shape, ShapeRule
from .windows import Pairs, Windows

#: (kernel size, stride, padding, dilation) by the number of dimensions, simplest first.
_SAMPLES: dict[int, tuple[tuple[Shape, Shape, Pairs, Shape], ...]] = {
    1: (
        ((2,), (1,), ((0, 0),), (1,)),
        ((1,), (2,), ((0, 0),), (1,)),
        ((2,), (2,), ((1, 1),), (1,)),
        ((2,), (1,), ((1, 0),), (2,)),
        ((3,), (1,), ((1, 1),), (1,)),
    ),
    2: (
        ((2, 2), (1, 1), ((0, 0), (0, 0)), (1, 1)),
        ((1, 2), (2, 1), ((0, 0), (0, 0)), (1, 1)),
        ((2, 1), (1, 1), ((1, 0), (0, 0)), (2, 1)),
        ((2, 2), (2, 1), ((1, 1), (0, 1)), (1, 1)),
    ),
    3: (
        ((1, 1, 2), (1, 1, 1), ((0, 0), (0, 0), (0, 0)), (1, 1, 1)),
        ((2, 1, 2), (1, 2, 1), ((1, 0), (0, 0), (0, 1)), (1, 1, 1)),
        ((1, 2, 1), (2, 1, 1), ((0, 0), (1, 1), (0, 0)), (1, 2, 1)),
    ),
}


def _samples(sizes: Shape) -> list[Windows]:
    """Return windows that fit into dimensions of these sizes."""
    candidates = [Windows(*each) for each in _SAMPLES.get(len(sizes), ())]
    return [each for each in candidates if all(sizes) and all(map(int.__le__, each.spans, each.padded(sizes)))]


def _as_parameters(windows: Windows) -> Parameters:
    return {
        "kernel_size": windows.kernel_size,
        "stride": windows.stride,
        "padding": windows.padding,
        "dilation": windows.dilation,
    }


def _check_sizes(shape: Shape, rank: int) -> Shape:
    """Return the last sizes of a shape that windows slide over, before which there is at least one more."""
    if len(shape) <= rank:
        raise ShapeError(f"windows over {rank} dimensions need at least {rank + 1}, but the shape is {shape}")
    return shape[len(shape) - rank :]


@dataclass(frozen=True)
class Unfolding(ShapeRule):
    """An argument with channels and dimensions that windows slide over, which become one dimension each."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        (shape,), windows = shapes, Windows(**params)
        sizes = _check_sizes(shape, windows.rank)
        (*lead, channels) = shape[: -windows.rank]
        return (*lead, channels * math.prod(windows.kernel_size), math.prod(windows.counts(sizes)))

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        ranks = [rank for rank in _SAMPLES if len(shape) > rank]
        return [_as_parameters(each) for rank in ranks for each in _samples(shape[len(shape) - rank :])]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        return Batched(shapes, params)


@dataclass(frozen=True)
class Folding(ShapeRule):
    """The transpose of :class:`Unfolding`: windows added into dimensions of ``output_size``."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        (shape,), sizes = shapes, tuple(params.pop("output_size"))
        windows = Windows(**params)
        if len(shape) < 2:
            raise ShapeError(f"windows have at least two dimensions, entries and windows, but the shape is {shape}")
        (*lead, rows, count), each = shape, math.prod(windows.kernel_size)
        if rows % each or count != math.prod(windows.counts(sizes)):
            raise ShapeError(
                f"over {sizes} there are {windows.counts(sizes)} windows of {each} entries per channel, "
                f"which shape {shape} does not hold"
            )
        return (*lead, rows // each, *sizes)

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        if len(shape) < 2:
            return []
        found = [
            {"output_size": sizes, **_as_parameters(windows)}
            for sizes in ((2,), (3,), (4,), (2, 2), (3, 2), (1, 2, 2))
            for windows in _samples(sizes)
            if math.prod(windows.counts(sizes)) == shape[-1] and not shape[-2] % math.prod(windows.kernel_size)
        ]
        return found[:6]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        return Batched(shapes, params)


@dataclass(frozen=True)
class Pooling(ShapeRule):
    """An argument of which each window over the last ``rank`` dimensions becomes one entry.

    Each window holds an entry that is no padding. What is ``counted`` of the padding is a parameter of averages.
    """

    rank: int
    counts: bool = False

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        (shape,) = shapes
        windows = Windows(*(params[name] for name in ("kernel_size", "stride", "padding", "dilation")))
        sizes = _check_sizes(shape, self.rank)
        counts = windows.counts(sizes)
        real = windows.view(np.broadcast_to(np.int8(1), sizes), 0)
        if not real.any(axis=tuple(range(-self.rank, 0))).all():
            raise ShapeError(f"a window lies in the padding {windows.padding} alone, beside dimensions of {sizes}")
        return (*shape[: -self.rank], *counts)

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        if len(shape) <= self.rank:
            return []
        fitting = [
            _as_parameters(each) for each in _samples(shape[len(shape) - self.rank :]) if self._fits(shape, each)
        ]
        if not self.counts:
            return fitting
        none = ((0, 0),) * self.rank
        plain = [each for each in fitting if set(each["dilation"]) == {1}]
        return [
            {**each, "counted": counted, "divisor": divisor}
            for each, divisor in itertools.product(plain, (None, 3))
            for counted in dict.fromkeys((none, each["padding"]))
            if divisor is None or counted == none
        ]

    def _fits(self, shape: Shape, windows: Windows) -> bool:
        try:
            self.result(shape, **_as_parameters(windows))
        except ShapeError:
            return False
        return True

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        return Batched(shapes, params)


@dataclass(frozen=True)
class Convolution(ShapeRule):
    """An argument of (channels, sizes), or more of them, and a weight of (channels out, channels per group, sizes).

    A transposed convolution's weight is one of (channels, channels out per group, sizes). Of a convolution the windows
    lie in the argument, of its transpose in the result.
    """

    rank: int
    transposed: bool = False

    def windows(self, weight: Shape, params: Parameters) -> Windows:
        """Return the windows of a call."""
        return Windows(weight[2:], params["stride"], params["padding"], params["dilation"])

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        (x, weight), groups = shapes, params["groups"]
        if len(x) not in (self.rank + 1, self.rank + 2) or len(weight) != self.rank + 2:
            raise ShapeError(
                f"the input has {self.rank + 1} or {self.rank + 2} dimensions and the weight {self.rank + 2}, "
                f"but their shapes are {x} and {weight}"
            )
        channels, sizes = x[-self.rank - 1], x[-self.rank :]
        own, other = (channels, weight[0]) if self.transposed else (channels, weight[1] * groups)
        if own != other or weight[0] % groups:
            raise ShapeError(f"{channels} channels in {groups} groups do not fit a weight of shape {weight}")
        windows = self.windows(weight, params)
        if not self.transposed:
            return (*x[: -self.rank - 1], weight[0], *windows.counts(sizes))
        return (*x[: -self.rank - 1], weight[1] * groups, *self.sizes_out(sizes, windows, params["output_padding"]))

    def sizes_out(self, sizes: Shape, windows: Windows, extra: Shape) -> Shape:
        """Return the sizes of the result of a transposed convolution."""
        if any(more >= max(step, 1) for more, step in zip(extra, windows.stride, strict=True)):
            raise ArgumentError(f"output_padding {extra} must be smaller than the stride {windows.stride}")
        found = tuple(
            (n - 1) * step + span - before - after + more
            for n, step, span, (before, after), more in zip(
                sizes, windows.stride, windows.spans, windows.padding, extra, strict=True
            )
        )
        if min(found) < 1 or not all(sizes):
            raise ShapeError(f"sizes {sizes} give a result of sizes {found}, of which none may be below 1")
        return found

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        if len(shape) not in (self.rank + 1, self.rank + 2) or 0 in shape:
            return []
        one, none = (1,) * self.rank, ((0, 0),) * self.rank
        two, some = (2,) * self.rank, ((1, 0),) * self.rank
        found: list[Parameters] = [
            {"stride": one, "padding": none, "dilation": one, "groups": 1},
            {"stride": two, "padding": some, "dilation": one, "groups": 1},
            {"stride": one, "padding": some, "dilation": two, "groups": 1},
            {"stride": one, "padding": none, "dilation": one, "groups": 2},
        ]
        if self.transposed:
            found = [{**each, "output_padding": tuple(n - 1 for n in each["stride"])} for each in found]
        return [params for params in found if self._pairs(shape, params)]

    def _pairs(self, shape: Shape, params: Parameters) -> bool:
        return any(self.partners(slot, shape, **params) for slot in (0, 1))

    def partners(self, slot: int, shape: Shape, /, **params: Any) -> Sequence[tuple[Shape, ...]]:
        pairs = self._by_input(shape, **params) if slot == 0 else self._by_weight(shape, **params)
        return [pair for pair in pairs if self._fits(*pair, **params)]

    def _by_input(self, shape: Shape, **params: Any) -> list[tuple[Shape, Shape]]:
        groups = params["groups"]
        channels = shape[-self.rank - 1]
        kernels: list[Shape] = [(2,) * self.rank, (1,) * self.rank, (*(1,) * (self.rank - 1), 2)]
        ends = (groups, 2 * groups) if not self.transposed else (channels, channels)
        inner = 1 if self.transposed else channels // groups
        weights = [(out, inner, *kernel) for kernel in dict.fromkeys(kernels) for out in dict.fromkeys(ends)]
        return [(shape, weight) for weight in weights]

    def _by_weight(self, shape: Shape, **params: Any) -> list[tuple[Shape, Shape]]:
        if len(shape) != self.rank + 2:
            return []
        channels = shape[0] if self.transposed else shape[1] * params["groups"]
        sizes = self.windows(shape, params).spans
        longer = (sizes[0] + 1, *sizes[1:])
        return [((channels, *each), shape) for each in (sizes, longer)] + [((2, channels, *sizes), shape)]

    def _fits(self, x: Shape, weight: Shape, **params: Any) -> bool:
        try:
            self.result(x, weight, **params)
        except ShapeError:
            return False
        return 0 not in weight
