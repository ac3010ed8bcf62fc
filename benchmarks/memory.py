"""How much memory an engine takes for a workload: ``python benchmarks/memory.py ENGINE WORKLOAD`` prints bytes.

Each pair has a fresh process, which first runs a small workload of the same kind, and has the arguments of the real one
ready. Then the kernel is asked to forget the peak of the resident set, and afterwards for the new one: on Linux alone.
"""

from __future__ import annotations

import gc
import re
import subprocess
import sys
from pathlib import Path

import workloads
from engines import ENGINES

PROCESS = Path("/proc/self")

#: How long the small workload is.
SMALL = 10


def growth(engine: str, workload: str) -> int | None:
    """Return by how many bytes the peak exceeds what was resident before; None where the kernel does not tell."""
    if not (PROCESS / "clear_refs").exists():
        return None
    command = [sys.executable, __file__, engine, workload]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603 - this file


def _growth(engine: str, workload: str) -> int:
    """Return the growth in this process."""
    make, adapt = getattr(workloads, workload), ENGINES[engine]
    small, work = adapt(make(SMALL)), adapt(make())
    assert small is not None
    assert work is not None
    small()
    gc.collect()
    (PROCESS / "clear_refs").write_text("5")
    before = _peak()
    work()
    return _peak() - before


def _peak() -> int:
    """Return the peak of the resident set in bytes."""
    found = re.search(r"VmHWM:\s*(\d+) kB", (PROCESS / "status").read_text())
    assert found is not None
    return 1024 * int(found[1])


if __name__ == "__main__":
    print(_growth(*sys.argv[1:]))  # noqa: T201 - what it is asked for
