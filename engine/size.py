"""The shape of a tensor."""

from __future__ import annotations

import math
from typing import Any


class Size(tuple[int, ...]):
    """A shape that prints as PyTorch's does. Its parts, sums and multiples are shapes too."""

    __slots__ = ()

    def numel(self) -> int:
        """Return the number of entries."""
        return math.prod(self)

    def __getitem__(self, index: Any) -> Any:
        found = tuple.__getitem__(self, index)
        return Size(found) if isinstance(index, slice) else found

    def __add__(self, other: Any) -> Any:
        found = tuple.__add__(self, other)
        return found if found is NotImplemented else Size(found)

    def __mul__(self, count: Any) -> Any:
        found = tuple.__mul__(self, count)
        return found if found is NotImplemented else Size(found)

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(str, self))}])"
