"""Measure everything and write ``docs/figures.md``. Needs the extra ``peers``."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path

import differences
import mutants
import network
import scaling
import speed
import throughput
import torch

SECTIONS = {
    "A certified gradient beside gradcheck": network,
    "Large graphs": scaling,
    "Generated graphs": throughput,
    "Finite differences": differences,
    "Mutants, beside other checkers": mutants,
    "Speed and memory, beside other engines": speed,
}

PAGE = Path(__file__).resolve().parent.parent / "docs" / "figures.md"


def main() -> None:
    """Write the page. One thread each: PyTorch's worker threads wait for one another on a shared machine."""
    torch.set_num_threads(1)
    packages = ("numpy", "sympy", "python-flint", "torch", "jax", "autograd", "mygrad", "scipy")
    peers = ", ".join(f"{name} {version(name)}" for name in packages)
    parts = [
        "# Figures",
        "",
        "Made by `make bench`, which needs the peers: `.venv/bin/pip install -e '.[peers]'`. All rows of a table",
        "were measured in one run, in turns, PyTorch on one thread but where it says otherwise. The machine was",
        "shared: read the ratios.",
        "",
        f"Python {platform.python_version()} on {platform.machine()}, {peers}.",
    ]
    for title, section in SECTIONS.items():
        parts += ["", f"## {title}", "", (section.__doc__ or "").strip(), "", section.measure()]
    PAGE.write_text("\n".join(parts) + "\n")


if __name__ == "__main__":
    main()
