"""The names and signatures of the standard, as array-api-strict has them."""

import inspect

import pytest

import gradproof.engine as engine
from gradproof.errors import ArgumentError, GradproofError

#: What array-api-strict has of later versions, or of its own.
OTHERS = {
    "broadcast_shapes": "version 2025.12",
    "isin": "version 2025.12",
    "ArrayAPIStrictFlags": "array-api-strict itself",
    "Device": "array-api-strict itself",
    "__version__": "array-api-strict itself",
    "get_array_api_strict_flags": "array-api-strict itself",
    "reset_array_api_strict_flags": "array-api-strict itself",
    "set_array_api_strict_flags": "array-api-strict itself",
}
#: What the standard has and this engine has not.
MISSING = {
    "complex64": "complex numbers",
    "complex128": "complex numbers",
    "fft": "complex numbers",
    "uint16": "unsigned integers",
    "uint32": "unsigned integers",
    "uint64": "unsigned integers",
}
#: Defaults that the reference library has in place of the standard's None: its own mark of what was not passed.
UNDEFINED = {("astype", "device"), ("from_dlpack", "device"), ("from_dlpack", "copy")}

#: Methods of arrays: parameters that are positional, and those that are passed by name, all of them None by default.
METHODS = {
    "__array_namespace__": (["self"], ["api_version"]),
    "__dlpack__": (["self"], ["stream", "max_version", "dl_device", "copy"]),
    "__dlpack_device__": (["self"], []),
    "to_device": (["self", "device"], ["stream"]),
}


def parameters(function, name):
    return [
        (each.name, each.kind, None if (name, each.name) in UNDEFINED else each.default)
        for each in inspect.signature(function).parameters.values()
    ]


def test_all_names_of_the_standard_are_there_but_for_a_list(xp, strict):
    without = {name for name in strict.__all__ if not hasattr(xp, name)}
    assert without == OTHERS.keys() | MISSING.keys()
    assert [name for name in strict.linalg.__all__ if not hasattr(xp.linalg, name)] == []


@pytest.mark.parametrize("extension", ["", "linalg"])
def test_signatures_are_those_of_the_standard(xp, strict, extension):
    ours, theirs = (getattr(module, extension) if extension else module for module in (xp, strict))
    compared = 0
    for name in theirs.__all__:
        function = getattr(theirs, name)
        if inspect.isfunction(function) and name not in OTHERS:
            assert parameters(getattr(ours, name), name) == parameters(function, name), name
            compared += 1
    assert compared > (20 if extension else 120)


def test_every_public_name_has_a_docstring(xp):
    for module in (xp, xp.linalg):
        functions = [value for name, value in vars(module).items() if inspect.isfunction(value) and name[0] != "_"]
        assert [function.__name__ for function in functions if not function.__doc__] == []


@pytest.mark.parametrize("name", MISSING)
def test_what_there_is_not_is_refused_with_the_reason(xp, name):
    with pytest.raises(AttributeError, match=MISSING[name]) as caught:
        getattr(xp, name)
    assert isinstance(caught.value, GradproofError)


def test_an_unknown_name_is_an_attribute_error_of_our_own(xp):
    with pytest.raises(AttributeError, match="no nothing") as caught:
        _ = xp.nothing
    assert isinstance(caught.value, GradproofError)


@pytest.mark.parametrize("version", [None, "2021.12", "2022.12", "2023.12", "2024.12"])
def test_versions_of_the_standard_up_to_the_one_that_is_there_are_answered(xp, version):
    assert engine.tensor(1.0).__array_namespace__(api_version=version) is xp
    assert xp.__array_api_version__ == "2024.12"


@pytest.mark.parametrize("version", ["2025.12", "2020.12", "latest"])
def test_other_versions_are_refused(version):
    with pytest.raises(ArgumentError, match=version) as caught:
        engine.tensor(1.0).__array_namespace__(api_version=version)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("name", METHODS)
def test_methods_of_arrays_have_the_signatures_of_the_standard(name):
    parameters = inspect.signature(getattr(engine.Tensor, name)).parameters.values()
    keywords = [each for each in parameters if each.kind is each.KEYWORD_ONLY]
    positional = [each.name for each in parameters if each not in keywords]
    assert (positional, [each.name for each in keywords]) == METHODS[name]
    assert all(each.default is None for each in keywords)


def test_the_tensor_has_the_operators_of_the_standard(strict):
    reference = type(strict.asarray(1.0))
    operators = {name for name in vars(reference) if name.startswith("__") and callable(getattr(reference, name))}
    # x @= y rebinds x to x @ y in Python where there is no __imatmul__, as in PyTorch
    python = {
        "__imatmul__",
        "__sizeof__",
        "__buffer__",
        "__init__",
        "__new__",
        "__str__",
        "__repr__",
        "__annotations__",
    }
    assert {name for name in operators - python if getattr(engine.Tensor, name, None) is None} == set()
