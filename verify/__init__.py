"""The harness: three witnesses, a verdict without tolerance knobs, campaigns and the command line."""

if __name__ == "verify":
    raise ImportError("import gradproof.verify, not verify")

from .diagnosis import diagnose
from .examine import CaseResult
from .second_order import examine_any_order as examine
from .targets.engine import EngineTarget
from .verdict import Verdict

__all__ = ["CaseResult", "EngineTarget", "Verdict", "diagnose", "examine"]
