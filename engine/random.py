"""Tensors from chance."""

from __future__ import annotations

import operator
import secrets
import threading
from typing import Any

import numpy as np

from gradproof.errors import ArgumentError, DtypeError, ParameterError, StateError, UnsupportedError

from . import dtypes
from .creation import like
from .data import array_from, count_from, number_from
from .device import CPU, check_device
from .factory import factory, finish, floating, shape_from
from .shapes import broadcast
from .tensor import Tensor
from .variable import Array, Variable, array_of

_SEEDS = 2**64
#: The bytes of a generator's state: seed, state, increment, and the half of a number that is left over.
_FIELDS = (8, 16, 16, 1, 4)


class Generator:
    """A source of random numbers with a state of its own."""

    def __init__(self, device: Any = None) -> None:
        check_device(device)
        self.device = CPU
        self._lock = threading.Lock()
        self.manual_seed(0)

    def manual_seed(self, seed: int) -> Generator:
        """Start again from ``seed``, of which negative ones count from 2**64, and return the generator.

        Raises ``DtypeError`` where it is no whole number, ``ArgumentError`` beyond 64 bits.
        """
        try:
            number = operator.index(seed)
        except TypeError as error:
            raise DtypeError(f"a seed is a whole number, not {seed!r}") from error
        if not -_SEEDS // 2 <= number < _SEEDS:
            raise ArgumentError(f"a seed has 64 bits: from -2**63 to 2**64 - 1, not {number}")
        self._seed = number % _SEEDS
        self._random = np.random.default_rng(self._seed)
        return self

    def seed(self) -> int:
        """Start again from a seed that nobody can foresee, and return it."""
        return self.manual_seed(secrets.randbits(64)).initial_seed()

    def initial_seed(self) -> int:
        """Return the seed it was started from."""
        return self._seed

    def get_state(self) -> Tensor:
        """Return the state as bytes."""
        with self._lock:
            state: Any = self._random.bit_generator.state
        numbers = (self._seed, state["state"]["state"], state["state"]["inc"], state["has_uint32"], state["uinteger"])
        text = b"".join(n.to_bytes(size, "little") for n, size in zip(numbers, _FIELDS, strict=True))
        return finish(np.frombuffer(text, np.uint8).copy())

    def set_state(self, new_state: Tensor) -> None:
        """Go back to a state. Raises ``DtypeError`` or ``StateError`` for what is none."""
        if not isinstance(new_state, Variable) or new_state.array.dtype != np.uint8:
            raise DtypeError("the state of a generator is a tensor of torch.uint8")
        if new_state.array.shape != (sum(_FIELDS),):
            raise StateError(f"the state of a generator has {sum(_FIELDS)} bytes, not shape {new_state.array.shape}")
        ends = np.cumsum(_FIELDS)[:-1]
        seed, state, inc, has, left = (
            int.from_bytes(part.tobytes(), "little") for part in np.split(new_state.array, ends)
        )
        inner = {"state": state, "inc": inc}
        with self._lock:
            self._seed = seed
            self._random.bit_generator.state = {
                "bit_generator": "PCG64", "state": inner, "has_uint32": has, "uinteger": left
            }  # fmt: skip

    def normal(self, size: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """Return standard normal numbers."""
        with self._lock:
            return self._random.standard_normal(size).astype(dtype)

    def uniform(self, size: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """Return numbers from [0, 1)."""
        with self._lock:
            return np.minimum(self._random.random(size).astype(dtype), 1 - np.finfo(dtype).epsneg)

    def integers(self, low: int, high: int, size: tuple[int, ...]) -> Array:
        """Return integers from ``low`` to below ``high``."""
        with self._lock:
            return self._random.integers(low, high, size)

    def permutation(self, n: int) -> Array:
        """Return 0 to n - 1 in random order."""
        with self._lock:
            return self._random.permutation(n)


default_generator = Generator()


def uniform_values(tensor: Any, low: Any, high: Any, generator: Any) -> Array:
    """Return numbers from ``low`` to below ``high`` in the shape and dtype of a tensor."""
    first, last = number_from(low, "from"), number_from(high, "to")
    if first > last:
        raise ArgumentError(f"random numbers lie between bounds in order, not from {first} to {last}")
    drawn = _source(generator).uniform(tensor.array.shape, _continuous(tensor.array.dtype))
    return (first + (last - first) * drawn).astype(drawn.dtype)


def normal_values(tensor: Any, mean: Any, std: Any, generator: Any) -> Array:
    """Return normal numbers in the shape and dtype of a tensor."""
    centre, scale = number_from(mean, "mean"), number_from(std, "std")
    if scale < 0:
        raise ArgumentError("a standard deviation must not be negative")
    drawn = _source(generator).normal(tensor.array.shape, _continuous(tensor.array.dtype))
    return (centre + scale * drawn).astype(drawn.dtype)


def _source(generator: Any) -> Generator:
    if not isinstance(generator, Generator | None):
        raise DtypeError(f"a generator is a torch.Generator, not {type(generator).__name__}")
    return generator or default_generator


def manual_seed(seed: Any) -> Generator:
    """Start the default generator again from ``seed``, and return it."""
    try:
        number = int(seed)
    except ValueError as error:
        raise ArgumentError(f"a seed is a whole number, not {seed!r}") from error
    except TypeError as error:
        raise DtypeError(f"a seed is a whole number, not {seed!r}") from error
    return default_generator.manual_seed(number)


def seed() -> int:
    """Start the default generator again from a seed that nobody can foresee, and return it."""
    return default_generator.seed()


def initial_seed() -> int:
    """Return the seed that the default generator was started from."""
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """Return the state of the default generator."""
    return default_generator.get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Take the default generator back to a state."""
    default_generator.set_state(new_state)


def _continuous(dtype: np.dtype[Any]) -> np.dtype[Any]:
    if dtype.kind != "f":
        raise UnsupportedError(f"random numbers of these distributions have a floating dtype, not {dtype.name}")
    return dtype


@factory
def randn(*args: Any, size: Any = None, generator: Generator | None = None, dtype: Any = None) -> Array:
    """Return standard normal numbers."""
    return _source(generator).normal(shape_from(args, size), _continuous(floating(dtype)))


@factory
def rand(*args: Any, size: Any = None, generator: Generator | None = None, dtype: Any = None) -> Array:
    """Return numbers from [0, 1)."""
    return _source(generator).uniform(shape_from(args, size), _continuous(floating(dtype)))


@factory
def randint(
    *args: Any,
    low: Any = None,
    high: Any = None,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = dtypes.int64,
) -> Array:
    """Return integers from ``low``, by default 0, to below ``high``: called with (high, size) or (low, high, size)."""
    bounds = list(args)
    if size is None:
        size = bounds.pop() if bounds else None
    if not isinstance(size, list | tuple):
        raise ParameterError(f"randint takes the size as a sequence, behind the bounds, not {size!r}")
    return _integers(_limits(bounds, low, high), shape_from((size,)), _source(generator), dtypes.as_numpy(dtype))


def _limits(bounds: list[Any], low: Any, high: Any) -> tuple[int, int]:
    """Return the least integer and the first one that is too large."""
    given = {name: value for name, value in (("low", low), ("high", high)) if value is not None}
    names = ["high"] if len(bounds) == 1 and high is None else ["low", "high"]
    if len(bounds) > 2 or given.keys() & set(names[: len(bounds)]):
        raise ParameterError(f"integers lie from low to below high, both given once, not {(*bounds, *given.items())}")
    given |= dict(zip(names, bounds, strict=False))
    if "high" not in given:
        raise ParameterError("random integers need a bound high")
    first, last = given.get("low", 0), given["high"]
    for each in (first, last):
        if not isinstance(each, int | np.integer) or isinstance(each, bool):
            raise DtypeError(f"the bounds of random integers are whole numbers, not {each!r}")
    if first >= last:
        raise ArgumentError(f"random integers lie from low to below high, but low is {first} and high {last}")
    return int(first), int(last)


def _integers(limits: tuple[int, int], shape: tuple[int, ...], source: Generator, dtype: np.dtype[Any]) -> Array:
    low, high = limits
    if dtype.kind != "f":
        least, most = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        if low < least or high - 1 > most:
            raise ArgumentError(f"integers from {low} to below {high} do not fit into {dtype.name}")
    return source.integers(low, high, shape).astype(dtype)


@factory
def randperm(n: int, *, generator: Generator | None = None, dtype: Any = dtypes.int64) -> Array:
    """Return 0 to n - 1 in random order."""
    return _source(generator).permutation(count_from(n, "n")).astype(dtypes.as_numpy(dtype))


@factory
def normal(
    mean: Any = 0.0, std: Any = 1.0, size: Any = None, *, generator: Generator | None = None, dtype: Any = None
) -> Array:
    """Return normal numbers of this mean and standard deviation: numbers and a size, or tensors that broadcast.

    Raises ``ArgumentError`` for a negative deviation.
    """
    if np.any(array_of(std) < 0):
        raise ArgumentError("a standard deviation must not be negative")
    given = [each.array for each in (mean, std) if isinstance(each, Variable)]
    if bool(given) == (size is not None):
        raise ParameterError("normal takes two numbers and a size, or a tensor and no size")
    shape = broadcast(*(each.shape for each in given)) if given else shape_from((size,))
    wanted = _continuous(given[0].dtype if given and dtype is None else floating(dtype))
    centre, scale = (
        each.array if isinstance(each, Variable) else number_from(each, "a moment") for each in (mean, std)
    )
    return (centre + scale * _source(generator).normal(shape, wanted)).astype(wanted)


@factory
def bernoulli(input: Any, p: Any = None, *, generator: Generator | None = None) -> Array:
    """Return 1 with the probabilities of ``input``, or all with probability ``p``, else 0.

    Raises ``ArgumentError`` for what is no probability.
    """
    shape, dtype = like(input, None)
    if p is None:
        _continuous(dtype)
    chances = input.array if p is None else array_from(number_from(p, "p"), dtypes.float64)
    if not np.all((chances >= 0) & (chances <= 1)):
        raise ArgumentError("probabilities lie between 0 and 1")
    return (_source(generator).uniform(shape, np.dtype(np.float64)) < chances).astype(dtype)


@factory
def randn_like(input: Any, *, generator: Generator | None = None, dtype: Any = None) -> Array:
    """Return standard normal numbers of the shape and dtype of ``input``."""
    shape, wanted = like(input, dtype)
    return _source(generator).normal(shape, _continuous(wanted))


@factory
def rand_like(input: Any, *, generator: Generator | None = None, dtype: Any = None) -> Array:
    """Return numbers from [0, 1) in the shape and dtype of ``input``."""
    shape, wanted = like(input, dtype)
    return _source(generator).uniform(shape, _continuous(wanted))


@factory
def randint_like(
    input: Any, *bounds: Any, low: Any = None, high: Any = None, generator: Generator | None = None, dtype: Any = None
) -> Array:
    """Return integers in the shape and dtype of ``input``: called with (input, high) or (input, low, high)."""
    shape, wanted = like(input, dtype)
    return _integers(_limits(list(bounds), low, high), shape, _source(generator), wanted)


__all__ = [
    "Generator",
    "bernoulli",
    "default_generator",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "normal",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "seed",
    "set_rng_state",
]
