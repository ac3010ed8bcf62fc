"""Cases on disk: failing ones, and those that a report has a page for, as ``.gradproof/cases/<id>.json``."""

from __future__ import annotations

from pathlib import Path

from gradproof.case import Case
from gradproof.errors import StoreError

from .vetting import vet

CASES = Path(".gradproof") / "cases"


def keep(case: Case) -> Path:
    """Write a case to the store of the current folder and return its path. Raises ``StoreError``."""
    path = CASES / f"{case.id}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(case.to_json())
    except OSError as error:
        raise StoreError(f"cannot keep case {case.id} at {path}: {error.strerror}") from error
    return path


def load(name: str) -> Case:
    """Read a case by its file name, or by the id it was kept under.

    Raises ``StoreError`` where it cannot be read, ``GraphFormatError`` or ``UnknownOpError`` where it cannot be run.
    """
    path = next((each for each in (Path(name), CASES / f"{name}.json") if each.is_file()), None)
    if path is None:
        raise StoreError(f"{name!r} is neither a file nor the id of a case in {CASES}")
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"cannot read {path}: {error}") from error
    case = Case.from_json(text)
    vet(case.graph)
    return case
