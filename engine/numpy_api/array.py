"""The traced array: what stands for a NumPy array while code that was written for NumPy is traced."""

# ruff: noqa: D102, N802 - the attributes are NumPy's, and documented there
from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from gradproof.errors import DtypeError

from .. import inplace, ops
from ..dispatch import is_traced
from ..functions import indexing
from ..tensor import Tensor
from ..variable import Array
from . import functions, ufuncs
from .refusals import refuse

_BRANCH = "use numpy.where(condition, a, b), which evaluates both sides"


def _binary(ufunc: np.ufunc) -> Any:
    def operator(self: TracedArray, other: Any) -> Any:
        return ufuncs.apply(ufunc, "__call__", (self, other), self) if _is_operand(other) else NotImplemented

    return operator


def _reflected(ufunc: np.ufunc) -> Any:
    def operator(self: TracedArray, other: Any) -> Any:
        return ufuncs.apply(ufunc, "__call__", (other, self), self) if _is_operand(other) else NotImplemented

    return operator


def _unary(ufunc: np.ufunc) -> Any:
    def operator(self: TracedArray) -> Any:
        return ufuncs.apply(ufunc, "__call__", (self,), self)

    return operator


def _in_place(ufunc: np.ufunc) -> Any:
    """Return an operator that writes into the array what a universal function gives, in the array's dtype."""

    def operator(self: TracedArray, other: Any) -> TracedArray:
        result = ufuncs.apply(ufunc, "__call__", (self, other), self)
        if not np.can_cast(result.array.dtype, self.array.dtype, "same_kind"):
            raise DtypeError(f"cannot write {result.array.dtype.name} into an array of {self.array.dtype.name}")
        inplace.copy_(self, result)
        return self

    return operator


def _is_operand(value: Any) -> bool:
    return isinstance(value, Tensor | np.ndarray | np.generic | bool | int | float | list | tuple)


def _method(function: Callable[..., Any]) -> Any:
    """Return a function of an array as its method."""

    def method(self: TracedArray, *args: Any, **how: Any) -> Any:
        return function(self, *args, **how)

    method.__name__, method.__doc__ = function.__name__, function.__doc__
    return method


class TracedArray(Tensor):
    """An array that is traced. It has NumPy's operators, methods and attributes, and those of the array API standard.

    What would take its values out of the trace raises ``TraceError`` with the line that does it, unless the values do
    not depend on the floating inputs of the trace.
    """

    __slots__ = ()

    # --- NumPy's and SciPy's functions

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **how: Any) -> Any:  # type: ignore[override]
        return ufuncs.apply(ufunc, method, inputs, self, **how)

    def __array_function__(self, function: Any, types: Any, args: Any, how: Any) -> Any:
        return functions.apply(function, args, how, self)

    # --- operators

    __add__, __radd__, __iadd__ = _binary(np.add), _reflected(np.add), _in_place(np.add)
    __sub__, __rsub__, __isub__ = _binary(np.subtract), _reflected(np.subtract), _in_place(np.subtract)
    __mul__, __rmul__, __imul__ = _binary(np.multiply), _reflected(np.multiply), _in_place(np.multiply)
    __truediv__, __rtruediv__ = _binary(np.divide), _reflected(np.divide)
    __itruediv__ = _in_place(np.divide)
    __floordiv__, __rfloordiv__ = _binary(np.floor_divide), _reflected(np.floor_divide)
    __ifloordiv__ = _in_place(np.floor_divide)
    __mod__, __rmod__, __imod__ = _binary(np.remainder), _reflected(np.remainder), _in_place(np.remainder)
    __pow__, __rpow__, __ipow__ = _binary(np.power), _reflected(np.power), _in_place(np.power)
    __matmul__, __rmatmul__ = _binary(np.matmul), _reflected(np.matmul)
    __and__, __rand__, __iand__ = _binary(np.bitwise_and), _reflected(np.bitwise_and), _in_place(np.bitwise_and)
    __or__, __ror__, __ior__ = _binary(np.bitwise_or), _reflected(np.bitwise_or), _in_place(np.bitwise_or)
    __xor__, __rxor__, __ixor__ = _binary(np.bitwise_xor), _reflected(np.bitwise_xor), _in_place(np.bitwise_xor)
    __lt__, __le__, __gt__, __ge__ = (
        _binary(np.less), _binary(np.less_equal), _binary(np.greater), _binary(np.greater_equal)
    )  # fmt: skip
    __eq__, __ne__ = _binary(np.equal), _binary(np.not_equal)
    __neg__, __pos__, __abs__, __invert__ = (
        _unary(np.negative), _unary(np.positive), _unary(np.absolute), _unary(np.invert)
    )  # fmt: skip
    __hash__ = object.__hash__

    def __getitem__(self, index: Any) -> Any:
        return indexing.getitem(self, _known(index))

    def __setitem__(self, index: Any, value: Any) -> None:
        if _is_mask_of(index, self) and np.ndim(getattr(value, "array", value)) == 0:
            inplace.copy_(self, functions.where(index, value, self).astype(self.array.dtype))
            return
        inplace.set_item(self, _known(index), ufuncs.to_dtype(ufuncs.wrapped(value, self), self.array.dtype))

    # --- attributes

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        return self.array.shape

    @property
    def dtype(self) -> np.dtype[Any]:  # type: ignore[override]
        return self.array.dtype

    @property
    def size(self) -> int:  # type: ignore[override]
        return self.array.size

    @property
    def T(self) -> Any:
        return functions.transpose(self)

    @property
    def real(self) -> Any:
        return self

    # --- methods

    astype = _method(lambda x, dtype, **_: ufuncs.to_dtype(x, np.dtype(dtype)))
    copy = _method(lambda x, order="C": ops.clone(x))
    flatten = _method(lambda x, order="C": functions.ravel(x, order))
    conj = conjugate = _method(lambda x: x)
    fill = _method(lambda x, value: x.__setitem__(Ellipsis, value))

    # --- what takes values out of the trace

    def __bool__(self) -> bool:
        return bool(self._value("a branch on a traced value", _BRANCH))

    def __float__(self) -> float:
        return float(self._value("float() of a traced value", "keep it an array"))

    def __int__(self) -> int:
        return int(self._value("int() of a traced value", "keep it an array"))

    def __index__(self) -> int:
        return self._value("a traced value as an index", _BRANCH).__index__()

    def __complex__(self) -> complex:
        return complex(self._value("complex() of a traced value", "keep it a real array"))

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        found = self._value(
            "a traced value made an ordinary array (numpy.array, numpy.asarray, math functions, or writing into an "
            "array that was made by numpy.zeros or numpy.empty)",
            "use numpy.stack or numpy.concatenate of traced values, numpy.zeros_like(x), or the function of numpy",
        )
        return np.array(found, dtype=dtype, copy=copy)

    def item(self, *place: Any) -> Any:
        return self._value("item() of a traced value", "keep it an array").item(*place)

    def tolist(self) -> Any:
        return self._value("tolist() of a traced value", "keep it an array").tolist()

    def _value(self, what: str, instead: str) -> Array:
        """Return the values of a constant. Raises ``TraceError`` where they depend on the inputs of the trace."""
        if is_traced(self):
            refuse(what, instead)
        return self.array

    def __iter__(self) -> Any:
        return iter([self[i] for i in range(len(self))])

    def __round__(self, digits: int = 0) -> Any:
        return functions.around(self, digits)

    def __repr__(self) -> str:
        return f"TracedArray({self.array!r})"

    def __reduce__(self) -> NoReturn:
        refuse("pickling a traced value", "keep it inside the function")


for _name in (
    "all", "any", "argmax", "argmin", "argsort", "clip", "cumprod", "cumsum", "diagonal", "dot", "max", "mean", "min",
    "nonzero", "prod", "ravel", "repeat", "reshape", "round", "searchsorted", "sort", "squeeze", "std", "sum",
    "swapaxes", "take", "trace", "transpose", "var",
):  # fmt: skip
    setattr(TracedArray, _name, _method(functions.METHODS[_name]))


def _is_mask_of(index: Any, x: TracedArray) -> bool:
    """Tell whether an index is a condition on each entry of an array: writing there is a choice, and no move."""
    return isinstance(index, TracedArray) and index.array.dtype == np.bool_ and index.array.shape == x.array.shape


def _known(index: Any) -> Any:
    """Return an index in which traced arrays are constants. Raises ``TraceError`` where one depends on the inputs."""
    if isinstance(index, tuple):
        return tuple(map(_known, index))
    if isinstance(index, slice):
        bounds = (index.start, index.stop, index.step)
        return slice(*(None if each is None else each.__index__() for each in bounds))
    return index._value("an index that depends on the input", _BRANCH) if isinstance(index, TracedArray) else index
