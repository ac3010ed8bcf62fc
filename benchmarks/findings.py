"""Findings: PyTorch, JAX and HIPS autograd on generated graphs, what is wrong or loses digits, with reproducers.

Hours on one core in full, and so made once: ``.venv/bin/python benchmarks/findings.py`` writes a page for each library,
as ``docs/findings_torch.md``. Campaigns that have ended are kept in ``.gradproof/findings``, where a run that was
interrupted goes on.
What a library prints stands under each reproducer, which was run with that library alone.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import chain, repeat
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from page import CONSOLE, write_page

from gradproof.case import Case
from gradproof.verify import CaseResult
from gradproof.verify.campaign import Plan, run
from gradproof.verify.examination import examine
from gradproof.verify.findings import Finding, example_of, findings, rows
from gradproof.verify.remarks import remarks
from gradproof.verify.targets.libraries import LIBRARIES, target_named
from gradproof.verify.targets.target import Target, versions_of

#: A campaign has at most so many graphs; its seed is its number.
GRAPHS = 250

DTYPES = ("float64", "float32")

#: Where campaigns that have ended are kept.
KEPT = Path(__file__).resolve().parent.parent / ".gradproof" / "findings"

INTRODUCTION = """A table has a row for each op and verdict: how many graphs showed it, the error of the worst entry in
units in the last place, and the arguments at the entries that were worst. *Inaccurate* is what a naive formula could
have returned, *wrong* what none could, and *forward differs* is said of values that are off, and not of gradients.
An error of inf is no number where there is one, or another dtype; of a value in another dtype it is 0, and so it is of
what is none of the generalised derivatives at a kink.
Conventions at kinks are no findings. Nor is that gradients share memory in PyTorch with what was handed over, where
only views lie between (its issue 34082): the target copies there. `python benchmarks/findings.py` runs 20,000 graphs
for each library and dtype."""


def main() -> None:
    """Run the campaigns and write the page."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--graphs", type=int, default=20_000, help="graphs for each library and dtype")
    options.add_argument("--libraries", default=",".join(LIBRARIES), help="which, separated by commas")
    asked = options.parse_args()
    for name in asked.libraries.split(","):
        lines = [*INTRODUCTION.splitlines(), "", f"{name} {versions_of(target_named(name))[name]}.", ""]
        with ProcessPoolExecutor(mp_context=get_context("spawn")) as processes:  # one for each dtype
            sections = processes.map(_section, repeat(name), DTYPES, repeat(asked.graphs))
            command = f"findings.py --graphs {asked.graphs} --libraries {name}"
            write_page(f"findings_{name}", f"Findings in {name}", command, [*lines, *chain.from_iterable(sections)])


def _section(name: str, dtype: str, graphs: int) -> list[str]:
    """Return the findings in one library and dtype."""
    target = target_named(name)
    verdicts: Counter[str] = Counter()
    found = findings(_results(target, dtype, graphs, verdicts))
    examples = {number: example_of(each, target) for number, each in enumerate(found)}
    counts = ", ".join(f"{count} {verdict.lower()}" for verdict, count in verdicts.most_common())
    lines = [f"## {dtype}", "", f"{sum(verdicts.values())} graphs: {counts}.", ""]
    lines += ["| op | verdict | graphs | worst error (ulp) | arguments there |", "|---|---|---|---|---|"]
    lines += [f"| {' | '.join(row[:-1])} |" for row in rows(found, examples)] + [""]
    for number, each in enumerate(found):
        lines += _reproducer(each, examples[number], target)
    return lines


def _results(target: Target, dtype: str, graphs: int, verdicts: Counter[str]) -> Iterator[CaseResult]:
    """Yield the results of campaigns of one dtype that show something, and count the verdicts of all."""
    for seed, start in enumerate(range(0, graphs, GRAPHS)):
        plan = Plan(graphs=min(GRAPHS, graphs - start), seed=seed, dtype=dtype)
        path = KEPT / f"{target.name}-{versions_of(target)[target.name]}-{dtype}-{plan.seed}-{plan.graphs}.json"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(_campaign(plan, target)))
            CONSOLE.print(f"{target.name}, {dtype}: {start + plan.graphs} of {graphs} graphs")
        kept = json.loads(path.read_text())
        verdicts.update(kept["verdicts"])
        for case in kept["cases"]:
            yield examine(Case.from_json(case), target, finite_differences=False)


def _campaign(plan: Plan, target: Target) -> dict[str, Any]:
    """Run a campaign. Return how many graphs had each verdict or raised an error, and the cases that show something."""
    outcome = run(plan, target, shrink=False)
    verdicts = Counter(str(result.verdict) for _, result in outcome.results)
    for case, error in outcome.errors:
        verdicts["RAISED"] += 1
        CONSOLE.print(f"{target.name}, case {case.id}: {type(error).__name__}: {error}", markup=False)
    shown = [result for _, result in outcome.results if any(each.holds is False for each in result.certificates)]
    return {"verdicts": verdicts, "cases": [result.asked.to_json() for result in shown]}


def _reproducer(finding: Finding, example: CaseResult, target: Target) -> list[str]:
    """Return a program that shows a finding, and what it prints when it runs with the library alone."""
    script = target.script(example.asked)
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True)  # noqa: S603
    printed = done.stdout.rstrip() if done.returncode == 0 else done.stderr.rstrip().splitlines()[-1]
    title = f"<details><summary>{finding.op}, {str(finding.verdict).lower()}</summary>"
    program = ["```python", script + remarks(example).rstrip(), "```"]
    return [title, "", *program, "", "prints", "", "```", printed, "```", "", "</details>", ""]


if __name__ == "__main__":
    main()
