"""The pytest plugin, as a user's test suite sees it."""

import base64
import gzip
import html
import json
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


def run(folder, *options, text=SUITE):
    (folder / "test_suite.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, "test_suite.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module", params=[[], ["-n", "2"]], ids=["one process", "two processes"])
def ran(request, tmp_path_factory):
    """The whole suite with all reports: the folder, and what was printed."""
    folder = tmp_path_factory.mktemp("suite")
    done = run(folder, "--gradproof-report", "report.html", "--junitxml", "junit.xml", *request.param)
    return folder, done.stdout + done.stderr


def test_a_failure_shows_the_verdict(ran):
    _, shown = ran
    assert "3 failed, 3 passed" in shown, shown
    assert "WRONG: the gradient of cube by x, in 1 of 2 entries" in shown
    assert "x[1]   got 6.0, proven 12.0" in shown
    assert "raise_if_wrong()" not in shown


def test_the_fixture_serves_under_given_and_the_example_is_shrunk(ran):
    _, shown = ran
    assert "test_suite.py::test_drawn" in shown
    assert "x=array([" in shown
    assert "function_scoped_fixture" not in shown


def test_a_report_holds_the_checks_of_all_tests(ran):
    folder, shown = ran
    assert "gradproof report: report.html, 5 tests" in shown, shown
    (data,) = re.findall('id="record">([^<]*)<', (folder / "report.html").read_text())
    cases = json.loads(gzip.decompress(base64.b64decode(data)))["run"]["cases"]
    assert {case["title"]: case["verdict"] for case in cases} == {
        "test_suite.py::test_right": "VERIFIED",
        "test_suite.py::test_wrong": "WRONG",
        "test_suite.py::test_right_here": "VERIFIED",
        "test_suite.py::test_wrong_elsewhere": "WRONG",
        "test_suite.py::test_drawn": "WRONG",
    }


@pytest.mark.parametrize("processes", [[], ["-n", "2"]])
def test_a_report_lists_checks_that_could_not_be_made(tmp_path, processes):
    done = run(tmp_path, "--gradproof-report", "report.html", *processes, text=REFUSED)
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


def test_junit_is_told_the_verdict(ran):
    folder, _ = ran
    cases = {each.get("name"): each for each in ElementTree.parse(folder / "junit.xml").iter("testcase")}
    told = {
        name: {each.get("name"): each.get("value") for each in case.iter("property")} for name, case in cases.items()
    }
    assert told["test_right"]["gradproof.verdict"] == "VERIFIED"
    assert float(told["test_right"]["gradproof.sees"]) < 1e-12
    assert told["test_wrong"]["gradproof.verdict"] == "WRONG"
    assert told["test_without"] == {}
    assert int(told["test_drawn"]["gradproof.checks"]) > 1


def test_the_marker_gives_options(tmp_path):
    assert "this one is wrong" in run(tmp_path, "-k", "elsewhere").stdout


def test_the_marker_takes_options_by_name_alone(tmp_path):
    text = SUITE.replace("points=100", "100")
    assert "takes options by name" in run(tmp_path, "-k", "elsewhere", text=text).stdout


def test_the_plugin_is_light():
    code = (
        "import sys, gradproof.verify.checking.pytest_plugin\n"
        "assert not {'numpy', 'sympy', 'flint', 'hypothesis'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
