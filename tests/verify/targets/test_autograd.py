"""HIPS autograd on trial: every op of its table, what is shown of its sweep, and faults that are planted in it."""

import contextlib
import io
import warnings

import numpy as np
import pytest
from library_trials import check_op, played, printed

autograd = pytest.importorskip("autograd", reason="HIPS autograd (autograd) is not installed")

from autograd.extend import defvjp, primitive  # noqa: E402

from gradproof import Case, trace  # noqa: E402
from gradproof.engine import ops  # noqa: E402
from gradproof.errors import UnknownOpError, UnsupportedError  # noqa: E402
from gradproof.verify import Verdict, examine  # noqa: E402
from gradproof.verify.targets.autograd import AutogradTarget  # noqa: E402

TARGET = AutogradTarget()

#: Where autograd or SciPy is wrong or loses digits: benchmarks/findings.py shows by how much.
LOSES = {
    "abs",
    "erfc",
    "gammainc",
    "gammaincc",
    "iv",
    "ive",
    "jn",
    "log_ndtr",
    "prod",
    "repeat",
    "sinc",
    "std",
    "tile",
    "vector_norm",
}


def case_of(function, *inputs):
    return Case.of_ones(trace(function, *inputs))


def test_the_table_has_what_the_library_has():
    assert len(TARGET.ops) >= 80


@pytest.mark.parametrize("op", sorted(TARGET.ops))
def test_every_op_computes_what_ours_does_and_its_gradient_is_not_wrong(op):
    check_op(TARGET, op, LOSES)


def test_showing_what_flows_changes_nothing_but_the_order_of_sums():
    names = ("add", "multiply", "sin", "exp", "sum", "matmul", "reshape", "floor", "concat")
    for case in played(TARGET, names, 20, most_nodes=9):
        pullback, scope = TARGET.play(case).pullbacks[0], {}
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Output seems independent of input", UserWarning)
            exec(compile(TARGET.script(case), "script", "exec"), scope)
        leaves, function = tuple(scope[case.graph.name(i)] for i in case.graph.leaves), scope["function"]
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Output seems independent of input", UserWarning)
            pull, _ = autograd.make_vjp(lambda at, function=function: function(at)[0])(leaves)
        plain = dict(zip(case.graph.leaves, pull(case.cotangents[0]), strict=True))
        for leaf, gradient in pullback.gradients.items():
            np.testing.assert_allclose(np.asarray(plain[leaf]), gradient, rtol=1e-13, atol=0)


def test_an_op_that_is_spelled_wrong_differs_in_its_forward():
    case = case_of(lambda x: ops.sin(x) * x, np.array([0.3, -1.2]))
    result = examine(case, AutogradTarget({"sin": autograd.numpy.cos}))
    assert result.verdict is Verdict.FORWARD_DIFFERS
    assert result.culprit == "sin"


@primitive
def wrong_sine(x):
    return np.sin(x)


defvjp(wrong_sine, lambda ans, x: lambda ct: ct * np.cos(x) * (1 + 1e-10))


def test_a_wrong_vjp_is_found_and_named():
    case = case_of(lambda x: (ops.sin(x) * x).sum(), np.array([0.3, -1.2]))
    result = examine(case, AutogradTarget({"sin": wrong_sine}))
    assert result.verdict is Verdict.WRONG
    assert result.culprit == "sin"
    assert examine(case, TARGET).verdict is Verdict.VERIFIED


def test_a_function_that_it_takes_for_a_constant_has_the_derivative_zero():
    case = case_of(lambda x: ops.floor(x) * x, np.array([0.3, -1.2]))
    assert examine(case, TARGET).verdict is Verdict.VERIFIED
    forgetful = AutogradTarget({"exp": lambda x: np.exp(autograd.tracer.getval(x))})
    result = examine(case_of(lambda x: ops.exp(x) * x, np.array([0.3, -1.2])), forgetful)
    assert result.verdict is Verdict.WRONG
    assert result.culprit == "exp"


def test_what_is_detached_or_made_without_grad_mode_is_not_tracked():
    import gradproof.engine as engine

    def function(x):
        with engine.no_grad():
            held = ops.exp(x)
        return x * held + ops.detach(x) * x

    assert examine(case_of(function, np.array([0.3, -1.2])), TARGET).verdict is Verdict.VERIFIED


def test_what_the_library_lacks_is_told():
    with pytest.raises(UnknownOpError, match="autograd has no op 'kthvalue'"):
        TARGET.play(case_of(lambda x: ops.kthvalue(x, k=1), np.array([1.0])))
    with pytest.raises(UnsupportedError, match="ask for order 1"):
        TARGET.record(case_of(ops.square, np.array([1.0])).of_second_order())


def test_repeats_along_a_negative_axis_are_wrong():
    graph = trace(lambda x: ops.repeat(x, repeats=2, axis=-1), np.array([1.0, 2.0, 3.0]))
    result = examine(Case(graph, (np.arange(6.0),)), TARGET)
    assert (result.verdict, result.culprit) == (Verdict.WRONG, "repeat")


def test_a_tile_of_fewer_repetitions_than_dimensions_is_wrong():
    graph = trace(lambda x: ops.tile(x, repetitions=(2,)), np.array([[1.0, 2.0], [3.0, 4.0]]))
    result = examine(Case(graph, (np.arange(8.0).reshape(2, 4),)), TARGET)
    assert (result.verdict, result.culprit) == (Verdict.WRONG, "tile")


def test_the_reproducer_runs_alone(tmp_path):
    arrays = np.array([0.3, -1.2]), np.array([2.0, 0.1])
    case = case_of(lambda x, y: (ops.sin(x) * y + ops.detach(x)).sum(axis=0), *arrays)
    script = TARGET.script(case)
    assert "gradproof" not in script
    run = TARGET.play(case)
    for gradient, expected in zip(printed(script, tmp_path), run.pullbacks[0].gradients.values(), strict=True):
        np.testing.assert_array_equal(gradient, expected)
