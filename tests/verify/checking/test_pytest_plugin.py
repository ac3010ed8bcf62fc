"""The pytest plugin, as a user's test suite sees it."""

import html
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

SUITE = """
import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays


def cube(x):
    return np.sum(x**3)


def test_right(gradcheck):
    result = gradcheck(cube, np.array([1.0, 2.0]), gradient=lambda x: 3.0 * x**2)
    assert result.ok


def test_wrong(gradcheck):
    gradcheck(cube, np.array([1.0, 2.0]), gradient=lambda x: 3.0 * x)


def relu(x):
    return np.sum(np.maximum(x, 0.0))


def test_right_here(gradcheck):
    gradcheck(relu, np.array([1.0, 2.0]), gradient=np.ones_like)


@pytest.mark.gradcheck(points=100)
def test_wrong_elsewhere(gradcheck):
    gradcheck(relu, np.array([1.0, 2.0]), gradient=np.ones_like)


@given(arrays(np.float64, 3, elements=st.floats(-4.0, 4.0)))
def test_drawn(gradcheck, x):
    gradcheck(cube, x, gradient=lambda x: 3.0 * x * np.abs(x))


def test_without():
    pass
"""

#: Tests of which some checks cannot be made.
REFUSED = """
import numpy as np
import pytest
from hypothesis import given, strategies as st

import gradproof


def branch(x):
    return x if x[0] > 0.0 else -x


def test_untraced(gradcheck):
    gradcheck(branch, np.array([1.0, 2.0]))


def test_bad_call(gradcheck):
    gradcheck(np.sum, np.array([1.0, 2.0]), order=3)


def test_right_and_then_untraced(gradcheck):
    gradcheck(np.sum, np.array([1.0, 2.0]))
    gradcheck(branch, np.array([1.0, 2.0]))


@given(st.integers(0, 9))
def test_drawn(gradcheck, size):
    x = np.ones(size + 1)
    gradcheck(np.cumsum if size < 3 else branch, x)


def test_of_its_own(gradcheck):
    def function(x):
        raise KeyError("of the function")

    gradcheck(function, np.array([1.0, 2.0]))
"""


@pytest.fixture
def suite(tmp_path):
    (tmp_path / "test_suite.py").write_text(SUITE)

    def run(*options):
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, "test_suite.py"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    return run


def test_a_failure_shows_the_verdict(suite):
    done = suite()
    assert "3 failed, 3 passed" in done.stdout, done.stdout + done.stderr
    assert "WRONG: the gradient of cube by x, in 1 of 2 entries" in done.stdout
    assert "x[1]   got 6.0, proven 12.0" in done.stdout
    assert "raise_if_wrong()" not in done.stdout


def test_the_marker_gives_options(suite):
    done = suite("-k", "elsewhere")
    assert "this one is wrong" in done.stdout


def test_the_marker_takes_options_by_name_alone(suite, tmp_path):
    (tmp_path / "test_suite.py").write_text(SUITE.replace("points=100", "100"))
    assert "takes options by name" in suite("-k", "elsewhere").stdout


def test_the_fixture_serves_under_given_and_the_example_is_shrunk(suite):
    done = suite("-k", "drawn")
    assert "1 failed" in done.stdout, done.stdout
    assert "x=array([" in done.stdout
    assert "function_scoped_fixture" not in done.stdout


@pytest.mark.parametrize("processes", [[], ["-n", "2"]])
def test_a_report_holds_the_checks_of_all_tests(suite, tmp_path, processes):
    done = suite("--gradproof-report", "report.html", *processes)
    assert "gradproof report: report.html, 5 tests" in done.stdout, done.stdout + done.stderr
    text = (tmp_path / "report.html").read_text()
    assert "3" in text
    assert "pytest" in text


@pytest.mark.parametrize("processes", [[], ["-n", "2"]])
def test_a_report_lists_checks_that_could_not_be_made(suite, tmp_path, processes):
    (tmp_path / "test_suite.py").write_text(REFUSED)
    done = suite("--gradproof-report", "report.html", *processes)
    assert "5 failed" in done.stdout, done.stdout + done.stderr
    assert "gradproof report: report.html, 4 tests" in done.stdout
    text = html.unescape((tmp_path / "report.html").read_text())
    section = text[text.index('id="errors"') :].partition("</section>")[0]
    listed = dict(re.findall(r"<h3>test_suite.py::(\w+)</h3>.*?<span class=\"code\">(.*?)</span>", section, re.DOTALL))
    assert listed.keys() == {"test_untraced", "test_bad_call", "test_right_and_then_untraced", "test_drawn"}
    branch = "TraceError: a branch on a traced value cannot be traced in "
    assert all(listed[name].startswith(branch) for name in listed.keys() - {"test_bad_call"})
    assert listed["test_bad_call"].startswith("ArgumentError: order=3; ")
    assert "<code>pytest test_suite.py::test_untraced</code>" in section
    assert "No gradient was found wrong in 2 cases, but 4 more could not be examined" in text


def test_junit_is_told_the_verdict(suite, tmp_path):
    suite("--junitxml", "junit.xml")
    cases = {each.get("name"): each for each in ElementTree.parse(tmp_path / "junit.xml").iter("testcase")}
    told = {
        name: {each.get("name"): each.get("value") for each in case.iter("property")} for name, case in cases.items()
    }
    assert told["test_right"]["gradproof.verdict"] == "VERIFIED"
    assert float(told["test_right"]["gradproof.sees"]) < 1e-12
    assert told["test_wrong"]["gradproof.verdict"] == "WRONG"
    assert told["test_without"] == {}
    assert int(told["test_drawn"]["gradproof.checks"]) > 1


def test_the_plugin_is_light():
    code = (
        "import sys, gradproof.verify.checking.pytest_plugin\n"
        "assert not {'numpy', 'sympy', 'flint', 'hypothesis'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
