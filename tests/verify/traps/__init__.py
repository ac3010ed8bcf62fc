"""The table of traps: hard points, each with the mathematical answer and its reason, written by hand.

Every row states what the right engine and others return there, and the verdict that each must get. The page
``docs/traps.md`` shows it; ``PYTHONPATH=tests/verify python -m traps`` writes that page.
"""

from .branch_points import BRANCH_POINTS
from .digits import DIGITS
from .kinks import KINKS
from .magnitudes import MAGNITUDES
from .singular_points import SINGULAR_POINTS
from .table import sections

SECTIONS = sections(
    {
        "Kinks and ties": KINKS,
        "Branch points": BRANCH_POINTS,
        "Singular points": SINGULAR_POINTS,
        "Overflow and underflow": MAGNITUDES,
        "Lost digits": DIGITS,
    }
)
