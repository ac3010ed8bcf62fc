"""The package as a whole: names, links, guards, doctests and the built wheel."""

import doctest
import importlib
import os
import pkgutil
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import gradproof
from gradproof import errors

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ("engine", "reports", "symbolic", "verify")
OPTIONAL = ("autograd", "jax", "torch")
MODULES = sorted(info.name for info in pkgutil.walk_packages(gradproof.__path__, "gradproof."))


def run_python(code: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", FLOORS)
def test_a_floor_refuses_to_be_imported_under_its_bare_name(name):
    done = run_python(f"import {name}", ROOT)
    assert done.returncode == 1
    assert f"ImportError: import gradproof.{name}, not {name}" in done.stderr


@pytest.mark.parametrize("name", FLOORS)
def test_links_are_relative_and_lead_to_the_floors(name):
    link = ROOT / "gradproof" / name
    assert link.is_symlink()
    assert os.readlink(link) == f"../{name}"


def test_importing_the_package_loads_no_floor():
    done = run_python("import sys, gradproof; print([m for m in sys.modules if m.startswith('gradproof.')])", ROOT)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", gradproof.__all__)
def test_every_public_name_exists(name):
    assert getattr(gradproof, name) is not None


def test_an_unknown_public_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        gradproof.nonsense  # noqa: B018


@pytest.mark.parametrize("name", MODULES)
def test_doctests(name):
    if name.endswith("__main__"):
        return
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name not in OPTIONAL:
            raise
        pytest.skip(f"{name} needs {error.name}, which is not installed")
    failed, _ = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert failed == 0


@pytest.mark.parametrize(
    "error", [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.GradproofError)]
)
def test_every_error_is_documented_and_derives_from_a_built_in_one(error):
    assert error.__doc__
    builtin = [base for base in error.__mro__ if base.__module__ == "builtins" and base not in (Exception, object)]
    assert error is errors.GradproofError or builtin[0] is not BaseException


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    leftovers = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist", "tests")
    tree = shutil.copytree(ROOT, folder / "tree", symlinks=True, ignore=leftovers)
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            "-w",
            str(folder),
            str(tree),
        ],
        check=True,
        capture_output=True,
    )
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_ships_one_import_package(wheel):
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"gradproof"}


def test_the_wheel_works_outside_the_tree(wheel, tmp_path):
    site = tmp_path / "site"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(wheel)],
        check=True,
        capture_output=True,
    )
    code = (
        "import gradproof, sys; from gradproof.verify.cli import main; print(gradproof.__file__); "
        "sys.argv = ['gradproof', 'verify', '--graphs', '3', '--report', 'r.html']; main()"
    )
    done = run_python(code, tmp_path, PYTHONPATH=str(site))
    assert done.returncode == 0, done.stderr
    assert str(site) in done.stdout
    assert (tmp_path / "r.html").stat().st_size > 10_000


def test_the_vocabulary_of_layers_holds():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
