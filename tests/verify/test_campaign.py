"""Campaigns: reproducible, collected, and grouped by what is wrong."""

import numpy as np
import pytest

from gradproof.errors import UnknownOpError
from gradproof.verify import EngineTarget
from gradproof.verify.campaign import Plan, derived_seed, first_of_each, run
from gradproof.verify.mutants import mutants


def ids(outcome):
    return [result.case.id for _, result in outcome.results]


def test_a_plan_is_a_pure_function_of_its_seed():
    plan = Plan(graphs=30, seed=4)
    assert ids(run(plan, EngineTarget())) == ids(run(plan, EngineTarget()))
    assert ids(run(plan, EngineTarget())) != ids(run(Plan(graphs=30, seed=5), EngineTarget()))


def test_a_shard_does_not_depend_on_how_many_follow():
    short, long = (run(Plan(graphs=graphs, seed=1, dtype="float64"), EngineTarget()) for graphs in (100, 130))
    assert ids(long)[:100] == ids(short)


def test_shards_have_different_seeds():
    assert len({derived_seed(root, shard) for root in range(3) for shard in range(10)}) == 30


def test_failures_are_collected_and_never_raised():
    outcome = run(Plan(graphs=60, seed=2, ops=("sin", "cos", "add")), mutants.wrong_sign("cos"))
    assert len(outcome.results) == 60
    assert 0 < len(outcome.failures) < 60


def test_one_failure_is_shown_per_op_and_verdict():
    outcome = run(Plan(graphs=60, seed=2, ops=("sin", "cos", "add")), mutants.wrong_sign("cos"))
    distinct = first_of_each(outcome.failures)
    assert len({result.signature for result in distinct}) == len(distinct) < len(outcome.failures)
    assert set(outcome.minimal) == {result.case.id for result in distinct}


def test_the_tutorial_comes_first_and_only_where_its_ops_are_wanted():
    titles = [title for title, _ in run(Plan(graphs=1), EngineTarget()).results if title]
    assert len(titles) == 2
    assert [title for title, _ in run(Plan(graphs=1, ops=("sin",)), EngineTarget()).results if title] == []


def test_progress_sees_every_case():
    seen = []
    run(Plan(graphs=12, ops=("sin",)), EngineTarget(), lambda outcome: seen.append(len(outcome.results)))
    assert seen == list(range(1, len(seen) + 1))


def test_every_part_is_timed_and_together_they_are_most_of_the_run():
    outcome = run(Plan(graphs=30), EngineTarget())
    assert set(outcome.seconds) == {
        "generation", "engine", "conduct", "oracle", "certificates", "finite differences", "verdict"
    }  # fmt: skip
    assert 0.5 * outcome.wall < sum(outcome.seconds.values()) <= outcome.wall


def test_cases_are_distinct_and_each_asks_for_a_derivative():
    outcome = run(Plan(graphs=200, dtype="float64"), EngineTarget())
    assert len(set(ids(outcome))) == len(ids(outcome)) == 200
    assert all(any(not pair.proven.structural for pair in result.pairs) for _, result in outcome.results)


def test_a_plan_that_asks_for_more_graphs_than_there_are_ends():
    outcome = run(Plan(graphs=100_000, ops=("detach",)), EngineTarget())
    assert outcome.results == []


def test_a_target_that_raises_loses_neither_the_others_nor_the_smallest_case(monkeypatch):
    def crooked(rule):
        def raises_without_dimensions(ct, y, *args):
            if np.ndim(args[0]) == 0:
                raise ZeroDivisionError("planted")
            return -rule(ct, y, *args)

        return raises_without_dimensions

    outcome = run(Plan(graphs=60, ops=("sin", "add")), mutants.mutate_vjp("sin", 0, crooked))
    assert outcome.errors
    assert outcome.failures
    assert set(outcome.minimal) == {result.case.id for result in first_of_each(outcome.failures)}


def test_an_unknown_op_is_refused_with_the_nearest_name():
    with pytest.raises(UnknownOpError, match="did you mean 'softmax'"):
        Plan(ops=("softmx",))
