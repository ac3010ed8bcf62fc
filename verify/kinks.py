"""The joint verdict at kinks: whether what a target returned is one of the generalised derivatives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gradproof.exact import Array
from gradproof.symbolic import Branching, Cluster
from gradproof.symbolic.approximate import MARGIN, Approximate, is_finite, tolerances_of
from gradproof.symbolic.balls import entrywise, exact_balls, precision
from gradproof.symbolic.branching import united
from gradproof.symbolic.domain import Objects

from .membership import BITS, LEAST, is_combination
from .verdict import Verdict


@dataclass(frozen=True, eq=False)
class Joint:
    """The verdict of the entries of one cluster, together.

    ``verdict`` is None where the combinations of branches were too many, and intervals must decide entry by entry.
    ``own`` tells whether the values belong to what the function itself has for derivatives beside the point; None where
    that was not asked, or nothing was found. ``limits`` are these derivatives, as many as it took to tell.
    """

    cluster: Cluster
    verdict: Verdict | None
    own: bool | None = None
    limits: tuple[Objects, ...] = ()


def judge_jointly(got: Mapping[int, Array], branching: Branching) -> list[Joint]:
    """Judge every cluster; ``got`` holds what arrived by key, each of the shape that was proven."""
    flat = np.concatenate([got[key].ravel() for key in branching.keys])
    return [_judge(flat[each.places], each, _limits_at(each.places, branching)) for each in branching.clusters]


def _limits_at(places: Array, branching: Branching) -> Iterator[Objects]:
    """Yield the entries of the derivatives beside the point."""
    for each in branching.limits:
        yield np.concatenate([each[key].ravel() for key in branching.keys])[places]


def _judge(values: Array, cluster: Cluster, limits: Iterable[Objects]) -> Joint:
    if not cluster.members:
        return Joint(cluster, None)
    if cluster.sampled:
        return Joint(cluster, _at_tip(values, cluster))
    finite = np.array([is_finite(each.value) for each in cluster.members])
    members = [each for each, flags in zip(cluster.members, finite, strict=True) if np.all(flags)]
    if not all(np.all(np.isfinite(tolerances_of(each.error))) for each in members):
        return Joint(cluster, Verdict.INCONCLUSIVE)
    if not np.all(np.isfinite(values)):
        return Joint(cluster, _of_no_number(values, some=bool(members), all_of_them=bool(np.all(finite))))
    if not (members and is_combination(values, members)):
        is_complete = len(members) == len(cluster.members)
        return Joint(cluster, Verdict.WRONG if is_complete else Verdict.UNDEFINED)
    own, reference = _belongs_to(values, limits, united(members).error)
    verdict = Verdict.VERIFIED if own and _coincide(reference) else Verdict.SUBGRADIENT
    return Joint(cluster, verdict, own, tuple(each.value for each in reference))


def _belongs_to(values: Array, limits: Iterable[Objects], error: Array) -> tuple[bool | None, list[Approximate]]:
    """Tell whether values are a combination of some limits, None where there are none, and of which of them.

    No more limits are asked for than it takes: one that is added to several never excludes what belongs to these.
    """
    reference: list[Approximate] = []
    for limit in limits:
        if np.all(is_finite(limit)):
            reference.append(Approximate(limit, error))
            if not _coincide(reference) and is_combination(values, reference):
                return True, reference
    return (is_combination(values, reference) if reference else None), reference


def _at_tip(values: Array, cluster: Cluster) -> Verdict:
    """Judge what was returned for the tip of an op, such as a norm, from limits beside it.

    The limits s along the returned vector g and its opposite are tried too. Of a function that is convex or concave
    there, as norms are, the largest product of s and g is the support function of the set in the direction g: a g whose
    product with itself is larger does not belong to the set.
    """
    if not np.all(np.isfinite(values)):
        return Verdict.WRONG
    members = [*cluster.members, *(cluster.along(values) if cluster.along else ())]
    if is_combination(values, members):
        return Verdict.SUBGRADIENT
    with precision(BITS):
        g = exact_balls(values)
        reaches = any(bool(np.dot(each.value, g) + np.dot(each.error, np.abs(g)) >= np.dot(g, g)) for each in members)
    return Verdict.UNDEFINED if reaches or cluster.along is None else Verdict.WRONG


def _of_no_number(values: Array, *, some: bool, all_of_them: bool) -> Verdict:
    """NaN is the limit of nothing where some branch has numbers; an infinity may be that of a branch without them."""
    is_wrong = (some and np.any(np.isnan(values))) or all_of_them
    return Verdict.WRONG if is_wrong else Verdict.UNDEFINED


def _coincide(limits: Sequence[Approximate]) -> bool:
    """Tell whether all limits are one: the function is differentiable there, in every direction that was tried."""
    hull = united(limits)
    narrow = entrywise(lambda ball, error: bool(MARGIN * ball.rad() <= error + LEAST * abs(ball)), 2)
    return bool(np.all(narrow(hull.value, hull.error)))
