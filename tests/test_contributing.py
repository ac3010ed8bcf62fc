"""The worked example of CONTRIBUTING.md: its diff applies, and the op that it adds is generated and verified."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("gradproof", "engine", "reports", "symbolic", "verify")
OP = "versine"

#: Runs the command line of the copy, and shows what was imported from where.
SCRIPT = f"""
import gradproof
from gradproof.engine.vocabulary import OPS
from gradproof.verify.cli import main

print("imported", gradproof.__file__)
print("defined", OPS["{OP}"])
main(["verify", "--ops", "{OP}", "--graphs", "20"])
"""


def worked_example() -> str:
    (diff,) = re.findall(
        r"^```diff\n(.*?)^```$", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    return diff


@pytest.fixture
def copy(tmp_path):
    """A copy of the package, outside any repository."""
    target = tmp_path / "copy"
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, target / folder, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    return target


def run(command, folder, **environment):
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent), **environment}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


def apply(folder):
    (folder / "example.diff").write_text(worked_example(), "utf-8")
    done = run(["git", "apply", "--verbose", "example.diff"], folder)
    assert done.returncode == 0, done.stderr


def test_the_op_of_the_example_is_not_there_yet():
    vocabulary = (ROOT / "engine" / "ops" / "__init__.py").read_text("utf-8")
    assert f'"{OP}"' not in vocabulary, f"{OP} is an op now; CONTRIBUTING.md needs another example"


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git on the path")
def test_the_worked_example_applies_and_its_op_is_verified(copy):
    apply(copy)
    done = run([sys.executable, "-c", SCRIPT], copy, PYTHONPATH=str(copy))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"imported {copy / 'gradproof' / '__init__.py'}" in done.stdout
    assert f"defined <op {OP}>" in done.stdout
    assert re.search(rf"^ *{OP} +\d\d ", done.stdout, re.MULTILINE), done.stdout
    assert "1 of 1 ops reached" in done.stdout


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git on the path")
def test_the_worked_example_is_formatted_and_passes_lint(copy):
    apply(copy)
    shutil.copy(ROOT / "pyproject.toml", copy)
    changed = re.findall(r"^\+\+\+ b/(.*)$", worked_example(), re.MULTILINE)
    assert len(changed) == 2
    for check in (["check"], ["format", "--check"]):
        done = run([sys.executable, "-m", "ruff", *check, "--no-cache", *changed], copy)
        assert done.returncode == 0, done.stdout + done.stderr
