"""PyTorch's ``torch.autograd``: the ways into the reverse sweep, and functions of functions."""

from . import functional, passes
from .passes import backward, grad

__all__ = ["backward", "functional", "grad", "passes"]
