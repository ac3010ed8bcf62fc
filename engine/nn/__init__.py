"""Neural networks: functions, modules and parameters, under PyTorch's names."""

from . import functional
from .layers import BCEWithLogitsLoss, Flatten, Linear, MSELoss, ReLU, Sequential, Sigmoid, Tanh
from .module import Module
from .parameter import Parameter

__all__ = [
    "BCEWithLogitsLoss",
    "Flatten",
    "Linear",
    "MSELoss",
    "Module",
    "Parameter",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Tanh",
    "functional",
]
