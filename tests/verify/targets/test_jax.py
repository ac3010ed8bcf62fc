"""JAX on trial: every op of its table, what its probes show, and faults that are planted in it."""

import contextlib
import io

import numpy as np
import pytest
from library_trials import check_op, played, printed

jax = pytest.importorskip("jax", reason="JAX (jax) is not installed")

from gradproof import Case, trace  # noqa: E402
from gradproof.engine import ops  # noqa: E402
from gradproof.errors import UnknownOpError, UnsupportedError  # noqa: E402
from gradproof.verify import Verdict, examine  # noqa: E402
from gradproof.verify.targets.jax import JaxTarget  # noqa: E402

TARGET = JaxTarget()

#: Where JAX itself is wrong or loses digits: benchmarks/findings.py shows by how much.
LOSES = {
    "atanh",
    "betainc",
    "elu",
    "erfcx",
    "gammainc",
    "gammaincc",
    "gamma",
    "gammaln",
    "i0",
    "i1e",
    "log_ndtr",
}


def case_of(function, *inputs):
    return Case.of_ones(trace(function, *inputs))


def test_the_table_has_what_the_library_has():
    assert len(TARGET.ops) >= 100


@pytest.mark.parametrize("op", sorted(TARGET.ops))
def test_every_op_computes_what_ours_does_and_its_gradient_is_not_wrong(op):
    check_op(TARGET, op, LOSES, count=1)


def test_probes_change_nothing_but_the_order_of_sums():
    names = ("add", "multiply", "sin", "exp", "sum", "matmul", "softmax", "reshape", "where", "less")
    for case in played(TARGET, names, 10, most_nodes=9):
        pullback = TARGET.play(case).pullbacks[0]
        script, scope = TARGET.script(Case(case.graph, case.cotangents)), {}
        before = jax.config.jax_enable_x64
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(script, "script", "exec"), scope)
            leaves, function = [scope[case.graph.name(i)] for i in case.graph.leaves], scope["function"]
            _, pull = jax.vjp(lambda *at, function=function: function(*at)[0], *leaves)
            plain = dict(zip(case.graph.leaves, pull(jax.numpy.asarray(case.cotangents[0])), strict=True))
        finally:
            jax.config.update("jax_enable_x64", before)
        for leaf, gradient in pullback.gradients.items():
            np.testing.assert_allclose(np.asarray(plain[leaf]), gradient, rtol=1e-13, atol=0)


def test_the_setting_of_the_user_is_left_alone():
    before = jax.config.jax_enable_x64
    assert examine(case_of(ops.exp, np.array([0.3])), TARGET).verdict is Verdict.VERIFIED
    assert jax.config.jax_enable_x64 == before


def test_an_op_that_is_spelled_wrong_differs_in_its_forward():
    case = case_of(lambda x: ops.sin(x) * x, np.array([0.3, -1.2]))
    result = examine(case, JaxTarget({"sin": jax.numpy.cos}))
    assert result.verdict is Verdict.FORWARD_DIFFERS
    assert result.culprit == "sin"


@jax.custom_vjp
def wrong_sine(x):
    return jax.numpy.sin(x)


wrong_sine.defvjp(lambda x: (jax.numpy.sin(x), x), lambda x, ct: (ct * jax.numpy.cos(x) * (1 + 1e-10),))


def test_a_wrong_vjp_is_found_and_named():
    case = case_of(lambda x: (ops.sin(x) * x).sum(), np.array([0.3, -1.2]))
    result = examine(case, JaxTarget({"sin": wrong_sine}))
    assert result.verdict is Verdict.WRONG
    assert result.culprit == "sin"
    assert examine(case, TARGET).verdict is Verdict.VERIFIED


def test_subnormal_numbers_may_be_taken_for_zero_and_no_others():
    tiny = np.array([1e-160, 3.0])
    assert examine(case_of(lambda x: x * x, tiny), TARGET).ok
    forgetful = JaxTarget({"multiply": lambda a, b: jax.numpy.where(abs(a * b) < 1e-300, 0.0, a * b)})
    assert not examine(case_of(lambda x: x * x, np.array([1e-151])), forgetful).ok


def test_what_is_detached_or_made_without_grad_mode_is_not_tracked():
    import gradproof.engine as engine

    def function(x):
        with engine.no_grad():
            held = ops.exp(x)
        return x * held + ops.detach(x) * x

    assert examine(case_of(function, np.array([0.3, -1.2])), TARGET).verdict is Verdict.VERIFIED


def test_what_the_library_lacks_is_told():
    with pytest.raises(UnknownOpError, match="jax has no op 'kthvalue'"):
        TARGET.play(case_of(lambda x: ops.kthvalue(x, k=1), np.array([1.0])))
    with pytest.raises(UnsupportedError, match="ask for order 1"):
        TARGET.record(case_of(ops.square, np.array([1.0])).of_second_order())


def test_the_reproducer_runs_alone(tmp_path):
    case = Case.of_ones(trace(lambda x, y: (ops.sin(x) * y).sum(axis=0), np.array([0.3, -1.2]), np.array([2.0, 0.1])))
    script = TARGET.script(case)
    assert "gradproof" not in script
    run = TARGET.play(case)
    for gradient, expected in zip(printed(script, tmp_path), run.pullbacks[0].gradients.values(), strict=True):
        np.testing.assert_array_equal(gradient, expected)
