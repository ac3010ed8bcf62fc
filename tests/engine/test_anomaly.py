"""Anomaly detection: the same scenarios on this engine and, where it is installed, on PyTorch."""

import pytest


@pytest.fixture(autouse=True)
def off_again(torch):
    yield
    torch.autograd.set_detect_anomaly(False)


def nan_in_backward(torch):
    """Return the sum of a square root that is infinitely steep, of a product with zero."""
    x = torch.tensor([0.0, 1.0], requires_grad=True)
    return torch.sqrt(x * 0.0).sum()


def looking(torch, **how):
    with pytest.warns(UserWarning, match="(?i)anomaly detection"):
        return torch.autograd.detect_anomaly(**how)


def test_the_line_that_recorded_the_operation_is_told(torch):
    with looking(torch):
        total = nan_in_backward(torch)
        origin = r"(?s)MulBackward0.*in nan_in_backward.*sqrt\(x \* 0\.0\)"
        refused = pytest.raises(RuntimeError, match=r"MulBackward0.*returned nan")
        with pytest.warns(UserWarning, match=origin) as told, refused:
            total.backward()
    assert not any("engine/op.py" in str(each.message) for each in told)


def test_without_the_mode_in_the_forward_only_the_operation_is_told(torch):
    total = nan_in_backward(torch)
    with looking(torch), pytest.warns(UserWarning, match="MulBackward0"), pytest.raises(RuntimeError, match="nan"):
        total.backward()


def test_nan_may_pass(torch):
    with looking(torch, check_nan=False):
        nan_in_backward(torch).backward()


def test_the_node_that_induced_a_backward_of_a_backward_is_told(torch):
    torch.autograd.set_detect_anomaly(True)
    x, y = torch.tensor([1.0], requires_grad=True), torch.tensor([2.0], requires_grad=True)
    (slope,) = torch.autograd.grad(x * y, x, torch.zeros(1), create_graph=True)
    with pytest.warns(UserWarning, match="MulBackward0") as told, pytest.raises(RuntimeError, match="returned nan"):
        (slope * float("inf")).sum().backward()
    assert len(told) == 2


def test_the_mode_is_set_at_once_or_for_a_block(torch):
    assert (torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()) == (False, True)
    with torch.autograd.set_detect_anomaly(True, check_nan=False):
        assert (torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()) == (True, False)
    assert not torch.is_anomaly_enabled()
    torch.autograd.set_detect_anomaly(True)
    assert torch.is_anomaly_enabled()
    y = torch.tensor(1.0, requires_grad=True) * 2
    assert "test_the_mode_is_set_at_once" in y.grad_fn.metadata["traceback_"][-1]
