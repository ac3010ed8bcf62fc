"""``gradproof check``: exit codes, what it prints and what it writes."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from gradproof.verify.cli import main

MODULE = """
import numpy as np

START = np.array([1.0, 2.0])


def cube(x):
    return np.sum(x**3)


def slope(x):
    return 3.0 * x**2


def wrong(x):
    return 3.0 * x


class Holder:
    @staticmethod
    def scaled(x, factor):
        return factor * x


def branch(x):
    return x if x[0] > 0.0 else -x


def raising(x):
    raise KeyError("of the function")
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    (tmp_path / "checked.py").write_text(MODULE)
    (tmp_path / "broken.py").write_text("def cube(x:\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "checked", raising=False)

    def invoke(*arguments):
        return CliRunner().invoke(main, ["check", *arguments])

    return invoke


def test_a_right_gradient_exits_with_0(run):
    done = run("checked:cube", "--at", "np.array([1.0, 2.0])", "--gradient", "checked:slope")
    assert (done.exit_code, done.output.startswith("VERIFIED")) == (0, True), done.output


def test_a_wrong_one_exits_with_1_and_names_the_entry(run):
    done = run("checked.py:cube", "--at", "START", "--gradient", "checked.py:wrong")
    assert done.exit_code == 1
    assert "x[1]   got 6.0, proven 12.0" in done.output


def test_arguments_come_from_files_and_tuples(run, tmp_path):
    np.save("x.npy", np.ones(2))
    np.savez("xs.npz", x=np.ones(2), factor=np.array(3.0))
    assert run("checked:cube", "--at", "x.npy").exit_code == 0
    assert run("checked:Holder.scaled", "--at", "xs.npz").exit_code == 0
    assert run("checked:Holder.scaled", "--at", "(np.ones(2), 2.0)", "--order", "2").exit_code == 0


def test_arrays_of_a_file_are_told_apart_by_their_names(run):
    np.savez("xs.npz", factor=np.array(3.0), x=np.array([1.0, 2.0]))
    done = run("checked:Holder.scaled", "--at", "xs.npz", "--json", "-")
    assert json.loads(done.stdout)["point"] == {"x": [1.0, 2.0], "factor": 3.0}


def test_points_dtype_and_siblings(run, tmp_path):
    done = run(
        *("checked:cube", "--at", "START", "--gradient", "checked:slope", "--points", "20", "--dtype", "float32"),
        *("--report", "check.html", "--json", "check.json"),
    )
    assert done.exit_code == 0, done.output
    assert "points were tried" in done.output
    assert json.loads((tmp_path / "check.json").read_text())["ok"] is True
    assert "cube" in (tmp_path / "check.html").read_text()


@pytest.mark.parametrize(
    ("library", "module"), [("torch", "torch"), ("jax", "jax.numpy"), ("autograd", "autograd.numpy")]
)
def test_a_derivative_by_hand_of_a_function_of_another_library(run, library, module):
    pytest.importorskip(library, reason=f"{library} is not installed: pip install 'gradproof[{library}]'")
    code = f"import {module} as xp\n\ndef cube(x): return xp.sum(x**3)\n\ndef slope(x): return 3.0 * x**2\n"
    Path(f"cubes_in_{library}.py").write_text(code + "\ndef wrong(x): return 3.0 * x\n")
    asked = (f"cubes_in_{library}:cube", "--at", "np.array([1.0, 2.0])", "--gradient", f"cubes_in_{library}:slope")
    done = run(*asked)
    assert (done.exit_code, "(the derivative by hand)" in done.output) == (0, True), done.output
    assert run(*asked[:-1], f"cubes_in_{library}:wrong").exit_code == 1


def test_json_on_standard_output_is_alone_there(run):
    done = run("checked:cube", "--at", "START", "--json", "-")
    assert json.loads(done.stdout)["verdict"] == "VERIFIED"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("checked", "--at", "START"), "not of the form"),
        (("checked:cub", "--at", "START"), "did you mean 'cube'"),
        (("missing:cube", "--at", "START"), "no module 'missing'"),
        (("missing.py:cube", "--at", "START"), "no file missing.py"),
        (("checked:START", "--at", "START"), "no function"),
        (("checked:cube", "--at", "nothing"), "neither a .npy or .npz file nor an expression"),
        (("checked:cube", "--at", "missing.npy"), "cannot be read"),
        (("checked:cube", "--at", "(START, START)"), "cannot be called with 2 arguments"),
        (("checked:cube", "--at", "START", "--vjp", "checked:slope"), "vjp= cannot be called with 2 arguments"),
        (("broken.py:cube", "--at", "START"), "cannot be loaded"),
        (("checked:cube", "--at", "'text'"), "no argument to differentiate by"),
        (("checked:branch", "--at", "START"), "checked.py"),
        (("checked:cube", "--at", "START", "--report", "missing/report.html"), "cannot be written"),
    ],
)
def test_bad_input_is_told_and_exits_with_2(run, arguments, message):
    done = run(*arguments)
    assert done.exit_code == 2, done.output
    assert message in done.output


def test_an_exception_of_the_function_is_told_with_its_traceback(run):
    done = run("checked:raising", "--at", "START")
    assert done.exit_code == 2
    assert 'raise KeyError("of the function")' in done.output
    assert "internal error" not in done.output
