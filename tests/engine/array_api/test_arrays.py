"""What the standard says of arrays themselves: attributes, interchange of memory, and what is refused."""

import subprocess
import sys

import numpy as np
import pytest

import gradproof.engine as engine
from gradproof.errors import ArgumentError, AutogradError, DtypeError, GradproofError, ShapeError, UnsupportedError


def test_asarray_keeps_the_graph_and_the_memory_unless_a_copy_is_asked_for(xp):
    x = engine.tensor([1.0, 2.0], requires_grad=True)
    assert xp.asarray(x) is x
    assert xp.asarray(x, copy=False) is x
    copied = xp.asarray(x, copy=True, dtype=xp.float64)
    copied.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]
    values = np.array([1.0, 2.0])
    xp.asarray(values, copy=False)[0] = 5.0
    assert values[0] == 5.0


def test_asarray_keeps_the_graph_of_arrays_in_sequences(xp):
    x = engine.tensor([1.0, 2.0], requires_grad=True)
    made = xp.asarray([[x[0], 5.0], [x[1], x[0]]])
    xp.sum(made * xp.asarray([[2.0, 3.0], [5.0, 7.0]])).backward()
    assert (made.tolist(), x.grad.tolist()) == ([[1.0, 5.0], [2.0, 1.0]], [9.0, 5.0])


def test_nothing_cannot_be_joined(xp):
    for join in (xp.concat, xp.stack):
        with pytest.raises(ArgumentError, match="at least one"):
            join([])


def test_a_copy_that_is_needed_and_forbidden_is_refused(xp):
    for obj, dtype in (([1.0], None), (1.0, None), (np.ones(2), xp.float32), (engine.ones(2), xp.float64)):
        with pytest.raises(ValueError, match="copy") as caught:
            xp.asarray(obj, dtype=dtype, copy=False)
        assert isinstance(caught.value, GradproofError)
    with pytest.raises(ShapeError):
        xp.reshape(xp.asarray(np.ones((2, 3))).mT, (6,), copy=False)


def test_python_numbers_have_the_default_dtypes_that_the_namespace_tells(xp):
    defaults = xp.__array_namespace_info__().default_dtypes()
    assert xp.asarray(1.5).dtype == xp.zeros(1).dtype == xp.full(1, 2.0).dtype == defaults["real floating"]
    assert xp.asarray(1).dtype == xp.arange(3).dtype == xp.full(1, 2).dtype == defaults["integral"]
    assert xp.argmax(xp.ones(2)).dtype == xp.nonzero(xp.ones(2))[0].dtype == defaults["indexing"]


def test_the_namespace_tells_what_it_has(xp):
    info = xp.__array_namespace_info__()
    assert info.devices() == [info.default_device()] == [xp.ones(1).device]
    assert all(getattr(xp, name) == dtype for name, dtype in info.dtypes().items())
    assert set(info.dtypes(kind=("bool", "real floating"))) == {"bool", "float32", "float64"}
    assert set(info.dtypes(kind="complex floating")) == set()
    assert set(info.dtypes(kind="integral")) == {"int8", "int16", "int32", "int64", "uint8"}
    assert np.ones((1,) * info.capabilities()["max dimensions"]).ndim == 64


def test_constants_are_those_of_mathematics(xp):
    assert (xp.pi, xp.e, xp.inf, xp.newaxis) == (np.pi, np.e, np.inf, None)
    assert xp.nan != xp.nan


def test_memory_is_handed_on_by_dlpack_both_ways(xp):
    x = engine.tensor([[1.0, 2.0], [3.0, 4.0]])
    seen = np.from_dlpack(x)
    x[0, 0] = 7.0
    assert seen[0, 0] == 7.0
    values = np.arange(3.0)
    shared, copied = xp.from_dlpack(values), xp.from_dlpack(values, copy=True)
    values[0] = 5.0
    assert (shared.tolist(), copied.tolist()) == ([5.0, 1.0, 2.0], [0.0, 1.0, 2.0])
    assert x.__dlpack_device__() == values.__dlpack_device__()


def test_a_tensor_that_requires_grad_is_not_handed_on(xp):
    with pytest.raises(AutogradError):
        xp.from_dlpack(engine.tensor([1.0], requires_grad=True))


def test_there_is_one_device(xp):
    x = engine.tensor([1.0], requires_grad=True)
    assert x.to_device(x.device) is x
    assert xp.zeros(2, device=x.device).device == x.device
    for ask in (lambda: x.to_device("cuda"), lambda: xp.ones(2, device="cuda"), lambda: xp.eye(2, device="tpu")):
        with pytest.raises(UnsupportedError):
            ask()
    with pytest.raises(ArgumentError, match="stream"):
        x.to_device("cpu", stream=1)


def test_complex_numbers_are_refused(xp):
    x = xp.asarray([1.0, -2.0])
    refused = [
        lambda: xp.imag(x),
        lambda: xp.asarray(1j),
        lambda: xp.asarray([1.0, 2j]),
        lambda: xp.asarray(np.ones(2, np.complex128)),
        lambda: xp.full(2, 1j),
        lambda: xp.add(x, 1j),
        lambda: xp.zeros(2, dtype=np.complex64),
        lambda: xp.from_dlpack(np.ones(2, np.complex64)),
    ]
    for ask in refused:
        with pytest.raises((DtypeError, UnsupportedError)):
            ask()
    assert xp.real(x).tolist() == xp.conj(x).tolist() == [1.0, -2.0]


def test_what_is_no_array_is_refused(xp):
    for ask in (
        lambda: xp.sin(1.0),
        lambda: xp.sum([1.0, 2.0]),
        lambda: xp.add(np.ones(2), 1.0),
        lambda: xp.sort(None),
    ):
        with pytest.raises(DtypeError, match="takes"):
            ask()
    with pytest.raises(ShapeError, match="one number"):
        xp.full((2, 2), xp.ones(2))


def test_an_array_without_dimensions_has_a_say_in_the_dtype(xp):
    x, number = xp.ones(2, dtype=xp.float32), xp.asarray(1.0, dtype=xp.float64)
    assert xp.add(x, number).dtype == xp.float64
    assert (x + number).dtype == xp.float32, "PyTorch's operators promote by rank"


def test_a_float64_of_numpy_is_a_python_float_and_takes_the_dtype_of_the_array(xp):
    x = xp.ones(2, dtype=xp.float32)
    assert xp.multiply(x, np.float64(2.5)).dtype == xp.result_type(x, np.float64(2.5)) == xp.float32
    with pytest.raises(DtypeError):
        xp.multiply(xp.ones(2, dtype=xp.int64), np.float64(2.5))
    with pytest.raises(DtypeError):
        xp.multiply(x, np.float32(2.5))


def test_float16_which_the_standard_has_not_is_promoted_as_floats_are(xp):
    half = xp.asarray([1.0, 2.0], dtype=engine.float16)
    assert xp.exp(half).dtype == engine.float16
    assert xp.add(half, xp.ones(2, dtype=xp.float32)).dtype == xp.float32
    assert xp.isdtype(half.dtype, "real floating")


def test_the_engine_is_imported_without_its_array_api():
    program = "import sys, gradproof.engine as e; assert 'gradproof.engine.array_api' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)
