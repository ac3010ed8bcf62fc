"""Gradproof proves gradients right: an engine, a symbolic mirror, and a harness that compares the two."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .case import Case as Case
    from .engine.tracing import trace as trace
    from .graph import Graph as Graph
    from .graph import Input as Input
    from .graph import Node as Node
    from .symbolic import jacobian as jacobian
    from .symbolic import mirror as mirror
    from .verify.checking.check import check as check
    from .verify.subjects.rules import rule as rule

_HOMES = {
    "Case": ".case",
    "Graph": ".graph",
    "Input": ".graph",
    "Node": ".graph",
    "check": ".verify.checking.check",
    "jacobian": ".symbolic",
    "mirror": ".symbolic",
    "rule": ".verify.subjects.rules",
    "trace": ".engine.tracing",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return _version()
    if name not in _HOMES:
        raise AttributeError(f"module 'gradproof' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # takes as long as all else here

    try:
        return version("gradproof")
    except PackageNotFoundError:
        return "0+uninstalled"


def __dir__() -> list[str]:
    return [*globals(), *__all__]
