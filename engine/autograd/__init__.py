"""PyTorch's ``torch.autograd``: the ways into the reverse sweep, and functions of functions."""

from ..anomaly import detect_anomaly, set_detect_anomaly
from . import function, functional, graph, passes
from .function import Function
from .passes import backward, grad

__all__ = [
    "Function",
    "backward",
    "detect_anomaly",
    "function",
    "functional",
    "grad",
    "graph",
    "passes",
    "set_detect_anomaly",
]
