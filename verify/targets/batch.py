"""One op at a batch of points: in one call where its shape rule knows one, else point by point."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradproof.engine.op import Op
from gradproof.engine.shapes import Shape
from gradproof.engine.vocabulary import OPS
from gradproof.exact import Array
from gradproof.graph import Node


def is_batch(array: Array, shape: Shape) -> bool:
    """Tell whether an array holds a value of this shape at many points: along one more axis, in front."""
    return array.ndim > len(shape)


def forward_batch(op: Op, node: Node, args: Sequence[Array], shapes: Sequence[Shape]) -> Array:
    """Return the results of a node at all points, of which some arguments are batches.

    ``shapes`` are those of the arguments at one point. That a shape rule holds is known of the forwards of the
    vocabulary alone: any other is called point by point.
    """
    many = [is_batch(*each) for each in zip(args, shapes, strict=True)]
    points = len(args[many.index(True)])
    call = op.shape.batched(points, *shapes, **node.params) if OPS.get(op.name, op).forward is op.forward else None
    if call is None or any(batch and shape is None for batch, shape in zip(many, call.shapes, strict=True)):
        return np.stack([_forward_at(op, node, args, many, k) for k in range(points)])
    laid_out = [_laid_out(*each, points) for each in zip(args, many, call.shapes, strict=True)]
    return np.asarray(op.forward(*laid_out, **call.params)).reshape(points, *node.shape)


def _forward_at(op: Op, node: Node, args: Sequence[Array], many: Sequence[bool], point: int) -> Array:
    at = [arg[point, ...] if batch else arg for arg, batch in zip(args, many, strict=True)]
    return np.asarray(op.forward(*at, **node.params))


def _laid_out(arg: Array, batch: bool, shape: Shape | None, points: int) -> Array:
    """Return an argument in the shape that a call for all points takes; one that is the same for all is repeated."""
    if shape is None:
        return arg
    if batch:
        return arg.reshape(points, *shape)
    return np.broadcast_to(arg.reshape(shape), (points, *shape))
