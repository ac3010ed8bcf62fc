"""The certified gradient of a 10-32-3 tanh network with binary cross-entropy, beside PyTorch's gradcheck."""

from __future__ import annotations

import torch
from classifier import classifier, data
from timing import medians, table

from gradproof.symbolic import prove
from gradproof.verify import EngineTarget, examine
from gradproof.verify.examination import budgets

SIZES = (10, 32, 3)


def measure() -> str:
    """Return the table."""
    return "\n\n".join(_measure(batch) for batch in (1, 8))


def _measure(batch: int) -> str:
    x, y, parameters = data(SIZES, batch)
    case = classifier(SIZES, batch)

    def torch_loss(w1, b1, w2, b2):
        logits = torch.tanh(torch.from_numpy(x) @ w1 + b1) @ w2 + b2
        return torch.nn.functional.binary_cross_entropy_with_logits(logits, torch.from_numpy(y))

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
