"""PyTorch functions as subjects: autograd, or a custom ``autograd.Function``, on trial."""

from .subject import TorchSubject as TorchSubject
