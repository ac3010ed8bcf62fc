"""Functions of neural networks with PyTorch's names and signatures: one file per family."""

from .activation import *
from .convolution import *
from .distance import *
from .linear import *
from .loss import *
from .normalisation import *
