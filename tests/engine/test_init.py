"""The package: its guard, its names, and what it does not import."""

import subprocess
import sys
from pathlib import Path

import pytest

import gradproof.engine as torch

ROOT = Path(__file__).resolve().parents[2]


def run(code, cwd):
    return subprocess.run([sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.skipif(not (ROOT / "engine").is_dir(), reason="runs in a checkout only")
def test_the_bare_name_is_refused():
    done = run("import engine", ROOT)
    assert done.returncode != 0
    assert done.stderr.rstrip().endswith("ImportError: import gradproof.engine, not engine")


def test_the_engine_imports_neither_the_symbolic_side_nor_its_libraries():
    code = (
        "import gradproof.engine, sys; print([m for m in ('sympy', 'flint', 'gradproof.symbolic') if m in sys.modules])"
    )
    done = run(code, ROOT)
    assert done.stdout.strip() == "[]", done.stderr


def test_every_public_name_has_a_docstring():
    public = {name: value for name, value in vars(torch).items() if not name.startswith("_")}
    assert len(public) > 100
    values = torch.DType | None  # dtypes, and newaxis
    missing = [name for name, value in public.items() if not value.__doc__ and not isinstance(value, values)]
    assert missing == []
