"""One case, end to end: three witnesses, certificates and a diagnosis."""

from dataclasses import replace

import numpy as np
import pytest

from gradproof import engine as torch
from gradproof import trace
from gradproof.case import Case
from gradproof.engine.vocabulary import OPS
from gradproof.verify import EngineTarget, Verdict, examine
from gradproof.verify.diagnosis import diagnose, notes_of
from gradproof.verify.mutants import mutants
from gradproof.verify.tutorial import tutorial_cases


def case_of(function, *inputs):
    return Case.of_ones(trace(function, *inputs))


@pytest.mark.parametrize("title", tutorial_cases())
def test_the_tutorial_is_verified_by_all_three_witnesses(title):
    result = examine(tutorial_cases()[title], EngineTarget())
    assert result.verdict is Verdict.VERIFIED
    assert all(each.holds for each in result.certificates)
    assert all(pair.agreement in (True, None) for pair in result.pairs)


def test_a_float64_network_is_confirmed_by_finite_differences():
    x, w = np.array([[0.3, -0.5], [0.1, 0.9]]), np.array([[0.2, 0.7], [-1.1, 0.4]])
    result = examine(case_of(lambda x, w: torch.tanh(x @ w).sum(), x, w), EngineTarget())
    assert [pair.agreement for pair in result.pairs] == [True, True]
    assert result.sees < 1e-12


def test_a_float16_network_is_verified():
    x, w = np.array([[0.3, -0.5], [0.1, 0.9]], np.float16), np.array([[0.2, 0.7], [-1.1, 0.4]], np.float16)
    result = examine(case_of(lambda x, w: torch.tanh(x @ w).sum(), x, w), EngineTarget())
    assert result.verdict is Verdict.VERIFIED
    assert all(each.holds for each in result.certificates)
    assert all(pair.agreement in (True, None) for pair in result.pairs)
    assert 1e-3 < result.sees < 0.2


@pytest.mark.parametrize("dtype", [np.float64, np.float16])
def test_equal_shares_of_a_tie_are_called_pytorchs_whatever_the_rounding(dtype):
    result = examine(case_of(lambda x: x.max(), np.array([1.0, 1.0, 1.0, 0.5], dtype)), EngineTarget())
    assert result.verdict is Verdict.SUBGRADIENT
    assert "shares of 0.333333, 0.333333, 0.333333 at a tie of max, as PyTorch" in diagnose(result)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_an_overflow_before_a_tie_is_no_fault_of_the_tie(dtype):
    least = np.finfo(dtype).smallest_subnormal
    result = examine(case_of(lambda x, y: torch.log(torch.maximum(x, y)), least, least), EngineTarget())
    assert [pair.got.item() for pair in result.pairs] == [np.inf, np.inf]
    assert result.verdict is Verdict.OVERFLOWS


def test_no_number_is_not_called_wrong_at_a_tie_where_rounding_leaves_every_value_open():
    def function(x, threshold):
        root = torch.sqrt(torch.square(x**37607872.0))  # 0 in float32, and 1e-11321097 in truth
        return torch.where(root <= threshold, root, threshold)

    result = examine(case_of(function, np.float32(0.5), np.float32(0.0)), EngineTarget())
    assert np.isnan(result.pairs[0].got)
    assert result.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_a_share_of_a_subnormal_cotangent_is_rounded_on_its_way_too(dtype):
    x = np.array([3.0, 3.0], dtype)
    odd = 5 * np.finfo(dtype).smallest_subnormal  # a half of it is no number
    case = Case(trace(lambda x: torch.max(32.0 * x), x), (np.array(odd, dtype),))
    result = examine(case, EngineTarget())
    assert [pair.got.tolist() for pair in result.pairs] == [[64 * odd / 5] * 2]
    assert result.verdict is Verdict.SUBGRADIENT
    twice = replace(OPS["max"], vjp=(lambda ct, y, x, **_: ct * np.ones_like(x),))
    assert examine(case, EngineTarget({**OPS, "max": twice})).verdict is Verdict.WRONG


def test_detached_and_untracked_parts_need_no_gradient():
    def function(x, y):
        with torch.no_grad():
            frozen = x * y
        return x.detach() * y + frozen

    result = examine(case_of(function, np.array(2.0), np.array(3.0)), EngineTarget())
    assert result.verdict is Verdict.VERIFIED
    assert result.pairs[0].proven.structural


def test_certificates_hold_where_the_end_to_end_tolerance_is_vacuous():
    def chaotic(x):
        for _ in range(60):
            x = 3.9 * x * (1.0 - x)
        return x

    result = examine(case_of(chaotic, 0.3), EngineTarget())
    assert result.verdict is Verdict.VERIFIED
    assert result.sees is None or result.sees > 1e-3


def test_repeated_backward_accumulates():
    graph = trace(lambda x: (x * x, x.sin()), np.array([1.0, 2.0]))
    twice = Case.of_ones(type(graph)(graph.inputs, graph.nodes, (*graph.outputs, graph.outputs[0])))
    result = examine(twice, EngineTarget())
    assert result.verdict is Verdict.VERIFIED
    np.testing.assert_allclose(result.run.accumulated[0], 4 * np.array([1.0, 2.0]) + np.cos([1.0, 2.0]))


def test_the_diagnosis_names_the_node_the_argument_and_the_values():
    result = examine(
        case_of(lambda x, y: (x * y).sum(), np.array([2.0]), np.array([3.0])), mutants.wrong_factor("multiply", 1, 1e-3)
    )
    assert result.verdict is Verdict.WRONG
    text = diagnose(result)
    assert "v2 (multiply)" in text
    assert "argument 1 of the VJP" in text
    assert "2.002" in text
    assert "finite differences side with the proven value" in text


def test_a_wrong_forward_is_told_from_a_wrong_backward():
    import dataclasses

    from gradproof.engine.vocabulary import OPS

    crooked = dataclasses.replace(OPS["sin"], forward=lambda x: np.sin(x) * (1 + 1e-9))
    result = examine(case_of(lambda x: x.sin(), 1.0), EngineTarget({**OPS, "sin": crooked}))
    assert result.verdict is Verdict.FORWARD_DIFFERS
    assert result.culprit == "sin"


def test_a_value_that_is_overwritten_is_found():
    import dataclasses

    from gradproof.engine.vocabulary import OPS

    def clobber(x):
        x += 1.0
        return x.copy()

    spoiled = dataclasses.replace(OPS["clone"], forward=clobber)
    result = examine(case_of(lambda x: (2 * x).clone(), np.array([1.0])), EngineTarget({**OPS, "clone": spoiled}))
    assert result.run.modified
    assert result.verdict is Verdict.MISBEHAVES
    assert result.culprit == "clone"


def test_a_dropped_gradient_is_wrong():
    import dataclasses

    from gradproof.engine.vocabulary import OPS

    silent = dataclasses.replace(OPS["multiply"], vjp=(None, OPS["multiply"].rule(1)))
    result = examine(case_of(lambda x: x * 2.0, 3.0), EngineTarget({**OPS, "multiply": silent}))
    assert result.verdict is Verdict.WRONG
    assert result.culprit == "multiply"


def test_notes_say_what_was_not_done():
    result = examine(case_of(lambda x: x.sum(), np.ones(200)), EngineTarget())
    assert any("along 4 random directions" in note and "in place of 200 entries" in note for note in notes_of(result))


def test_an_engine_that_ignores_no_grad_is_found_out():
    class Tracking(EngineTarget):
        def _interpret(self, node, args):
            return self._op(node.op)(*args, **node.params)

    def function(x):
        with torch.no_grad():
            y = x * x
        return y + 0

    result = examine(case_of(function, 1.5), Tracking())
    assert result.verdict is Verdict.WRONG
    assert "a cotangent arrived where none may flow" in diagnose(result)


def test_a_gradient_of_another_dtype_is_wrong(monkeypatch):
    from gradproof.engine import backward

    pull = backward._pull_back
    monkeypatch.setattr(backward, "_pull_back", lambda *args: [np.asarray(ct, np.float64) for ct in pull(*args)])
    result = examine(case_of(lambda x: (x * x).sum(), np.ones(2, np.float32)), EngineTarget())
    assert result.verdict is Verdict.WRONG
    assert "is float64 (2,), but must be float32 (2,)" in diagnose(result)


@pytest.mark.parametrize(
    ("piecewise", "expected"),
    [
        (lambda v: torch.ops.leaky_relu(v, negative_slope=0.01), Verdict.SUBGRADIENT),
        (lambda v: torch.ops.softshrink(v + 0.5), Verdict.SUBGRADIENT),
        (lambda v: torch.ops.hardshrink(v + 0.5), Verdict.UNDEFINED),
        (lambda v: torch.ops.threshold(v, threshold=0.0, value=0.25), Verdict.UNDEFINED),
    ],
)
def test_a_piece_that_rounding_leaves_for_another_accuses_nobody(piecewise, expected):
    """The sum is 1e-17 above the border of two pieces, and rounded to it: the slope, or the value, jumps there."""
    result = examine(case_of(lambda x, y: piecewise((x + y) - 1.0), np.array([1.0]), np.array([1e-17])), EngineTarget())
    assert result.verdict is expected


def test_a_value_that_underflows_may_be_on_either_side_of_a_jump():
    def function(x):
        return torch.ops.threshold(x.exp(), threshold=0.0, value=0.25)

    assert examine(case_of(function, np.array([-120.0], np.float32)), EngineTarget()).verdict is Verdict.UNDEFINED


def test_a_kink_in_one_output_excuses_nothing_in_another():
    wrong = mutants.wrong_sign("sin")
    result = examine(case_of(lambda x, z: (x.sin(), z.relu()), np.array(0.3), np.array(0.0)), wrong)
    assert [pair.verdict for pair in result.pairs if pair.leaf == 0] == [Verdict.WRONG, Verdict.VERIFIED]
    assert [pair.verdict for pair in result.pairs if pair.leaf == 1] == [Verdict.VERIFIED, Verdict.SUBGRADIENT]


def test_finite_differences_do_not_move_what_is_detached():
    result = examine(case_of(lambda x: x * x.detach(), 2.0), EngineTarget())
    assert [pair.agreement for pair in result.pairs] == [True]
    wrong = examine(case_of(lambda x: x * x.detach(), 2.0), mutants.wrong_sign("multiply"))
    assert "finite differences side with the proven value" in diagnose(wrong)


def test_a_sliver_that_finite_differences_cannot_see_is_not_credited_to_them():
    result = examine(case_of(lambda x: x.tanh(), 0.3), mutants.wrong_factor("tanh", size=1e-14))
    assert result.verdict is Verdict.WRONG
    assert "by less than finite differences could tell" in diagnose(result)


def test_integers_have_no_cotangent():
    from gradproof.errors import DtypeError

    with pytest.raises(DtypeError, match="only floating outputs"):
        case_of(lambda i: i.sum(), np.array([1, 2]))


def test_a_matrix_that_is_singular_beside_the_case_leaves_finite_differences_without_a_say():
    x = np.array([[1.5, 1.0], [1.0, 2.0]])
    result = examine(case_of(lambda x: torch.linalg.inv(x.ceil()), x), EngineTarget())
    assert not result.verdict.fails
    with pytest.raises(np.linalg.LinAlgError):
        EngineTarget().forward(result.case.graph, [np.ones((2, 2))])
    at_jumps = x == np.ceil(x)
    assert np.all(np.isinf(result.pairs[0].difference.errors[at_jumps]))


def test_a_kink_that_a_boundless_tolerance_covers_rests_on_the_certificates():
    x = np.array([-21048152.0, 4253788672.0], dtype=np.float32)
    result = examine(case_of(lambda x: torch.clip(x.sin().exp(), max=0.5).softmax(0), x), EngineTarget())
    assert np.any(~np.isfinite(result.pairs[0].proven.tolerances))
    assert all(each.holds for each in result.certificates)
    assert result.verdict is Verdict.SUBGRADIENT


def test_digits_that_a_power_lost_below_the_normal_range_are_not_brought_back_by_its_cotangent():
    graph = trace(lambda x, p: x**p, np.array(6.448321815250058e-09), np.array(39.339884187199495))
    result = examine(Case(graph, (np.array(81.81170373626503),)), EngineTarget())
    assert result.verdict is Verdict.VERIFIED
    assert all(0.0 < abs(pair.got) < 1e-300 for pair in result.pairs)
