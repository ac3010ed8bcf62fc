"""A page of figures that a script of its own writes: what made it, and with which versions."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from rich.console import Console

PACKAGES = ("numpy", "sympy", "python-flint", "scipy", "hypothesis")

#: Where a long run says how far it is.
CONSOLE = Console(stderr=True, soft_wrap=True)


def write_page(name: str, title: str, command: str, lines: Sequence[str]) -> None:
    """Write ``docs/NAME.md``."""
    packages = ", ".join(f"{each} {version(each)}" for each in PACKAGES)
    made = f"Made by `python benchmarks/{command}`, with Python {platform.python_version()}, {packages}."
    page = Path(__file__).resolve().parent.parent / "docs" / f"{name}.md"
    page.write_text("\n".join([f"# {title}", "", made, "", *lines]) + "\n")
