"""Conventions at kinks, in words: which of the derivatives a target has chosen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradproof.exact import Array
from gradproof.graph import Node

from .kinks import Joint

#: What PyTorch 2.13 returns for a unit cotangent: for each argument of an elementwise op, its slope at the kink.
PYTORCH: dict[str, tuple[float, ...]] = {
    "abs": (0.0,),
    "maximum": (0.5, 0.5),
    "minimum": (0.5, 0.5),
    "relu": (0.0,),
}

#: Ops whose ties share a cotangent, and those that in PyTorch share it equally along an axis, too.
SHARING, EVENLY = ("amax", "amin", "max", "min"), ("amax", "amin")

#: Where PyTorch returns 0 at the tip of an op that is no function of single entries.
ZERO_AT_TIP = ("p_norm", "std", "vector_norm")

#: So many entries of a vector are spelled out.
MOST_SHOWN = 4


def convention_of(node: Node, args: Sequence[Array], ct: Array, left: Sequence[Array | None], joint: Joint) -> str:
    """Return what was chosen at the first tie of a node: ``0 at relu(0), as PyTorch``."""
    if node.call is not None:
        return f"one of the derivatives of {node.op} there"
    switches, parts = joint.cluster.switches, [part for part in left if part is not None]
    if joint.cluster.sampled:
        return _tip_text(node.op, np.concatenate([part.ravel() for part in parts])[joint.cluster.places])
    if len(switches) == 1 and all(arg.shape == ct.shape for arg in args):
        entry = np.unravel_index(switches[0].entry, ct.shape)
        if ct[entry]:
            slopes = [part[entry] / ct[entry] for part in parts]
            return _slopes_text(node.op, slopes, [arg[entry] for arg in args])
    if node.op in SHARING and len(parts) == 1:
        return _shares_text(node, parts[0].ravel()[joint.cluster.places])
    return f"one of the derivatives of {node.op} there"


def _tip_text(op: str, values: Array) -> str:
    if not np.any(values):
        return f"0 at the tip of {op}{', as PyTorch' if op in ZERO_AT_TIP else ''}"
    return f"({_numbers(values[:MOST_SHOWN].tolist())}{', ...' if values.size > MOST_SHOWN else ''}) at the tip of {op}"


def _slopes_text(op: str, slopes: Sequence[float], point: Sequence[float]) -> str:
    known = ", as PyTorch" if tuple(slopes) == PYTORCH.get(op) else ""
    shown = _numbers(slopes)
    return f"{shown if len(slopes) == 1 else f'({shown})'} at {op}({_numbers(point)}){known}"


def _shares_text(node: Node, shares: Array) -> str:
    """Say how ties share a cotangent: in PyTorch equally over a whole array; along an axis the first may take all."""
    shares = shares.astype(np.float64)
    with np.errstate(all="ignore"):
        shares = shares / np.sum(shares)
    first = np.zeros(len(shares))
    first[0] = 1.0
    is_even = node.params["axis"] is None or node.op in EVENLY
    pytorch = np.full(len(shares), 1 / len(shares)) if is_even else first
    known = ", as PyTorch" if np.allclose(shares, pytorch, rtol=1e-6, atol=0) else ""
    return f"shares of {_numbers(shares.tolist())} at a tie of {node.op}{known}"


def _numbers(values: Sequence[float]) -> str:
    return ", ".join(f"{value + 0.0:.6g}" for value in values)
