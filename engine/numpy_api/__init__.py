"""NumPy's view of tensors: its functions, and an array with its attributes, so that code written for it can be traced.

A traced array follows NumPy where PyTorch's tensors differ: in the promotion of dtypes, in what its methods mean and
return, in indexing. What would lose the graph is refused.
"""

from .array import TracedArray as TracedArray
from .tracing import trace_numpy as trace_numpy

__all__ = ["TracedArray", "trace_numpy"]
