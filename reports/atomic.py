"""Writing a file so that a reader finds the old one or the new one, and never half of it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from gradproof.errors import StoreError


def write_text(path: str | os.PathLike[str], text: str, what: str) -> None:
    """Write ``text`` as UTF-8 to ``path``, whole or not at all.

    Raises ``StoreError`` where the path cannot be written; ``what`` names the thing in the message.
    """
    target = Path(path)
    try:
        _replace(target, text.encode())
    except OSError as error:
        reason = error.strerror or str(error)
        raise StoreError(
            f"{what} cannot be written to {str(target)!r}: {reason}; "
            "name a file in an existing folder that you may write to"
        ) from error


def _replace(target: Path, data: bytes) -> None:
    if target.is_dir():
        raise IsADirectoryError(None, "it is a folder")
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


def _umask() -> int:
    """Return the process's umask, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
