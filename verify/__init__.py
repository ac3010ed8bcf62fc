"""The harness: three witnesses, a verdict without tolerance knobs, campaigns and the command line."""

if __name__ == "verify":
    raise ImportError("import gradproof.verify, not verify")

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .checking.check import check as check
    from .checking.result import CheckResult as CheckResult
    from .checking.signatures import gradcheck as gradcheck
    from .checking.signatures import gradgradcheck as gradgradcheck
    from .diagnosis import diagnose as diagnose
    from .examination import CaseResult as CaseResult
    from .second_order import examine_any_order
    from .targets.engine import EngineTarget as EngineTarget
    from .verdict import Verdict as Verdict

    examine = examine_any_order

#: Where each name is, loaded when it is first asked for: none is that of a module, which would take its place.
_HOMES = {
    "CaseResult": (".examination", "CaseResult"),
    "CheckResult": (".checking.result", "CheckResult"),
    "EngineTarget": (".targets.engine", "EngineTarget"),
    "Verdict": (".verdict", "Verdict"),
    "check": (".checking.check", "check"),
    "diagnose": (".diagnosis", "diagnose"),
    "examine": (".second_order", "examine_any_order"),
    "gradcheck": (".checking.signatures", "gradcheck"),
    "gradgradcheck": (".checking.signatures", "gradgradcheck"),
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'gradproof.verify' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module, __name__), attribute)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
