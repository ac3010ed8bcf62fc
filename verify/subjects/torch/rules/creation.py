"""Tensors that are made of nothing but their size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradproof import engine
from gradproof.engine import ops

from ...rules import Rule


def _zeros(size: Sequence[int], dtype: Any = None) -> Any:
    return engine.zeros(tuple(size), dtype=dtype)


def _ones(size: Sequence[int], dtype: Any = None) -> Any:
    return engine.ones(tuple(size), dtype=dtype)


def _full(size: Sequence[int], value: Any, dtype: Any = None) -> Any:
    return engine.full(tuple(size), value, dtype=dtype)


def _like(value: Any) -> Rule:
    return lambda x, dtype=None: engine.full(tuple(x.shape), value, dtype=dtype or x.dtype)


def _new(value: Any) -> Rule:
    return lambda x, size, dtype=None: engine.full(tuple(size), value, dtype=dtype or x.dtype)


def _full_like(x: Any, value: Any, dtype: Any = None) -> Any:
    return engine.full(tuple(x.shape), value, dtype=dtype or x.dtype)


def _new_full(x: Any, size: Sequence[int], value: Any, dtype: Any = None) -> Any:
    return engine.full(tuple(size), value, dtype=dtype or x.dtype)


def _fill(x: Any, value: Any) -> Any:
    if isinstance(value, engine.Tensor):
        return ops.broadcast_to(value.to(x.dtype), shape=tuple(x.shape))
    return _full_like(x, value)


def _arange(*bounds: Any, dtype: Any = None) -> Any:
    return engine.arange(*bounds, dtype=dtype)


RULES: Mapping[str, Rule] = {
    "arange.default arange.start arange.start_step": _arange,
    "eye.default eye.m": engine.eye,
    "fill.Scalar fill.Tensor": _fill,
    "full.default": _full,
    "full_like.default": _full_like,
    "linspace.default": engine.linspace,
    "new_full.default": _new_full,
    "new_ones.default": _new(1),
    "new_empty.default new_zeros.default": _new(0),
    "ones.default": _ones,
    "ones_like.default": _like(1),
    "scalar_tensor.default": engine.scalar_tensor,
    "zero.default": _like(0),
    "empty.memory_format zeros.default": _zeros,
    "zeros_like.default empty_like.default": _like(0),
}
