"""The standard's constants, as Python numbers."""

from math import e as e
from math import inf as inf
from math import nan as nan
from math import pi as pi

#: An index that puts in a new axis.
newaxis = None

__all__ = ["e", "inf", "nan", "newaxis", "pi"]
