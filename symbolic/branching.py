"""Branching: the set of derivatives at switching points, as the convex hulls of what the branches give.

At a kink there is no derivative but a generalised Jacobian (Clarke, *Optimization and Nonsmooth Analysis*, 1983), the
convex hull of the limits of derivatives nearby. Along a graph each switching point is taken on each of its sides, alike
in forward and derivative and independently of the others: the product of the nodes' own sets, a conservative field
(Bolte and Pauwels, *Mathematical Programming* 188, 2021). It may be larger than the function's own set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np
from flint import arb

from gradproof.exact import Array
from gradproof.graph import Graph

from .approximate import Approximate, is_finite, is_sharp, tolerances_of
from .balls import Kind, Switch, entrywise
from .domain import Objects
from .joint_sweeps import Question, Sides, answers
from .limits import FARTHER, NEAR, is_continuous, limiting_gradients

#: So many combinations of branches are enumerated; beyond that the hull by intervals stands.
MOST_COMBINATIONS = 2**10

#: With more switching points it is not even asked which of them belong together: each may cost two sweeps.
MOST_SWITCHES = 64

#: Cotangents by leaf id or argument slot.
Parts = Mapping[int, Approximate]

#: Pull the cotangent back standing on the given sides.
Pull = Callable[[Sides], Parts]

#: For each switching point, the entries that may depend on it.
Reach = Mapping[Switch, frozenset[int]]


@dataclass(frozen=True, eq=False)
class Cluster:
    """Entries that the same switching points move, and what each combination of branches gives for them.

    ``places`` are positions in the flat gradients. Every member holds a ball and a bound on the deviation for each of
    them. There is no member where the combinations were too many. ``sampled`` says that the members are limits along
    some directions, and more may belong to the set; ``along`` gives those along one more direction and its opposite,
    where the set is that of a single number.
    """

    places: Array
    switches: tuple[Switch, ...]
    members: tuple[Approximate, ...]
    sampled: bool = False
    along: Callable[[Array], tuple[Approximate, ...]] | None = None


@dataclass(frozen=True, eq=False)
class Branching:
    """What is proven of gradients that have no single value: flat, those of ``keys`` laid end to end.

    ``limits`` are gradients of the function itself at points beside, by key, each worked out when it is asked for.
    ``jumps`` says that the branches give different values: there is no derivative at all.
    """

    keys: tuple[int, ...]
    clusters: tuple[Cluster, ...]
    limits: Iterable[Mapping[int, Objects]] = ()
    jumps: bool = False


def take_apart(
    pull: Pull, switches: Mapping[Switch, Kind], reach: Callable[[], Reach]
) -> tuple[Parts, tuple[Cluster, ...]]:
    """Return cotangents as narrow as all branches together leave them, and the clusters that stay open.

    ``reach`` tells for each switching point which entries may depend on it.
    """
    parts = pull({})
    hull = _flat(parts)
    if len(switches) > MOST_SWITCHES:
        clusters = [Cluster(np.flatnonzero(~hull.is_sharp), tuple(switches), ())]
    else:
        clusters = _clusters(lambda sides: _flat(pull(sides)), hull, switches, reach())
    certain = {switch for switch, kind in switches.items() if kind is Kind.FLIP}
    settled, still_open = _settle(hull, clusters, certain)
    return _split(settled, parts), still_open


def are_sharp(settled: Parts, clusters: Sequence[Cluster]) -> bool:
    """Tell whether all numbers in what :func:`take_apart` returns are enclosed far within their bounds."""
    flat = _flat(settled)
    enough = flat.is_sharp | ~is_finite(flat.value)
    for cluster in clusters:
        enough[cluster.places] = bool(cluster.members)
    members = (member for cluster in clusters for member in cluster.members)
    return bool(np.all(enough)) and all(np.all(each.is_sharp | ~is_finite(each.value)) for each in members)


def derivative_at(
    settled: Parts, clusters: Sequence[Cluster], switches: Mapping[Switch, Kind]
) -> Mapping[int, Objects] | None:
    """Return the derivative itself, None where none is proven at the entries of the clusters.

    It exists where only rounding errors may reach the switching points, and then is what all branches leave.
    """
    flat = _flat(settled)
    for cluster in clusters:
        is_certain = all(switches[switch] is Kind.FLIP for switch in cluster.switches)
        if not (is_certain and cluster.members):
            return None
        tolerances = tolerances_of(united(cluster.members).error)
        if not np.all(is_sharp(flat.value[cluster.places], tolerances)):
            return None
    return {key: part.value for key, part in settled.items()}


def _flat(parts: Parts) -> Approximate:
    """Lay arrays end to end."""
    values = [part.value.ravel() for part in parts.values()]
    errors = [part.error.ravel() for part in parts.values()]
    return Approximate(np.concatenate([_NOTHING, *values]), np.concatenate([_NOTHING, *errors]))


_NOTHING = np.empty(0, dtype=object)


def _split(flat: Approximate, like: Parts) -> dict[int, Approximate]:
    """Undo :func:`_flat`."""
    found, start = {}, 0
    for key, part in like.items():
        stop = start + part.value.size
        found[key] = Approximate(flat.value[start:stop].reshape(part.shape), flat.error[start:stop].reshape(part.shape))
        start = stop
    return found


def _clusters(
    pull: Callable[[Sides], Approximate], hull: Approximate, switches: Mapping[Switch, Kind], reach: Reach
) -> list[Cluster]:
    """Return the clusters that ``switches`` form: those that move a common entry belong together.

    Switching points that move no entry are left out.
    """
    alone = [Question.of([switch], switches, reach) for switch in switches]
    sides = dict(zip(switches, answers(pull, alone), strict=True))
    moved = {switch: _moved(hull, results, reach[switch]) for switch, results in sides.items()}
    groups = _groups({switch: places for switch, places in moved.items() if places})
    several = [Question.of(group, switches, reach) for group in groups if len(group) > 1]
    few = [question for question in several if question.combinations <= MOST_COMBINATIONS]
    asked = [*zip(alone, sides.values(), strict=True), *zip(few, answers(pull, few), strict=True)]
    members = {question.switches: results for question, results in asked}
    found = []
    for group in map(tuple, groups):
        places = np.array(sorted(set().union(*(moved[switch] for switch in group))))
        found.append(Cluster(places, group, tuple(_at(each, places) for each in members.get(group, []))))
    return found


def _moved(hull: Approximate, results: Sequence[Approximate], reach: frozenset[int]) -> frozenset[int]:
    """Return the entries within ``reach`` for which some side gives another ball than the hull of all sides."""
    differs = np.any([_differ(hull.value, each.value).astype(bool) for each in results], axis=0)
    return reach & set(np.flatnonzero(differs).tolist())


def _settle(
    hull: Approximate, clusters: Sequence[Cluster], certain: Set[Switch]
) -> tuple[Approximate, tuple[Cluster, ...]]:
    """Narrow the hull to the union of the members, and return what is left open: where they are not all the same.

    At switching points that are ``certain``, which only rounding errors can flip, the hull is the true side already.
    """
    value, error = hull.value.copy(), hull.error.copy()
    still_open = []
    for cluster in clusters:
        union = united(cluster.members) if cluster.members else None
        is_settled = union is not None and bool(np.all(union.is_sharp))
        if union is not None and (is_settled or not certain >= set(cluster.switches)):
            value[cluster.places], error[cluster.places] = union.value, union.error
        if not is_settled:
            still_open.append(cluster)
    return Approximate(value, error), tuple(still_open)


def united(members: Sequence[Approximate]) -> Approximate:
    """Return the hull of balls, entry by entry, with the largest bound on the deviation."""
    value, error = members[0].value, members[0].error
    for each in members[1:]:
        value, error = _union(value, each.value), _larger(error, each.error)
    return Approximate(value, error)


def _at(whole: Approximate, places: Array) -> Approximate:
    return Approximate(whole.value[places], whole.error[places])


def _groups(touched: Mapping[Switch, frozenset[int]]) -> list[list[Switch]]:
    """Return the connected components: switches are joined by a common entry."""
    groups: list[tuple[list[Switch], frozenset[int]]] = []
    for switch, places in touched.items():
        apart, joined, union = [], [switch], places
        for members, theirs in groups:
            if theirs & places:
                joined, union = members + joined, union | theirs
            else:
                apart.append((members, theirs))
        groups = [*apart, (joined, union)]
    return [members for members, _ in groups]


def surrounding(alone: Graph, ct: Array, places: Array, relative: arb) -> Cluster | None:
    """Return the limits of the cotangents of a single op at ``places``, None where there are none.

    They must exist in every direction that is tried, and not grow towards the point, and the op must be continuous: it
    is then Lipschitz there. Every limit may be off by ``relative`` times the largest of its entries.
    """
    (output,) = alone.outputs
    if not is_continuous(alone, output):
        return None
    members = []
    for near, nearer in zip(*(limiting_gradients(alone, output, ct, step) for step in (FARTHER, NEAR)), strict=True):
        limit = _laid_out(nearer)[places]
        if not np.all(_stays(_laid_out(near)[places], limit)):
            return None
        members.append(_with_error(limit, relative))

    def along(values: Array) -> tuple[Approximate, ...]:
        direction = np.zeros(sum(alone[leaf].size for leaf in alone.leaves))
        direction[places] = values
        found = [_laid_out(each)[places] for each in limiting_gradients(alone, output, ct, NEAR, direction)]
        return tuple(_with_error(each, relative) for each in found if all(ball.is_finite() for ball in each))

    return Cluster(places, (), tuple(members), sampled=True, along=along if np.count_nonzero(ct) == 1 else None)


def _with_error(values: Objects, relative: arb) -> Approximate:
    error = relative * max((abs(each) for each in values.tolist()), key=float)
    return Approximate(values, np.full(values.shape, error, dtype=object))


def _laid_out(gradient: Mapping[int, Objects]) -> Objects:
    return np.concatenate([_NOTHING, *(gradient[leaf].ravel() for leaf in sorted(gradient))])


def _bounded(near: arb, nearer: arb) -> bool:
    return bool(near.is_finite() and nearer.is_finite() and abs(nearer) <= 1.5 * abs(near))


_stays = entrywise(_bounded, 2)


def _are_different(a: arb, b: arb) -> bool:
    """Tell whether two balls are not one and the same; those without a number are alike."""
    if not (a.is_finite() and b.is_finite()):
        return bool(a.is_finite() != b.is_finite())
    return not (a.mid() == b.mid() and a.rad() == b.rad())


def _joined(a: arb, b: arb) -> arb:
    return a.union(b) if _are_different(a, b) else a


_differ = entrywise(_are_different, 2)
_union = entrywise(_joined, 2)
_larger = entrywise(lambda a, b: a.abs_upper().max(b.abs_upper()), 2)
