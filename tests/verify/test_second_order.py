"""Second order end to end: the engine's backward of backward on trial."""

import dataclasses
import itertools
import json
import random
from collections import Counter

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import Phase, find, settings

from gradproof import engine as torch
from gradproof import trace
from gradproof.case import Case
from gradproof.engine import backward, ops
from gradproof.engine.variable import Variable, array_of
from gradproof.engine.vocabulary import OPS
from gradproof.errors import ContradictionError
from gradproof.graph import Graph, Input, Node
from gradproof.reports import read_json
from gradproof.verify import EngineTarget, Verdict, cli, diagnose, second_order
from gradproof.verify.campaign import Plan, run
from gradproof.verify.diagnosis import notes_of
from gradproof.verify.generation.strategies import cases
from gradproof.verify.mutants.mutants import mutate_vjp, wrong_factor
from gradproof.verify.recording import record_case
from gradproof.verify.second_order import examine_any_order
from gradproof.verify.second_order_result import SecondOrderResult
from gradproof.verify.shrinking import minimal
from gradproof.verify.tutorial import tutorial_cases

X, W = np.array([0.5, -1.0]), np.array([2.0, 3.0])


def result_of(function, *inputs, target=None, **options):
    case = Case.of_ones(trace(function, *inputs)).of_second_order()
    return examine_any_order(case, target or EngineTarget(), **options)


def held(value):
    """Return a value through which no derivative flows: what a rule does that computes on arrays."""
    return type(value).wrap(value.array) if isinstance(value, Variable) else value


def layer(x, w):
    return torch.tanh(x * w).exp().square().sum()


def blocks(result):
    """Return what arrived, by the leaf that was pulled back from and the leaf it arrived at."""
    return {(result.recorded.blocks[pair.output][1], pair.leaf): pair.got for pair in result.pairs}


# --- what is right


@pytest.mark.parametrize("title", tutorial_cases())
def test_the_tutorial_is_verified_at_second_order(title):
    result = examine_any_order(tutorial_cases()[title].of_second_order(), EngineTarget())
    assert result.verdict is Verdict.VERIFIED, diagnose(result)
    assert all(each.holds for each in result.certificates)


def test_a_quadratic_form_has_its_matrix_as_hessian():
    a = np.array([[2.0, -1.0], [3.0, 4.0]])
    result = result_of(lambda x: x @ (torch.from_numpy(a) @ x), X)
    (direction,) = result.asked.directions
    assert result.verdict is Verdict.VERIFIED
    np.testing.assert_allclose(blocks(result)[0, 0], (a + a.T) @ direction, rtol=1e-15)
    assert all(pair.agreement for pair in result.pairs)
    assert result.sees < 1e-13


def test_every_pair_of_leaves_and_the_cotangent_are_judged():
    result = result_of(lambda x, w: (x * x * w).sum(), X, W)
    v, u = result.asked.directions
    (ct,) = result.recorded.cotangents
    expected = {
        (0, 0): 2 * W * v, (0, 1): 2 * X * v, (0, ct): np.sum(2 * X * W * v),
        (1, 0): 2 * X * u, (1, 1): None, (1, ct): np.sum(X * X * u),
    }  # fmt: skip
    found = blocks(result)
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        assert (found[key] is None) == (value is None)
        if value is not None:
            np.testing.assert_allclose(found[key], value, rtol=1e-14)


def test_of_a_linear_function_exactly_nothing_is_left():
    result = result_of(lambda x: (3.0 * x).sum(), X)
    assert result.verdict is Verdict.VERIFIED
    assert blocks(result)[0, 0] is None
    assert result.pairs[0].proven.structural


def test_two_outputs_broadcast_and_float32():
    x = np.array([[0.5], [1.5]], dtype=np.float32)
    result = result_of(lambda x, w: (torch.sin(x + w), (x * w).sum()), x, W.astype(np.float32))
    assert result.verdict is Verdict.VERIFIED
    assert {number for number, _ in result.recorded.blocks} == {0, 1}
    assert all(pair.got is None or pair.got.dtype == np.float32 for pair in result.pairs)


def test_what_is_detached_is_constant_in_every_witness():
    def function(x):
        with torch.no_grad():
            weight = x.exp()
        return (x.detach() * x * x * weight).sum()

    result = result_of(function, X)
    (direction,) = result.asked.directions
    assert result.verdict is Verdict.VERIFIED
    np.testing.assert_allclose(blocks(result)[0, 0], 2 * X * np.exp(X) * direction, rtol=1e-14)
    assert all(pair.agreement is not False for pair in result.pairs)


@pytest.mark.parametrize("at", [0.0, -30.0])
@pytest.mark.parametrize("name", ["tanh", "sigmoid", "silu", "gelu", "softplus", "sinc", "atan", "erf", "ndtr"])
def test_formulas_that_switch_between_branches_are_smooth_all_the_same(name, at):
    result = result_of(OPS[name], np.array([at]))
    assert result.verdict is Verdict.VERIFIED, diagnose(result)


@pytest.mark.parametrize(
    ("function", "at"),
    [
        (lambda x: x.relu(), 0.0),
        (lambda x: x.abs(), 0.0),
        (lambda x: torch.maximum(x, 2.0), 2.0),
        (lambda x: torch.where(x > 0, x * x, 2 * x), 0.0),
        (lambda x: ops.floor(x), 1.0),
        (lambda x: x**1.5, 0.0),
        (lambda x: ops.vector_norm(x), 0.0),
    ],
)
def test_where_no_second_derivative_exists_nobody_is_accused(function, at):
    result = result_of(function, np.array([at]))
    assert result.verdict is Verdict.UNDEFINED
    assert "No second derivative exists" in diagnose(result)
    assert "The target returned" in diagnose(result)


def test_away_from_its_kink_a_piecewise_function_is_verified():
    result = result_of(lambda x: (x.relu() * x.abs()).sum(), X)
    assert result.verdict is Verdict.VERIFIED
    np.testing.assert_allclose(blocks(result)[0, 0], np.array([2.0, 0.0]) * result.asked.directions[0])


# --- the record


def test_forward_and_backward_are_one_graph_that_plays_to_the_same_values():
    result = result_of(layer, X, W)
    graph, values = result.case.graph, result.run.values
    played = graph.play(lambda node, args: OPS[node.op].forward(*args, **node.params), [x.value for x in graph.inputs])
    assert all(np.array_equal(a, b) for a, b in zip(played, values, strict=True))
    assert graph.leaves == (0, 1, 2)
    assert Case.from_json(result.case.to_json()).id == result.case.id


def test_every_value_of_the_backward_belongs_to_a_rule_or_is_a_sum():
    result = result_of(lambda x, w: (x * w).tanh() * x, X, W)
    graph = result.case.graph
    (steps,) = result.recorded.passes
    assert [graph[step.site].op for step in steps] == ["multiply", "tanh", "multiply"]
    made = set(itertools.chain(*(step.made for step in steps)))
    forward = set(result.recorded.ids) | set(result.recorded.cotangents)
    rest = set(range(len(graph))) - made - forward
    assert [graph[site].op for site in rest] == ["add"]


def test_a_place_names_the_rule_in_which_a_value_was_made():
    result = result_of(layer, X, W)
    (cosh,) = [
        site for site, node in result.case.graph.enumerate_nodes() if "tanh" in result.place(site) and node.op == "cosh"
    ]
    assert "(cosh), in the VJP of" in result.place(cosh)
    assert result.place(result.recorded.ids[-1]).endswith("(sum)")


# --- what is wrong at second order alone

RULES = {
    "a factor of y is held": ("tanh", lambda rule: lambda ct, y, x: ct * (1.0 - held(y) * held(y))),
    "the cotangent is held": ("exp", lambda rule: lambda ct, y, x: held(ct) * y),
    "the other argument is held": ("multiply", lambda rule: lambda ct, y, a, b: ct * held(b)),
    "a mask is differentiated": ("square", lambda rule: lambda ct, y, x: rule(ct, y, x) * (x / held(x))),
    "a difference of 1e-11": ("tanh", lambda rule: lambda ct, y, x: rule(ct, y, x) + (x - held(x)) * 1e-11),
}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_that_is_wrong_at_second_order_alone_is_found_and_named(name):
    op, change = RULES[name]
    target = mutate_vjp(op, 0, change)
    case = Case.of_ones(trace(layer, X, W))
    assert examine_any_order(case, target).verdict is Verdict.VERIFIED
    result = examine_any_order(case.of_second_order(), target)
    assert result.verdict is Verdict.WRONG
    assert result.culprit == op
    assert f"({op}), the derivative of the VJP rule of argument 0: got" in diagnose(result)
    assert diagnose(result).startswith("The backward of the backward is wrong")


#: Of these the derivative is 0, and depends on nothing.
STEPS = {"ceil", "det_sign", "floor", "round", "sign", "trunc"}
DIFFERENTIABLE = sorted(name for name, op in OPS.items() if op.rule(0) is not None and name not in STEPS)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_every_rule_is_held_to_its_dependence_on_the_cotangent(name):
    """A rule that holds its cotangent constant is right at first order, whatever the op."""
    target = mutate_vjp(name, 0, lambda rule: lambda ct, *args, **how: rule(held(ct), *args, **how))
    found = []

    def is_caught(case):
        found.append(examine_any_order(case.of_second_order(), target, finite_differences=False))
        return not found[-1].ok

    once = settings(max_examples=30, database=None, deadline=None, phases=[Phase.generate])
    find(cases((name,), "float64"), is_caught, settings=once, random=random.Random(0))
    assert {each.culprit for each in found if not each.ok} == {name}


def test_finite_differences_side_with_the_proven_value():
    result = result_of(layer, X, W, target=mutate_vjp("tanh", 0, RULES["a factor of y is held"][1]))
    assert "finite differences side with the proven value" in diagnose(result)
    assert all(pair.agreement for pair in result.pairs)


def test_what_is_wrong_at_first_order_is_reported_as_that():
    result = result_of(layer, X, W, target=wrong_factor("tanh", size=1e-11))
    assert not isinstance(result, SecondOrderResult)
    assert (result.verdict, result.culprit, result.asked.order) == (Verdict.WRONG, "tanh", 1)


def test_a_sum_of_cotangents_that_is_not_differentiable_is_found(monkeypatch):
    add_to = backward._Pending.add_to
    monkeypatch.setattr(backward._Pending, "add_to", lambda self, edge, ct: add_to(self, edge, held(ct)))
    result = result_of(lambda x, w: (x * x * w).sum(), X, W)
    assert (result.verdict, result.culprit) == (Verdict.WRONG, "accumulation")
    assert "is not recorded as the sum of the cotangents" in diagnose(result)


def test_a_term_that_create_graph_loses_is_found(monkeypatch):
    add_to = backward._Pending.add_to

    def lose(self, edge, ct):
        if not isinstance(ct, Variable):
            add_to(self, edge, ct)

    monkeypatch.setattr(backward._Pending, "add_to", lose)
    result = result_of(lambda x, w: (x * x * w).sum(), X, W)
    assert (result.verdict, result.culprit) == (Verdict.WRONG, "accumulation")
    assert "with create_graph the gradient is another one" in diagnose(result)


def test_an_un_broadcast_sum_that_is_not_differentiable_is_found(monkeypatch):
    fit = backward.fit
    monkeypatch.setattr(
        backward, "fit", lambda ct, shape, dtype: fit(held(ct) if ct.shape != shape else ct, shape, dtype)
    )
    result = result_of(lambda x, w: (x * w).sum(), X, np.array(2.0))
    assert (result.verdict, result.culprit) == (Verdict.WRONG, "multiply")


def test_an_op_that_is_wrong_inside_a_rule_is_named_with_the_rule():
    """The forward of ``cosh`` in the VJP of ``tanh`` is off; ``tanh`` itself does not use it."""
    wrong = dataclasses.replace(OPS["cosh"], forward=lambda x: np.cosh(x) * (1 + 1e-9))
    result = result_of(lambda x, w: (x * w).tanh().sum(), X, W)
    graph, values = result.case.graph, list(result.run.values)
    (site,) = [i for i, node in graph.enumerate_nodes() if node.op == "cosh"]
    values[site] = np.asarray(wrong.forward(values[graph[site].args[0]]))

    class Recording(EngineTarget):
        def record(self, case):
            return dataclasses.replace(result.recorded, run=dataclasses.replace(result.run, values=tuple(values)))

    found = examine_any_order(result.asked, Recording())
    assert found.verdict is Verdict.FORWARD_DIFFERS
    assert f"v{site} (cosh), in the VJP of" in diagnose(found)


def test_digits_that_an_op_loses_make_a_second_derivative_inaccurate():
    """``ct y`` as the VJP of the exponential: at -740 the result is subnormal."""
    target = mutate_vjp("exp", 0, lambda rule: lambda ct, y, x: ct * y)
    result = result_of(lambda x: 1e20 * x.exp(), np.array(-740.0), target=target)
    assert next(pair.verdict for pair in result.pairs if pair.leaf == 0) is Verdict.INACCURATE
    assert {result.op_at(each.site) for each in result.lossy} == {"exp"}
    assert not result.broken


def test_a_disagreement_that_no_certificate_explains_is_an_internal_error(monkeypatch):
    monkeypatch.setattr(second_order, "certify_record", lambda *_: [])
    with pytest.raises(ContradictionError, match="this is a fault of Gradproof"):
        result_of(layer, X, W, target=mutate_vjp("tanh", 0, RULES["a factor of y is held"][1]))


def test_a_kink_hides_no_rule_that_is_wrong():
    result = result_of(
        lambda x: (x.relu() * x.tanh()).sum(),
        np.array([0.0, 1.0]),
        target=mutate_vjp("tanh", 0, RULES["a factor of y is held"][1]),
    )
    assert (result.verdict, result.culprit) == (Verdict.WRONG, "tanh")


def test_a_branch_that_rounding_errors_took_is_no_fault():
    """The entries differ by 5e-12 and are equal in float32: the rule of ``std`` returns 0 at its tip."""
    x = np.array([-128.69, -4.8738356], dtype=np.float32)
    result = result_of(lambda x: torch.erf(x).std(correction=0), x)
    assert not result.verdict.fails


# --- tolerance: rests on certificates, precision, strength of a pass


def test_a_tolerance_that_tells_nothing_rests_on_the_rules_too():
    """The second derivative by x of x^1 is 0, and no tolerance is small beside that."""
    result = result_of(lambda x, p: x**p, np.array(1.0), np.array(1.0))
    assert result.verdict is Verdict.VERIFIED
    assert {each.part for each in result.certificates} >= {"rule", "forward", "vjp", "gradient"}
    assert all(each.holds for each in result.certificates)


def test_rules_are_not_examined_where_the_comparison_end_to_end_tells_enough():
    result = result_of(layer, X, W)
    assert "rule" not in {each.part for each in result.certificates}


# --- campaigns, shrinking, files, the command line


def test_a_campaign_asks_the_same_graphs_for_second_derivatives():
    first, second = run(Plan(30, 3), EngineTarget()), run(Plan(20, 3, order=2), EngineTarget())
    asked = [result.asked.graph.id for _, result in second.results]
    assert asked == [r.asked.graph.id for _, r in first.results][: len(asked)]
    assert {r.asked.order for _, r in second.results} == {2}
    assert not second.failures
    assert not second.errors


def test_second_derivatives_are_verified_in_float16():
    outcome = run(Plan(30, 3, dtype="float16", order=2), EngineTarget())
    graphs = [result.asked.graph for _, result in outcome.results]
    # an op may convert what it is given
    assert {graph[leaf].dtype for graph in graphs for leaf in graph.leaves} == {"float16"}
    assert sum(result.verdict is Verdict.VERIFIED for _, result in outcome.results) > 15
    assert not outcome.failures
    assert not outcome.errors


def test_generated_cases_are_never_wrong():
    outcome = run(Plan(60, 11, order=2), EngineTarget())
    assert not outcome.errors
    assert not outcome.failures
    verdicts = Counter(result.verdict for _, result in outcome.results)
    # at a kink there is no second derivative
    assert verdicts[Verdict.VERIFIED] + verdicts[Verdict.UNDEFINED] > 0.9 * len(outcome.results)
    assert verdicts[Verdict.VERIFIED] > 0.6 * len(outcome.results)


def test_a_failure_of_second_order_shrinks_to_one_node():
    target = mutate_vjp("tanh", 0, RULES["a factor of y is held"][1])
    smallest = minimal(result_of(layer, X, W, target=target), target)
    assert [node.op for node in smallest.asked.graph.nodes] == ["tanh"]
    assert (smallest.verdict, smallest.culprit, smallest.asked.order) == (Verdict.WRONG, "tanh", 2)


def test_the_record_tells_what_the_graph_is_and_reproduces_the_numbers():
    result = result_of(lambda x, w: (x * w).tanh().sum(), X, W)
    record = record_case(result, EngineTarget())
    assert (record.id, record.ops, record.nodes) == (result.asked.id, ["multiply", "sum", "tanh"], 3)
    assert "is the gradient of output 0 by x0, with the cotangent x2" in "\n".join(notes_of(result))
    assert record.detail.replay == f"gradproof replay {result.asked.id}"
    scope = {}
    printed = []
    exec(record.detail.reproducer, {"print": lambda each: printed.append(each)}, scope)
    for place, each in enumerate(printed):
        mine = [pair.got for pair in result.pairs if pair.output == place]
        assert all(np.array_equal(array_of(a), b) for a, b in zip(each, mine, strict=True))
    assert len(printed) == 2


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def invoke(*args):
    return CliRunner().invoke(cli.main, list(args), catch_exceptions=False)


def test_the_order_is_in_the_record_and_the_report(here):
    done = invoke("verify", "--order", "2", "--graphs", "5", "--report", "r.html", "--json", "r.json")
    assert done.exit_code == 0, done.output
    record = read_json(here / "r.json")
    assert record.order == 2
    assert record.configuration["order"] == ("2", "commandline")
    assert "second" in record.cases[0].diagnosis


def test_the_order_may_stand_in_the_settings(here):
    (here / "pyproject.toml").write_text("[tool.gradproof]\norder = 2\ngraphs = 1\nops = 'sin'\n")
    assert json.loads(invoke("verify", "--json", "-").stdout)["order"] == 2


def test_a_failure_of_second_order_is_kept_and_replayed(here, monkeypatch):
    target = mutate_vjp("tanh", 0, RULES["a factor of y is held"][1])
    monkeypatch.setattr(cli, "target_named", lambda name: target)
    done = invoke("verify", "--order", "2", "--graphs", "10", "--ops", "tanh", "--dtype", "float64")
    assert done.exit_code == 1
    (replay,) = [line.split() for line in done.output.splitlines() if line.startswith("  replay")]
    again = invoke(*replay[2:])
    assert again.exit_code == 1
    assert "the derivative of the VJP rule of argument 0" in again.output


def test_any_case_can_be_replayed_at_either_order(here):
    graph = Graph((Input(np.array(0.5), True),), (Node("tanh", (0,), {}, (), "float64"),), (1,))
    (here / "graph.json").write_text(graph.to_json())
    assert "The gradient is right" in invoke("replay", "graph.json").output
    assert "The second derivative is right" in invoke("replay", "graph.json", "--order", "2").output
    (here / "case.json").write_text(Case.of_ones(graph).of_second_order().to_json())
    assert "The second derivative is right" in invoke("replay", "case.json").output
    assert "The gradient is right" in invoke("replay", "case.json", "--order", "1").output


def test_an_integer_part_that_rounding_may_change_is_no_contradiction():
    """The slope of a remainder by the divisor is such a part, which the backward takes for a constant."""
    x, divisor = np.array([100.0, 101.3], np.float32), np.array([2e-10], np.float32)
    assert result_of(lambda x, w: torch.remainder(x.log2().diff(), w), x, divisor).verdict is Verdict.UNDEFINED


def test_a_jump_that_rounding_may_take_is_no_contradiction():
    """The entropy is a hair below the bound, and rounded to it: which of two entries is smaller depends on that."""
    x, bound, y = np.array([0.009521917690680951]), 0.04431651903510956, np.array([1e-8])

    def smaller(x, y):
        ops = torch.ops
        chosen = ops.where(ops.greater_equal(ops.entr(x), bound), ops.sin(x - 1.0), ops.cos(x))
        return ops.topk(ops.stack(chosen, y, axis=0), axis=0, k=1, largest=False)

    case = Case.of_ones(trace(smaller, x, y))
    assert examine_any_order(case, EngineTarget()).ok
    assert examine_any_order(case.of_second_order(), EngineTarget()).verdict is Verdict.UNDEFINED
