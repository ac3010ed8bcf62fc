"""The vocabulary: one file per mathematical family, forward and VJP side by side.

Names are those of the Python array API standard wherever it has one. Each op takes arrays or tensors.
"""

from .activation import *
from .arithmetic import *
from .axes import *
from .bessel import *
from .convolution import *
from .convolve import *
from .decompositions import *
from .diagonal import *
from .difference import *
from .embedding import *
from .entropy import *
from .error_function import *
from .exponential import *
from .extremum import *
from .gamma import *
from .gathering import *
from .hyperbolic import *
from .incomplete_gamma import *
from .likelihood import *
from .linear_algebra import *
from .logaddexp import *
from .loss import *
from .matrix_equations import *
from .mish import *
from .norm import *
from .normalisation import *
from .padding import *
from .pooling import *
from .product import *
from .ranking import *
from .rearrangement import *
from .rectifier import *
from .reduction import *
from .remainder import *
from .reordering import *
from .repetition import *
from .root import *
from .rounding import *
from .scan import *
from .secant import *
from .selection import *
from .sorting import *
from .special import *
from .stacking import *
from .statistics import *
from .trigonometric import *
from .unfolding import *
from .vector_product import *
