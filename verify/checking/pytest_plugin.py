"""The pytest plugin: a fixture that checks a gradient and fails with the verdict, and a report of all checks of a run.

It is loaded in every run of pytest, so it imports nothing of Gradproof before a test asks for it. Under pytest-xdist
the records travel to the controller with the reports of the tests. Inside ``@given`` the fixture may be called many
times: a test keeps its last failing check, which is the one that Hypothesis has shrunk to, or else its first; and the
last error of Gradproof's own that kept it from checking, as where a function cannot be traced.
"""

from __future__ import annotations

import datetime
import shlex
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from gradproof.errors import GradproofError
    from gradproof.reports import RunRecord

    from .result import CheckResult

#: Where a record travels in a test's report.
_KEPT = "gradproof_record"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--gradproof-report``."""
    group = parser.getgroup("gradproof", "proofs of gradients")
    group.addoption("--gradproof-report", metavar="FILE", type=Path, help="write an HTML report of all gradient checks")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and what collects checks."""
    config.addinivalue_line(
        "markers", "gradcheck(**options): options of gradproof.check for the gradcheck fixture in this test"
    )
    config.pluginmanager.register(_Checks(config), "gradproof-checks")


@pytest.fixture(scope="session")
def gradcheck(pytestconfig: pytest.Config) -> Callable[..., CheckResult]:
    """Check a derivative as ``gradproof.check`` does, and fail the test with the verdict where it is wrong.

    Returns the outcome. The marker ``gradcheck`` gives options for all calls in a test, as in
    ``@pytest.mark.gradcheck(points=100)``.
    """
    import_module("gradproof.verify.checking.check")  # now, and not while the deadline of a Hypothesis test runs
    checks: _Checks = pytestconfig.pluginmanager.get_plugin("gradproof-checks")  # type: ignore[assignment]
    return checks.check


class _Checks:
    """The checks of a run: those of the test that is running, and the records of all that have run."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._file: Path | None = config.getoption("--gradproof-report")
        self._options: dict[str, Any] = {}
        self._count = 0
        self._shown: CheckResult | None = None
        self._error: GradproofError | None = None
        #: by the name of a test, the run record of its check as JSON
        self._records: dict[str, str] = {}

    def check(self, function: Callable[..., Any], *args: Any, **options: Any) -> CheckResult:
        """Check a derivative in the test that is running."""
        __tracebackhide__ = True
        import gradproof
        from gradproof.errors import GradproofError

        try:
            result = gradproof.check(function, *args, **{**self._options, **options})
        except GradproofError as error:
            self._error = error
            raise
        self._count += 1
        if self._shown is None or not result.ok:
            self._shown = result
        result.raise_if_wrong()
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        """Give the checks of a test its options, and keep what they found."""
        marker = item.get_closest_marker("gradcheck")
        if marker is not None and marker.args:
            raise pytest.UsageError(f"the marker gradcheck takes options by name, as in points=100, not {marker.args}")
        self._options, self._count = dict(marker.kwargs) if marker else {}, 0
        self._shown = self._error = None
        try:
            return (yield)
        finally:
            if self._shown is not None:
                item.user_properties += self._properties(self._shown)

    def _properties(self, shown: CheckResult) -> Iterator[tuple[str, str]]:
        """Yield what JUnit's file is told of a test."""
        yield "gradproof.verdict", str(shown.verdict)
        yield "gradproof.checks", str(self._count)
        if shown.worst.sees is not None:
            yield "gradproof.sees", f"{shown.worst.sees:.1e}"
        if shown.culprit:
            yield "gradproof.culprit", shown.culprit

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        """Have the record of a test's check travel with its report, where a report of them is asked for."""
        report: Any = yield
        if call.when == "call" and self._file is not None and (self._shown or self._error) is not None:
            setattr(report, _KEPT, self._record(item.nodeid).to_json())
        return report

    def _record(self, test: str) -> RunRecord:
        """Return the record of what is kept of a test."""
        from gradproof.reports import ErrorRecord

        from .record import record_check, with_error

        records = [] if self._shown is None else [record_check(self._shown, _now(), title=test)]
        if self._error is None:
            return records[0]
        text = f"{type(self._error).__name__}: {self._error}"
        return with_error(records, _now(), ErrorRecord(test, test, text, f"pytest {shlex.quote(test)}"))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the record that came with a report."""
        if record := getattr(report, _KEPT, None):
            self._records[report.nodeid] = record

    def pytest_sessionfinish(self) -> None:
        """Write the report, once for all processes."""
        if self._file is None or hasattr(self._config, "workerinput"):
            return
        from gradproof.reports import parse_json, write_html

        from .record import merged

        records = [parse_json(text, name) for name, text in self._records.items()]
        write_html(merged(records, _now(), " ".join(["pytest", *self._config.invocation_params.args])), self._file)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say where the report is."""
        if self._file is not None:
            terminalreporter.write_line(f"gradproof report: {self._file}, {len(self._records)} tests")


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
