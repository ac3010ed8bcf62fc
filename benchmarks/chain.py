"""One forward and backward through a chain of 1,000 scalar ops: the overhead of recording and sweeping."""

from __future__ import annotations

import autograd
import autograd.numpy as anp
import numpy as np
import torch
from timing import medians, table

from gradproof import engine as gp

LENGTH = 1000


def _chain(x, sin):
    for _ in range(LENGTH // 2):
        x = sin(x) * 1.01
    return x


def measure() -> str:
    """Return the table: microseconds per op, forward and backward together."""

    def ours() -> None:
        x = gp.tensor(0.7, dtype=gp.float64, requires_grad=True)
        _chain(x, gp.sin).backward()

    def pytorch() -> None:
        x = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
        _chain(x, torch.sin).backward()

    gradient = autograd.grad(lambda x: _chain(x, anp.sin))
    measured = medians(
        {"Gradproof": ours, "PyTorch": pytorch, "HIPS autograd": lambda: gradient(np.float64(0.7))}, rounds=25
    )
    return table(f"chain of {LENGTH} scalar ops", measured, base="Gradproof", unit=1e6 / LENGTH, name="µs per op")
