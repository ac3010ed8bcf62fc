"""Vetting: whether a graph that came from outside fits the vocabulary, before anything is run."""

from __future__ import annotations

from gradproof.engine.op import Variadic
from gradproof.engine.vocabulary import OPS
from gradproof.errors import GraphFormatError, UnknownOpError, nearest
from gradproof.graph import Graph, Node

#: No value of a graph file may have more entries.
MOST_ENTRIES = 10**7


def vet(graph: Graph) -> Graph:
    """Return ``graph``. Raises ``UnknownOpError`` or ``GraphFormatError`` where it cannot be run as it says."""
    for site, node in graph.enumerate_nodes():
        try:
            _vet_node(graph, node)
        except (UnknownOpError, GraphFormatError):
            raise
        except (ValueError, TypeError, LookupError, ArithmeticError) as error:
            raise GraphFormatError(f"damaged graph: {graph.call_text(site)}: {error}") from error
    return graph


def _vet_node(graph: Graph, node: Node) -> None:
    if node.call is not None:
        raise UnknownOpError(
            f"{node.op} is a function of a program, which a file does not hold; hand its class to EngineTarget there"
        )
    if node.op not in OPS:
        raise UnknownOpError(f"{node.op!r} is no op of the vocabulary{nearest(node.op, OPS)}")
    op = OPS[node.op]
    wanted = len(op.domain[0])
    if len(node.args) != wanted and not (isinstance(op.vjp, Variadic) and node.args):
        raise ValueError(f"it takes {wanted} arguments, not {len(node.args)}")
    if set(node.params) != set(op.defaults):
        raise ValueError(f"its parameters are {sorted(op.defaults)}, not {sorted(node.params)}")
    shape = op.shape.result(*[graph[arg].shape for arg in node.args], **node.params)
    if tuple(shape) != node.shape or node.size > MOST_ENTRIES:
        raise ValueError(f"its result has shape {tuple(shape)}, but the file says {node.shape}")
