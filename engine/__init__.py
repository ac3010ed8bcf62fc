"""A NumPy reverse-mode engine with PyTorch's autograd semantics.

``import gradproof.engine as torch`` runs the code of PyTorch's autograd tutorial.
"""

if __name__ == "engine":
    raise ImportError("import gradproof.engine, not engine")

from . import autograd as autograd
from . import cuda as cuda
from . import integrate as integrate
from . import linalg as linalg
from . import nn as nn
from . import ops as ops
from . import optim as optim
from . import random as random
from . import special as special
from . import stats as stats
from .anomaly import is_anomaly_check_nan_enabled as is_anomaly_check_nan_enabled
from .anomaly import is_anomaly_enabled as is_anomaly_enabled
from .constants import *
from .creation import *
from .device import device as device
from .dtypes import *
from .functions.activation import *
from .functions.arithmetic import *
from .functions.bitwise import *
from .functions.contraction import *
from .functions.convolution import *
from .functions.diagonal import *
from .functions.differences import *
from .functions.dtype import *
from .functions.einsum import *
from .functions.entropy import *
from .functions.exponential import *
from .functions.extremum import *
from .functions.gathering import *
from .functions.grouping import *
from .functions.hyperbolic import *
from .functions.indexing import *
from .functions.linear_algebra import *
from .functions.logaddexp import *
from .functions.logical import *
from .functions.lu import *
from .functions.matrix_exponential import *
from .functions.predicates import *
from .functions.ranking import *
from .functions.rearrangement import *
from .functions.rectifier import *
from .functions.recurrent import *
from .functions.reduction import *
from .functions.remainder import *
from .functions.reordering import *
from .functions.repetition import *
from .functions.root import *
from .functions.rounding import *
from .functions.secant import *
from .functions.selection import *
from .functions.sorting import *
from .functions.special import *
from .functions.splitting import *
from .functions.stacking import *
from .functions.trigonometric import *
from .functions.vector_product import *
from .guard import guard
from .layout import *
from .mode import enable_grad as enable_grad
from .mode import inference_mode as inference_mode
from .mode import is_grad_enabled as is_grad_enabled
from .mode import is_inference_mode_enabled as is_inference_mode_enabled
from .mode import no_grad as no_grad
from .mode import set_grad_enabled as set_grad_enabled
from .printing import set_printoptions as set_printoptions
from .random import *
from .serialization import load as load
from .serialization import save as save
from .tensor import Size as Size
from .tensor import Tensor as Tensor
from .typed import *

guard(globals(), f"{__name__}.functions.")
for _module in (linalg, special, nn.functional):
    guard(vars(_module), f"{__name__}.")
