"""The vocabulary: one file per mathematical family, forward and VJP side by side.

Names are those of the Python array API standard wherever it has one. Each op takes arrays or tensors.
"""

from .activation import *
from .arithmetic import *
from .entropy import *
from .error_function import *
from .exponential import *
from .gamma import *
from .hyperbolic import *
from .linear_algebra import *
from .logaddexp import *
from .loss import *
from .mish import *
from .norm import *
from .product import *
from .rearrangement import *
from .rectifier import *
from .reduction import *
from .remainder import *
from .root import *
from .rounding import *
from .selection import *
from .sorting import *
from .special import *
from .statistics import *
from .trigonometric import *
