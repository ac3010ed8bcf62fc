"""Gradproof proves gradients right: an engine, a symbolic mirror, and a harness that compares the two."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .case import Case as Case
    from .engine.tracing import trace as trace
    from .graph import Graph as Graph
    from .graph import Input as Input
    from .graph import Node as Node
    from .symbolic import jacobian as jacobian
    from .symbolic import mirror as mirror
    from .verify.check import check as check
    from .verify.subjects.rules import rule as rule

_HOMES = {
    "Case": ".case",
    "Graph": ".graph",
    "Input": ".graph",
    "Node": ".graph",
    "check": ".verify.check",
    "jacobian": ".symbolic",
    "mirror": ".symbolic",
    "rule": ".verify.subjects.rules",
    "trace": ".engine.tracing",
}

__all__ = sorted(_HOMES)

try:
    __version__ = version("gradproof")
except PackageNotFoundError:
    __version__ = "0+uninstalled"


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'gradproof' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
