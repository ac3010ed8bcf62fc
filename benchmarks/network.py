"""The certified gradient of a 10-32-3 tanh network with binary cross-entropy, beside PyTorch's gradcheck."""

from __future__ import annotations

import numpy as np
import torch
from timing import medians, table

from gradproof import Case, trace
from gradproof import engine as gp
from gradproof.symbolic import prove
from gradproof.verify import EngineTarget, examine
from gradproof.verify.examine import budgets

SIZES = ((10, 32), (32,), (32, 3), (3,))


def measure() -> str:
    """Return the table."""
    return "\n\n".join(_measure(batch) for batch in (1, 8))


def _measure(batch: int) -> str:
    random = np.random.default_rng(0)
    x, y = random.standard_normal((batch, 10)), random.integers(0, 2, (batch, 3)).astype(np.float64)
    parameters = [random.standard_normal(size) / 4 for size in SIZES]

    def loss(w1, b1, w2, b2):
        logits = gp.tanh(gp.tensor(x) @ w1 + b1) @ w2 + b2
        return gp.nn.functional.binary_cross_entropy_with_logits(logits, gp.tensor(y))

    def torch_loss(w1, b1, w2, b2):
        logits = torch.tanh(torch.from_numpy(x) @ w1 + b1) @ w2 + b2
        return torch.nn.functional.binary_cross_entropy_with_logits(logits, torch.from_numpy(y))

    case = Case.of_ones(trace(loss, *parameters))
    tensors = [torch.tensor(p, requires_grad=True) for p in parameters]
    known, target = budgets(), EngineTarget()
    proof = prove(case, known)
    radius = max(float(p.radii.max()) for p in proof.gradients[0].values())
    entries = sum(p.size for p in parameters)
    measured = medians(
        {
            "Gradproof's oracle: both sweeps": lambda: prove(case, known),
            "the whole verdict, without finite differences": lambda: examine(case, target, finite_differences=False),
            "gradcheck, slow mode": lambda: torch.autograd.gradcheck(torch_loss, tensors),
            "gradcheck, fast mode": lambda: torch.autograd.gradcheck(torch_loss, tensors, fast_mode=True),
        },
        rounds=15,
    )
    title = f"10-32-3 network, {entries} entries, batch {batch}"
    return table(title, measured, base="Gradproof's oracle: both sweeps") + (
        f"\n\nThe widest enclosure has radius {radius:.1e}; the oracle used {proof.bits} bits."
    )
