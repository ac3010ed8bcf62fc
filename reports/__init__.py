"""Reports: a run record becomes one HTML file that opens anywhere, or JSON that comes back equal."""

if __name__ == "reports":
    raise ImportError("import gradproof.reports, not reports")

from .html import render_html, write_html
from .json_file import parse_json, read_json, write_json
from .record import (
    SCHEMA,
    VERDICTS,
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
)

__all__ = [
    "SCHEMA",
    "VERDICTS",
    "CaseRecord",
    "CoverageRecord",
    "Detail",
    "ErrorRecord",
    "Formula",
    "Matrix",
    "OpRecord",
    "RunRecord",
    "StepCurve",
    "Vertex",
    "parse_json",
    "read_json",
    "render_html",
    "write_html",
    "write_json",
]
