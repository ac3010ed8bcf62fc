"""Properties that hold for every op of the vocabulary, and what dispatch does with arguments."""

import itertools

import numpy as np
import pytest

import gradproof.engine as torch
from gradproof.engine import ops
from gradproof.engine.mode import recording
from gradproof.engine.op import Variadic
from gradproof.engine.vocabulary import OPS
from gradproof.errors import (
    ArgumentError,
    DtypeError,
    GradproofError,
    IndexKindError,
    ParameterError,
    ShapeError,
)

ALL = [pytest.param(op, id=name) for name, op in OPS.items()]
DIFFERENTIABLE = [pytest.param(op, id=name) for name, op in OPS.items() if isinstance(op.vjp, Variadic) or any(op.vjp)]
SHAPES = [(), (1,), (3,), (4,), (2, 3), (3, 2), (2, 1, 3), (0,), (2, 2, 2), (1, 1, 2, 2)]
#: Of no entries there is no maximum, and none can be taken: the shapes fit, the values do not.
NEEDS_ENTRIES = (
    *(
        "max",
        "min",
        "amax",
        "amin",
        "median",
        "cumulative_max",
        "cumulative_min",
        "softmax",
        "log_softmax",
        "logsumexp",
    ),
    *("take", "index", "index_put", "take_along_axis", "scatter", "scatter_add"),
)
#: Whatever fits one shape fits all.
FITS_ALL = ("tile",)
#: Such a step balances truncation and rounding of a central difference in float64.
STEP, AGREES = 1e-5, 2e-6


def floats(array):
    return array.dtype.kind == "f"


def tensors(args):
    """Return read-only arrays as tensors in the same memory; those with a floating dtype require grad."""
    return [torch.from_numpy(arg).requires_grad_(floats(arg)) for arg in args]


def readonly(shape, seed=1):
    array = np.asarray(np.random.default_rng(seed).uniform(0.5, 1.5, shape))
    array.flags.writeable = False
    return array


def tracked(op, variables):
    return [
        variable
        for slot, variable in enumerate(variables)
        if variable.requires_grad and op.rule(slot if not isinstance(op.vjp, Variadic) else 0) is not None
    ]


def pulled_back(op, args, params, ct):
    """Return the gradients of the arguments that carry a derivative."""
    variables = tensors(args)
    return torch.autograd.grad(op(*variables, **params), tracked(op, variables), torch.from_numpy(ct))


def moved(op, args, step, directions):
    """Return the arguments that carry a derivative moved by ``step`` along ``directions``, the others as they are."""
    following = iter(directions)
    return [
        arg + step * next(following) if variable.requires_grad and op.rule(0 if isinstance(op.vjp, Variadic) else slot)
        else arg
        for slot, (arg, variable) in enumerate(zip(args, tensors(args), strict=True))
    ]  # fmt: skip


def inner(xs, ys):
    return sum(float(np.sum(x * y)) for x, y in zip(xs, ys, strict=True))


# --- shapes


@pytest.mark.parametrize("op", ALL)
def test_the_shape_rule_accepts_what_it_proposes_and_tells_the_shape_that_comes_out(op, calls):
    proposed = calls(op)
    assert proposed
    for args, params in proposed:
        result = op(*tensors(args), **params)
        assert op.shape.result(*[arg.shape for arg in args], **params) == result.array.shape, (args, params)


def blank(domain, shape):
    """Return zeros, or diagonal matrices, which are of all kinds."""
    if domain.matrices and len(shape) > 1:
        return torch.tensor(np.broadcast_to(np.eye(*shape[-2:]) * np.arange(1.0, shape[-1] + 1.0), shape))
    return torch.zeros(shape, dtype={"boolean": torch.bool, "index": torch.int64, "real": torch.float64}[domain.kind])


@pytest.mark.parametrize("op", ALL)
def test_the_shape_rule_refuses_exactly_what_the_op_refuses(op):
    arity = 2 if isinstance(op.vjp, Variadic) else len(op.real_slots)
    legal = {str(params): params for shape in SHAPES for params in op.shape.parameters(shape)}
    static = {name: values[0] for name, values in op.params.items()}
    refused = 0
    for shapes, params in itertools.product(itertools.product(SHAPES, repeat=min(arity, 2)), legal.values()):
        shapes = (*shapes, *([()] * (arity - 2)))
        args = [blank(op.domain_of(slot)[0], shape) for slot, shape in enumerate(shapes)]
        try:
            expected = op.shape.result(*shapes, **params, **static)
        except ShapeError:
            refused += 1
            with pytest.raises(ShapeError, match=rf"^{op.name}: .* \[{op.name}\("):
                op(*args, **params, **static)
            continue
        if 0 in shapes[0] and op.name in NEEDS_ENTRIES:
            continue
        assert op(*args, **params, **static).array.shape == expected
    assert refused or op.name in FITS_ALL or (arity == 1 and not any(op.shape.parameters((2, 3))))


# --- values


@pytest.mark.parametrize("op", ALL)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64], ids=lambda dtype: dtype.__name__)
def test_a_call_with_arrays_equals_a_call_with_tensors_bit_for_bit(op, dtype, calls):
    for args, params in calls(op, dtype=dtype):
        result = op(*tensors(args), **params).array
        with np.errstate(all="ignore"):
            raw = np.asarray(op(*args, **params))
        assert raw.dtype == result.dtype
        assert raw.tobytes() == result.tobytes()


@pytest.mark.parametrize("op", DIFFERENTIABLE)
def test_the_vjp_agrees_with_a_central_difference(op, calls):
    for args, params in calls(op):
        variables = tensors(args)
        ct = readonly(op(*variables, **params).array.shape)
        cts = [each.numpy() for each in pulled_back(op, args, params, ct)]
        directions = [readonly(each.shape, seed=2 + i) for i, each in enumerate(cts)]

        def value(step, args=args, params=params, ct=ct, directions=directions):
            return np.sum(ct * np.asarray(op(*moved(op, args, step, directions), **params), dtype=np.float64))

        loose, step = {"float32": (1e-2, 1e-2), "float16": (1e-2, 0.25)}.get(params.get("dtype"), (AGREES, STEP))
        with np.errstate(all="ignore"):
            difference = (value(step) - value(-step)) / (2 * step)
        assert inner(cts, directions) == pytest.approx(difference, rel=loose, abs=loose), (args, params)


@pytest.mark.parametrize("op", DIFFERENTIABLE)
def test_the_second_derivative_agrees_with_a_central_difference_of_the_first(op, calls):
    for args, params in calls(op):
        variables = tensors(args)
        inputs = tracked(op, variables)
        result = op(*variables, **params)
        ct = readonly(result.array.shape)
        cts = torch.autograd.grad(result, inputs, torch.from_numpy(ct), create_graph=True)
        weights = [readonly(each.shape, seed=7 + i) for i, each in enumerate(cts)]
        directions = [readonly(each.shape, seed=17 + i) for i, each in enumerate(cts)]
        total = torch.tensor(0.0, dtype=torch.float64)
        for each, weight in zip(cts, weights, strict=True):
            total = total + (each * torch.from_numpy(weight)).sum()
        total = total + 0.0 * sum((each.sum() for each in inputs), start=torch.tensor(0.0))
        second = [each.numpy() for each in torch.autograd.grad(total, inputs)]

        def slope(step, args=args, params=params, ct=ct, weights=weights, directions=directions):
            there = [np.asarray(each) for each in moved(op, args, step, directions)]
            return inner([each.numpy() for each in pulled_back(op, there, params, ct)], weights)

        difference = (slope(STEP) - slope(-STEP)) / (2 * STEP)
        assert inner(second, directions) == pytest.approx(difference, rel=2e-5, abs=2e-5), (args, params)


@pytest.mark.parametrize("op", DIFFERENTIABLE)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64], ids=lambda dtype: dtype.__name__)
def test_the_vjp_has_the_arguments_shape_and_dtype_and_is_the_same_where_it_is_recorded(op, dtype, calls):
    for args, params in calls(op, dtype=dtype):
        variables = tensors(args)
        inputs = tracked(op, variables)
        result = op(*variables, **params)
        ct = torch.from_numpy(readonly(result.array.shape).astype(result.array.dtype))
        plain = torch.autograd.grad(result, inputs, ct, retain_graph=True)
        recorded = torch.autograd.grad(result, inputs, ct, create_graph=True)
        for each, again, argument in zip(plain, recorded, inputs, strict=True):
            assert (each.array.shape, each.array.dtype) == (argument.array.shape, argument.array.dtype)
            assert each.array.tobytes() == again.array.tobytes(), (args, params)


@pytest.mark.parametrize("op", DIFFERENTIABLE)
def test_the_vjp_is_made_of_ops_alone(op, calls):
    class Names:
        def __init__(self):
            self.seen = set()

        def record(self, op, args, params, result, *, grad_enabled):
            self.seen.add(op)

    names = Names()
    for args, params in calls(op)[:20]:
        variables = tensors(args)
        result = op(*variables, **params)
        ct = torch.from_numpy(readonly(result.array.shape)).requires_grad_()
        with recording(names):
            cts = torch.autograd.grad(result, tracked(op, variables), ct, create_graph=True)
        assert all(each.grad_fn is not None or each is ct for each in cts), params
    assert names.seen <= OPS.keys()


@pytest.mark.parametrize("op", ALL)
def test_the_domain_names_every_argument_and_the_record_every_parameter(op):
    arity = len(op.real_slots)
    assert all(len(box) == arity for box in op.domain)
    assert isinstance(op.vjp, Variadic) or len(op.vjp) == arity
    shaped = next((params for shape in SHAPES[::-1] for params in op.shape.parameters(shape)), {})
    assert set(shaped) | set(op.params) == set(op.defaults)


# --- dispatch


def test_an_unknown_parameter_is_named_with_the_nearest_known_one():
    with pytest.raises(ParameterError, match=r"sum has no parameter 'axes'.*did you mean 'axis'"):
        ops.sum(torch.ones(2), axes=0)
    with pytest.raises(TypeError, match=r"exp has no parameter 'axis'; it has none"):
        ops.exp(torch.ones(2), axis=0)


def test_a_missing_parameter_is_named():
    with pytest.raises(ParameterError, match="softmax needs the parameter 'axis'"):
        ops.softmax(torch.ones(2))


def test_a_missing_or_superfluous_argument_is_counted():
    with pytest.raises(ParameterError, match="add takes 2 arguments, but 1 were given"):
        ops.add(torch.ones(2))
    with pytest.raises(ParameterError, match="exp takes 1 arguments, but 2 were given"):
        ops.exp(torch.ones(2), torch.ones(2))


@pytest.mark.parametrize("value", ["text", None, 1j, [1, "a"]], ids=repr)
def test_what_is_no_real_number_is_refused(value):
    with pytest.raises(DtypeError, match="tensors, arrays and real numbers"):
        ops.add(torch.ones(2), value)


def test_a_call_that_does_not_fit_names_the_op_the_shapes_and_the_call():
    with pytest.raises(ShapeError) as caught:
        torch.ones(2, 3) + torch.ones(4)
    assert str(caught.value) == (
        "add: shapes (2, 3), (4,) do not broadcast; sizes, from the last on, must be equal or 1 [add((2, 3), (4,))]"
    )
    with pytest.raises(ShapeError, match=r"^matmul: inner sizes 3 and 4 differ, .* \[matmul\(\(2, 3\), \(4, 5\)\)\]$"):
        torch.ones(2, 3) @ torch.ones(4, 5)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: torch.ones(2, 3).reshape(4), ShapeError, r"reshape: 6 entries of .* do not fill shape \(4,\)"),
        (lambda: torch.ones(2).sum(2), IndexError, "sum: axis 2 is out of range for 1 dimensions"),
        (lambda: torch.ones(2, 2).sum((0, 0)), ShapeError, r"sum: axis \(0, 0\) names a dimension twice"),
        (lambda: torch.ones(3)[5], IndexError, r"getitem: index \(5,\) does not fit shape \(3,\)"),
        (lambda: torch.ones(3)[[0, 5]], IndexError, "index 5 is out of range for a dimension of size 3"),
        (lambda: torch.ones(3)[[-4]], IndexError, "index -4 is out of range"),
        (lambda: torch.ones(3).index_select(0, torch.tensor([5])), IndexError, "take: index 5 is out of bounds"),
        (lambda: torch.zeros(0).max(), ValueError, "max: zero-size array"),
        (lambda: torch.tensor([2]) ** -1, ValueError, "integers have no negative powers"),
        (lambda: torch.tensor([True]) - torch.tensor([True]), TypeError, "subtract: numpy boolean subtract"),
        (lambda: ops.mse_loss(torch.ones(2, 3), torch.ones(3)), ShapeError, r"mse_loss: .*\(2, 3\).*\(3,\)"),
        (lambda: ops.mse_loss(torch.ones(2), torch.ones(2), reduction="max"), ArgumentError, "reduction .* 'max'"),
        (lambda: torch.cat([torch.ones(2), torch.ones(2, 2)]), ShapeError, r"concat: .*\(2,\) and \(2, 2\) differ"),
        (lambda: torch.cat([]), ArgumentError, "at least one tensor"),
        (lambda: torch.ones(3)["a"], IndexKindError, "an index of type str"),
        (lambda: torch.ones(2, 3).permute(0, 0), ShapeError, r"permute_dims: axis \(0, 0\) names a dimension twice"),
    ],
)  # fmt: skip
def test_bad_input_gives_one_clear_error(call, error, message):
    with pytest.raises(error, match=message) as caught:
        call()
    assert isinstance(caught.value, GradproofError)


def test_numbers_and_arrays_mix_with_tensors_on_either_side():
    x = torch.tensor([1.0, 2.0], dtype=torch.float64)
    assert (np.array([3.0, 4.0]) - x).tolist() == [2.0, 2.0]
    assert (np.float64(3.0) * x).tolist() == [3.0, 6.0]
    assert (3 - x).tolist() == [2.0, 1.0]


def test_overflow_and_division_by_zero_are_silent():
    assert (torch.ones(1) / torch.zeros(1)).tolist() == [np.inf]
    assert torch.full((1,), 1000.0).exp().tolist() == [np.inf]


def test_the_callers_numpy_error_state_is_left_alone():
    with np.errstate(over="raise"):
        assert torch.full((1,), 1000.0).exp().tolist() == [np.inf]
        with pytest.raises(FloatingPointError):
            np.exp(np.float32(1000.0))
