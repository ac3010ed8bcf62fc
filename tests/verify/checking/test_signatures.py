"""``gradcheck`` and ``gradgradcheck`` as PyTorch's test suites call them."""

import pytest

import gradproof.engine as torch
from gradproof.errors import ArgumentError, GradcheckError
from gradproof.verify import gradcheck, gradgradcheck

X = torch.tensor([0.5, 1.5], dtype=torch.float64, requires_grad=True)


class Cube(torch.autograd.Function):
    """Its gradient is right, and the second derivative of what it saves is not seen: it is off by a factor."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, ct):
        (x,) = ctx.saved_tensors
        return 3.0 * ct * x * x.detach()


def test_right_gradients():
    assert gradcheck(lambda x: x.sin() * x, (X,), eps=1e-6, atol=1e-4, fast_mode=True)
    assert gradcheck(lambda x: x.exp(), X)
    assert gradgradcheck(lambda x, y: (x * y).tanh(), [X, X.detach().requires_grad_()])


def test_a_wrong_second_derivative_is_found_by_the_second_alone():
    assert gradcheck(Cube.apply, X)
    with pytest.raises(GradcheckError, match="second derivative"):
        gradgradcheck(Cube.apply, X)
    assert gradgradcheck(Cube.apply, X, raise_exception=False) is False


def test_the_error_is_what_pytorch_raises_and_what_pytest_expects():
    with pytest.raises(RuntimeError):
        gradgradcheck(Cube.apply, X)
    with pytest.raises(AssertionError):
        gradgradcheck(Cube.apply, X)


@pytest.mark.parametrize("asked", ["check_batched_grad", "check_batched_forward_grad", "check_forward_ad", "masked"])
def test_what_is_not_checked_is_refused(asked):
    with pytest.raises(ArgumentError, match=asked):
        gradcheck(torch.sin, X, **{asked: True})


def test_nothing_to_check_is_refused():
    with pytest.raises(ArgumentError, match="leaves nothing"):
        gradcheck(torch.sin, X, check_backward_ad=False)
    with pytest.raises(ArgumentError, match="leaves nothing"):
        gradgradcheck(torch.sin, X, check_rev_over_rev=False)
