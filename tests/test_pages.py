"""The pages: their examples run and print what they say, and their links lead somewhere."""

import contextlib
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
GUIDES = sorted(ROOT.glob("docs/guides/*.md"))

#: A block of Python, and what it prints where that is shown.
EXAMPLE = re.compile(r"```python\n(.*?)```(?:\n+```text\n(.*?)```)?", re.DOTALL)
#: A file of Python that pytest runs.
SUITE = re.compile(r"```python (test_\w+\.py)\n(.*?)```", re.DOTALL)

#: The libraries that guides are about.
LIBRARIES = {"torch": "torch", "jax": "jax"}


def printed(code, names):
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        exec(code, names)
    return text.getvalue()


def examples(page):
    return EXAMPLE.findall(page.read_text())


def test_the_readme_has_examples():
    assert len(examples(ROOT / "README.md")) == 3


@pytest.mark.parametrize("example", examples(ROOT / "README.md"), ids=["check", "planted", "own"])
def test_an_example_of_the_readme_prints_what_it_shows(example):
    code, shown = example
    assert printed(code, {}) == shown


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_a_guide_runs_from_beginning_to_end_and_prints_what_it_shows(page, monkeypatch):
    monkeypatch.setattr("gradproof.verify.subjects.rules._GIVEN", {})  # the rules of a guide are its own
    library = LIBRARIES.get(page.stem)
    if library is not None:
        pytest.importorskip(library, reason=f"{library} is not installed, which this guide is about")
    names = {"__name__": "guide"}
    for code, shown in examples(page):
        assert printed(code, names) == shown


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_the_suites_of_a_guide_pass(page, tmp_path):
    for name, code in SUITE.findall(page.read_text()):
        (tmp_path / name).write_text(code)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", name]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page):
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text())
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize("command", ["verify", "test", "lint", "bench"])
def test_the_makefile_has_the_commands_the_pages_name(command):
    assert re.search(rf"^{command}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
