"""Functions of the user's own on trial: their backward against the oracle of their forward."""

import numpy as np
import pytest

from gradproof import engine as torch
from gradproof import jacobian, mirror, trace
from gradproof.case import Case
from gradproof.errors import AutogradError, TraceError, UnknownOpError
from gradproof.graph import Graph
from gradproof.verify import EngineTarget, Verdict
from gradproof.verify.conduct import Misdeed
from gradproof.verify.diagnosis import diagnose
from gradproof.verify.recording import record_case
from gradproof.verify.second_order import examine_any_order
from gradproof.verify.shrinking import minimal
from gradproof.verify.vetting import vet

X, Y = np.array([0.3, -1.25]), np.array([0.5, 0.75])


def function(name, forward, backward):
    members = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
    return type(name, (torch.autograd.Function,), members)


def saving(compute):
    """Return a forward that saves its tensors."""

    def forward(ctx, *args):
        ctx.save_for_backward(*args)
        return compute(*args)

    return forward


def wave(backward):
    return function("Wave", saving(lambda x, y: torch.sin(x) * y + x * x), backward)


def waves_own(ctx, ct):
    x, y = ctx.saved_tensors
    return ct * (torch.cos(x) * y + 2.0 * x), ct * torch.sin(x)


def case_of(use, *inputs, order=1):
    case = Case.of_ones(trace(use, *inputs))
    return case.of_second_order() if order == 2 else case


def result_of(functions, use, *inputs, order=1):
    return examine_any_order(case_of(use, *inputs, order=order), EngineTarget(functions=functions))


def in_use(made):
    return lambda x, y: (torch.exp(made.apply(x, y)) * x).sum()


ORDERS = pytest.mark.parametrize("order", [1, 2])


@ORDERS
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_right_backward_is_verified(order, dtype):
    made = wave(waves_own)
    result = result_of([made], in_use(made), X.astype(dtype), Y.astype(dtype), order=order)
    assert result.verdict is Verdict.VERIFIED
    assert all(each.holds for each in result.certificates)
    assert result.sees < 1e4 * np.finfo(dtype).eps


@ORDERS
@pytest.mark.parametrize(
    "spoil",
    [
        lambda by_x, by_y, ct, x, y: (by_x * (1 + 1e-9), by_y),
        lambda by_x, by_y, ct, x, y: (-by_x, by_y),
        lambda by_x, by_y, ct, x, y: (ct * torch.cos(x) * y, by_y),
        lambda by_x, by_y, ct, x, y: (by_x, None),
        lambda by_x, by_y, ct, x, y: (by_x, by_y + 1e-12),
    ],
    ids=["scale", "sign", "dropped term", "nothing", "offset"],
)
def test_a_wrong_backward_is_wrong_and_the_message_names_the_function(order, spoil):
    made = wave(lambda ctx, ct: spoil(*waves_own(ctx, ct), ct, *ctx.saved_tensors))
    result = result_of([made], in_use(made), X, Y, order=order)
    assert (result.verdict, result.culprit) == (Verdict.WRONG, "Wave")
    assert "(Wave)" in diagnose(result)


def test_a_backward_that_is_right_once_is_wrong_when_it_is_differentiated():
    def backward(ctx, ct):
        x, y = (each.detach() for each in ctx.saved_tensors)
        return ct * (torch.cos(x) * y + 2.0 * x), ct * torch.sin(x)

    made = wave(backward)
    assert result_of([made], in_use(made), X, Y).verdict is Verdict.VERIFIED
    again = result_of([made], in_use(made), X, Y, order=2)
    assert (again.verdict, again.culprit) == (Verdict.WRONG, "Wave")


def test_a_backward_that_must_not_be_differentiated_says_so():
    made = wave(torch.autograd.function.once_differentiable(waves_own))
    with pytest.raises(AutogradError, match="once_differentiable"):
        result_of([made], in_use(made), X, Y, order=2)


def test_another_algorithm_than_that_of_the_forward_is_verified():
    # sin(x)^2 differentiated as (1 - cos(2x)) / 2, and by way of the tangent of the half
    def backward(ctx, ct):
        t = torch.tan(ctx.saved_tensors[0])
        return ct * 2.0 * t / (1.0 + t * t)

    made = function("Square", saving(lambda x: torch.sin(x) ** 2), backward)
    assert result_of([made], lambda x: made.apply(x).sum(), X).verdict is Verdict.VERIFIED


def pair_of(backward):
    return function("Pair", saving(lambda x, y: (x * y, x + y * y)), backward)


def pairs_own(ctx, by_product, by_sum):
    x, y = ctx.saved_tensors
    return by_product * y + by_sum, by_product * x + 2.0 * y * by_sum


def together(made):
    def use(x, y):
        product, total = made.apply(x, y)
        return (product * torch.sin(total)).sum()

    return use


@ORDERS
def test_several_results_are_pulled_back_together(order):
    made = pair_of(pairs_own)
    assert result_of([made], together(made), X, Y, order=order).verdict is Verdict.VERIFIED
    apart = result_of([made], lambda x, y: made.apply(x, y), X, Y, order=order)
    assert apart.verdict is Verdict.VERIFIED


def test_what_is_wrong_only_where_both_cotangents_come_is_found():
    def backward(ctx, by_product, by_sum):
        by_x, by_y = pairs_own(ctx, by_product, by_sum)
        return by_x, by_y + 1e-9 * by_product * by_sum

    made = pair_of(backward)
    assert result_of([made], lambda x, y: made.apply(x, y), X, Y).verdict is Verdict.VERIFIED
    result = result_of([made], together(made), X, Y)
    assert (result.verdict, result.culprit) == (Verdict.WRONG, "Pair")


@ORDERS
def test_one_tensor_for_two_arguments(order):
    made = pair_of(pairs_own)
    assert result_of([made], lambda x: together(made)(x, x), X, order=order).verdict is Verdict.VERIFIED


@ORDERS
def test_what_is_no_tensor_what_carries_no_derivative_and_what_is_not_needed(order):
    needed = []

    def forward(ctx, x, power, mode, y):
        ctx.save_for_backward(x, y)
        ctx.power = power
        whole = torch.floor(4.0 * x)
        ctx.mark_non_differentiable(whole)
        return x**power * y, mode, whole

    def backward(ctx, ct, _, none):
        needed.append(ctx.needs_input_grad)
        x, y = ctx.saved_tensors
        by_x = ct * ctx.power * x ** (ctx.power - 1) * y if ctx.needs_input_grad[0] else None
        return by_x, None, None, ct * x**ctx.power if ctx.needs_input_grad[3] else None

    made = function("Power", forward, backward)

    def use(x):
        power, _, whole = made.apply(x, 3, "mean", torch.tensor(Y))
        return (power * whole).sum()

    assert result_of([made], use, X, order=order).verdict is Verdict.VERIFIED
    assert set(needed) == {(True, False, False, False)}


@pytest.mark.parametrize("nothing", [lambda y: None, torch.zeros_like], ids=["None", "zeros"])
def test_nothing_and_zeros_are_the_same_where_no_path_leads(nothing):
    made = function(
        "First", saving(lambda x, y: torch.sin(x)), lambda ctx, ct: (
            ct * torch.cos(ctx.saved_tensors[0]), nothing(ctx.saved_tensors[1]),
        )
    )  # fmt: skip
    result = result_of([made], lambda x, y: made.apply(x, torch.exp(y)).sum(), X, Y)
    assert result.verdict is Verdict.VERIFIED


@ORDERS
@pytest.mark.parametrize("factor", [3.0, 3.0 + 1e-9])
def test_what_a_forward_writes_in_place(factor, order):
    def forward(ctx, x):
        x.mul_(3.0)
        ctx.mark_dirty(x)
        return x

    made = function("Triple", forward, lambda ctx, ct: ct * factor)

    def use(x):
        z = x * 1.5
        made.apply(z[0])
        return (z * z).sum()

    expected = Verdict.VERIFIED if factor == 3.0 else Verdict.WRONG
    assert result_of([made], use, X, order=order).verdict is expected


@ORDERS
def test_a_function_inside_another_is_on_trial_with_it(order):
    square = function("Square", saving(lambda x: x * x), lambda ctx, ct: 2.0 * ct * ctx.saved_tensors[0])
    bell = function(
        "Bell",
        saving(lambda x: torch.exp(-square.apply(x))),
        lambda ctx, ct: -2.0 * ct * ctx.saved_tensors[0] * torch.exp(-square.apply(ctx.saved_tensors[0])),
    )
    result = result_of([bell, square], lambda x: bell.apply(x).sum(), X, order=order)
    assert (result.verdict, result.case.graph.nodes[0].op) == (Verdict.VERIFIED, "Bell")


def test_a_kink_inside_a_forward_has_its_generalised_derivatives():
    for slope, expected in ((0.0, Verdict.SUBGRADIENT), (0.4, Verdict.SUBGRADIENT), (1.1, Verdict.WRONG)):
        made = function(
            "Ramp",
            saving(torch.relu),
            lambda ctx, ct, slope=slope: ct * torch.where(ctx.saved_tensors[0] == 0.0, slope, ctx.saved_tensors[0] > 0),
        )
        result = result_of([made], lambda x, made=made: made.apply(x).sum(), np.array([0.0, 1.0, -1.0]))
        assert (result.verdict, result.culprit) == (expected, "Ramp")


def test_a_straight_through_estimator_is_no_derivative():
    made = function("Through", lambda ctx, x: torch.round(x), lambda ctx, ct: ct)
    result = result_of([made], lambda x: (made.apply(x) * x).sum(), X)
    assert (result.verdict, result.culprit) == (Verdict.WRONG, "Through")


def test_a_forward_that_changes_its_argument_without_a_word_misbehaves():
    made = function("Greedy", lambda ctx, x: x.mul_(2.0) * 1.0, lambda ctx, ct: 2.0 * ct)
    result = result_of([made], lambda x: made.apply(x * 1.5).sum(), X)
    assert (result.verdict, result.culprit) == (Verdict.MISBEHAVES, "Greedy")
    assert result.faults[0].misdeed is Misdeed.CHANGES_VALUE


def test_the_mirror_reads_the_forward_alone():
    def backward(ctx, ct):
        raise AssertionError("the backward was called")

    graph = trace(wave(backward).apply, np.array(0.3), np.array(0.5))
    assert str(mirror(graph).values[2]) == "x0**2 + x1*sin(x0)"
    assert str(jacobian(graph)[0].matrix) == "Matrix([[2*x0 + x1*cos(x0)]])"
    assert str(jacobian(graph, closed=False)[0].matrix[0].free_symbols) != "set()"


def test_a_failure_shrinks_to_the_function_and_its_page_shows_one_node():
    made = wave(lambda ctx, ct: (waves_own(ctx, ct)[0], 1.5 * waves_own(ctx, ct)[1]))
    target = EngineTarget(functions=[made])
    result = examine_any_order(case_of(in_use(made), X, Y), target)
    least = minimal(result, target)
    assert [node.op for node in least.case.graph.nodes] == ["Wave"]
    record = record_case(result, target, minimal=least)
    shown = [vertex for vertex in record.detail.vertices if vertex.op == "Wave"]
    assert [(vertex.label, vertex.verdict) for vertex in shown] == [("Wave(x0, x1)", "WRONG")]
    assert [formula.text for formula in record.minimal.formulas if formula.title == "v2"] != []


def test_the_reproducer_applies_the_function_once_and_runs(capsys):
    pair = pair_of(pairs_own)
    script = EngineTarget().script(case_of(together(pair), X, Y))
    assert script.count("Pair.apply(x0, x1)") == 1
    exec(script, {"Pair": pair})
    x, y = (torch.tensor(each, requires_grad=True) for each in (X, Y))
    together(pair)(x, y).backward()
    assert f"x0.grad = {x.grad}" in capsys.readouterr().out


def test_a_case_comes_back_from_its_file():
    case = case_of(in_use(wave(waves_own)), X, Y)
    again = Case.from_json(case.to_json())
    assert again.id == case.id
    made = wave(waves_own)
    assert examine_any_order(again, EngineTarget(functions=[made])).verdict is Verdict.VERIFIED


def test_a_function_that_is_not_known_is_refused():
    case = case_of(in_use(wave(waves_own)), X, Y)
    with pytest.raises(UnknownOpError, match="Wave"):
        examine_any_order(case, EngineTarget())
    with pytest.raises(UnknownOpError, match="a function of a program"):
        vet(Graph.from_json(case.graph.to_json()))


def test_a_function_that_returns_something_else_than_when_it_was_traced_is_refused():
    case = case_of(in_use(wave(waves_own)), X, Y)
    other = function("Wave", lambda ctx, x, y: (x, y), waves_own)
    with pytest.raises(TraceError, match="returns 2 tensors"):
        EngineTarget(functions=[other]).play(case)
