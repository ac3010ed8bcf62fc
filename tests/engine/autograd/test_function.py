"""Functions with a derivative of their own: the same ones on this engine and, where it is installed, on PyTorch."""

import gc
import weakref

import pytest


@pytest.fixture
def a(torch):
    return torch.tensor([1.0, 2.0], requires_grad=True)


@pytest.fixture
def b(torch):
    return torch.tensor([3.0, 4.0])


@pytest.fixture
def function(torch):
    """A function that makes a ``Function`` of a forward and a backward."""

    def make(forward, backward, **more):
        members = {"forward": forward, "backward": backward, **more}
        return type("Made", (torch.autograd.Function,), {name: staticmethod(each) for name, each in members.items()})

    return make


def keep_first(ctx, a, *_):
    ctx.save_for_backward(a)
    return a * a


def twice(ctx, ct):
    return 2 * ctx.saved_tensors[0] * ct


def test_a_backward_of_ones_own(function, torch, a):
    square = function(keep_first, lambda ctx, ct: 3 * ctx.saved_tensors[0] * ct)
    y = square.apply(a)
    assert (y.tolist(), y.grad_fn.name(), y.requires_grad, y.is_leaf) == ([1, 4], "MadeBackward", True, False)
    y.sum().backward()
    assert a.grad.tolist() == [3, 6]


def test_several_results_are_of_one_node(function, torch, a, b):
    def forward(ctx, a, b, factor):
        ctx.save_for_backward(a, b)
        ctx.factor = factor
        return a * b, a + b

    def backward(ctx, by_product, by_sum):
        a, b = ctx.saved_tensors
        return ctx.factor * by_product * b + by_sum, by_product * a, None

    both = function(forward, backward)
    product, total = both.apply(a, b, 5)
    assert product.grad_fn is total.grad_fn
    assert [type(node).__name__ for node, _ in product.grad_fn.next_functions] == ["AccumulateGrad", "NoneType"]
    assert [(total * 2).grad_fn.next_functions[0][1], (product * 2).grad_fn.next_functions[0][1]] == [1, 0]
    (product.sum() + 10 * total.sum()).backward()
    assert a.grad.tolist() == [25, 30]
    product, total = both.apply(a, b, 5)
    by_total, by_a = torch.autograd.grad((product * total).sum(), [total, a])
    assert (by_total.tolist(), by_a.tolist()) == ([3, 8], [4 * 15 + 3, 6 * 20 + 8])


@pytest.mark.parametrize("materialized", [True, False])
def test_what_no_cotangent_comes_to_is_zeros_or_none(materialized, function, a):
    seen = []

    def forward(ctx, a):
        ctx.set_materialize_grads(materialized)
        return a * 1, a * 2, "no tensor"

    function(forward, lambda ctx, *cts: seen.extend(cts) or cts[0]).apply(a)[0].sum().backward()
    plain = [None if each is None else each.tolist() for each in seen]
    assert plain == [[1, 1], [0, 0] if materialized else None, None]


def test_hooks_of_each_result_see_its_own_cotangent(function, a):
    first, second = function(lambda ctx, a: (a * 1, a * 2), lambda ctx, p, q: p + 10 * q).apply(a)
    first.register_hook(lambda ct: ct * 2)
    second.register_hook(lambda ct: ct * 3)
    second.retain_grad()
    (first + second).sum().backward()
    assert (second.grad.tolist(), a.grad.tolist()) == ([3, 3], [32, 32])


def test_a_context_may_be_set_up_apart(function, a):
    scaled = function(
        lambda a, factor=3: a * factor,
        lambda ctx, ct: (ct * ctx.factor + ctx.saved_tensors[0], None),
        setup_context=lambda ctx, inputs, output: (
            setattr(ctx, "factor", inputs[1]),
            ctx.save_for_backward(output),
        )[0],
    )
    for result, factor in ((scaled.apply(a), 3), (scaled.apply(a, factor=5), 5)):
        assert result.tolist() == [factor, 2 * factor]
        a.grad = None
        result.sum().backward()
        assert a.grad.tolist() == [2 * factor, 3 * factor]


def test_the_forward_is_not_tracked_and_knows_what_is_needed(function, torch, a, b):
    seen = []

    def forward(ctx, a, b, factor):
        seen.append((ctx.needs_input_grad, torch.is_grad_enabled(), a.requires_grad))
        return a * b

    def backward(ctx, ct):
        seen.append((ctx.needs_input_grad, torch.is_grad_enabled()))
        return ct, ct, None

    product = function(forward, backward)
    product.apply(a, b, 2).sum().backward()
    assert seen == [((True, False, False), False, True), ((True, False, False), False)]
    with torch.no_grad():
        assert product.apply(a, b, 2).grad_fn is None
    assert product.apply(b, b, 2).grad_fn is None


def test_an_argument_that_is_handed_on_becomes_a_result(function, a):
    y = function(lambda ctx, a: a, lambda ctx, ct: ct * 2).apply(a)
    assert y is not a
    y.sum().backward()
    assert a.grad.tolist() == [2, 2]


def test_results_without_a_derivative(function, torch, a):
    def forward(ctx, a):
        rounded, mask = torch.floor(a), a > 1.5
        ctx.mark_non_differentiable(rounded, mask)
        return a * 2, rounded, mask

    doubled, rounded, mask = function(forward, lambda ctx, ct, *_: ct * 2).apply(a)
    assert (doubled.requires_grad, rounded.requires_grad, mask.requires_grad) == (True, False, False)
    doubled.sum().backward()
    assert a.grad.tolist() == [2, 2]


def test_a_cotangent_is_summed_and_cast_to_its_argument(function, torch, a):
    def by(part):
        a.grad = None
        function(lambda ctx, a: a * 1, lambda ctx, ct: part(ct)).apply(a).sum().backward()
        return a.grad

    assert by(lambda ct: torch.ones(3, 2)).tolist() == [3, 3]
    assert by(lambda ct: ct.double()).dtype == torch.float32
    assert by(lambda ct: None) is None
    assert by(lambda ct: (ct, None, None)).tolist() == [1, 1]


def test_a_backward_is_differentiated_where_it_can_be(function, torch, a):
    square = function(keep_first, twice)
    (slope,) = torch.autograd.grad(square.apply(a).sum(), a, create_graph=True)
    (second,) = torch.autograd.grad(slope.sum(), a)
    assert (slope.tolist(), second.tolist()) == ([2, 4], [2, 2])


def test_a_saved_result_is_part_of_the_graph(function, torch, a):
    def forward(ctx, a):
        y = torch.exp(a)
        ctx.save_for_backward(y)
        return y

    exponential = function(forward, lambda ctx, ct: ct * ctx.saved_tensors[0])
    y = exponential.apply(a)
    (slope,) = torch.autograd.grad(y.sum(), a, create_graph=True)
    (second,) = torch.autograd.grad(slope.sum(), a)
    assert second.tolist() == pytest.approx(y.tolist())
    gone = weakref.ref(y.grad_fn)
    del y, slope
    gc.collect()
    assert gone() is None


def test_saved_tensors_are_freed_and_nothing_else(function, a):
    y = function(keep_first, twice).apply(a).sum()
    y.backward(retain_graph=True)
    y.backward()
    with pytest.raises(RuntimeError):
        y.backward()
    unsaved = function(lambda ctx, a: a * 2, lambda ctx, ct: ct * 2).apply(a).sum()
    unsaved.backward()
    assert a.grad.tolist() == [6, 10]


def test_saved_tensors_may_be_none_and_are_seen_from_outside(function, torch, a):
    y = function(lambda ctx, a: ctx.save_for_backward(None, a) or a * 1, lambda ctx, ct: ct).apply(a)
    assert y.grad_fn.saved_tensors[0] is None
    assert y.grad_fn.saved_tensors[1] is a
    assert y.grad_fn.needs_input_grad == (True,)


def test_a_backward_that_is_differentiable_once(function, torch, a):
    once = torch.autograd.function.once_differentiable
    square = function(keep_first, once(twice))
    ct = torch.ones(2, requires_grad=True)
    (slope,) = torch.autograd.grad(square.apply(a), a, ct, create_graph=True)
    assert slope.tolist() == [2, 4]
    with pytest.raises(RuntimeError, match="once_differentiable"):
        slope.sum().backward()
    (plain,) = torch.autograd.grad(square.apply(a).sum(), a)
    assert not plain.requires_grad


REFUSED = {
    "too few cotangents": (RuntimeError, lambda f, t, a, b: f(lambda ctx, a, b: a * b, lambda ctx, ct: ct)),
    "too many": (RuntimeError, lambda f, t, a, b: f(lambda ctx, a, b: a * b, lambda ctx, ct: (ct, ct, ct))),
    "another shape": (
        RuntimeError,
        lambda f, t, a, b: f(lambda ctx, a, b: a * b, lambda ctx, ct: (t.ones(3), None)),
    ),
    "a number": (RuntimeError, lambda f, t, a, b: f(lambda ctx, a, b: a * b, lambda ctx, ct: (3.0, None))),
    "something dirty that is not returned": (
        RuntimeError,
        lambda f, t, a, b: f(lambda ctx, a, b: ctx.mark_dirty(b) or a * b, lambda ctx, ct: (ct, None)),
    ),
    "a number to save": (
        TypeError,
        lambda f, t, a, b: f(lambda ctx, a, b: ctx.save_for_backward(3) or a * b, lambda ctx, ct: (ct, None)),
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_pytorch_refuses_is_refused_with_the_same_kind_of_error(what, refuses, function, torch, a, b):
    kind, make = REFUSED[what]
    refuses(kind, lambda: make(function, torch, a, b).apply(a, b).sum().backward())


def test_a_function_needs_a_forward_and_a_backward(torch, a):
    class Nothing(torch.autograd.Function):
        pass

    class Forward(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a):
            return a * 1

    with pytest.raises(NotImplementedError):
        Nothing.apply(a)
    with pytest.raises(NotImplementedError):
        Forward.apply(a).sum().backward()


def test_an_untracked_argument_that_is_handed_on_stays_untracked(function, torch, a):
    c = torch.tensor([2.0, 3.0])
    product, constant = function(lambda ctx, x, c: (x * c, c), lambda ctx, ct, _: (ct * 2, None)).apply(a, c)
    assert (c.requires_grad, c.is_leaf, constant is c) == (False, True, False)
    product.sum().backward()
    assert a.grad.tolist() == [2, 2]


def test_an_argument_that_is_handed_on_may_carry_no_derivative(function, a):
    def forward(ctx, x):
        ctx.mark_non_differentiable(x)
        return x, x * 2

    same, doubled = function(forward, lambda ctx, _, ct: ct * 2).apply(a)
    assert (same.requires_grad, doubled.requires_grad) == (False, True)


def test_a_context_takes_any_attribute(function, a):
    names = ["function", "outputs", "hooks", "edges", "sequence", "finish", "count", "args", "op"]

    def forward(ctx, x):
        for name in names:
            setattr(ctx, name, name)
        return x * 2

    def backward(ctx, ct):
        assert [getattr(ctx, name) for name in names] == names
        return ct * 2

    y = function(forward, backward).apply(a)
    repr(y)
    y.sum().backward()
    assert a.grad.tolist() == [2, 2]


def test_a_node_is_freed_without_the_collector(function, torch, a):
    def forward(ctx, x):
        ctx.held = torch.ones(2)
        ctx.save_for_backward(x)
        return x * 2, x * 3

    gc.disable()
    try:
        first, second = function(forward, lambda ctx, p, q: 2 * p + 3 * q).apply(a)
        gone = weakref.ref(first.grad_fn)
        (first + second).sum().backward()
        del first, second
        assert gone() is None
    finally:
        gc.enable()


def test_a_tensor_that_nothing_is_asked_of_gets_no_cotangent(function, torch, a):
    seen = []
    other = torch.ones(2, requires_grad=True)
    hidden = other * 1
    hidden.register_hook(seen.append)
    y = function(lambda ctx, x, h: x * h, lambda ctx, ct: (ct, ct)).apply(a, hidden)
    torch.autograd.grad(y.sum(), a)
    assert seen == []


def test_an_anomaly_in_a_function_tells_the_line_that_applied_it(function, torch, a):
    def fail(ctx, ct):
        raise ValueError("in the backward")

    broken = function(lambda ctx, x: x * 2, fail)
    with torch.autograd.set_detect_anomaly(True):
        y = broken.apply(a)
        told = pytest.warns(UserWarning, match=r"(?s)MadeBackward.*broken\.apply\(a\)")
        with told, pytest.raises(ValueError, match="in the backward"):
            y.sum().backward()


def test_a_function_that_writes_to_a_view_tells_its_base(torch, refuses):
    class Doubled(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.mark_dirty(x)
            return x.mul_(2)

        @staticmethod
        def backward(ctx, ct):
            return 2 * ct

    leaf = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    z = leaf * 1
    view = z[:2]
    assert Doubled.apply(view) is view
    assert (z.tolist(), view.tolist()) == ([2, 4, 3], [2, 4])
    (z * z).sum().backward()
    assert leaf.grad.tolist() == [8, 16, 6]
    refuses(RuntimeError, Doubled.apply, leaf)
    refuses(RuntimeError, Doubled.apply, leaf[:1])
