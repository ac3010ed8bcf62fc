"""Devices: there is one, the CPU. PyTorch code that names it runs unchanged."""

from __future__ import annotations

from typing import Any

from gradproof.errors import DtypeError, UnsupportedError


class device:  # noqa: N801 - PyTorch's name
    """Where a tensor is: ``device("cpu")``. Raises ``UnsupportedError``, a ``RuntimeError``, for any other."""

    type: str
    index: int | None

    def __init__(self, type: Any, index: int | None = None) -> None:
        name = str(type) if isinstance(type, device) else type
        if not isinstance(name, str):
            raise DtypeError(f"a device is named by a string, not {name!r}")
        name, _, number = name.partition(":")
        if name != "cpu" or not (number.isdigit() or not number):
            raise UnsupportedError(f"there is no device {type!r}: all tensors are on 'cpu'")
        self.type = name
        self.index = int(number) if number else index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type={self.type!r}{index})"


CPU = device("cpu")


def check_device(named: Any) -> None:
    """Refuse a device that there is not; None stands for the one that there is."""
    if named is not None:
        device(named)
