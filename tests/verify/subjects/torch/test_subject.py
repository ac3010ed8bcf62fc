"""PyTorch functions on trial: custom derivatives, modules, in-place code, and what a trace refuses."""

import numpy as np
import pytest

import gradproof
from gradproof import Case
from gradproof.errors import AutogradError, DtypeError, TraceError
from gradproof.verify import EngineTarget, Verdict, examine
from gradproof.verify.examination import examine as examine_once
from gradproof.verify.subjects import rules
from gradproof.verify.targets.subject import SubjectTarget, graph_of

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'gradproof[torch]'")

from gradproof.verify.subjects.torch import TorchSubject  # noqa: E402

F = torch.nn.functional
DOUBLE = torch.float64


@pytest.fixture
def x():
    return torch.from_numpy(np.random.default_rng(0).uniform(-2.0, 2.0, (3, 4)))


@pytest.fixture
def y():
    return torch.from_numpy(np.random.default_rng(1).uniform(-2.0, 2.0, (3, 4)))


def examined(function, *args):
    subject = TorchSubject(function, args)
    graph = graph_of(subject)
    random = np.random.default_rng(0)
    cotangents = [random.standard_normal(graph[output].shape) for output in graph.outputs]
    typed = tuple(np.asarray(ct, graph[output].dtype) for ct, output in zip(cotangents, graph.outputs, strict=True))
    return examine_once(Case(graph, typed), SubjectTarget(subject))


def ops_of(function, *args):
    return [node.op for node in TorchSubject(function, args).graph().nodes]


# --- custom derivatives


class Power(torch.autograd.Function):
    """``k x^2``, with the factor of its derivative that a subclass says."""

    factor = 2.0

    @staticmethod
    def forward(ctx, x, k):
        ctx.save_for_backward(x)
        ctx.k = k
        return k * x**2

    @classmethod
    def backward(cls, ctx, ct):
        (x,) = ctx.saved_tensors
        return cls.factor * ctx.k * x * ct, None


class Wrong(Power):
    factor = 2.0 * (1 + 1e-11)


def test_a_right_custom_derivative_is_verified(x):
    result = examined(lambda x: torch.sin(Power.apply(x, 3.0)), x)
    assert result.verdict is Verdict.VERIFIED
    assert 0 < result.sees < 1e-12


def test_a_wrong_custom_derivative_is_found_however_small_the_error(x):
    assert examined(lambda x: torch.sin(Wrong.apply(x, 3.0)), x).verdict is Verdict.WRONG


class SinCos(torch.autograd.Function):
    """Both results of one argument; ``sign`` is that of the derivative of the cosine. In PyTorch's newer style."""

    sign = -1.0

    @staticmethod
    def forward(x):
        with torch.no_grad():  # which means nothing here: all of it is one operation
            half = x.detach() / 2
        s, c = torch.sin(half), torch.cos(half)
        return 2 * s * c, c * c - s * s

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*output)

    @classmethod
    def backward(cls, ctx, ct_sine, ct_cosine):
        sine, cosine = ctx.saved_tensors
        return ct_sine * cosine + cls.sign * ct_cosine * sine


class WrongSign(SinCos):
    sign = 1.0


def test_several_results_are_pulled_back_one_by_one(x):
    assert examined(SinCos.apply, x).verdict is Verdict.VERIFIED
    result = examined(WrongSign.apply, x)
    assert result.verdict is Verdict.WRONG
    assert {pair.output for pair in result.pairs if pair.verdict.fails} == {1}


class Once(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, ct):
        (x,) = ctx.saved_tensors
        return 3 * x**2 * ct


def test_a_function_that_is_differentiable_once_is_verified_and_says_that_it_is_not_twice(x):
    assert examined(Once.apply, x).verdict is Verdict.VERIFIED
    with pytest.raises(AutogradError, match=r"derivative of Once cannot be differentiated.*once_differentiable"):
        TorchSubject(Once.apply, [x]).pull_back_twice([x.numpy()], 0, np.ones((3, 4)), {0: np.ones((3, 4))})


class Scales(torch.autograd.Function):
    """Doubles in place, and says so."""

    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.mul_(2)

    @staticmethod
    def backward(ctx, ct):
        return 2 * ct


def test_a_custom_function_may_write_to_what_was_computed(x):
    def function(x):
        h = x * x
        Scales.apply(h)
        return h * x

    assert examined(function, x).verdict is Verdict.VERIFIED


class Spoils(torch.autograd.Function):
    """Doubles in place, and does not say so."""

    @staticmethod
    def forward(ctx, x):
        return x.mul_(2) + 0

    @staticmethod
    def backward(ctx, ct):
        return 2 * ct


def test_a_custom_function_that_changes_its_argument_misbehaves(x):
    result = examined(Spoils.apply, x)
    assert result.verdict is Verdict.MISBEHAVES
    assert "is changed in place" in str(result.cause)


class SpoilsCotangent(Power):
    @staticmethod
    def backward(ctx, ct):
        (x,) = ctx.saved_tensors
        return ct.mul_(2 * ctx.k) * x, None


def test_a_backward_that_changes_its_cotangent_misbehaves(x):
    assert examined(lambda x: SpoilsCotangent.apply(x, 3.0), x).verdict is Verdict.MISBEHAVES


class Flattens(Power):
    @staticmethod
    def backward(ctx, ct):
        (x,) = ctx.saved_tensors
        return 2 * ctx.k * x * torch.as_strided(ct, ct.shape, (4, 1)), None


def test_a_backward_that_breaks_on_strided_cotangents_misbehaves(x):
    result = examined(lambda x: Flattens.apply(x, 3.0), x)
    assert result.verdict is Verdict.MISBEHAVES
    assert "strided" in str(result.faults[0].misdeed.value)


# --- what is held constant


def test_what_is_detached_or_made_without_grad_is_held(x, y):
    def function(x, y):
        with torch.no_grad():
            total = x.sum()
        return x * total + y.detach() * y, y.detach()

    result = examined(function, x, y)
    assert result.verdict is Verdict.VERIFIED
    assert ops_of(function, x, y).count("detach") == 3


def test_a_tensor_that_requires_grad_anew_is_held(x):
    assert examined(lambda x: x * (x * x).detach().requires_grad_(), x).verdict is Verdict.VERIFIED


def test_leaves_require_grad_that_ask_for_it_or_all_floating_ones(x, y):
    whole = torch.tensor([1, 0, 2])
    asked = TorchSubject(lambda a, b, i: a * b[i], (x.clone().requires_grad_(), y, whole))
    assert [leaf.requires_grad for leaf in asked.leaves] == [True, False, False]
    assert [leaf.requires_grad for leaf in TorchSubject(lambda a, b, i: a * b[i], (x, y, whole)).leaves] == [1, 1, 0]
    values = [leaf.value for leaf in asked.leaves]
    assert [each is None for each in asked.pull_back(values, 0, np.ones((3, 4)))] == [False, True, True]


def test_a_module_that_a_function_finds_elsewhere_is_constant(x):
    layer = torch.nn.Linear(4, 2, dtype=DOUBLE)
    result = examined(lambda x: layer(x), x)
    assert result.verdict is Verdict.VERIFIED
    assert {pair.leaf for pair in result.pairs} == {0}


# --- arguments


def test_leaves_are_named_as_a_user_would_write_them(x):
    def function(params, pair, *rest, scale=2.0):
        return params["w"] * pair[0] * rest[1][0] * scale

    subject = TorchSubject(function, ({"w": x, "n": 3}, (x, None), 1, [x]))
    assert [leaf.name for leaf in subject.leaves] == ["params['w']", "pair[0]", "rest[1][0]"]
    assert examined(function, {"w": x, "n": 3}, (x, None), 1, [x]).verdict is Verdict.VERIFIED


def test_a_module_has_its_parameters_as_leaves(x):
    module = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.Tanh(), torch.nn.Linear(5, 2)).to(DOUBLE)
    names = ["0.weight", "0.bias", "2.weight", "2.bias", "input"]
    assert [leaf.name for leaf in TorchSubject(module, [x]).leaves] == names
    assert not TorchSubject(module, [x]).leaves[-1].requires_grad
    result = examined(module, x.clone().requires_grad_())
    assert result.verdict is Verdict.VERIFIED
    assert {pair.leaf for pair in result.pairs} == set(range(5))


def test_outputs_are_the_floating_tensors_in_what_is_returned(x):
    result = examined(lambda x: {"a": (x * x, x > 0), "b": [x.sum(), "text", x]}, x)
    assert result.verdict is Verdict.VERIFIED
    assert {pair.output for pair in result.pairs} == {0, 1, 2}


def test_a_layout_that_is_not_contiguous_is_kept(x):
    subject = TorchSubject(lambda x: x * 2, [x[:, ::2]])
    assert not subject.leaves[0].value.flags.c_contiguous
    assert examined(lambda x: (x.reshape(-1) * 2, x.stride(1) * x), x[:, ::2]).verdict is Verdict.VERIFIED


def test_runs_leave_everything_as_it_was(x):
    module = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3)).to(DOUBLE)
    before = {name: each.clone() for name, each in module.state_dict().items()}
    x.requires_grad_()
    kept = x.detach().clone()
    assert examined(module, x).verdict is Verdict.VERIFIED
    assert all(torch.equal(each, before[name]) for name, each in module.state_dict().items())
    assert x.grad is None
    assert all(each.grad is None for each in module.parameters())
    assert torch.equal(x, kept)


def test_the_grad_mode_of_the_caller_does_not_matter(x):
    with torch.no_grad():
        assert examined(lambda x: Power.apply(x, 3.0), x).verdict is Verdict.VERIFIED


# --- networks and in-place code


class Convolutional(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.convolution = torch.nn.Conv2d(1, 2, 3)
        self.norm = torch.nn.BatchNorm2d(2)
        self.last = torch.nn.Linear(8, 3)

    def forward(self, images, classes):
        h = F.max_pool2d(F.relu(self.norm(self.convolution(images))), 2)
        return F.cross_entropy(self.last(h.flatten(1)), classes)


@pytest.mark.parametrize("mode", ["train", "eval"])
def test_a_convolutional_network_with_batch_norm(mode):
    torch.manual_seed(0)
    network = getattr(Convolutional().to(DOUBLE), mode)()
    assert examined(network, torch.randn(2, 1, 6, 6, dtype=DOUBLE), torch.tensor([0, 2])).verdict is Verdict.VERIFIED


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = torch.nn.LayerNorm(4)
        self.attention = torch.nn.MultiheadAttention(4, 2, batch_first=True)

    def forward(self, x):
        h = self.norm(x)
        return x + self.attention(h, h, h, need_weights=False)[0]


def test_a_block_of_attention_and_layer_norm():
    torch.manual_seed(0)
    assert examined(Block().to(DOUBLE), torch.randn(1, 3, 4, dtype=DOUBLE)).verdict is Verdict.VERIFIED


class Twice(torch.nn.Module):
    """Batch norm by the statistics of the batch, and by the running ones that it leaves."""

    def __init__(self):
        super().__init__()
        self.norm = torch.nn.BatchNorm1d(4)

    def forward(self, x):
        mean, var = self.norm.running_mean, self.norm.running_var
        return F.batch_norm(x, mean, var, training=True) * F.batch_norm(x, mean, var)


def test_running_statistics_that_are_read_again_are_the_new_ones_and_constant(x):
    assert examined(Twice().to(DOUBLE), x).verdict is Verdict.VERIFIED


def in_place(x, y):
    z = torch.zeros_like(x)
    first = z[0]
    z[0] = y[0]
    column = z[:, 1]
    column.mul_(2).add_(x[:, 2])
    z += x
    z[z < 0] = 0.0
    z.T[2] = first * 2
    return z * y, column


def test_in_place_code_and_views(y):
    square = torch.from_numpy(np.random.default_rng(3).uniform(-2.0, 2.0, (4, 4)))
    assert examined(in_place, square, square.flip(0)).verdict is Verdict.VERIFIED


def test_memory_that_constants_share_is_shared_in_a_trace(x):
    def function(x):
        table = torch.zeros(3, 4, dtype=DOUBLE)
        row = table[1]
        table.add_(x)
        return row * 2, base * 1

    base = torch.ones(3, 4, dtype=DOUBLE)
    view = base[1]

    def through(x):
        whole = base.clone()
        whole[1] = view * x[1]
        return whole * x

    assert examined(function, x).verdict is Verdict.VERIFIED
    assert examined(through, x).verdict is Verdict.VERIFIED


def test_a_constant_that_is_written_to_in_a_trace_stays_as_it_is(x):
    table, seen = torch.zeros(3, 4, dtype=DOUBLE), []
    view = table[1]

    def function(x):
        scratch = table if isinstance(x, torch._subclasses.FakeTensor) else table.clone()
        row = view if scratch is table else scratch[1]
        scratch.add_(x)
        seen.append(scratch)
        return row * 2

    subject = TorchSubject(function, [x])
    graph = subject.graph()
    assert any(each is table for each in seen)
    assert not table.any()
    found = EngineTarget().forward(graph, [each.value for each in graph.inputs])[graph.outputs[0]]
    np.testing.assert_array_equal(found, subject.forward([x.numpy().copy()])[0])


def test_float32_is_proven_in_float32(x):
    result = examined(lambda x: torch.softmax(x @ x.T, -1), x.float())
    assert result.verdict is Verdict.VERIFIED
    assert result.case.dtype == "float32"
    assert examined(lambda x: (x.double() * 2).float().sum(), x.float()).verdict is Verdict.VERIFIED


def test_an_embedding_takes_integers():
    weight = torch.from_numpy(np.random.default_rng(0).standard_normal((5, 3)))
    result = examined(lambda i, w: F.embedding(i, w, padding_idx=1).sum(0), torch.tensor([0, 1, 1, 4]), weight)
    assert result.verdict is Verdict.VERIFIED


def test_constants_may_decide_what_is_selected_and_how_often(x):
    mask, count = torch.tensor([True, False, True]), torch.tensor(3)
    outside = torch.tensor([1.0, -1.0])

    def function(x, mask, count):
        total = x[mask].sum() if outside.sum() >= 0 else x.sum()
        for _ in range(int(count)):
            total = total * x[0, 0]
        return total * outside[0].item()

    assert examined(function, x, mask, count).verdict is Verdict.VERIFIED


def test_operations_on_constants_are_computed_at_once(x):
    def function(x):
        places = torch.searchsorted(torch.tensor([0.1, 0.5]), torch.tensor([0.3, 0.7]))
        counts = torch.bincount(torch.tensor([0, 1, 1, 3]))
        return x[places] * counts * torch.unique(counts).shape[0]

    assert examined(function, x).verdict is Verdict.VERIFIED
    assert ops_of(function, x) == ["take", "astype", "multiply", "multiply"]


def test_a_place_that_nobody_uses_may_be_moved_about(x):
    assert examined(lambda x: F.max_pool1d(x[None], 2), x).verdict is Verdict.VERIFIED


def test_a_write_without_grad_that_changes_nothing_is_none(x, y):
    assert examined(F.cosine_similarity, x, y).verdict is Verdict.VERIFIED


def test_transforms_and_checkpoints_are_traced(x):
    assert examined(lambda x: torch.func.vmap(lambda row: row * row.sum())(x), x).verdict is Verdict.VERIFIED
    assert examined(torch.func.grad(lambda x: (x**3).sum()), x).verdict is Verdict.VERIFIED
    again = torch.utils.checkpoint.checkpoint
    assert examined(lambda x: again(torch.sin, x, use_reentrant=False), x).verdict is Verdict.VERIFIED


def test_what_has_no_rule_is_run_as_pytorch_says_it_in_simpler_operations():
    images = torch.from_numpy(np.random.default_rng(0).standard_normal((1, 1, 3, 4)))
    result = examined(lambda x: F.interpolate(x, scale_factor=2.0, mode="bilinear"), images)
    assert result.verdict is Verdict.VERIFIED
    held = examined(lambda x: F.interpolate(x.detach(), scale_factor=2.0, mode="bilinear") * x.sum(), images)
    assert held.verdict is Verdict.VERIFIED


# --- second order


def twice(function, *args):
    subject = TorchSubject(function, args)
    values = [leaf.value for leaf in subject.leaves]
    random = np.random.default_rng(0)
    shape = subject.forward([value.copy() for value in values])[0].shape
    ct = random.standard_normal(shape)
    directions = {i: random.standard_normal(value.shape) for i, value in enumerate(values)}
    return values, ct, directions, subject.pull_back_twice([value.copy() for value in values], 0, ct, directions)


def test_second_derivatives_are_those_of_each_gradient(x, y):
    (a, b), ct, directions, blocks = twice(lambda x, y: x**2 * y, x, y)
    u, v = directions[0], directions[1]
    np.testing.assert_allclose(blocks[0, 0], 2 * b * ct * u)
    np.testing.assert_allclose(blocks[0, 1], 2 * a * ct * u)
    np.testing.assert_allclose(blocks[0, -1], 2 * a * b * u)
    np.testing.assert_allclose(blocks[1, 0], 2 * a * ct * v)
    assert blocks[1, 1] is None
    np.testing.assert_allclose(blocks[1, -1], a**2 * v)


def test_a_derivative_that_is_linear_leads_to_the_cotangent_alone(x):
    _, _, directions, blocks = twice(lambda x: 3 * x, x)
    assert blocks[0, 0] is None
    np.testing.assert_allclose(blocks[0, -1], 3 * directions[0])


def test_zeros_that_pytorch_keeps_no_memory_for_are_zeros(x):
    _, _, directions, blocks = twice(torch.abs, x)
    np.testing.assert_array_equal(blocks[0, 0], np.zeros(x.shape))
    np.testing.assert_array_equal(blocks[0, -1], np.sign(x.detach().numpy()) * directions[0])


# --- what a trace refuses


HERE = r"in .*test_subject.py:\d+, "


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: x * x.sum().item(), rf"reads an entry of a tensor {HERE}.*use torch.where"),
        (lambda x: x if x.sum() > 0 else -x, rf"reads an entry of a tensor {HERE}"),
        (lambda x: x * float(x.detach()[0, 0]), rf"reads an entry of a tensor {HERE}"),
        (lambda x: x * torch.tensor(x.tolist()), rf"reads an entry of a tensor {HERE}"),
        (lambda x: x * torch.from_numpy(np.exp(x.detach().numpy())), rf"cannot be traced {HERE}.*numpy\(\)"),
        (lambda x: x[x > 0], rf"selects entries {HERE}.*aten.index.Tensor"),
        (lambda x: x.gather(1, x.argmax(1, keepdim=True)), rf"uses {HERE}.*a result of aten.argmax.default"),
        (lambda x: x[0][x[0].long() % 2], rf"selects entries {HERE}"),
        (lambda x: F.dropout(x), rf"draws random numbers {HERE}.*call eval\(\)"),
        (lambda x: x + torch.rand(4), rf"draws random numbers {HERE}"),
        (lambda x: torch.view_as_complex(x.view(3, 2, 2)).abs(), "complex128 is no dtype of gradproof.engine"),
        (lambda x: x.view(torch.int64) * x, rf"shows {HERE}.*memory of .*float64 as torch.int64"),
        (lambda x: torch.add(x.detach(), 1, out=torch.empty_like(x)) * x, rf"calls {HERE}.*writes to its arguments"),
        (lambda x: torch.special.airy_ai(x), rf"{HERE}.*'aten.special_airy_ai.default' has no rule"),
    ],
)
def test_what_depends_on_entries_is_refused_with_the_line(function, message, x):
    with pytest.raises(TraceError, match=message):
        TorchSubject(function, [x]).graph()


def test_a_forward_that_loses_digits_is_no_other_function():
    found = gradproof.check(F.gelu, torch.tensor([-7.0, -3.0], dtype=torch.float64))
    assert found.verdict is Verdict.INACCURATE


def test_whether_numbers_are_finite_may_be_asked(x):
    def function(x):
        assert torch.isfinite(x).all()
        if torch.isnan(x).any() or x.exp().isinf().any().item():
            return x
        return x[torch.isfinite(x)] ** 2

    assert gradproof.check(function, x).verdict is Verdict.VERIFIED


def test_writing_where_it_is_not_tracked_is_refused(x):
    def function(x):
        h = x * 2
        with torch.no_grad():
            h.add_(x)
        return h

    with pytest.raises(TraceError, match=rf"writes {HERE}.*derivatives flow through"):
        TorchSubject(function, [x]).graph()


def test_a_trace_that_fails_under_an_except_clause_fails(x):
    def function(x):
        try:
            return x * x.sum().item()
        except TypeError:
            return x

    with pytest.raises(TraceError, match="reads an entry"):
        TorchSubject(function, [x]).graph()


def test_a_function_without_a_floating_output_or_with_unknown_dtypes_is_refused(x):
    with pytest.raises(TraceError, match="returned no floating tensor, but Tensor"):
        TorchSubject(lambda x: x > 0, [x]).graph()
    with pytest.raises(DtypeError, match=r"x has dtype torch.bfloat16, but must have one of .*convert it before"):
        TorchSubject(lambda x: x * 2, [x.bfloat16()])


def test_what_the_function_itself_raises_comes_through(x):
    with pytest.raises(ZeroDivisionError):
        TorchSubject(lambda x: x * (1 / 0), [x]).graph()


def test_a_rule_that_does_not_fit_what_pytorch_returns_is_refused(x, monkeypatch):
    monkeypatch.setattr(rules, "_GIVEN", {"aten.sin.default": lambda x: x.sum()})
    with pytest.raises(TraceError, match=r"the rule of aten.sin.default gives shape \(\) .*mend the rule"):
        TorchSubject(torch.sin, [x]).graph()


@pytest.fixture
def square():
    """An operation of a library, with a right derivative."""

    @torch.library.custom_op("gradprooftest::square", mutates_args=())
    def square(x: torch.Tensor) -> torch.Tensor:
        return x**2

    def keep(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    square.register_autograd(lambda ctx, ct: 2 * ct * ctx.saved_tensors[0], setup_context=keep)
    return square


def test_an_operation_of_a_users_library_is_named_and_may_be_given_a_rule(square, x, monkeypatch):
    monkeypatch.setattr(rules, "_GIVEN", {})
    with pytest.raises(TraceError, match=r"'gradprooftest::square' has no rule; .*gradproof.rule\('gradprooftest::sq"):
        TorchSubject(square, [x]).graph()
    gradproof.rule("gradprooftest::square", lambda x: x**2)
    assert examined(lambda x: torch.sin(square(x)), x).verdict is Verdict.VERIFIED
    gradproof.rule("gradprooftest::square", lambda x: x.sum())
    with pytest.raises(TraceError, match=r"output 0 has shape \(\) .* but the function returns shape \(3, 4\)"):
        examined(lambda x: torch.sin(square(x)), x)


def test_examine_of_any_order_takes_a_subject(x):
    subject = TorchSubject(lambda x: Power.apply(x, 3.0), [x])
    assert examine(Case(graph_of(subject), (np.ones((3, 4)),)), SubjectTarget(subject)).verdict is Verdict.VERIFIED


# --- decompositions


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "function",
    [
        lambda a: torch.linalg.eigh(a + a.mT)[1],
        lambda a: torch.linalg.svd(a)[0],
        lambda a: torch.linalg.svd(a[:2], full_matrices=False)[2],
        lambda a: torch.linalg.qr(a)[0],
    ],
)
def test_vectors_have_the_signs_that_pytorch_gives_them(function, seed):
    a = torch.from_numpy(np.random.default_rng(seed).normal(size=(3, 3)))
    assert gradproof.check(function, a).verdict is Verdict.VERIFIED


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda a: torch.linalg.svd(a)[2], "no op of gradproof.engine computes"),
        (lambda a: torch.linalg.qr(a.mT, "complete")[0], "use mode='reduced'"),
    ],
)
def test_vectors_that_a_matrix_does_not_determine_are_refused(function, reason):
    with pytest.raises(TraceError, match=reason):
        TorchSubject(function, [torch.from_numpy(np.random.default_rng(0).normal(size=(2, 3)))]).graph()


@pytest.mark.parametrize("function", [torch.linalg.eigvalsh, torch.linalg.cholesky, lambda a: torch.linalg.eigh(a)[0]])
def test_a_function_that_reads_one_triangle_is_checked_at_symmetric_matrices(function):
    a = torch.tensor([[3.0, 1.0], [1.0, 2.0]], dtype=DOUBLE)
    assert gradproof.check(function, a, points=5).verdict is Verdict.VERIFIED
