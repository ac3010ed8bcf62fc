"""What the namespace can do, as the standard's inspection functions tell it."""

from __future__ import annotations

from typing import Any

from gradproof.errors import ArgumentError

from .. import creation
from ..device import CPU, check_device, device
from ..dtypes import DType
from . import data_types

_DTYPES = ("bool", "int8", "int16", "int32", "int64", "uint8", "float32", "float64")

#: The versions of the standard that the namespace answers to; each contains those before it.
VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12")


def check_version(version: str | None) -> None:
    """Refuse, with an ``ArgumentError``, a version that there is not; None stands for the latest."""
    if version is not None and version not in VERSIONS:
        raise ArgumentError(f"the array API is there in the versions {', '.join(VERSIONS)}, not {version!r}")


class Info:
    """The answers of ``__array_namespace_info__()``."""

    def capabilities(self) -> dict[str, Any]:
        """Return what the standard leaves to choice: here masks are indices, and shapes may depend on values.

        NumPy's arrays have up to 64 dimensions.
        """
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> device:
        """Return the device of new arrays."""
        return CPU

    def default_dtypes(self, *, device: Any = None) -> dict[str, DType]:
        """Return the dtypes of Python numbers and of indices. There are no complex ones."""
        check_device(device)
        integer = data_types.int64
        return {"real floating": creation.zeros(0).dtype, "integral": integer, "indexing": integer}

    def devices(self) -> list[device]:
        """Return the devices: the CPU."""
        return [CPU]

    def dtypes(self, *, device: Any = None, kind: str | tuple[str, ...] | None = None) -> dict[str, DType]:
        """Return the dtypes of the namespace by name, of all kinds or of some."""
        check_device(device)
        known = {name: getattr(data_types, name) for name in _DTYPES}
        return {name: dtype for name, dtype in known.items() if kind is None or data_types.isdtype(dtype, kind)}


def __array_namespace_info__() -> Info:  # noqa: N807 - the standard's name
    """Return an object that tells what the namespace can do."""
    return Info()


__all__ = ["__array_namespace_info__"]
