"""The SymPy mirror of a graph and the oracle: SymPy derives, balls evaluate.

Nothing here knows a numeric rule, and no derivative is written down: ``sympy.diff`` makes them.
"""

if __name__ == "symbolic":
    raise ImportError("import gradproof.symbolic, not symbolic")

from .branching import Branching, Cluster
from .calls import vjp_roundings
from .mirror import Jacobian, Mirror, jacobian, mirror
from .oracle import (
    NodeProof,
    Proof,
    isolate,
    prove,
    prove_application,
    prove_application_naively,
    prove_naively,
    prove_node,
    prove_node_naively,
    prove_sum,
)
from .proven import Proven
from .rules import RULES
from .second_order import COTANGENT, SecondOrderProof, prove_recorded, prove_second_order

__all__ = [
    "COTANGENT",
    "RULES",
    "Branching",
    "Cluster",
    "Jacobian",
    "Mirror",
    "NodeProof",
    "Proof",
    "Proven",
    "SecondOrderProof",
    "isolate",
    "jacobian",
    "mirror",
    "prove",
    "prove_application",
    "prove_application_naively",
    "prove_naively",
    "prove_node",
    "prove_node_naively",
    "prove_recorded",
    "prove_second_order",
    "prove_sum",
    "vjp_roundings",
]
