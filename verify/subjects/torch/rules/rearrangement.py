"""Entries moved, repeated and put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradproof import engine
from gradproof.engine import ops
from gradproof.engine.nn import functional

from ...rules import Rule


def _slice(x: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Any:
    return ops.getitem(x, index=(*(slice(None),) * (dim % x.ndim), slice(start, end, step)))


def _slice_scatter(x: Any, src: Any, dim: int = 0, start: Any = None, end: Any = None, step: int = 1) -> Any:
    return ops.overwrite(x, src, index=(*(slice(None),) * (dim % x.ndim), slice(start, end, step)))


def _select_scatter(x: Any, src: Any, dim: int, index: int) -> Any:
    return ops.overwrite(x, src, index=(*(slice(None),) * (dim % x.ndim), index))


def _squeeze(x: Any, dim: Any = None) -> Any:
    dims = range(x.ndim) if dim is None else [dim] if isinstance(dim, int) else dim
    kept = {each % x.ndim for each in dims if x.ndim and x.shape[each] == 1}
    return ops.reshape(x, shape=tuple(n for i, n in enumerate(x.shape) if i not in kept))


def _reshape(x: Any, shape: Sequence[int], *_: Any) -> Any:
    return ops.reshape(x, shape=tuple(shape))


def _expand(x: Any, shape: Sequence[int]) -> Any:
    lead = len(shape) - x.ndim
    sizes = tuple(x.shape[i - lead] if n == -1 else n for i, n in enumerate(shape))
    return ops.broadcast_to(x, shape=sizes)


def _permute(x: Any, dims: Sequence[int]) -> Any:
    return ops.permute_dims(x, axes=tuple(dims))


def _roll(x: Any, shifts: Sequence[int], dims: Sequence[int] = ()) -> Any:
    return engine.roll(x, tuple(shifts), tuple(dims) or None)


def _pad(x: Any, widths: Sequence[int], value: Any = 0) -> Any:
    return functional.pad(x, widths, "constant", float(value))


def _padded(mode: str) -> Rule:
    return lambda x, widths: functional.pad(x, widths, mode)


def _split_with_sizes(x: Any, sizes: Sequence[int], dim: int = 0) -> Any:
    return engine.split(x, list(sizes), dim)


def _repeat(x: Any, repeats: Sequence[int]) -> Any:
    return x.repeat(*repeats)


def _copy(x: Any, src: Any) -> Any:
    return ops.broadcast_to(src.to(x.dtype), shape=tuple(x.shape))


def _to_copy(x: Any, dtype: Any = None) -> Any:
    return ops.clone(x if dtype is None else x.to(dtype))


RULES: Mapping[str, Rule] = {
    "_to_copy.default": _to_copy,
    "_unsafe_view.default view.default": _reshape,
    "cat.default": engine.cat,
    "clone.default": _to_copy,
    "constant_pad_nd.default": _pad,
    "copy.default": _copy,
    "diag_embed.default": engine.diag_embed,
    "diagonal.default": engine.diagonal,
    "diagonal_scatter.default": engine.diagonal_scatter,
    "expand.default": _expand,
    "flip.default": engine.flip,
    "lift_fresh.default lift_fresh_copy.default": ops.clone,
    "permute.default": _permute,
    "reflection_pad1d.default reflection_pad2d.default reflection_pad3d.default": _padded("reflect"),
    "repeat.default": _repeat,
    "replication_pad1d.default replication_pad2d.default replication_pad3d.default": _padded("replicate"),
    "roll.default": _roll,
    "rot90.default": engine.rot90,
    "select.int": engine.select,
    "select_scatter.default": _select_scatter,
    "slice.Tensor": _slice,
    "slice_scatter.default": _slice_scatter,
    "split.Tensor": engine.split,
    "split_with_sizes.default": _split_with_sizes,
    "squeeze.default squeeze.dim squeeze.dims": _squeeze,
    "stack.default": engine.stack,
    "t.default": engine.t,
    "transpose.int": engine.transpose,
    "tril.default": engine.tril,
    "triu.default": engine.triu,
    "unbind.int": engine.unbind,
    "unsqueeze.default": engine.unsqueeze,
}
