"""Tensors and modules in files: the same on this engine and, where it is installed, on PyTorch."""

import io
import os
import pickle

import pytest

import gradproof.engine as ours
from gradproof.errors import MissingFileError, StateError, StoreError


class Payload:
    """What runs code when it is unpickled."""

    def __reduce__(self):
        return os.getcwd, ()


def test_what_is_saved_is_loaded(torch, tmp_path):
    leaf = torch.tensor([[1.0, 2.0]], dtype=torch.float64, requires_grad=True)
    torch.save({"leaf": leaf, "whole": torch.arange(3), "list": [1, "two", None]}, tmp_path / "state.pt")
    loaded = torch.load(tmp_path / "state.pt")
    assert (loaded["leaf"].tolist(), loaded["leaf"].dtype) == ([[1.0, 2.0]], torch.float64)
    assert (loaded["leaf"].requires_grad, loaded["leaf"].is_leaf) == (True, True)
    assert (loaded["whole"].tolist(), loaded["list"]) == ([0, 1, 2], [1, "two", None])


def test_an_open_file_does(torch):
    file = io.BytesIO()
    torch.save([torch.ones(2), torch.Size([2, 3]), torch.float16], file)
    file.seek(0)
    tensor, size, dtype = torch.load(file, map_location="cpu")
    assert (tensor.tolist(), size, dtype) == ([1.0, 1.0], torch.Size([2, 3]), torch.float16)


def test_a_module_gets_its_state_back(torch, tmp_path):
    module, other = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    torch.save(module.state_dict(), str(tmp_path / "module.pt"))
    other.load_state_dict(torch.load(str(tmp_path / "module.pt")))
    x = torch.arange(3.0)
    assert other(x).tolist() == module(x).tolist()
    assert other.weight.requires_grad


def test_a_parameter_stays_one(torch):
    parameter = torch.nn.Parameter(torch.ones(2), requires_grad=False)
    for copied in (pickle.loads(pickle.dumps(parameter)), _through_file(torch, parameter)):
        assert type(copied) is torch.nn.Parameter
        assert (copied.tolist(), copied.requires_grad) == ([1.0, 1.0], False)


def _through_file(torch, obj, **how):
    file = io.BytesIO()
    torch.save(obj, file)
    file.seek(0)
    return torch.load(file, **how)


def test_a_whole_module_is_loaded_on_demand_alone(torch):
    module = torch.nn.Linear(2, 2)
    with pytest.raises(Exception, match="weights_only"):
        _through_file(torch, module)
    loaded = _through_file(torch, module, weights_only=False)
    assert loaded.weight.tolist() == module.weight.tolist()


def test_a_file_runs_no_code():
    with pytest.raises(StateError, match=r"posix\.getcwd, which may run any code"):
        _through_file(ours, {"harmless": ours.ones(1), "payload": Payload()})


@pytest.mark.parametrize("content", [b"", b"no pickle", pickle.dumps([1, 2])[:-3]])
def test_a_damaged_file_is_refused(content):
    with pytest.raises(StateError, match="damaged"):
        ours.load(io.BytesIO(content))


def test_a_file_that_is_not_there_is_refused(torch, tmp_path):
    with pytest.raises(FileNotFoundError):
        torch.load(tmp_path / "nothing.pt")
    with pytest.raises(MissingFileError, match="there is no file"):
        ours.load(tmp_path / "nothing.pt")
    with pytest.raises(StoreError, match="cannot be opened"):
        ours.save(1, tmp_path)
