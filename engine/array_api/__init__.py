"""The namespace of the Python array API standard, version 2024.12: what ``Tensor.__array_namespace__()`` returns.

Code that follows the standard runs on tensors unchanged, and derivatives flow through it. Names, signatures and
conventions are the standard's, PyTorch's those of the tensors' own methods; where the standard leaves something
undefined (mixtures of integers and floats, sums of booleans) it is refused with a ``DtypeError``.

The standard describes attributes and operators of arrays too. Those of a tensor stay PyTorch's where the two differ:
``x.size`` is a method (the standard's attribute is ``math.prod(x.shape)``), ``x.T`` reverses any number of dimensions,
operators promote dtypes as PyTorch does, by which a number's own array has no say beside one with dimensions.

Real dtypes alone: there are no complex arrays, and so no ``fft``. Source: https://data-apis.org/array-api/2024.12
"""

from typing import Any

from gradproof.errors import MissingNameError

from . import info as info
from . import linalg as linalg
from .constants import *
from .creation import *
from .data_types import *
from .elementwise import *
from .indexing import *
from .info import __array_namespace_info__ as __array_namespace_info__
from .linear_algebra import *
from .manipulation import *
from .searching import *
from .sets import *
from .sorting import *
from .statistics import *
from .utility import *

__array_api_version__ = "2024.12"

_WITHOUT = {
    "complex64": "complex numbers",
    "complex128": "complex numbers",
    "fft": "complex numbers, which Fourier transforms return",
    "uint16": "unsigned integers beyond uint8",
    "uint32": "unsigned integers beyond uint8",
    "uint64": "unsigned integers beyond uint8",
}


def __getattr__(name: str) -> Any:
    if name in _WITHOUT:
        raise MissingNameError(f"the array API of this engine has no {name}: there are no {_WITHOUT[name]}")
    raise MissingNameError(f"the array API standard, version {__array_api_version__}, has no {name}")
