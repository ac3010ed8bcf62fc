"""Functions of neural networks with PyTorch's names and signatures: one file per family."""

from ...functions.padding import pad as pad
from .activation import *
from .attention import *
from .convolution import *
from .ctc import *
from .distance import *
from .dropout import *
from .embedding import *
from .linear import *
from .loss import *
from .normalisation import *
from .pooling import *
from .sampling import *
from .unpooling import *
from .upsampling import *
