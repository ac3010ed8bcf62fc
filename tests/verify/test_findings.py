"""Findings by op, the smallest case of each, and what is said under a reproducer."""

import numpy as np
import pytest

from gradproof import Case, trace
from gradproof.engine import ops
from gradproof.errors import MissingLibraryError, UnknownOpError
from gradproof.verify import EngineTarget, Verdict, examine
from gradproof.verify.campaign import Plan, run
from gradproof.verify.findings import example_of, findings, rows
from gradproof.verify.mutants.mutants import wrong_sign
from gradproof.verify.remarks import remarks
from gradproof.verify.targets import libraries

X = np.array([[0.3, -1.2], [2.0, 0.7]])


def case(function=lambda x: (ops.sin(x) * x).sum()):
    return Case.of_ones(trace(function, X))


def test_what_is_wrong_is_found_by_op_with_a_case_of_one_entry():
    target = wrong_sign("sin")
    (found,) = findings([examine(case(), target), examine(case(ops.sin), target)])
    assert (found.op, found.verdict, len(found.cases)) == ("sin", Verdict.WRONG, 2)
    assert found.low[0] in X
    assert found.high[0] in X
    example = example_of(found, target)
    assert len(example.case.graph.nodes) == 1
    assert example.case.graph.inputs[0].shape == ()
    ((op, verdict, count, _, _, name),) = rows([found], {0: example})
    assert (op, verdict, count, name) == ("sin", "wrong", "2", example.asked.id)


def test_nothing_is_found_where_all_is_right():
    assert findings([examine(case(), EngineTarget())]) == []


def test_a_remark_says_what_is_proven_and_how_far_off_a_number_is():
    assert remarks(examine(case(), EngineTarget())) == ""
    text = remarks(examine(Case.of_ones(trace(ops.sin, np.array(1.0))), wrong_sign("sin")))
    assert text.startswith("# the gradient of v1 by x0 is -0.5403023058681398, but 0.54030230586813971740 is proven: ")
    assert text.endswith(" ulp off\n")


def test_a_library_that_is_missing_names_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(libraries.LIBRARIES, "no_such_library", "Target")
    with pytest.raises(MissingLibraryError, match=r"pip install 'gradproof\[no_such_library\]'"):
        libraries.target_named("no_such_library")


class FewOps(EngineTarget):
    ops = frozenset({"sin", "add"})


def test_a_campaign_draws_the_ops_that_the_target_knows():
    outcome = run(Plan(graphs=20), FewOps())
    assert {node.op for _, result in outcome.results for node in result.case.graph.nodes} == {"sin", "add"}
    with pytest.raises(UnknownOpError, match="'cos' is no op that gradproof has"):
        run(Plan(graphs=1, ops=("cos",)), FewOps())
