"""Every verdict of the table of traps, and the page that shows it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from traps import SECTIONS
from traps.page import COMMAND, page
from traps.table import Derivative, Hull, by_leaf, narrowed

from gradproof.symbolic import prove
from gradproof.verify import examine
from gradproof.verify.diagnosis import diagnose
from gradproof.verify.examination import budgets

WIDE = [row for rows in SECTIONS.values() for row in rows]
#: In float32 the rows of the first three sections mean the same.
NARROW = [narrowed(row) for title in ("Kinks and ties", "Branch points", "Singular points") for row in SECTIONS[title]]
ROWS = list({row.name: row for row in [*filter(None, NARROW), *WIDE]}.values())
ANSWERS = [(row, answer) for row in ROWS for answer in row.answers]

#: Stated answers were computed in floating point.
STATED = {"float64": 1e-12, "float32": 1e-5}


@pytest.fixture(scope="module")
def proofs():
    return {}


@pytest.fixture
def proof_of(proofs):
    """What is proven of a row, computed once for all its answers."""

    def prove_row(row):
        if row.name not in proofs:
            proofs[row.name] = prove(row.case(), budgets())
        return proofs[row.name]

    return prove_row


@pytest.mark.parametrize(("row", "answer"), ANSWERS, ids=[f"{row.name}: {answer.label}" for row, answer in ANSWERS])
def test_every_answer_gets_its_verdict(row, answer, proof_of):
    case = row.case()
    result = examine(
        case,
        answer.target,
        finite_differences=answer.label == "ours" and len(case.graph.nodes) < 50,
        proof=proof_of(row),
    )
    assert result.verdict is answer.verdict, diagnose(result)
    for words in answer.says:
        assert words in diagnose(result)
    for leaf, stated in by_leaf(case, answer.returned(row.truth)).items():
        (pair,) = (pair for pair in result.pairs if pair.leaf == leaf)
        got = np.zeros(stated.shape) if pair.got is None else pair.got
        np.testing.assert_allclose(got, stated, rtol=STATED[row.dtype], atol=answer.atol)


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_the_oracle_encloses_the_stated_answer(row, proof_of):
    case, (gradient,) = row.case(), proof_of(row).gradients
    stated = {Derivative: lambda truth: [truth.gradients], Hull: lambda truth: truth.vertices}.get(type(row.truth))
    for gradients in stated(row.truth) if stated else []:
        for leaf, values in by_leaf(case, gradients).items():
            slack = STATED[row.dtype] * np.abs(values.astype(np.float64)) + row.slack
            assert np.all(gradient[leaf].distances(values) <= slack), gradient[leaf].enclosure


def test_the_page_shows_the_table():
    path = Path(__file__).parents[2] / "docs" / "traps.md"
    assert path.read_text(encoding="utf-8") == page(SECTIONS), f"docs/traps.md is out of date; run: {COMMAND}"
