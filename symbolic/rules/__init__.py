"""The mirror's rules: for each op its textbook definition, and no derivative anywhere.

A pointwise op is a SymPy function of scalars. A rearrangement is the NumPy function itself, moving entries. The others
combine such steps. Fused ops are their definition, not the stable algorithm of an engine. The files have the names of
those in ``engine/ops``.
"""

from __future__ import annotations

from ..program import Definition
from . import (
    activation,
    arithmetic,
    axes,
    convolution,
    diagonal,
    difference,
    exponential,
    extremum,
    gathering,
    linear_algebra,
    loss,
    norm,
    padding,
    product,
    ranking,
    rearrangement,
    reduction,
    reordering,
    repetition,
    rounding,
    scan,
    selection,
    sorting,
    special,
    stacking,
    statistics,
    trigonometric,
    vector_product,
    windows,
)

RULES: dict[str, Definition] = {
    **activation.RULES,
    **arithmetic.RULES,
    **axes.RULES,
    **convolution.RULES,
    **diagonal.RULES,
    **difference.RULES,
    **exponential.RULES,
    **extremum.RULES,
    **gathering.RULES,
    **linear_algebra.RULES,
    **loss.RULES,
    **norm.RULES,
    **padding.RULES,
    **product.RULES,
    **ranking.RULES,
    **rearrangement.RULES,
    **reduction.RULES,
    **reordering.RULES,
    **repetition.RULES,
    **rounding.RULES,
    **scan.RULES,
    **selection.RULES,
    **sorting.RULES,
    **special.RULES,
    **stacking.RULES,
    **statistics.RULES,
    **trigonometric.RULES,
    **vector_product.RULES,
    **windows.RULES,
}
