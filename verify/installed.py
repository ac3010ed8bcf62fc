"""Libraries that are optional: whether one is there, and how to install it where it is not."""

from __future__ import annotations

from importlib import import_module

from gradproof.errors import MissingLibraryError


def require(library: str) -> None:
    """Import a library. Raises ``MissingLibraryError`` where it is not installed; its own errors are its own."""
    try:
        import_module(library)
    except ModuleNotFoundError as error:
        if error.name != library:
            raise
        raise MissingLibraryError(
            f"{library} is not installed; install it with: pip install 'gradproof[{library}]'"
        ) from error
