"""From what was found to the run record: every number formatted once, from exact values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import sympy as sp

from gradproof.case import Case
from gradproof.engine.vocabulary import OPS
from gradproof.errors import MirrorError
from gradproof.exact import Array
from gradproof.graph import Graph, Node
from gradproof.reports import CaseRecord, Detail, Formula, Matrix, Vertex
from gradproof.symbolic import Jacobian, jacobian, mirror
from gradproof.symbolic.mathml import mathml

from .certificate import Certificate
from .conduct import Fault
from .diagnosis import diagnose, notes_of
from .examination import CaseResult, Pair, examine
from .remarks import remarks
from .targets.libraries import replay_command
from .targets.script import graph_outline
from .targets.target import Target
from .verdict import Verdict, worst

#: Closed forms beyond this many operations or entries are not for reading.
MOST_OPERATIONS = 400
MOST_ENTRIES = 16

#: Nor are those of more definitions with branches, one inside the other, which take SymPy minutes.
MOST_BRANCHING = 2

#: Jacobians with more rows are shown as the one row that was judged.
MOST_ROWS = 9


def record_case(
    result: CaseResult,
    target: Target,
    *,
    title: str = "",
    minimal: CaseResult | None = None,
    full: bool = True,
    replay: str | None = None,
) -> CaseRecord:
    """Return the record of one case; ``full`` says whether its page is worth keeping.

    ``replay`` is the command that runs it again, by default the one for a case that is stored.
    """
    case = result.asked
    return CaseRecord(
        id=case.id,
        title=title or graph_outline(case.graph),
        verdict=str(result.verdict),
        culprit=result.culprit,
        diagnosis=diagnose(result),
        ops=sorted({node.op for node in case.graph.nodes}),
        dtype=case.dtype,
        nodes=len(case.graph.nodes),
        depth=case.graph.depth,
        entries=sum(pair.verdicts.size for pair in result.pairs),
        worst_ulps=_finite(result.worst_ulps),
        sees=_finite(result.sees),
        seconds=sum(result.seconds.values()),
        detail=detail_of(result, target, replay) if full else None,
        minimal=None if minimal is None else detail_of(minimal, target),
    )


def _finite(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None


def detail_of(result: CaseResult, target: Target, replay: str | None = None) -> Detail:
    """Return what the page of a case shows, with the command that runs it again."""
    case = result.asked
    return Detail(
        graph_text=str(result.case.graph),
        vertices=_vertices(result),
        formulas=_formulas(case),
        matrices=_matrices(result, target),
        reproducer=target.script(case) + remarks(result),
        replay=replay_command(case, target) if replay is None else replay,
        notes=[*_drawn_notes(case), *notes_of(result)],
    )


def _drawn_notes(case: Case) -> list[str]:
    """Say what ``v`` is in ``v^T J``, of each output that is more than one number, and what directions are."""
    graph = case.graph
    outputs = zip(graph.outputs, case.cotangents, strict=True)
    notes = [f"In vᵀJ of {graph.name(i)} the cotangent v is {_text(ct)}." for i, ct in outputs if ct.size > 1]
    leaves = zip(graph.leaves if case.directions else (), case.directions, strict=True)
    return notes + [f"The gradient by {graph.name(i)} is taken along {_text(each)}." for i, each in leaves]


def _text(value: Array) -> str:
    """Write an array: in full where its numbers are few."""
    if value.size <= MOST_ENTRIES:
        return repr(value.tolist())
    return f"[{', '.join(map(repr, value.ravel()[:MOST_ENTRIES].tolist()))}, ...] of shape {value.shape}"


# --- the graph


def _vertices(result: CaseResult) -> list[Vertex]:
    graph = result.case.graph
    by_site: dict[int, list[Certificate]] = {}
    for each in result.certificates:
        by_site.setdefault(each.site, []).append(each)
    faults = [[fault for fault in result.faults if fault.site == i] for i in range(len(graph))]
    return [_vertex(graph, i, by_site.get(i, []), faults[i]) for i in range(len(graph))]


def _vertex(graph: Graph, i: int, certificates: Sequence[Certificate], faults: Sequence[Fault]) -> Vertex:
    value = graph[i]
    node = value if isinstance(value, Node) else None
    verdict = worst([*map(_verdict_of, certificates), *(Verdict.MISBEHAVES for _ in faults)])
    return Vertex(
        id=graph.name(i),
        op="input" if node is None else node.op,
        label=graph.name(i) if node is None else graph.call_text(i),
        args=[] if node is None else [graph.name(arg) for arg in node.args],
        shape=str(value.shape),
        dtype=value.dtype,
        tracked=graph.tracked[i],
        is_output=i in graph.outputs,
        verdict=str(verdict),
        certificate="; ".join(map(str, [*faults, *(each for each in certificates if not each.holds)]))
        or (f"{len(certificates)} certificates hold" if certificates else "no derivative flows here"),
    )


def _verdict_of(certificate: Certificate) -> Verdict:
    if certificate.holds:
        return Verdict.VERIFIED
    if certificate.inaccurate:
        return Verdict.INACCURATE
    return Verdict.UNDEFINED if certificate.holds is None else Verdict.WRONG


# --- the mathematics


def _formulas(case: Case) -> list[Formula]:
    """Return outputs and Jacobians in closed form, where they are small enough to read and exist."""
    graph = case.graph
    if len(graph.nodes) > MOST_OPERATIONS // 20 or any(_size(graph, i) > MOST_ENTRIES for i in range(len(graph))):
        return []
    if sum(_branches(node.op) for node in graph.nodes) > MOST_BRANCHING:
        return []
    try:
        mirrored = mirror(graph, most=MOST_OPERATIONS)
        jacobians = [jacobian(graph, number) for number in range(len(graph.outputs))]
    except MirrorError as error:
        return [Formula("no closed form", mathml(sp.Symbol("none")), str(error))]
    found = []
    for number, output in enumerate(graph.outputs):
        name = graph.name(output)
        found.append((name, sp.Matrix(_size(graph, output), 1, list(mirrored.values[output].flat))))
        found += [(f"∂{name}/∂{graph.name(leaf)}", each.matrix) for leaf, each in _shown(jacobians[number])]
    return [_formula(title, matrix, _written_names(graph)) for title, matrix in found if _is_readable(matrix)]


def _written_names(graph: Graph) -> dict[sp.Symbol, tuple[sp.Symbol, sp.Symbol]]:
    """Return for each symbol of an argument that has a label those for its MathML and for its text: ``x[0, 1]``."""
    found = {}
    for leaf in graph.leaves:
        label = graph.inputs[leaf].label
        for place in np.ndindex(*graph[leaf].shape) if label else ():
            indices = [str(i) for i in place]
            drawn = sp.Dummy("_".join([label, *indices]), real=True)  # two arguments may be written alike
            text = sp.Symbol(label + (f"[{', '.join(indices)}]" if indices else ""), real=True)
            found[sp.Symbol("_".join([f"x{leaf}", *indices]), real=True)] = drawn, text
    return found


def _branches(name: str) -> bool:
    """Tell whether the definition of an op has branches, by its kinks and ties."""
    return name in OPS and (OPS[name].ties or any(OPS[name].kinks))


def _shown(jacobians: dict[int, Jacobian]) -> list[tuple[int, Jacobian]]:
    return [(leaf, each) for leaf, each in jacobians.items() if each.matrix.rows * each.matrix.cols <= 4 * MOST_ENTRIES]


def _size(graph: Graph, i: int) -> int:
    return int(np.prod(graph[i].shape))


def _is_readable(matrix: sp.Matrix) -> bool:
    return bool(len(matrix)) and sum(sp.count_ops(entry) for entry in matrix) <= MOST_OPERATIONS


def _formula(title: str, matrix: sp.Matrix, names: Mapping[sp.Symbol, tuple[sp.Symbol, sp.Symbol]]) -> Formula:
    shown = matrix[0] if matrix.shape == (1, 1) else matrix
    drawn, text = (shown.xreplace({symbol: each[way] for symbol, each in names.items()}) for way in (0, 1))
    return Formula(title, mathml(drawn), str(text))


# --- the witnesses


def _matrices(result: CaseResult, target: Target) -> list[Matrix]:
    """Return the rows of the Jacobians where they are few, and what was judged: ``v^T J``."""
    count = len(result.case.graph.outputs)
    rows = {number: _rows(result.case, number, target) if result.asked.order == 1 else {} for number in range(count)}
    return [
        _matrix(result.case.graph, pair, {**_of_leaf(rows[pair.output], pair.leaf), "vᵀJ": pair})
        for pair in result.pairs
    ]


def _rows(case: Case, number: int, target: Target) -> dict[str, tuple[Pair, ...]]:
    """Return the pairs of each row of the Jacobian of one output: the case with a unit cotangent."""
    graph, output = case.graph, case.graph.outputs[number]
    shape, dtype = graph[output].shape, graph[output].dtype
    if not 1 < graph[output].size <= MOST_ROWS:
        return {}
    units = np.eye(graph[output].size, dtype=dtype).reshape(-1, *shape)
    names = [graph.name(output) + _indices(place) for place in np.ndindex(*shape)]
    return {name: _pairs_of(case, number, ct, target) for name, ct in zip(names, units, strict=True)}


def _pairs_of(case: Case, number: int, ct: Array, target: Target) -> tuple[Pair, ...]:
    """Return the pairs of one output with a cotangent, beside zeros for the others."""
    cotangents = [np.zeros_like(each) for each in case.cotangents]
    cotangents[number] = ct
    pairs = examine(Case(case.graph, tuple(cotangents)), target).pairs
    return tuple(pair for pair in pairs if pair.output == number)


def _of_leaf(rows: dict[str, tuple[Pair, ...]], leaf: int) -> dict[str, Pair]:
    return {name: next(pair for pair in pairs if pair.leaf == leaf) for name, pairs in rows.items()}


def _matrix(graph: Graph, pair: Pair, rows: dict[str, Pair]) -> Matrix:
    """Return the three witnesses of one pair."""
    shown = rows.values()
    return Matrix(
        output=graph.name(graph.outputs[pair.output]),
        input=graph.name(pair.leaf),
        rows=list(rows),
        columns=[_indices(place) or "·" for place in np.ndindex(*pair.proven.enclosure.shape)],
        backward=[_backward(row) for row in shown],
        proven=[row.proven.digits(17) for row in shown],
        radius=[_numbers(row.proven.radii) for row in shown],
        tolerance=[_numbers(row.proven.tolerances) for row in shown],
        finite_difference=[_numbers(_differences(row, "values"), 10) for row in shown],
        finite_difference_error=[_numbers(_differences(row, "errors")) for row in shown],
        ulps=[_numbers(_missing(row) if row.ulps is None else row.ulps) for row in shown],
        verdicts=[[str(each) for each in row.verdicts.flat] for row in shown],
    )


def _indices(place: tuple[int, ...]) -> str:
    return "".join(f"[{i}]" for i in place)


def _backward(pair: Pair) -> list[str]:
    if pair.got is None:
        return ["nothing"] * pair.verdicts.size
    return [repr(value) for value in pair.got.ravel().tolist()]


def _differences(pair: Pair, part: Literal["values", "errors"]) -> Array:
    return _missing(pair) if pair.difference is None else getattr(pair.difference, part)


def _missing(pair: Pair) -> Array:
    return np.full(pair.verdicts.shape, np.nan)


def _numbers(values: Array, digits: int = 2) -> list[str]:
    return ["–" if np.isnan(value) else f"{value:.{digits}g}" for value in values.ravel().tolist()]
