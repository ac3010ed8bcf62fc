"""How entries lie in memory: here always strided. PyTorch code that says so runs unchanged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gradproof.errors import DtypeError, UnsupportedError


@dataclass(frozen=True)
class layout:  # noqa: N801 - PyTorch's name
    """The layout of a tensor."""

    name: str

    def __repr__(self) -> str:
        return f"torch.{self.name}"


@dataclass(frozen=True)
class memory_format:  # noqa: N801 - PyTorch's name
    """The order of the entries in memory."""

    name: str

    def __repr__(self) -> str:
        return f"torch.{self.name}"


strided = layout("strided")
contiguous_format, preserve_format = memory_format("contiguous_format"), memory_format("preserve_format")


def check_layout(value: Any) -> None:
    """Refuse a layout that there is not; None stands for the one that there is."""
    if value is not None and value != strided:
        raise UnsupportedError(f"the layout of a tensor is torch.strided, not {value!r}")


def check_memory_format(value: Any) -> None:
    """Refuse what is no order of entries. Raises ``DtypeError``, a ``TypeError``."""
    if value is not None and not isinstance(value, memory_format):
        raise DtypeError(f"a memory format is torch.contiguous_format or torch.preserve_format, not {value!r}")


__all__ = ["contiguous_format", "layout", "memory_format", "preserve_format", "strided"]
