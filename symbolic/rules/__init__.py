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
    convolution,
    embedding,
    exponential,
    likelihood,
    linear_algebra,
    loss,
    norm,
    normalisation,
    pooling,
    product,
    rearrangement,
    reduction,
    rounding,
    selection,
    sorting,
    special,
    statistics,
    trigonometric,
)

RULES: dict[str, Definition] = {
    **activation.RULES,
    **arithmetic.RULES,
    **convolution.RULES,
    **embedding.RULES,
    **exponential.RULES,
    **likelihood.RULES,
    **linear_algebra.RULES,
    **loss.RULES,
    **norm.RULES,
    **normalisation.RULES,
    **pooling.RULES,
    **product.RULES,
    **rearrangement.RULES,
    **reduction.RULES,
    **rounding.RULES,
    **selection.RULES,
    **sorting.RULES,
    **special.RULES,
    **statistics.RULES,
    **trigonometric.RULES,
}
