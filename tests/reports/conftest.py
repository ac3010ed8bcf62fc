"""Run records written by hand, and a real browser to read their reports with."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gradproof.reports import (
    CaseRecord,
    CoverageRecord,
    Detail,
    ErrorRecord,
    Formula,
    Matrix,
    OpRecord,
    RunRecord,
    StepCurve,
    Vertex,
    write_html,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Request

HOSTILE = "<script>alert(1)</script>"

ARGS = ["--no-sandbox", "--disable-gpu", "--no-first-run"]
ARGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]

MATHML = (
    '<math xmlns="http://www.w3.org/1998/Math/MathML"><mrow><mfrac><mrow><mo>∂</mo><mi>y</mi></mrow>'
    "<mrow><mo>∂</mo><msub><mi>x</mi><mn>0</mn></msub></mrow></mfrac><mo>=</mo><mrow><mo>{</mo><mtable>"
    "<mtr><mtd><mfrac><mn>1</mn><msub><mi>x</mi><mn>0</mn></msub></mfrac></mtd><mtd><mtext>for&#xa0;</mtext>"
    "<msub><mi>x</mi><mn>0</mn></msub><mo>&gt;</mo><mn>0</mn></mtd></mtr><mtr><mtd><msup><mi>e</mi>"
    "<mrow><mo>&#x2212;</mo><msubsup><mi>x</mi><mn>0</mn><mn>2</mn></msubsup></mrow></msup></mtd>"
    "<mtd><mtext>otherwise</mtext></mtd></mtr></mtable></mrow><mo>+</mo><munderover><mo>∑</mo>"
    "<mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover><msqrt><mrow><msub><mi>&#945;</mi><mi>i</mi>"
    "</msub><mo>+</mo><mn>1</mn></mrow></msqrt></mrow></math>"
)

REPRODUCER = """import torch

x0 = torch.tensor([0.5, 2.0, 8.0], dtype=torch.float64, requires_grad=True)
y = torch.log(x0).sum()
y.backward()
print(x0.grad)  # expected [2.0, 0.5, 0.125]
"""


def vertex(id: str, op: str, args: list[str], **changes: object) -> Vertex:
    """Return a vertex of a sound graph, with the fields changed that are named."""
    plain = Vertex(
        id=id,
        op=op,
        label=f"{op}({', '.join(args)})" if args else id,
        args=args,
        shape="(3,)",
        dtype="float64",
        tracked=True,
        is_output=False,
        verdict="" if op == "input" else "VERIFIED",
        certificate="" if op == "input" else "forward and VJP lie within the op's budget",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def vector_matrix() -> Matrix:
    """Return the gradient of a scalar by three entries, the second of which is wrong."""
    return Matrix(
        output="v2",
        input="x0",
        rows=["v2"],
        columns=["x0[0]", "x0[1]", "x0[2]"],
        backward=[["2.0", "0.5050000000000000", "0.125"]],
        proven=[["2.0", "0.5000000000000000", "0.125"]],
        radius=[["1e-36", "1e-37", "1e-38"]],
        tolerance=[["8.9e-16", "2.2e-16", "5.6e-17"]],
        finite_difference=[["2.00000000003", "0.49999999999", "0.125000000001"]],
        finite_difference_error=[["4e-10", "2e-10", "6e-11"]],
        ulps=[["0", "4.5e13", "0"]],
        verdicts=[["VERIFIED", "WRONG", "VERIFIED"]],
    )


def full_matrix(rows: int, columns: int, wrong: set[tuple[int, int]]) -> Matrix:
    """Return a Jacobian with the given entries wrong."""

    def each(text: Callable[[int, int], str]) -> list[list[str]]:
        return [[text(r, c) for c in range(columns)] for r in range(rows)]

    return Matrix(
        output="v5",
        input="x1",
        rows=[f"v5[{r}]" for r in range(rows)],
        columns=[f"x1[{c}]" for c in range(columns)],
        backward=each(lambda r, c: f"-{r}.{c}25" if (r, c) in wrong else f"{r}.{c}25"),
        proven=each(lambda r, c: f"{r}.{c}25"),
        radius=each(lambda r, c: "1e-36"),
        tolerance=each(lambda r, c: "4.4e-16"),
        finite_difference=each(lambda r, c: f"{r}.{c}2500001"),
        finite_difference_error=each(lambda r, c: "3e-9"),
        ulps=each(lambda r, c: "9.0e15" if (r, c) in wrong else "0.5"),
        verdicts=each(lambda r, c: "WRONG" if (r, c) in wrong else "VERIFIED"),
    )


def small_detail() -> Detail:
    """Return ``sum(log(x0))`` with a wrong VJP of ``log``."""
    bad = "the VJP returned 0.505 at (1,), but 0.5 ± 2.2e-16 is proven"
    return Detail(
        graph_text="x0: float64 (3,)\nv1 = log(x0)\nv2 = sum(v1)",
        vertices=[
            vertex("x0", "input", []),
            vertex("v1", "log", ["x0"], verdict="WRONG", certificate=bad),
            vertex("v2", "sum", ["v1"], shape="()", is_output=True),
        ],
        formulas=[Formula("Derivative of v2 by x0", MATHML, "dy/dx0 = 1/x0 for x0 > 0, exp(-x0^2) otherwise")],
        matrices=[vector_matrix()],
        reproducer=REPRODUCER,
        replay="gradproof replay 4f2a91c07d",
        notes=["The finite difference sees the error: its own error estimate is 2e-10."],
    )


def wide_detail() -> Detail:
    """Return a graph with a diamond, a detached part and a full Jacobian, as it was before shrinking."""
    vertices = [
        vertex("x0", "input", []),
        vertex("x1", "input", [], shape="(4, 3)"),
        vertex("v2", "log", ["x0"], verdict="WRONG", certificate="the VJP is off by 1 %"),
        vertex("v3", "matmul", ["x1", "v2"], shape="(4,)"),
        vertex("v4", "detach", ["v3"], shape="(4,)", tracked=False),
        vertex("v5", "multiply", ["v3", "v4"], shape="(4,)", is_output=True),
        vertex("v6", "multiply", ["v2", "v2"], is_output=True),
    ]
    plain = small_detail()
    return replace(plain, vertices=vertices, matrices=[full_matrix(4, 12, {(1, 2), (3, 11)}), vector_matrix()])


def long_detail(size: int) -> Detail:
    """Return a graph of ``size`` values, too many for one picture, with the fault in its middle."""
    vertices = [vertex("x0", "input", []), vertex("x1", "input", [])]
    ops = ["tanh", "add", "multiply", "exp", "sum"]
    for i in range(2, size):
        args = [f"v{i - 1}" if i > 2 else "x0"] + ([f"v{i - 7}"] if i % 3 == 0 and i > 9 else [])
        vertices.append(vertex(f"v{i}", ops[i % 5], args))
    middle = size // 2
    vertices[middle] = replace(vertices[middle], verdict="WRONG", certificate="a cotangent was overwritten")
    vertices[-1] = replace(vertices[-1], is_output=True)
    matrices = [full_matrix(50, 60, {(49, 59)}), full_matrix(1, 1000, {(0, 999)})]
    return replace(small_detail(), vertices=vertices, matrices=matrices)


def case(id: str, verdict: str = "VERIFIED", **changes: object) -> CaseRecord:
    """Return a row, with the fields changed that are named."""
    plain = CaseRecord(
        id=id,
        title=f"sum(tanh(x0) * x1) in float64, draw {id}",
        verdict=verdict,
        culprit="",
        diagnosis="",
        ops=["tanh", "multiply", "sum"],
        dtype="float64",
        nodes=5,
        depth=3,
        entries=12,
        worst_ulps=0.75,
        sees=3e-14,
        seconds=0.0213,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def failing_case() -> CaseRecord:
    """Return the case of a wrong ``log``, with its minimal form."""
    return case(
        "4f2a91c07d",
        "WRONG",
        title="log, then matmul with a detached branch, shape (3,), float64",
        culprit="log",
        diagnosis="The backward is wrong: it disagrees with the symbolic derivative, and the finite difference sides "
        "with the symbolic derivative. The certificate of v1 = log(x0) fails: its VJP returned 0.505, where "
        "0.5 is proven. Every other certificate holds.",
        ops=["log", "matmul", "detach", "multiply"],
        nodes=5,
        worst_ulps=4.5e13,
        detail=wide_detail(),
        minimal=small_detail(),
    )


def long_case() -> CaseRecord:
    """Return a failing case whose graph has 120 values."""
    return case(
        "b7700120ee",
        "WRONG",
        title="a chain of 118 ops",
        culprit="tanh",
        diagnosis="The backward is wrong at v60 = tanh(v59).",
        ops=["tanh", "add", "multiply", "exp", "sum"],
        nodes=118,
        worst_ulps=8.1e9,
        detail=long_detail(120),
    )


def hostile_case() -> CaseRecord:
    """Return a failing case that has a script in every text."""
    math = (
        '<math xmlns="http://www.w3.org/1998/Math/MathML" onclick="alert(2)">'
        "<mi>&lt;script&gt;alert(1)&lt;/script&gt;</mi>"
        '<script xmlns="http://www.w3.org/1999/xhtml">alert(3)</script><script>alert(4)</script>'
        '<mtext><img xmlns="http://www.w3.org/1999/xhtml" src="x" onerror="alert(5)"/></mtext></math>'
    )
    one = [[HOSTILE]]
    detail = Detail(
        graph_text=HOSTILE,
        vertices=[
            Vertex(HOSTILE, "input", HOSTILE, [], HOSTILE, HOSTILE, True, False, "", HOSTILE),
            Vertex("v1", HOSTILE, HOSTILE, [HOSTILE], HOSTILE, HOSTILE, True, True, "WRONG", HOSTILE),
        ],
        formulas=[Formula(HOSTILE, math, HOSTILE), Formula(HOSTILE, f"</root>{HOSTILE}", HOSTILE)],
        matrices=[Matrix(HOSTILE, HOSTILE, [HOSTILE], [HOSTILE], one, one, one, one, one, one, one, [["WRONG"]])],
        reproducer=HOSTILE,
        replay=HOSTILE,
        notes=[HOSTILE],
    )
    return case(HOSTILE, "WRONG", title=HOSTILE, culprit=HOSTILE, diagnosis=HOSTILE, ops=[HOSTILE], detail=detail)


def error(id: str, **changes: str) -> ErrorRecord:
    """Return a case on which something raised, with the fields changed that are named."""
    plain = ErrorRecord(id, f"log(x0) of {id}", "ZeroDivisionError: planted", f"gradproof replay {id}")
    return replace(plain, **changes)


def op(name: str, verdicts: dict[str, int], worst_ulps: float | None = 0.75) -> OpRecord:
    """Return a line of the vocabulary."""
    return OpRecord(name, "pointwise, 4 ulp", "(-inf, inf)", f"{name}(x)", sum(verdicts.values()), worst_ulps, verdicts)


def run(cases: list[CaseRecord]) -> RunRecord:
    """Return a run with these cases and with op lines that agree with them."""
    verdicts: dict[str, dict[str, int]] = {}
    for each in cases:
        for name in each.ops:
            counts = verdicts.setdefault(name, {})
            counts[each.verdict] = counts.get(each.verdict, 0) + 1
    worst = {name: max((each.worst_ulps or 0.0) for each in cases if name in each.ops) for name in verdicts}
    return RunRecord(
        target="PyTorch 2.9.1",
        command="gradproof verify --target torch --cases 302 --seed 20261123",
        started="2026-11-23 20:53 UTC",
        seed=20261123,
        seconds=31.7,
        configuration={
            "cases": ("302", "command line"),
            "dtype": ("float64", "default"),
            "workers": ("8", "GRADPROOF_WORKERS"),
        },
        versions={"gradproof": "0.1.0", "python": "3.11.7", "torch": "2.9.1", "sympy": "1.14.0"},
        ops=[op(name, counts, worst[name]) for name, counts in verdicts.items()],
        unreached=["cumulative_prod", "linalg.det"],
        cases=cases,
        phases={"generate": 9.1, "backward": 3.2, "exact sweep": 88.4, "budget sweep": 70.0, "finite difference": 21.0},
        counts={"certificates": 4213, "graphs discarded": 17},
        coverage=[
            CoverageRecord("log", "", 0, {"positive": 1234, "near an edge": 0}),
            CoverageRecord("sum", "axis None", 0, {"zero": 7, "positive": 0}),
        ],
        curves=[
            StepCurve("float64", 50, [1e-15, 1e-5, 0.1, 0.5], [0.1, 1e-11, 1e-4, None], [1.0, 1e-6, 0.1, None]),
            StepCurve("float32", 9, [1e-7, 1e-2, 0.5], [0.5, 1e-5, 1e-2], [1.0, 1e-3, 1.0]),
        ],
    )


@pytest.fixture(scope="session")
def sample() -> RunRecord:
    """A run of 302 cases: 2 wrong, some told, the rest right."""
    rows = [case(f"{i:010x}", title=f"draw {i}: sum(tanh(x0) * x1)") for i in range(296)]
    overflow = case("0f", "OVERFLOWS", culprit="exp", ops=["exp", "log"], diagnosis="exp(800) does not fit float64")
    undefined = case("0d", "UNDEFINED", ops=["sqrt"], diagnosis="the slope of sqrt at 0 is infinite; returned: inf")
    unsure = case("0e", "INCONCLUSIVE", ops=["linalg.inv"], worst_ulps=None, sees=None)
    full = case("c0ffee", ops=["log", "sum"], title="sum(log(x0)), a pass kept in full", detail=passing_detail())
    return run([*rows, failing_case(), overflow, undefined, unsure, long_case(), full])


def passing_detail() -> Detail:
    """Return ``sum(log(x0))`` as a sound engine has it."""
    plain = small_detail()
    matrix = vector_matrix()
    right = replace(matrix, backward=matrix.proven, ulps=[["0", "0", "0"]], verdicts=[["VERIFIED"] * 3])
    vertices = [replace(each, verdict=each.verdict and "VERIFIED", certificate="") for each in plain.vertices]
    return replace(plain, vertices=vertices, matrices=[right], notes=[])


@pytest.fixture(scope="session")
def crashed(sample: RunRecord) -> RunRecord:
    """The sample, with two more cases that could not be examined, and one that could not be shrunk."""
    long = error("bad2", error=f"ValueError: first line\nsecond line {'x' * 300}", title="")
    return replace(sample, errors=[error("bad1"), long, error("4f2a91c07d", title="a wrong log")])


@pytest.fixture(scope="session")
def hostile() -> RunRecord:
    """A run with a script in every text that a user can choose."""
    plain = run([hostile_case()])
    return replace(
        plain,
        target=HOSTILE,
        command=HOSTILE,
        started=HOSTILE,
        configuration={HOSTILE: (HOSTILE, HOSTILE)},
        versions={HOSTILE: HOSTILE},
        coverage=[CoverageRecord(HOSTILE, HOSTILE, 0, {HOSTILE: 1})],
        curves=[StepCurve(HOSTILE, 1, [0.1], [0.1], [0.1])],
        ops=[OpRecord(HOSTILE, HOSTILE, HOSTILE, HOSTILE, 1, 1.0, {"WRONG": 1})],
        unreached=[HOSTILE],
        phases={HOSTILE: 1.0},
        counts={HOSTILE: 1},
        errors=[ErrorRecord("h", HOSTILE, HOSTILE, HOSTILE), ErrorRecord(HOSTILE, "", HOSTILE, HOSTILE)],
    )


@pytest.fixture(scope="session")
def ten_thousand() -> RunRecord:
    """A run of 10,000 rows, one of them wrong."""
    rows = [case(f"{i:016x}", seconds=0.001 * (i % 50), nodes=i % 40, worst_ulps=(i % 97) / 50) for i in range(9_999)]
    return run([*rows, failing_case()])


def _chromium() -> str | None:
    named = os.environ.get("GRADPROOF_CHROMIUM")
    return named or next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)


# Not for the whole session: Playwright keeps an event loop running, in which no other test could start one.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium; the tests that need it skip where there is none."""
    path = _chromium()
    if path is None:
        pytest.skip(
            "no Chromium on this machine: install it with `apt-get install chromium`, "
            "or set GRADPROOF_CHROMIUM to its path"
        )
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is missing: pip install playwright")
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGS)
        yield chromium
        chromium.close()


@dataclass
class Visit:
    """A report that a browser has opened from disk, with all that it asked for and complained of."""

    page: Page
    url: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def go(self, fragment: str) -> None:
        """Go to another view of the same report."""
        self.page.evaluate("fragment => { location.hash = fragment }", fragment)


@pytest.fixture
def visit(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Visit]]:
    """Write a report, open it, and wait until it is ready. No visit may ask for more or complain."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    visits: list[Visit] = []

    def open_report(record: RunRecord, fragment: str = "", before: str = "") -> Visit:
        path = tmp_path / "report.html"
        write_html(record, path)
        page = context.new_page()
        if before:
            page.add_init_script(before)
        made = Visit(page, path.as_uri())
        _listen(made)
        visits.append(made)
        page.goto(made.url + fragment)
        page.wait_for_selector("html[data-ready]", state="attached")
        return made

    yield open_report
    for each in visits:
        assert [url for url in each.requests if url.split("#")[0] != each.url] == []
        assert each.complaints == []
    context.close()


def _listen(made: Visit) -> None:
    def on_request(request: Request) -> None:
        if not request.url.startswith("data:"):
            made.requests.append(request.url)

    def on_console(message: ConsoleMessage) -> None:
        made.complaints.append(message.text)

    made.page.on("request", on_request)
    made.page.on("console", on_console)
    made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
    made.page.on("dialog", lambda dialog: made.complaints.append(f"a dialog: {dialog.message}"))
