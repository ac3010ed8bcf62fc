"""Tensors as text, to the letter as PyTorch prints them.

An array is cut down to the entries that are shown, the one style that suits all of them turns each into text, and the
texts are laid out in brackets. Whatever is not a value (size, dtype, history) follows as a suffix.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import compress
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradproof.errors import ArgumentError, DtypeError, nearest

from .promotion import default_float

_PREFIX = "tensor("
_LITERAL_DTYPES = ("int64", "bool")  # the entries' text alone tells these from the default
_NAMED_DTYPES = ("float16", "float64", "int8", "int16", "int32", "uint8")
_DTYPES = ("float32", *_LITERAL_DTYPES, *_NAMED_DTYPES)


def tensor_text(
    array: NDArray[Any], *, requires_grad: bool = False, grad_fn: str | None = None, indent: int = 0
) -> str:
    """Return what ``repr`` gives in PyTorch for a CPU tensor with the values and the dtype of ``array``.

    ``grad_fn`` is the name of the node that computed it. Text that stands in front of the first line takes ``indent``
    columns: later lines are shifted by as much, and all wrap as much earlier.
    Raises ``DtypeError`` for a dtype other than bool, float16 to float64, int8 to int64 and uint8.

    >>> print(tensor_text(np.float32([[1, 2.5], [np.inf, -0.0]]), grad_fn="AddBackward0"))
    tensor([[1.0000, 2.5000],
            [   inf, -0.0000]], grad_fn=<AddBackward0>)
    """
    options = _options
    suffixes = [_size(array, options), _dtype(array), _history(requires_grad, grad_fn)]
    margin = indent + len(_PREFIX)
    text = " " * indent + _PREFIX + _values(array, margin, options)
    return _with_suffixes(text, [s for s in suffixes if s], margin, options.linewidth)[indent:] + ")"


def _size(array: NDArray[Any], options: PrintOptions) -> str | None:
    is_hidden = array.ndim != 1 if array.size == 0 else options.edgeitems == 0
    return f"size={array.shape}" if is_hidden else None


def _dtype(array: NDArray[Any]) -> str | None:
    name = array.dtype.name
    if name not in _DTYPES:
        raise DtypeError(f"tensor_text: dtype is {name}, but must be one of {', '.join(_DTYPES)}")
    is_evident = name == default_float().name or (name in _LITERAL_DTYPES and array.size > 0)
    return None if is_evident else f"dtype=torch.{name}"


def _history(requires_grad: bool, grad_fn: str | None) -> str | None:
    if grad_fn is not None:
        return f"grad_fn=<{grad_fn}>"
    return "requires_grad=True" if requires_grad else None


def _with_suffixes(text: str, suffixes: list[str], margin: int, linewidth: int) -> str:
    # PyTorch takes the last line of the values for two columns longer than it is.
    column = len(text.rpartition("\n")[2]) + 2
    for suffix in suffixes:
        fits = column + len(", ") + len(suffix) <= linewidth
        text += (", " if fits else ",\n" + " " * margin) + suffix
        column = (column + len(", ") if fits else margin) + len(suffix)
    return text


def _values(array: NDArray[Any], margin: int, options: PrintOptions) -> str:
    if array.size == 0:
        return "[]"
    is_long = array.size > options.threshold
    cut = tuple(is_long and n > 2 * options.edgeitems for n in array.shape)
    texts, width = _entries(_shown(array, cut, options.edgeitems), options)
    room = options.linewidth - margin - array.ndim + 1
    return _bracketed(texts, cut, margin, per_line=max(1, room // (width + len(", "))))


def _shown(array: NDArray[Any], cut: tuple[bool, ...], edgeitems: int) -> NDArray[Any]:
    """Leave out the middle of each axis that is ``cut``."""
    for axis in np.flatnonzero(cut):
        array = np.delete(array, slice(edgeitems, array.shape[axis] - edgeitems), axis)
    return array


def _entries(shown: NDArray[Any], options: PrintOptions) -> tuple[NDArray[np.object_], int]:
    """Return the texts of all entries, and the width of the column they share."""
    texts = [*map(_style(shown, options), shown.ravel().tolist())]
    width = max(map(len, compress(texts, _is_measured(shown).flat)), default=1)
    return np.array([text.rjust(width) for text in texts], dtype=object).reshape(shown.shape), width


def _is_measured(shown: NDArray[Any]) -> NDArray[np.bool_]:
    # PyTorch measures zeros, inf and nan of floating dtypes neither for the style nor for the width:
    # tensor([1., -inf]) has a column of width 2 that -inf overflows.
    return np.isfinite(shown) & (shown != 0) if shown.dtype.kind == "f" else np.ones(shown.shape, dtype=bool)


def _style(shown: NDArray[Any], options: PrintOptions) -> Callable[[Any], str]:
    """Choose how the entries become text: as Python prints them, 1., 1.0000 or 1.0000e+00."""
    if shown.dtype.kind != "f":
        return str
    magnitudes = np.abs(shown[_is_measured(shown)]).astype(np.float64)
    if magnitudes.size > 0 and _is_scientific(magnitudes, options.sci_mode):
        return f"{{:.{options.precision}e}}".format
    return _whole if np.all(magnitudes == np.ceil(magnitudes)) else f"{{:.{options.precision}f}}".format


def _is_scientific(magnitudes: NDArray[np.float64], sci_mode: bool | None) -> bool:
    if sci_mode is not None:
        return sci_mode
    # As Python floats, whose quotient overflows to inf without a warning.
    least, greatest = float(magnitudes.min()), float(magnitudes.max())
    return greatest / least > 1000 or greatest > 1e8 or least < 1e-4


def _whole(value: float) -> str:
    return f"{value:.0f}." if math.isfinite(value) else f"{value:.0f}"


def _bracketed(texts: NDArray[np.object_], cut: tuple[bool, ...], margin: int, per_line: int) -> str:
    if texts.ndim == 0:
        return str(texts.item())
    if texts.ndim == 1:
        parts = _lines(_with_ellipsis(texts.tolist(), " ...", cut[0]), per_line)
    else:
        parts = _with_ellipsis([_bracketed(t, cut[1:], margin + 1, per_line) for t in texts], "...", cut[0])
    newlines = "\n" * max(1, texts.ndim - 1)
    return "[" + f",{newlines}{' ' * (margin + 1)}".join(parts) + "]"


def _with_ellipsis(parts: list[str], ellipsis: str, is_cut: bool) -> list[str]:
    if not is_cut:
        return parts
    middle = len(parts) // 2
    return [*parts[:middle], ellipsis, *parts[middle:]] if parts else ["..."]


def _lines(entries: list[str], per_line: int) -> list[str]:
    return [", ".join(entries[i : i + per_line]) for i in range(0, len(entries), per_line)]


@dataclass(frozen=True)
class PrintOptions:
    """How tensors are printed.

    Fractions have ``precision`` decimals; a tensor of more than ``threshold`` entries shows ``edgeitems`` at either end
    of each axis; rows wrap at ``linewidth`` columns; ``sci_mode`` forces or forbids powers of ten, None leaves it to
    the values. Raises ``ArgumentError`` for a value of another kind or below 0.
    """

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None

    def __post_init__(self) -> None:
        for name in ("precision", "edgeitems", "linewidth"):
            self._expect(name, Integral, "an integer >= 0")
        self._expect("threshold", Real, "a number >= 0")
        if not isinstance(self.sci_mode, (bool, type(None))):
            raise ArgumentError(f"set_printoptions: sci_mode is {self.sci_mode!r}, but must be True, False or None")

    def _expect(self, name: str, kind: type[Any], what: str) -> None:
        value = getattr(self, name)
        if isinstance(value, bool) or not (isinstance(value, kind) and value >= 0):
            raise ArgumentError(f"set_printoptions: {name} is {value!r}, but must be {what}")


_PROFILES = {
    "default": PrintOptions(),
    "short": PrintOptions(precision=2, edgeitems=2),
    "full": PrintOptions(threshold=math.inf),
}

_options = _PROFILES["default"]


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Change how tensors are printed from now on, in all threads.

    ``profile`` ("default", "short" or "full") replaces what the other arguments start from. An option left out keeps
    its value, except that ``sci_mode`` goes back to automatic, as in PyTorch.
    Raises ``ArgumentError``, and changes nothing, where a value is not admitted.

    >>> set_printoptions(precision=2)
    >>> tensor_text(np.float32([1.12345]))
    'tensor([1.12])'
    >>> set_printoptions(profile="default")
    """
    global _options
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    base = _options if profile is None else _profile(profile)
    _options = replace(base, **changes, sci_mode=sci_mode)


def _profile(name: str) -> PrintOptions:
    if name not in _PROFILES:
        known = ", ".join(map(repr, _PROFILES))
        hint = nearest(str(name), _PROFILES)
        raise ArgumentError(f"set_printoptions: profile is {name!r}, but must be one of {known}{hint}")
    return _PROFILES[name]
