"""Parameter: a leaf that a module finds among its attributes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import Tensor
from ..variable import UNWRITTEN, Array, Variable


class Parameter(Tensor):
    """A leaf in the memory of ``data`` that requires grad. What is computed from it are plain tensors."""

    __slots__ = ()

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Parameter:
        """Make a parameter; of nothing, one without entries."""
        source = Tensor.wrap(np.zeros(0, np.float32)) if data is None else data
        plain, parameter = Tensor.wrap(source.array, source.own_version), object.__new__(cls)
        for name in Variable.__slots__:
            if name != "__weakref__":
                setattr(parameter, name, getattr(plain, name))
        parameter.requires_grad_(requires_grad)
        return parameter

    @classmethod
    def wrap(cls, array: Array, version: list[int] = UNWRITTEN) -> Any:
        """Return an untracked tensor around ``array``: results of parameters are no parameters."""
        return Tensor.wrap(array, version)

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        """Return a copy, without the gradient."""
        if id(self) not in memo:
            memo[id(self)] = _restored(np.array(self.array), self._requires_grad)
        found: Parameter = memo[id(self)]
        return found

    def __reduce__(self) -> Any:
        return _restored, (self.array, self._requires_grad)

    def __repr__(self) -> str:
        return f"Parameter containing:\n{Tensor.__repr__(self)}"


def _restored(array: Array, requires_grad: bool) -> Parameter:
    return Parameter(Tensor.wrap(array), requires_grad)
