"""How functions are called in messages."""

import functools
from pathlib import Path

import numpy as np
import pytest

import gradproof
from gradproof.verify.subjects.arguments import name_of


class Model:
    def loss(self, x):
        return np.sum(x**2)

    @classmethod
    def made(cls, x):
        return x

    def __call__(self, x):
        return self.loss(x)


def scaled(k, x):
    return k * np.sum(x**2)


def test_a_method_has_the_name_of_its_class():
    assert name_of(Model().loss) == "Model.loss"
    assert name_of(Model.made) == "Model.made"
    assert name_of(Model()) == "Model"


def test_of_a_partial_the_function_is_told():
    assert name_of(functools.partial(scaled, 2.0)) == "partial(scaled)"
    assert name_of(functools.partial(Model().loss)) == "partial(Model.loss)"


def test_a_lambda_is_known_by_its_line():
    first = lambda x: x  # noqa: E731
    second = lambda x: x  # noqa: E731
    line = first.__code__.co_firstlineno
    assert name_of(first) == f"lambda at {Path(__file__).name}:{line}"
    assert name_of(second) == f"lambda at {Path(__file__).name}:{line + 1}"
    assert name_of(eval("lambda x: x")) == "lambda"


def test_a_custom_operation_of_pytorch_has_its_qualified_name_and_its_arguments():
    torch = pytest.importorskip("torch", reason="torch is not installed")

    @torch.library.custom_op("gradproof_names::double", mutates_args=())
    def double(entries: torch.Tensor, factor: float) -> torch.Tensor:
        return entries * factor

    double.register_fake(lambda entries, factor: torch.empty_like(entries))
    double.register_autograd(
        lambda ctx, ct: (ct * ctx.factor, None),
        setup_context=lambda ctx, inputs, output: setattr(ctx, "factor", inputs[1]),
    )
    gradproof.rule("gradproof_names::double", lambda entries, factor: entries * factor)
    operations = torch.ops.gradproof_names.double
    for operation in (double, operations, operations.default):
        result = gradproof.check(operation, torch.ones(2, dtype=torch.float64), 2.0)
        assert str(result).startswith("VERIFIED: gradproof_names::double, its gradient by entries (PyTorch)")
