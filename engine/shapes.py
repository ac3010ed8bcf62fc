"""Shape rules: what shape an op returns, and which shapes and parameters fit together.

Each rule answers four questions. ``result``: the shape that comes out, or a ``ShapeError``. ``parameters``: the
legal values of the shape-dependent parameters for an argument of a given shape; none means that the op does not
take that shape. ``partners``: shapes for the other arguments, given that of one. These two are finite samples of
what fits, simplest first: a generator draws from them. ``batched``: how one call serves many points. A rule of an op
with an index among its arguments also tells how many ``places`` it may name.

Messages say what does not fit; the op and the call are added where one is made.
"""

# ruff: noqa: ARG002, D102 - all rules take the same arguments, and the base class documents them

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradproof.errors import DtypeError, OutOfRangeError, ShapeError

Shape = tuple[int, ...]
Parameters = dict[str, Any]
Marks = NDArray[np.bool_]


class Batched(NamedTuple):
    """A call of an op for a batch of points at once.

    ``shapes`` are what the arguments of one point are reshaped to, behind the axis of the batch; an argument whose
    shape is None has no such axis: it is the same for all points.
    """

    shapes: Sequence[Shape | None]
    params: Parameters


class ShapeRule:
    """The rule of a unary op that keeps the shape; the base of all others."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        """Return the result's shape. Raises ``ShapeError`` where the arguments do not fit."""
        return shapes[0]

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        """Return legal parameters for an argument of this shape."""
        return [{}]

    def partners(self, slot: int, shape: Shape, /, **params: Any) -> Sequence[tuple[Shape, ...]]:
        """Return shapes for all arguments, where the one at ``slot`` has this shape."""
        return [(shape,)]

    def places(self, slot: int, *shapes: Shape, **params: Any) -> int:
        """Return how many places the integers of an index argument may name: they count from 0."""
        raise NotImplementedError(f"{type(self).__name__} has no index among its arguments")

    def unreached(self, zero: Marks, shape: Shape, **params: Any) -> Marks:
        """Mark the entries of a pulled-back cotangent of ``shape`` that depend on entries marked ``zero`` alone.

        The answer broadcasts to ``shape``. Here all entries depend on all; most rules know better.
        """
        return np.asarray(zero.all())

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        """Return the call that does for each point of a batch what the op does with arguments of these shapes.

        Its result may be of another shape, with the same entries in the same order. None: there is no such call.
        """
        return None


@dataclass(frozen=True)
class Elementwise(ShapeRule):
    """Any number of arguments that broadcast together."""

    arity: int = 1

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        return broadcast(*shapes)

    def partners(self, slot: int, shape: Shape, /, **params: Any) -> Sequence[tuple[Shape, ...]]:
        others = itertools.product(_broadcastable(shape), repeat=self.arity - 1)
        return [(*rest[:slot], shape, *rest[slot:]) for rest in others]

    def unreached(self, zero: Marks, shape: Shape, **params: Any) -> Marks:
        return zero if zero.shape == shape else super().unreached(zero, shape)

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        return Batched(_of_one_rank(shapes), params)


def _broadcastable(shape: Shape) -> list[Shape]:
    """Return shapes that broadcast with ``shape``: the same, a scalar, ones, fewer or more dimensions, both growing."""
    ones = [(*shape[:i], 1, *shape[i + 1 :]) for i in range(len(shape)) if shape[i] != 1]
    grown = [(*shape[:i], 2, *shape[i + 1 :]) for i in range(len(shape)) if shape[i] == 1]
    fewer = [shape[i:] for i in range(1, len(shape))]
    more = [(2, *shape)] if len(shape) < 3 else []
    crossed = tuple(2 if n == 1 else 1 for n in shape)
    both = [crossed if 1 in shape else (2, *crossed)] if 0 < len(shape) < 3 else []
    return list(dict.fromkeys([shape, (), *ones, *fewer, *grown, *more, *both]))


def broadcast(*shapes: Shape) -> Shape:
    """Return the shape that all of ``shapes`` broadcast to."""
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        sizes = ", ".join(map(str, shapes))
        raise ShapeError(f"shapes {sizes} do not broadcast; sizes, from the last on, must be equal or 1") from None


def expands_to(shape: Shape, other: Shape) -> bool:
    """Tell whether ``shape`` broadcasts to ``other`` as that is."""
    try:
        return np.broadcast_shapes(shape, other) == other
    except ValueError:
        return False


@dataclass(frozen=True)
class Reduction(ShapeRule):
    """One argument, ``axis`` None, an int or a tuple of ints, and ``keepdims``.

    ``tuples``: whether several axes are allowed; ``empty``: whether there may be nothing to reduce; ``least``: how many
    entries the reduction needs to be a function of them.
    """

    tuples: bool = True
    empty: bool = True
    least: int = 0

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        (shape,), axis = shapes, params["axis"]
        axes = normalise_axes(axis, len(shape))
        if params["keepdims"]:
            return tuple(1 if i in axes else size for i, size in enumerate(shape))
        return tuple(size for i, size in enumerate(shape) if i not in axes)

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        pairs = list(itertools.combinations(range(len(shape)), 2)) if self.tuples else []
        axes: list[Any] = [None, *range(len(shape)), *(range(-len(shape), 0)), *pairs]
        return [
            {"axis": axis, "keepdims": keepdims}
            for axis in axes
            for keepdims in (False, True)
            if self._suffices([shape[i] for i in normalise_axes(axis, len(shape))])
        ]

    def unreached(self, zero: Marks, shape: Shape, **params: Any) -> Marks:
        return zero.reshape(self.result(shape, axis=params["axis"], keepdims=True))

    def _suffices(self, sizes: Sequence[int]) -> bool:
        return (self.empty or all(sizes)) and math.prod(sizes) >= self.least

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        axes = normalise_axes(params["axis"], len(shapes[0]))
        return Batched(shapes, {**params, "axis": tuple(axis + 1 for axis in axes)})


@dataclass(frozen=True)
class AlongAxis(ShapeRule):
    """One argument that keeps its shape, worked on along one ``axis`` that is not empty."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        normalise_axes(params["axis"], len(shapes[0]))
        return shapes[0]

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        return [{"axis": axis} for axis in range(-len(shape), len(shape)) if shape[axis]]

    def unreached(self, zero: Marks, shape: Shape, **params: Any) -> Marks:
        return np.asarray(zero.all(axis=params["axis"], keepdims=True))

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        return Batched(shapes, _one_axis_later(params, len(shapes[0])))


@dataclass(frozen=True)
class Reshape(ShapeRule):
    """One argument and a ``shape`` of as many entries, of which one size may be -1."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        (old,), new = shapes, tuple(params["shape"])
        known = math.prod(n for n in new if n != -1)
        full = tuple(math.prod(old) // known if n == -1 and known else n for n in new)
        if new.count(-1) > 1 or math.prod(full) != math.prod(old):
            raise ShapeError(f"{math.prod(old)} entries of shape {old} do not fill shape {new}")
        return full

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        size = math.prod(shape)
        shapes: list[Shape] = [(size,), shape[::-1], (1, *shape), (*shape, 1)]
        shapes += [(n, size // n) for n in (2, 3) if size and size % n == 0]
        shapes += [(-1,)] if size else []
        shapes += [()] if size == 1 else []
        return [{"shape": each} for each in dict.fromkeys(shapes)]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        return Batched(shapes, {"shape": (points, *self.result(*shapes, **params))})


@dataclass(frozen=True)
class Permutation(ShapeRule):
    """One argument and ``axes``, a permutation of its axes."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        (shape,), axes = shapes, params["axes"]
        if sorted(normalise_axes(axes, len(shape))) != list(range(len(shape))):
            raise ShapeError(f"{axes} is no permutation of the {len(shape)} axes of shape {shape}")
        return tuple(shape[axis] for axis in axes)

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        return [{"axes": axes} for axes in itertools.islice(itertools.permutations(range(len(shape))), 6)]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        axes = normalise_axes(params["axes"], len(shapes[0]))
        return Batched(shapes, {"axes": (0, *(axis + 1 for axis in axes))})


@dataclass(frozen=True)
class Expansion(ShapeRule):
    """One argument and a larger ``shape`` that it broadcasts to."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        (old,), new = shapes, tuple(params["shape"])
        if len(new) < len(old) or broadcast(old, new) != new:
            raise ShapeError(f"shape {old} does not broadcast to {new}")
        return new

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        grown = [(*shape[:i], 3, *shape[i + 1 :]) for i in range(len(shape)) if shape[i] == 1]
        return [{"shape": each} for each in [shape, (2, *shape), *grown]]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        new = tuple(params["shape"])
        return Batched([_padded(shapes[0], len(new))], {"shape": (points, *new)})


@dataclass(frozen=True)
class NewAxis(ShapeRule):
    """One argument and the ``axis`` at which a dimension of size one is put in."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        (shape,), axis = shapes, params["axis"]
        ((place,)) = normalise_axes(axis, len(shape) + 1)
        return (*shape[:place], 1, *shape[place:])

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        return [{"axis": axis} for axis in range(-len(shape) - 1, len(shape) + 1)]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        return Batched(shapes, _one_axis_later(params, len(shapes[0]) + 1))


@dataclass(frozen=True)
class Concatenation(ShapeRule):
    """One or more arguments with equal shapes but for the size along ``axis``."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        first, axis = shapes[0], params["axis"]
        (place,) = normalise_axes(axis, len(first))
        for shape in shapes[1:]:
            if len(shape) != len(first) or any(shape[i] != first[i] for i in range(len(first)) if i != place):
                raise ShapeError(f"shapes {first} and {shape} differ outside axis {axis}")
        return (*first[:place], sum(shape[place] for shape in shapes), *first[place + 1 :])

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        return [{"axis": axis} for axis in range(-len(shape), len(shape))]

    def partners(self, slot: int, shape: Shape, /, **params: Any) -> Sequence[tuple[Shape, ...]]:
        (place,) = normalise_axes(params["axis"], len(shape))
        longer = (*shape[:place], shape[place] + 1, *shape[place + 1 :])
        rests: list[tuple[Shape, ...]] = [(shape,), (), (longer,), (shape, longer)]
        return [(*rest[:slot], shape, *rest[slot:]) for rest in rests]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        return Batched(shapes, _one_axis_later(params, len(shapes[0])))


@dataclass(frozen=True)
class Indexing(ShapeRule):
    """One argument and a basic ``index``: a tuple of ints, slices, None and Ellipsis."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        try:
            return outline(shapes[0])[params["index"]].shape
        except IndexError as error:
            raise OutOfRangeError(f"index {params['index']} does not fit shape {shapes[0]}: {error}") from error

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        indices: list[tuple[Any, ...]] = [(Ellipsis,), (None, Ellipsis), (Ellipsis, None)]
        if shape:
            whole, tail, back = slice(None), slice(1, None), slice(None, None, -1)
            indices += [(tail,), (back,), (whole, None), (slice(0, 0),), (Ellipsis, slice(None, None, 2))]
            indices += [(0,), (Ellipsis, -1)] if shape[0] and shape[-1] else []
        return [{"index": index} for index in indices]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        return Batched(shapes, {"index": (slice(None), *params["index"])})


@dataclass(frozen=True)
class Scatter(ShapeRule):
    """The transpose of :class:`Indexing`: an argument that fits ``index``, put into zeros of ``shape``."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        whole = tuple(params["shape"])
        part = Indexing().result(whole, index=params["index"])
        if part != shapes[0]:
            raise ShapeError(f"index {params['index']} of shape {whole} selects {part}, not {shapes[0]}")
        return whole

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        wider: list[Parameters] = [
            {"index": (0,), "shape": (2, *shape)},
            {"index": (Ellipsis, -1), "shape": (*shape, 3)},
        ]
        if shape:
            wider.append({"index": (slice(1, None),), "shape": (shape[0] + 1, *shape[1:])})
        return wider

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        return Batched(shapes, {"index": (slice(None), *params["index"]), "shape": (points, *params["shape"])})


@dataclass(frozen=True)
class Overwriting(ShapeRule):
    """An argument, and another that has the shape of what a basic ``index`` selects of it."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        whole, part = shapes
        selected = Indexing().result(whole, index=params["index"])
        if part != selected:
            raise ShapeError(f"index {params['index']} of shape {whole} selects {selected}, not {part}")
        return whole

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        return Indexing().parameters(shape)

    def partners(self, slot: int, shape: Shape, /, **params: Any) -> Sequence[tuple[Shape, ...]]:
        if not slot:
            return [(shape, Indexing().result(shape, index=params["index"]))]
        return [(whole, shape) for whole in (shape, (2, *shape)) if self._fits(whole, shape, params["index"])]

    def _fits(self, whole: Shape, part: Shape, index: Any) -> bool:
        try:
            return Indexing().result(whole, index=index) == part
        except OutOfRangeError:
            return False

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        return Batched(shapes, {"index": (slice(None), *params["index"])})


@dataclass(frozen=True)
class Gather(ShapeRule):
    """An argument, and a one-dimensional array of indices into its ``axis``."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        shape, indices = shapes
        (place,) = normalise_axes(params["axis"], len(shape))
        if len(indices) != 1:
            raise ShapeError(f"the indices have shape {indices}, but must have one dimension")
        return (*shape[:place], *indices, *shape[place + 1 :])

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        return [{"axis": axis} for axis in range(-len(shape), len(shape)) if shape[axis]]

    def partners(self, slot: int, shape: Shape, /, **params: Any) -> Sequence[tuple[Shape, ...]]:
        return [(shape, (count,)) for count in (2, 1, 3, 0)]

    def places(self, slot: int, *shapes: Shape, **params: Any) -> int:
        return shapes[0][params["axis"]]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        return Batched([shapes[0], None], _one_axis_later(params, len(shapes[0])))


@dataclass(frozen=True)
class ScatterAdd(ShapeRule):
    """The transpose of :class:`Gather`: slices added into zeros with ``size`` places along ``axis``."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        shape, indices = shapes
        (place,) = normalise_axes(params["axis"], len(shape))
        if indices != (shape[place],):
            raise ShapeError(f"{indices} indices for {shape[place]} slices along axis {place} of {shape}")
        return (*shape[:place], params["size"], *shape[place + 1 :])

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        return [{"axis": axis, "size": size} for axis in range(-len(shape), len(shape)) for size in (2, 4)]

    def partners(self, slot: int, shape: Shape, /, **params: Any) -> Sequence[tuple[Shape, ...]]:
        return [(shape, (shape[params["axis"]],))]

    def places(self, slot: int, *shapes: Shape, **params: Any) -> int:
        return int(params["size"])

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        return Batched([shapes[0], None], _one_axis_later(params, len(shapes[0])))


@dataclass(frozen=True)
class Contraction(ShapeRule):
    """Two arguments: vectors, matrices, or stacks of matrices whose leading dimensions broadcast."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        a, b = shapes
        if not a or not b:
            raise ShapeError(f"shapes {a} and {b}, but both arguments need at least one dimension")
        inner = b[-2] if len(b) > 1 else b[0]
        if a[-1] != inner:
            raise ShapeError(f"inner sizes {a[-1]} and {inner} differ, but must be equal")
        return (*broadcast(a[:-2], b[:-2]), *a[-2:-1], *(b[-1:] if len(b) > 1 else ()))

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        return [{}] if shape else []

    def partners(self, slot: int, shape: Shape, /, **params: Any) -> Sequence[tuple[Shape, ...]]:
        inner = shape[-1] if slot == 0 or len(shape) == 1 else shape[-2]
        matrix = (inner, 2) if slot == 0 else (2, inner)
        others: list[Shape] = [matrix, (inner, inner), (inner,), (2, *matrix), (1, *matrix), (2, 1, *matrix)]
        pairs = [(shape, other) if slot == 0 else (other, shape) for other in others]
        return [pair for pair in pairs if self._fits(*pair)]

    def _fits(self, a: Shape, b: Shape) -> bool:
        stacks = itertools.zip_longest(reversed(a[:-2]), reversed(b[:-2]), fillvalue=1)
        return all(m == n or 1 in (m, n) for m, n in stacks)

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        a, b = shapes
        return Batched(_of_one_rank([a if len(a) > 1 else (1, *a), b if len(b) > 1 else (*b, 1)]), params)


@dataclass(frozen=True)
class Square(ShapeRule):
    """One argument, a square matrix or a stack of them, each of which becomes one number where the op ``reduces``."""

    reduces: bool = False

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        (shape,) = shapes
        if not _is_square(shape):
            raise ShapeError(f"the last two dimensions of shape {shape} must be equal")
        return shape[:-2] if self.reduces else shape

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        return [{}] if _is_square(shape) and shape[-1] else []

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        return Batched(shapes, params)


@dataclass(frozen=True)
class Matrix(ShapeRule):
    """One argument, a matrix or a stack of them, each of which ``becomes`` an array of a shape that its own tells.

    ``square`` or ``tall``: it must be so; tall matrices have at least as many rows as columns.
    """

    becomes: Callable[[int, int], Shape]
    square: bool = False
    tall: bool = False

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        (shape,) = shapes
        if len(shape) < 2:
            raise ShapeError(f"shape {shape} is not that of a matrix, or of a stack of matrices")
        if self.square and not _is_square(shape):
            raise ShapeError(f"the last two dimensions of shape {shape} must be equal")
        if self.tall and shape[-2] < shape[-1]:
            raise ShapeError(f"the matrices of shape {shape} must have at least as many rows as columns")
        return (*shape[:-2], *self.becomes(*shape[-2:]))

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        if len(shape) < 2 or 0 in shape[-2:] or (self.square and not _is_square(shape)):
            return []
        return [] if self.tall and shape[-2] < shape[-1] else [{}]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        return Batched(shapes, params)


def _is_square(shape: Shape) -> bool:
    return len(shape) > 1 and shape[-1] == shape[-2]


@dataclass(frozen=True)
class System(ShapeRule):
    """A stack of square matrices, and a vector or a stack of matrices with as many rows."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        a, b = shapes
        Square().result(a)
        if not b:
            raise ShapeError("the right-hand side has shape (), but needs at least one dimension")
        rows = b[-2] if len(b) > 1 else b[0]
        if rows != a[-1]:
            raise ShapeError(f"the matrices have {a[-1]} rows, but the right-hand side {rows}")
        return a[:-1] if len(b) == 1 else (*broadcast(a[:-2], b[:-2]), *b[-2:])

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        return Square().parameters(shape)

    def partners(self, slot: int, shape: Shape, /, **params: Any) -> Sequence[tuple[Shape, ...]]:
        size = shape[-1]
        if slot == 1:
            return [(shape, shape), ((size, size), shape)]
        return [(shape, other) for other in ((size,), (size, 2), shape, (2, *(1,) * (len(shape) - 2), size, 1))]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        a, b = shapes
        return Batched(_of_one_rank([a, b if len(b) > 1 else (*b, 1)]), params)


@dataclass(frozen=True)
class Sylvester(ShapeRule):
    """Stacks of square matrices, ``(m, m)`` and ``(n, n)``, and of matrices ``(m, n)``."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        a, b, q = shapes
        Square().result(a)
        Square().result(b)
        if len(q) < 2 or q[-2:] != (a[-1], b[-1]):
            raise ShapeError(f"the right-hand side has matrices of shape {(a[-1], b[-1])}, not shape {q}")
        return (*broadcast(a[:-2], b[:-2], q[:-2]), *q[-2:])

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        return Square().parameters(shape)

    def partners(self, slot: int, shape: Shape, /, **params: Any) -> Sequence[tuple[Shape, ...]]:
        (*stack, size, _) = shape
        others = (size,) if slot == 2 else dict.fromkeys((2, 1, size))
        sizes = [(other, size) if slot == 1 else (size, other) for other in others]
        found = [((*stack, m, m), (*stack, n, n), (*stack, m, n)) for m, n in sizes]
        plain = [each[-2:] for each in found[0]]
        return [*found, (*plain[:slot], shape, *plain[slot + 1 :])]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        return Batched(_of_one_rank(shapes), params)


@dataclass(frozen=True)
class Loss(ShapeRule):
    """Two arguments of one shape, and a ``reduction``: "none", "mean" or "sum"."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        if shapes[0] != shapes[1]:
            raise ShapeError(f"a loss compares arrays of one shape, not of {shapes[0]} and {shapes[1]}")
        return shapes[0] if params["reduction"] == "none" else ()

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        reductions = ("mean", "sum", "none") if 0 not in shape else ("sum", "none")
        return [{"reduction": each} for each in reductions]

    def partners(self, slot: int, shape: Shape, /, **params: Any) -> Sequence[tuple[Shape, ...]]:
        return [(shape, shape)]

    def unreached(self, zero: Marks, shape: Shape, **params: Any) -> Marks:
        return zero if zero.shape == shape else super().unreached(zero, shape)

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        return Batched(shapes, params) if params["reduction"] == "none" else None


def normalise_axes(axis: int | Iterable[int] | None, ndim: int) -> tuple[int, ...]:
    """Return axes as non-negative numbers; None stands for all. Raises ``ShapeError`` out of range or twice.

    >>> normalise_axes(-1, 3), normalise_axes(None, 2)
    ((2,), (0, 1))
    """
    if axis is None:
        return tuple(range(ndim))
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    for each in axes:
        try:
            is_inside = -ndim <= each < ndim
        except TypeError as error:
            raise DtypeError(f"axes are whole numbers, not {each!r}") from error
        if not is_inside:
            raise OutOfRangeError(f"axis {each} is out of range for {ndim} dimensions")
    normal = tuple(each % ndim for each in axes)
    if len(set(normal)) != len(normal):
        raise ShapeError(f"axis {axis} names a dimension twice")
    return normal


def _one_axis_later(params: Parameters, ndim: int) -> Parameters:
    """Return parameters with an ``axis`` of ``ndim`` that has become one later, behind that of a batch."""
    (place,) = normalise_axes(params["axis"], ndim)
    return {**params, "axis": place + 1}


def _of_one_rank(shapes: Sequence[Shape]) -> list[Shape]:
    """Return shapes that broadcast as before, with as many dimensions each."""
    rank = max(map(len, shapes))
    return [_padded(shape, rank) for shape in shapes]


def _padded(shape: Shape, rank: int) -> Shape:
    return (1,) * (rank - len(shape)) + shape


def axis_of(x: np.ndarray[Any, Any], axis: Any) -> Any:
    """Return ``axis``. NumPy lets 0 and -1 pass for an array without dimensions; this raises ``ShapeError``."""
    if not x.ndim:
        normalise_axes(axis, 0)
    return axis


def outline(shape: Shape) -> np.ndarray[Any, Any]:
    """Return an array of this shape that takes no memory: for indexing by NumPy's own rules."""
    return np.broadcast_to(np.int8(0), shape)
