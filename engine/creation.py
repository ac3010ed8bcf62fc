"""Tensors from data, from patterns and from chance."""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np

from gradproof.errors import ArgumentError, DtypeError, ShapeError

from . import dtypes
from .device import CPU, check_device
from .functions.arguments import sizes
from .mode import THREAD
from .promotion import DEFAULT_FLOAT
from .tensor import Tensor
from .variable import INFERENCE, Array, Variable


def _finish(array: Array, requires_grad: bool, device: Any = None) -> Tensor:
    check_device(device)
    result: Tensor = Tensor.wrap(array, INFERENCE if THREAD.mode.inference else None)
    return result.requires_grad_() if requires_grad else result


def _floating(dtype: Any) -> np.dtype[Any]:
    return DEFAULT_FLOAT if dtype is None else dtypes.as_numpy(dtype)


def _random(dtype: Any) -> np.dtype[Any]:
    """Return the dtype of random numbers. Raises ``DtypeError`` where it is no floating one."""
    floating = _floating(dtype)
    if floating.kind != "f":
        raise DtypeError(f"random numbers of these distributions have a floating dtype, not {floating.name}")
    return floating


def _checked(*size: Any) -> tuple[int, ...]:
    shape = sizes(size)
    if any(n < 0 for n in shape):
        raise ShapeError(f"sizes must not be negative, but one of {shape} is")
    return shape


def _values(data: Any, dtype: Any = None) -> Array:
    """Return data as an array of ``dtype``; by default Python floats become float32, what has a dtype keeps it."""
    if isinstance(data, Variable):
        array: Array = data.array
    else:
        try:
            array = np.asarray(data)
        except ValueError as error:
            raise ShapeError(
                "the nested sequences of a tensor differ in length; all rows must be equally long"
            ) from error
        if array.dtype.kind not in "fiub":
            raise DtypeError(f"a tensor holds real numbers or booleans, not {type(data).__name__}: {data!r}")
    if dtype is None:
        dtype = DEFAULT_FLOAT if array.dtype.kind == "f" and not _has_dtype(data) else array.dtype
    with np.errstate(over="ignore"):
        return array.astype(dtypes.as_numpy(dtype), copy=False)


def _has_dtype(data: Any) -> bool:
    """Tell whether data has a dtype of its own: an array, a tensor, NumPy's scalars, or lists of such."""
    if isinstance(data, list | tuple):
        return bool(data) and all(_has_dtype(each) for each in data)
    return hasattr(data, "dtype")


def tensor(data: Any, *, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Return a leaf with a copy of ``data``: a number, nested sequences or an array.

    Python floats become float32, NumPy arrays keep their dtype.

    >>> tensor([1.0, 2.5])
    tensor([1.0000, 2.5000])
    """
    return _finish(np.array(_values(data, dtype)), requires_grad, device)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """Return ``data`` as a tensor, without a copy where that is possible."""
    if isinstance(data, Tensor):
        return data.to(dtype=dtype, device=device)
    return _finish(_values(data, dtype), False, device)


def asarray(
    obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None, requires_grad: bool = False
) -> Tensor:
    """Return ``obj`` as a leaf, which shares its memory where that is possible and no copy is asked for."""
    values = _values(obj, dtype)
    return _finish(np.array(values) if copy else values, requires_grad, device)


def from_numpy(array: Array) -> Tensor:
    """Return a tensor that shares the memory of ``array``."""
    if not isinstance(array, np.ndarray):
        raise DtypeError(f"from_numpy takes a NumPy array, not {type(array).__name__}")
    dtypes.as_numpy(array.dtype)
    return _finish(array, False)


def zeros(*size: Any, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Return zeros."""
    return _finish(np.zeros(_checked(*size), _floating(dtype)), requires_grad, device)


def ones(*size: Any, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Return ones."""
    return _finish(np.ones(_checked(*size), _floating(dtype)), requires_grad, device)


def full(size: Any, fill_value: float, *, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Return a tensor of one value."""
    return _finish(np.full(_checked(size), _values(fill_value, dtype)), requires_grad, device)


def empty(*size: Any, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Return a tensor that nobody has filled. Here it is zeros, so that two equal programs compute the same."""
    return zeros(*size, dtype=dtype, requires_grad=requires_grad, device=device)


def linspace(
    start: float, end: float, steps: int, *, dtype: Any = None, requires_grad: bool = False, device: Any = None
) -> Tensor:
    """Return ``steps`` numbers from ``start`` to ``end``, both included, at equal distances."""
    if steps < 0:
        raise ShapeError(f"linspace needs a number of steps that is not negative, not {steps}")
    return _finish(np.linspace(start, end, steps, dtype=_floating(dtype)), requires_grad, device)


def eye(n: int, m: int | None = None, *, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Return the identity matrix."""
    return _finish(np.eye(n, m, dtype=_floating(dtype)), requires_grad, device)


def arange(*bounds: float, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Return ``start, start + step, ...`` below ``end``: called with (end), (start, end) or (start, end, step)."""
    if not 1 <= len(bounds) <= 3:
        raise ArgumentError(f"arange takes end, or start and end, or start, end and step; it got {bounds}")
    start, end, step = (0, bounds[0], 1) if len(bounds) == 1 else (*bounds, 1)[:3]
    if step == 0 or not np.all(np.isfinite([start, end, step])):
        raise ArgumentError(f"arange needs finite bounds and a step other than 0, not ({start}, {end}, {step})")
    count = max(0, math.ceil((end - start) / step))
    return _finish(
        _values(start + step * np.arange(count), _values(start + end + step, dtype).dtype), requires_grad, device
    )


def zeros_like(input: Variable, *, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Return zeros of the shape and dtype of ``input``."""
    return zeros(input.array.shape, dtype=dtype or input.array.dtype, requires_grad=requires_grad, device=device)


def ones_like(input: Variable, *, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Return ones of the shape and dtype of ``input``."""
    return ones(input.array.shape, dtype=dtype or input.array.dtype, requires_grad=requires_grad, device=device)


def empty_like(input: Variable, *, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Return a tensor that nobody has filled, in the shape and dtype of ``input``: see :func:`empty`."""
    return zeros_like(input, dtype=dtype, requires_grad=requires_grad, device=device)


def full_like(
    input: Variable, fill_value: float, *, dtype: Any = None, requires_grad: bool = False, device: Any = None
) -> Tensor:
    """Return one value in the shape and dtype of ``input``."""
    return full(
        input.array.shape, fill_value, dtype=dtype or input.array.dtype, requires_grad=requires_grad, device=device
    )


class Generator:
    """A source of random numbers with a state of its own."""

    def __init__(self, device: Any = None) -> None:
        check_device(device)
        self.device = CPU
        self._lock = threading.Lock()
        self.manual_seed(0)

    def manual_seed(self, seed: int) -> Generator:
        """Start again from ``seed``, and return the generator."""
        self._seed = seed
        self._random = np.random.default_rng(seed)
        return self

    def initial_seed(self) -> int:
        """Return the seed it was started from."""
        return self._seed

    def normal(self, size: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """Return standard normal numbers."""
        with self._lock:
            return self._random.standard_normal(size).astype(dtype)

    def uniform(self, size: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """Return numbers from [0, 1)."""
        with self._lock:
            return np.minimum(self._random.random(size).astype(dtype), 1 - np.finfo(dtype).epsneg)


default_generator = Generator()


def manual_seed(seed: int) -> Generator:
    """Start the default generator again from ``seed``, and return it."""
    return default_generator.manual_seed(seed)


def randn(
    *size: Any, generator: Generator | None = None, dtype: Any = None, requires_grad: bool = False, device: Any = None
) -> Tensor:
    """Return standard normal numbers."""
    source = generator or default_generator
    return _finish(source.normal(_checked(*size), _random(dtype)), requires_grad, device)


def rand(
    *size: Any, generator: Generator | None = None, dtype: Any = None, requires_grad: bool = False, device: Any = None
) -> Tensor:
    """Return numbers from [0, 1)."""
    source = generator or default_generator
    return _finish(source.uniform(_checked(*size), _random(dtype)), requires_grad, device)


def randn_like(input: Variable, *, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Return standard normal numbers of the shape and dtype of ``input``."""
    return randn(input.array.shape, dtype=dtype or input.array.dtype, requires_grad=requires_grad, device=device)


def rand_like(input: Variable, *, dtype: Any = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Return numbers from [0, 1) in the shape and dtype of ``input``."""
    return rand(input.array.shape, dtype=dtype or input.array.dtype, requires_grad=requires_grad, device=device)


__all__ = [
    "Generator",
    "arange",
    "as_tensor",
    "asarray",
    "empty",
    "empty_like",
    "eye",
    "from_numpy",
    "full",
    "full_like",
    "linspace",
    "manual_seed",
    "ones",
    "ones_like",
    "rand",
    "rand_like",
    "randn",
    "randn_like",
    "tensor",
    "zeros",
    "zeros_like",
]
