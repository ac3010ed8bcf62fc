"""The opinion of a finite difference: yes, no, or cannot tell, and why. It is never the judge."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradproof.exact import Array
from gradproof.graph import Graph, Node
from gradproof.symbolic import Proven

from .finite_difference import Difference
from .pieces import Crossing

#: A finite difference is believed within so many times its error estimate.
TRUST = 10

#: A finite difference speaks only where its error estimate is below this share of the gradient's largest entry.
TELLING = 1e-2


def tells(difference: Difference, proven: Proven) -> Array:
    """Tell for each entry whether its estimate is small enough to say something of the proven one."""
    known = np.isfinite(difference.errors) & np.isfinite(proven.midpoints)
    scale = np.max(np.abs(proven.midpoints), initial=0.0, where=known)
    return known & (difference.errors <= TELLING * scale)


def distances(difference: Difference, proven: Proven) -> Array:
    """Return how far each entry is from the proven one beyond what the proof leaves open."""
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.abs(difference.values - proven.midpoints) - proven.tolerances - proven.radii
    return np.maximum(apart, 0.0)


def agrees(difference: Difference, proven: Proven) -> bool | None:
    """Compare with the proven gradient: None where no entry can tell."""
    telling = tells(difference, proven)
    if not np.any(telling):
        return None
    return not np.any(telling & (distances(difference, proven) > TRUST * difference.errors))


def rejects(difference: Difference, got: Array) -> bool:
    """Tell whether some entry of a gradient is certainly not the derivative, as none of another shape is."""
    if got.shape != difference.values.shape:
        return True
    with np.errstate(invalid="ignore", over="ignore"):
        near = np.abs(difference.values - got.astype(np.float64)) <= TRUST * difference.errors
    return not np.all(near | ~np.isfinite(difference.errors))  # what is no number is near nothing


def reason(graph: Graph, error: float, noise: float, obstacles: Sequence[Crossing]) -> str:
    """Say what limits one finite difference: what stands in its stencil, rounding, or truncation."""
    if obstacles:
        return " and ".join(dict.fromkeys(f"{_place(graph, each.site)} has {each.what}" for each in obstacles[:2])) + (
            " in every stencil" if error == np.inf else " near by, so that its steps are short"
        )
    if error == np.inf:
        return "its quotients at different steps do not approach one another"
    if noise >= error / 2:
        return f"the rounding of the forward, over the step, makes {noise:.1e}"
    return f"its quotients at two steps are {error - noise:.1e} apart (truncation)"


def _place(graph: Graph, site: int) -> str:
    value = graph[site]
    return f"{graph.name(site)} ({value.op})" if isinstance(value, Node) else graph.name(site)
