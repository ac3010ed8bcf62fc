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
    entropy,
    error_function,
    exponential,
    gamma,
    hyperbolic,
    linear_algebra,
    logaddexp,
    loss,
    mish,
    norm,
    product,
    rearrangement,
    rectifier,
    reduction,
    remainder,
    root,
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
    **entropy.RULES,
    **error_function.RULES,
    **exponential.RULES,
    **gamma.RULES,
    **hyperbolic.RULES,
    **linear_algebra.RULES,
    **logaddexp.RULES,
    **loss.RULES,
    **mish.RULES,
    **norm.RULES,
    **product.RULES,
    **rearrangement.RULES,
    **rectifier.RULES,
    **reduction.RULES,
    **remainder.RULES,
    **root.RULES,
    **rounding.RULES,
    **selection.RULES,
    **sorting.RULES,
    **special.RULES,
    **statistics.RULES,
    **trigonometric.RULES,
}
