"""PyTorch's ``torch.autograd``: the ways into the reverse sweep, and functions of functions."""

from ..anomaly import detect_anomaly, set_detect_anomaly
from . import functional, passes
from .passes import backward, grad

__all__ = ["backward", "detect_anomaly", "functional", "grad", "passes", "set_detect_anomaly"]
