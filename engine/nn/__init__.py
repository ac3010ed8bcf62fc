"""Neural network functions, under PyTorch's names."""

from . import functional

__all__ = ["functional"]
