"""Whose function it is: told from arguments, and from what the function uses."""

import types

import numpy as np
import pytest

from gradproof import engine as torch
from gradproof.errors import ArgumentError
from gradproof.verify.checking.library import library_of

X = np.ones(2)


def module(name):
    return types.ModuleType(name)


def reading(name, value):
    """A function that reads a global of this name."""
    code = compile(f"def function(x):\n    return {name}.f(x)", "written", "exec")
    names = {name: value}
    exec(code, names)
    return names["function"]


@pytest.mark.parametrize(
    ("name", "library"), [("torch", "torch"), ("jax.numpy", "jax"), ("autograd.numpy", "autograd"), ("numpy", "numpy")]
)
def test_a_function_is_of_the_library_whose_module_it_uses(name, library):
    assert library_of(reading("xp", module(name)), (X,)) == library
    xp = module(name)
    assert library_of(lambda x: xp.f(x), (X,)) == library


def test_a_function_is_of_the_library_whose_class_it_uses():
    own = type("Own", (type("Function", (), {"__module__": "torch.autograd.function"}),), {"apply": classmethod(len)})
    assert library_of(own.apply, (X,)) == "torch"
    assert library_of(reading("Own", own), (X,)) == "torch"


def test_arguments_tell_however_they_are_nested():
    array = type("Array", (), {"__module__": "jaxlib._jax"})()
    assert library_of(len, ({"a": [array]},)) == "jax"


def test_our_own_engine_under_pytorchs_name_is_ours():
    assert library_of(lambda x: torch.sin(x), (X,)) == "numpy"


def test_what_is_said_counts():
    assert library_of(len, (X,), "jax") == "jax"
    with pytest.raises(ArgumentError, match="did you mean 'jax'"):
        library_of(len, (X,), "jaxx")
