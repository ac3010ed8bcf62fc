"""Tracing of functions that were written for NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradproof.errors import GradproofError, TraceError
from gradproof.graph import Graph

from ..autograd.function import Function
from ..tracing import trace
from .array import TracedArray


def trace_numpy(
    function: Callable[..., Any], *inputs: Any, functions: dict[str, type[Function]] | None = None
) -> Graph:
    """Return the graph of a function of NumPy arrays at ``inputs``, as :func:`gradproof.trace` does of tensors.

    Tensors among the inputs stay tensors. Functions with a derivative of their own are put into ``functions``. Raises
    ``TraceError`` where a value leaves the trace, naming the line.
    """
    try:
        return trace(function, *inputs, like=TracedArray, functions=functions)
    except GradproofError:
        raise
    except (TypeError, ValueError) as error:
        if (refusal := _behind(error)) is not None:
            raise TraceError(str(refusal)) from error
        raise


def _behind(error: BaseException) -> TraceError | None:
    """Return the refusal that NumPy has made another error of, as where a sequence is written into an array."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, TraceError):
        cause = cause.__cause__ or cause.__context__
    return cause
