"""Tensors, modules and their states in files: ``save`` and ``load``, in the format of Python's pickle."""

from __future__ import annotations

import contextlib
import io
import os
import pickle
from collections.abc import Iterator
from typing import IO, Any

from gradproof.errors import DtypeError, MissingFileError, StateError, StoreError

from .device import check_device

#: Where the classes are from that a file may name: none of them runs code of the file's.
_HARMLESS = {
    "builtins": {"complex", "set", "frozenset", "slice", "bytearray"},
    "collections": {"OrderedDict"},
    "numpy": {"dtype", "ndarray"},
    "numpy._core.multiarray": {"_reconstruct", "scalar"},
    "numpy._core.numeric": {"_frombuffer"},
    "_codecs": {"encode"},
    "gradproof.engine.size": {"Size"},
    "gradproof.engine.tensor": {"_restored"},
    "gradproof.engine.nn.parameter": {"_restored"},
    "gradproof.engine.dtypes": {"DType"},
    "gradproof.engine.device": {"device"},
}


class _Careful(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if name not in _HARMLESS.get(module, ()):
            raise StateError(
                f"the file asks for {module}.{name}, which may run any code; "
                "load(..., weights_only=False) reads it where you trust its source"
            )
        return super().find_class(module, name)


@contextlib.contextmanager
def _opened(f: Any, mode: str) -> Iterator[IO[bytes]]:
    """Open a path; a file stays open. Raises ``DtypeError`` for what is neither, ``StoreError`` for what fails."""
    wanted = "write" if "w" in mode else "read"
    if hasattr(f, wanted):
        yield f
        return
    if not isinstance(f, str | os.PathLike):
        raise DtypeError(f"a file is a path, or an object that can {wanted}, not {type(f).__name__}")
    try:
        file = open(f, mode)  # noqa: SIM115 - closed below
    except FileNotFoundError as error:
        raise MissingFileError(f"there is no file {os.fspath(f)!r}") from error
    except OSError as error:
        raise StoreError(f"{os.fspath(f)!r} cannot be opened: {error}") from error
    with file:
        yield file


def save(obj: Any, f: str | os.PathLike[str] | IO[bytes]) -> None:
    """Write tensors, modules, and lists and dictionaries of them to a path or an open file."""
    with _opened(f, "wb") as file:
        try:
            pickle.dump(obj, file)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise DtypeError(f"{type(obj).__name__} cannot be saved: {error}") from error


def load(f: str | os.PathLike[str] | IO[bytes], map_location: Any = None, *, weights_only: bool = True) -> Any:
    """Return what :func:`save` has written. Only where ``weights_only`` is False, the file may name any class.

    Raises ``StateError`` for a file that does, or that is damaged, ``MissingFileError`` where there is none.
    """
    check_device(map_location)
    with _opened(f, "rb") as file:
        content = io.BytesIO(file.read())
    try:
        return _Careful(content).load() if weights_only else pickle.Unpickler(content).load()  # noqa: S301 - asked for
    except (pickle.UnpicklingError, EOFError) as error:
        raise StateError(f"the file is damaged, or was not written by save(): {error}") from error
