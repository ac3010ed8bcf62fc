"""The errors that Gradproof raises on purpose.

Each derives from :class:`GradproofError` and from the built-in type that a Python user would catch; where PyTorch
raises ``RuntimeError`` for what Python calls a type or value error, from both.
"""

import difflib
from collections.abc import Iterable


class GradproofError(Exception):
    """The base of every error that Gradproof raises on purpose."""


class ShapeError(GradproofError, ValueError, RuntimeError):
    """The shapes of the arguments do not fit the op."""


class OutOfRangeError(ShapeError, IndexError):
    """An index or an axis is out of range."""


class DtypeError(GradproofError, TypeError, RuntimeError):
    """The dtype does not admit what was asked of it."""


class RaggedError(ShapeError, TypeError):
    """Nested sequences whose rows are not equally long."""


class IndexKindError(OutOfRangeError, DtypeError):
    """An index of a kind that selects nothing."""


class StateError(GradproofError, ValueError, RuntimeError):
    """A saved state does not fit what it is loaded into."""


class ArgumentError(GradproofError, ValueError, RuntimeError):
    """An argument has a value outside what the function accepts."""


class LengthError(ArgumentError, TypeError):
    """A length was asked of what has no dimensions."""


class NumberRangeError(ArgumentError, OverflowError):
    """A number that the dtype cannot hold."""


class ParameterError(GradproofError, TypeError):
    """A call with a parameter that the op does not have, or without one that it needs."""


class UnknownOpError(GradproofError, ValueError):
    """A name that is not in the vocabulary."""


class MissingNameError(GradproofError, AttributeError):
    """A name that a module does not have, and will not have."""


class AutogradError(GradproofError, RuntimeError):
    """A backward pass was asked for that the recorded graph cannot give."""


class UnsupportedError(GradproofError, NotImplementedError):
    """PyTorch has it, this engine does not (yet)."""


class TraceError(GradproofError, TypeError):
    """The traced function is not a function of tensors to tensors."""


class GraphFormatError(GradproofError, ValueError):
    """A graph file that is damaged, or of a version this release cannot read."""


class MirrorError(GradproofError, NotImplementedError):
    """The symbolic side cannot express or differentiate what it was given."""


class MissingLibraryError(GradproofError, ImportError):
    """A library was asked for that is optional and not installed."""


class StoreError(GradproofError, OSError):
    """A file or folder could not be read or written."""


class MissingFileError(StoreError, FileNotFoundError):
    """A file that is not there."""


class GradientError(GradproofError, AssertionError):
    """A derivative that is wrong."""


class GradcheckError(GradientError, RuntimeError):
    """A derivative that is wrong, as PyTorch's ``gradcheck`` raises it."""


class ContradictionError(GradproofError, AssertionError):
    """Two of Gradproof's own proofs disagree: a fault of Gradproof, never of the code on trial."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Say which known name is meant, as the tail of an error message.

    >>> nearest("matmull", ["matmul", "mean"])
    "; did you mean 'matmul'?"
    >>> nearest("qqq", ["matmul", "mean"])
    ''
    """
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
