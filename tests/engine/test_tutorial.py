"""The code of PyTorch's autograd tutorial runs on the engine and prints what the tutorial shows, to the letter."""

import contextlib
import io
import re
from pathlib import Path

import numpy as np
import pytest

import gradproof.engine as torch
from gradproof.errors import AutogradError, ShapeError

TUTORIAL = Path(__file__).with_name("tutorial_autograd.txt")
ADDRESS = re.compile(r"0x[0-9a-f]+")
#: Cells that print random numbers: compared by value and by format instead.
GRADIENTS_OF_RANDOM_NUMBERS = 2


def cells():
    """Return (code, shown output) for each cell of the tutorial."""
    parts = TUTORIAL.read_text(encoding="utf-8").split("[code]\n")[1:]
    pairs = [(*part.split("[output]\n"), "")[:2] for part in parts]
    return [
        (code.replace("import torch", "import gradproof.engine as torch"), shown.strip("\n")) for code, shown in pairs
    ]


def run(code, names):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, str(TUTORIAL), "exec"), names)
    return printed.getvalue().rstrip("\n")


def run_all():
    """Return the final names, and (printed, shown) for each cell."""
    names = {}
    return names, [(run(code, names), shown) for code, shown in cells()]


def masked(text):
    """Mask addresses; PyTorch has since given the node of the loss a number, as all others had."""
    return ADDRESS.sub("0x", text).replace("LogitsBackward object", "LogitsBackward0 object")


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def test_the_file_holds_the_six_cells_of_the_tutorial():
    assert [bool(shown) for _, shown in cells()] == [False, True, True, True, True, True]


@pytest.mark.parametrize("cell", [1, 3, 4, 5])
def test_a_cell_prints_what_the_tutorial_shows(cell):
    _, outputs = run_all()
    printed, shown = outputs[cell]
    assert masked(printed) == masked(shown)


def test_gradients_at_random_weights_have_the_format_the_tutorial_shows():
    torch.manual_seed(0)
    _, outputs = run_all()
    printed, shown = outputs[GRADIENTS_OF_RANDOM_NUMBERS]
    digits = re.compile(r"\d\.\d{4}")
    assert digits.sub("#", printed) == digits.sub("#", shown)
    assert len(digits.findall(printed)) == 18


def test_gradients_at_random_weights_equal_the_formula():
    names, _ = run_all()
    x, y, w, b = (names[name].detach().numpy().astype(np.float64) for name in "xywb")
    per_logit = (sigmoid(x @ w + b) - y) / 3
    np.testing.assert_allclose(names["b"].grad.numpy(), per_logit, rtol=1e-6)
    np.testing.assert_allclose(names["w"].grad.numpy(), np.outer(x, per_logit), rtol=1e-6)


def test_the_loss_at_random_weights_equals_the_formula():
    names, _ = run_all()
    x, w, b = (names[name].detach().numpy().astype(np.float64) for name in "xwb")
    expected = np.mean(-np.log(1 - sigmoid(x @ w + b)))
    assert names["loss"].item() == pytest.approx(expected, rel=1e-6)


# --- what the prose says


def test_requires_grad_can_be_set_after_creation():
    x = torch.ones(2)
    assert not x.requires_grad
    assert x.requires_grad_(True) is x
    assert x.requires_grad


def test_only_leaves_have_a_gradient():
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]
    with pytest.warns(UserWarning, match="not a leaf"):
        assert y.grad is None


def test_a_second_backward_needs_retain_graph():
    x = torch.tensor(3.0, requires_grad=True)
    loss = x * x
    loss.backward()
    with pytest.raises(AutogradError, match="retain_graph=True"):
        loss.backward()


def test_retain_graph_allows_a_second_backward_that_accumulates():
    x = torch.tensor(3.0, requires_grad=True)
    loss = x * x
    loss.backward(retain_graph=True)
    loss.backward()
    assert x.grad.item() == 12.0


def test_backward_without_argument_is_backward_with_one():
    first, second = (torch.tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    (first * first).sum().backward()
    (second * second).sum().backward(torch.tensor(1.0))
    assert first.grad.tolist() == second.grad.tolist() == [2.0, 4.0]


def test_backward_with_a_vector_is_the_vector_jacobian_product():
    x = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64, requires_grad=True)
    matrix = np.array([[1.0, 2.0, 0.0], [0.0, -1.0, 4.0]])
    v = np.array([3.0, 5.0])
    torch.matmul(torch.tensor(matrix), x).backward(torch.tensor(v))
    assert x.grad.tolist() == (v @ matrix).tolist()


def test_the_vector_must_have_the_shape_of_the_output():
    x = torch.ones(3, requires_grad=True)
    with pytest.raises(ShapeError, match=r"\(2,\).*\(3,\)"):
        (x * 2).backward(torch.ones(2))


def test_control_flow_is_followed_anew_at_each_call():
    def f(x, n):
        for _ in range(n):
            x = x * x if x.item() > 1 else x + 1
        return x

    x = torch.tensor(0.5, requires_grad=True)
    for n, slope in [(1, 1.0), (2, 3.0), (3, 2 * 1.5**2 * 2 * 1.5)]:
        x.grad = None
        f(x, n).backward()
        assert x.grad.item() == slope


# --- the current English edition, where it differs


def test_the_english_edition_prints_its_gradients():
    inp = torch.eye(4, 5, requires_grad=True)
    out = (inp + 1).pow(2).t()
    out.backward(torch.ones_like(out), retain_graph=True)
    assert f"First call\n{inp.grad}" == (
        "First call\n"
        "tensor([[4., 2., 2., 2., 2.],\n"
        "        [2., 4., 2., 2., 2.],\n"
        "        [2., 2., 4., 2., 2.],\n"
        "        [2., 2., 2., 4., 2.]])"
    )
    out.backward(torch.ones_like(out), retain_graph=True)
    assert f"\nSecond call\n{inp.grad}" == (
        "\nSecond call\n"
        "tensor([[8., 4., 4., 4., 4.],\n"
        "        [4., 8., 4., 4., 4.],\n"
        "        [4., 4., 8., 4., 4.],\n"
        "        [4., 4., 4., 8., 4.]])"
    )


def test_the_english_edition_formats_nodes():
    z = torch.matmul(torch.ones(5), torch.randn(5, 3, requires_grad=True)) + torch.zeros(3)
    assert masked(f"Gradient function for z = {z.grad_fn}") == "Gradient function for z = <AddBackward0 object at 0x>"
