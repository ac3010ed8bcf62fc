"""PyTorch on trial: every op of its table, what its hooks show, and faults that are planted in it."""

import contextlib
import io
import warnings

import numpy as np
import pytest
from library_trials import cases, check_op, played, printed

torch = pytest.importorskip("torch", reason="PyTorch (torch) is not installed")

from gradproof import Case, Graph, Input, trace  # noqa: E402
from gradproof.engine import ops  # noqa: E402
from gradproof.errors import UnknownOpError, UnsupportedError  # noqa: E402
from gradproof.verify import Verdict, examine  # noqa: E402
from gradproof.verify.targets.torch import TorchTarget  # noqa: E402

TARGET = TorchTarget()

#: Where PyTorch itself is wrong or loses digits: benchmarks/findings.py shows by how much.
LOSES = {
    "batch_norm",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "digamma",
    "erfcx",
    "gammainc",
    "gammaincc",
    "hardsigmoid",
    "i0e",
    "i1e",
    "log_ndtr",
    "polygamma",
}


def test_the_table_has_what_the_library_has():
    assert len(TARGET.ops) >= 120


@pytest.mark.parametrize("op", sorted(TARGET.ops))
def test_every_op_computes_what_ours_does_and_its_gradient_is_not_wrong(op):
    check_op(TARGET, op, LOSES)


@pytest.mark.parametrize("op", ["add", "exp", "matmul", "softmax", "sum", "where", "conv1d", "layer_norm"])
def test_float32(op):
    check_op(TARGET, op, LOSES, "float32")


def test_hooks_change_no_number():
    names = sorted(TARGET.ops - {"detach"})
    for case in played(TARGET, tuple(names), 40, most_nodes=20):
        run = TARGET.play(case)
        scope = {}
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "reduction: 'mean' divides the total loss", UserWarning)
            exec(compile(TARGET.script(case), "script", "exec"), scope)
        for leaf, gradient in run.accumulated.items():
            plain = scope[case.graph.name(leaf)].grad
            assert plain is None or plain.numpy().tobytes() == gradient.tobytes(), case.graph


def case_of(function, *inputs):
    return Case.of_ones(trace(function, *inputs))


def test_an_op_that_is_spelled_wrong_differs_in_its_forward():
    case = case_of(lambda x: ops.sin(x) * x, np.array([0.3, -1.2]))
    result = examine(case, TorchTarget({"sin": torch.cos}))
    assert result.verdict is Verdict.FORWARD_DIFFERS
    assert result.culprit == "sin"


class WrongSine(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.sin(x)

    @staticmethod
    def backward(ctx, ct):
        (x,) = ctx.saved_tensors
        return ct * torch.cos(x) * (1 + 1e-10)


def wrong_sine(x):
    return WrongSine.apply(x)


def test_a_wrong_backward_is_found_and_named():
    case = case_of(lambda x: (ops.sin(x) * x).sum(), np.array([0.3, -1.2]))
    result = examine(case, TorchTarget({"sin": wrong_sine}))
    assert result.verdict is Verdict.WRONG
    assert result.culprit == "sin"
    assert examine(case, TARGET).verdict is Verdict.VERIFIED


class Spoils(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.mul_(2.0)

    @staticmethod
    def backward(ctx, ct):
        return 2.0 * ct


def test_an_op_that_changes_its_argument_in_place_misbehaves():
    case = case_of(lambda x: ops.multiply(x, 2.0), np.array([0.3, -1.2]))
    spoiling = TorchTarget({"multiply": lambda a, b: Spoils.apply(a)})
    assert examine(case, spoiling).verdict is Verdict.MISBEHAVES


def test_gradients_share_memory_with_what_was_handed_over_where_only_views_lie_between():
    case = case_of(lambda x: ops.reshape(x, shape=(2,)), np.array([[0.3, -1.2]]))
    assert examine(case, TorchTarget(copies=False)).verdict is Verdict.MISBEHAVES
    assert examine(case, TARGET).verdict is Verdict.VERIFIED


def test_batch_norm_takes_a_strided_weight_for_a_contiguous_one():
    x, weight, bias = np.array([[0.3, -1.2], [2.0, 0.7], [0.1, 0.4]]), np.array([3.0, 5.0]), np.zeros(2)
    graph = trace(lambda *args: ops.batch_norm(*args, axis=(0,)), x, weight, bias)
    cotangents = (np.array([[1.0, 2.0], [-0.5, 0.25], [0.75, -3.0]]),)
    assert examine(Case(graph, cotangents), TARGET).verdict is Verdict.VERIFIED
    strided = Graph(
        (graph.inputs[0], Input(weight, True, contiguous=False), graph.inputs[2]), graph.nodes, graph.outputs
    )
    result = examine(Case(strided, cotangents), TARGET)
    assert (result.verdict, result.culprit) == (Verdict.WRONG, "batch_norm")


def test_what_is_detached_or_made_without_grad_mode_is_not_tracked():
    def function(x):
        with torch_engine.no_grad():
            held = ops.exp(x)
        return x * held + ops.detach(x) * x

    import gradproof.engine as torch_engine

    assert examine(case_of(function, np.array([0.3, -1.2])), TARGET).verdict is Verdict.VERIFIED


def test_a_convention_at_a_kink_is_named_and_not_blamed():
    result = examine(case_of(ops.relu, np.array([0.0, 1.0])), TARGET)
    assert result.verdict is Verdict.SUBGRADIENT
    assert result.conventions == ["0 at relu(0), as PyTorch"]


def test_what_the_library_lacks_is_told():
    with pytest.raises(UnknownOpError, match="torch has no op 'cbrt'"):
        TARGET.play(case_of(ops.cbrt, np.array([1.0])))
    with pytest.raises(UnsupportedError, match="torch has no clip"):
        TARGET.play(case_of(lambda x: ops.clip(x), np.array([1.0])))
    case = case_of(ops.square, np.array([1.0]))
    with pytest.raises(UnsupportedError, match="ask for order 1"):
        TARGET.record(case.of_second_order())


def test_the_reproducer_runs_alone(tmp_path):
    for case in played(TARGET, ("sum", "max", "where", "less", "multiply", "overwrite", "getitem"), 5, most_nodes=9):
        script = TARGET.script(case)
        assert "gradproof" not in script
        run = TARGET.play(case)
        reached = frozenset().union(*map(case.graph.reached_from, case.graph.outputs))
        wanted = [run.accumulated[leaf] for leaf in case.graph.leaves if leaf in reached]
        for gradient, expected in zip(printed(script, tmp_path), wanted, strict=True):
            np.testing.assert_array_equal(gradient.reshape(expected.shape), expected)


def test_deep_graphs_over_all_ops_contradict_no_proof():
    names = tuple(sorted(TARGET.ops))
    drawn = cases(names)
    for _ in range(30):
        case = next(drawn)
        with contextlib.suppress(UnsupportedError):
            examine(case, TARGET, finite_differences=False)
