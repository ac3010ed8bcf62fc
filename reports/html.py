"""A run record as one HTML file that opens from disk and asks nothing of any network.

The words and counts are written by the template. The cases travel as compressed JSON in a data block, from
which the page's own script draws what is looked at. A content security policy admits that script and that
style sheet by their digests, and nothing else.
"""

from __future__ import annotations

import base64
import dataclasses
import gzip
import hashlib
import json
import os
from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from .atomic import write_text
from .record import VERDICTS, RunRecord
from .summary import MEANINGS, SIGNS, duration, number, plural, summarise

#: In the order in which the page needs them.
SCRIPTS = (
    "dom.js",
    "route.js",
    "cases.js",
    "list.js",
    "graph.js",
    "formula.js",
    "matrix.js",
    "case.js",
    "main.js",
)

FONT = "vendor/stix-two-math-subset.woff2"


def write_html(record: RunRecord, path: str | os.PathLike[str]) -> None:
    """Write the report on ``record`` to ``path``, whole or not at all.

    Raises ``StoreError`` where the path cannot be written.
    """
    write_text(path, render_html(record), "the report")


def render_html(record: RunRecord) -> str:
    """Return the report on ``record``: one HTML document, complete in itself."""
    style, library, script = _style(), _library(), _script()
    template = _environment().from_string(_text("report.html.jinja"))
    return template.render(
        record=record,
        summary=summarise(record),
        policy=_policy(style, [library, script]),
        style=style,
        library=library,
        script=script,
        data=_pack(record),
        licences={
            "dagre, the layout of the graph pictures (MIT)": _text("vendor/dagre.LICENSE.txt"),
            "STIX Two Math, the type of the formulas (SIL OFL 1.1)": _text("vendor/stix-two-math.OFL.txt"),
        },
    )


def _environment() -> Environment:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(duration=duration, number=number)
    environment.globals["plural"] = plural
    return environment


def _pack(record: RunRecord) -> str:
    """Return what the script draws from, as base64 of compressed JSON: no text of the record can end the block."""
    page = {
        "run": dataclasses.asdict(record) | {"ops": [], "errors": [], "coverage": [], "curves": []},
        "kinds": VERDICTS,
        "meanings": MEANINGS,
        "signs": SIGNS,
    }
    text = json.dumps(page, allow_nan=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def _policy(style: str, scripts: list[str]) -> str:
    allowed = " ".join(_digest(each) for each in scripts)
    return (
        f"default-src 'none'; script-src {allowed}; style-src {_digest(style)}; "
        "font-src data:; img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _style() -> str:
    font = base64.b64encode(files(__package__).joinpath("assets", *FONT.split("/")).read_bytes()).decode()
    return _text("report.css").replace("@FONT@", f"data:font/woff2;base64,{font}")


@cache
def _library() -> str:
    # The last line names a source map, which a browser with open tools would go and ask for.
    return "\n".join(line for line in _text("vendor/dagre.min.js").splitlines() if not line.startswith("//#"))


@cache
def _script() -> str:
    parts = "\n".join(_text(name) for name in SCRIPTS)
    return f'"use strict";\n(() => {{\n{parts}}})();\n'


@cache
def _text(name: str) -> str:
    return files(__package__).joinpath("assets", *name.split("/")).read_text(encoding="utf-8")
