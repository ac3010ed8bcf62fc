"""The SymPy mirror of a graph and the oracle: SymPy derives, balls evaluate.

Nothing here knows a numeric rule, and no derivative is written down: ``sympy.diff`` makes them.
"""

if __name__ == "symbolic":
    raise ImportError("import gradproof.symbolic, not symbolic")

from .branching import Branching, Cluster
from .mirror import Jacobian, Mirror, jacobian, mirror
from .oracle import NodeProof, Proof, Proven, prove, prove_naively, prove_node, prove_node_naively, prove_sum
from .rules import RULES

__all__ = [
    "RULES",
    "Branching",
    "Cluster",
    "Jacobian",
    "Mirror",
    "NodeProof",
    "Proof",
    "Proven",
    "jacobian",
    "mirror",
    "prove",
    "prove_naively",
    "prove_node",
    "prove_node_naively",
    "prove_sum",
]
