"""The vocabulary: one file per mathematical family, forward and VJP side by side.

Names are those of the Python array API standard wherever it has one. Each op takes arrays or tensors.
"""

from .activation import *
from .arithmetic import *
from .convolution import *
from .embedding import *
from .exponential import *
from .likelihood import *
from .linear_algebra import *
from .loss import *
from .norm import *
from .normalisation import *
from .pooling import *
from .product import *
from .rearrangement import *
from .reduction import *
from .rounding import *
from .selection import *
from .sorting import *
from .special import *
from .statistics import *
from .trigonometric import *
