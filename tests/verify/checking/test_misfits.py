"""Lists and whole numbers where an array is meant: what is said."""

import importlib

import numpy as np
import pytest

import gradproof
from gradproof.errors import DtypeError, TraceError
from gradproof.verify import Verdict

MEANT_AS_ARRAYS = {
    "an operator": (lambda x: np.sum(x**2), [0.5, -1.5], "x", "raised TypeError: unsupported operand"),
    "a method": (
        lambda x: x.sum(),
        [0.5, -1.5],
        "x",
        "raised AttributeError: 'list' object has no attribute 'sum'",
    ),
    "a function": (lambda x: np.sum(np.sin(x)), [0.5, -1.5], "x", "cannot be traced"),
    "a conversion": (lambda x: np.sum(np.asarray(x) ** 2), [0.5, -1.5], "x", "cannot be traced"),
    "rows": (lambda x: np.sum(x @ x), [[1.0, 2.0], [3.0, 4.0]], "x", "raised TypeError"),
    "a tuple": (lambda x: x.mean(), (0.5, -1.5), "x", "'tuple' object has no attribute 'mean'"),
    "inside": (lambda p: p["w"] @ p["x"], {"w": [0.5, 1.5], "x": np.ones(2)}, "p['w']", "raised TypeError"),
}


@pytest.mark.parametrize("name", MEANT_AS_ARRAYS)
def test_a_list_that_is_meant_as_an_array_is_told(name):
    function, arg, place, reason = MEANT_AS_ARRAYS[name]
    with pytest.raises(TraceError) as raised:
        gradproof.check(function, arg)
    said, _, note = str(raised.value).partition(" got ")
    assert reason in said
    assert note.startswith(f"{place} as a {'tuple' if name == 'a tuple' else 'list'}, of which each number")
    assert note.endswith(f"hand over numpy.array({place}))")


def test_what_is_said_helps():
    assert gradproof.check(lambda x: np.sum(x**2), np.array([0.5, -1.5])).verdict is Verdict.VERIFIED
    assert gradproof.check(lambda x: x**2, np.array(3, float)).verdict is Verdict.VERIFIED


def test_a_list_of_scalars_is_one_where_the_function_takes_it_so():
    result = gradproof.check(lambda x: x[0] ** 2 * x[1], [0.5, -1.5], gradient=lambda x: [2.0 * x[0] * x[1], x[0] ** 2])
    assert result.verdict is Verdict.VERIFIED
    assert [leaf.name for leaf in result.leaves] == ["x[0]", "x[1]"]
    with pytest.raises(TraceError, match="got x as a list"):
        gradproof.check(lambda x: x[0] ** 2 * x[1], [0.5, -1.5], gradient=lambda x: 2.0 * x)


@pytest.mark.parametrize("name", ["jax.numpy", "autograd.numpy"])
def test_the_same_is_said_of_functions_of_other_libraries(name):
    library = name.partition(".")[0]
    pytest.importorskip(library, reason=f"{library} is not installed: pip install 'gradproof[{library}]'")
    xp = importlib.import_module(name)
    with pytest.raises(TraceError, match=r"hand over numpy.array\(x\)"):
        gradproof.check(lambda x: xp.sum(xp.sin(x)), [0.5, -1.5])


def test_errors_of_a_function_without_lists_are_its_own():
    with pytest.raises(AttributeError, match="has no attribute 'summ'") as raised:
        gradproof.check(lambda x, powers: x.summ(), np.ones(2), {"power": 2.0})
    assert not isinstance(raised.value, TraceError)


@pytest.mark.parametrize(
    ("arg", "given"),
    [
        (3, r"x of int; .* numpy.array\(x, float\)"),
        ([1, 2], r"x\[0\] of int, x\[1\] of int; .* numpy.array\(x, float\)"),
        (list(range(9)), r".* x\[3\] of int, \.\.\.; "),
        (np.arange(3), r"x of int64; .* numpy.array\(x, float\)"),
        ({"text": "a", "flag": True}, r"x\['text'\] of str, x\['flag'\] of bool$"),
        ([], "none at all$"),
    ],
)
def test_what_is_there_instead_of_floats_is_named(arg, given):
    with pytest.raises(DtypeError, match=f"no argument to differentiate by: .* was given {given}"):
        gradproof.check(lambda x: x, arg)


def test_a_float_is_no_tensor():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'gradproof[torch]'")
    with pytest.raises(DtypeError, match=r"x of float; .* numpy.array\(x, float\)"):
        gradproof.check(lambda x: torch.sin(x), 3.0)
    assert gradproof.check(lambda x: torch.sin(x), np.array(3.0)).ok
