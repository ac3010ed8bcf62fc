"""Write ``docs/traps.md``."""

from pathlib import Path

from . import SECTIONS
from .page import page

(Path(__file__).parents[3] / "docs" / "traps.md").write_text(page(SECTIONS), encoding="utf-8")
