"""The time that a check takes beside PyTorch's and JAX's own checkers: a 10-32-3 network of 451 parameters.

Run alone it prints, as JSON, the seconds of the first check in this process, by the name of the library: torch or jax.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from timing import medians, table

import gradproof

ROUNDS = 9
#: So many fresh processes measure a first call, and an import.
PROCESSES = 3

Work = Callable[[], object]


def weights() -> dict[str, np.ndarray]:
    """Return the parameters of the network, in float64."""
    random = np.random.default_rng(0)
    shapes = {"w1": (10, 32), "b1": (32,), "w2": (32, 3), "b2": (3,)}
    return {name: random.standard_normal(shape) / 3.0 for name, shape in shapes.items()}


INPUTS = np.random.default_rng(1).standard_normal((1, 10))
LABELS = np.array([[1.0, 0.0, 1.0]])


def works_of_torch() -> dict[str, Work]:
    """Return what is timed of PyTorch."""
    import torch

    torch.set_num_threads(1)
    x, labels = torch.tensor(INPUTS), torch.tensor(LABELS)
    leaves = [torch.tensor(each, requires_grad=True) for each in weights().values()]

    def loss(w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
        logits = torch.tanh(x @ w1 + b1) @ w2 + b2
        return torch.nn.functional.binary_cross_entropy_with_logits(logits, labels)

    return {
        "Gradproof": lambda: gradproof.check(loss, *leaves).raise_if_wrong(),
        "gradcheck": lambda: torch.autograd.gradcheck(loss, leaves),
        "gradcheck, fast mode": lambda: torch.autograd.gradcheck(loss, leaves, fast_mode=True),
    }


def works_of_jax() -> dict[str, Work]:
    """Return what is timed of JAX."""
    import jax
    from jax.test_util import check_grads

    jax.config.update("jax_enable_x64", True)
    leaves = [jax.numpy.asarray(each) for each in weights().values()]

    def loss(w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
        logits = jax.numpy.tanh(INPUTS @ w1 + b1) @ w2 + b2
        return jax.numpy.mean(jax.numpy.logaddexp(0.0, logits) - LABELS * logits)

    return {
        "Gradproof": lambda: gradproof.check(loss, *leaves).raise_if_wrong(),
        "check_grads": lambda: check_grads(loss, leaves, order=1, modes=["rev"]),
    }


WORKS = {"torch": works_of_torch, "jax": works_of_jax}


def first(library: str) -> dict[str, float]:
    """Return the seconds of each first call, after all imports."""
    found = {}
    for name, work in WORKS[library]().items():
        start = time.perf_counter()
        work()
        found[name] = time.perf_counter() - start
    return found


def tables() -> list[str]:
    """Return the tables of the page."""
    lines = []
    for library, works in WORKS.items():
        repeated = medians(works(), ROUNDS)
        firsts = [json.loads(_fresh([__file__, library])) for _ in range(PROCESSES)]
        again = {f"{name}, again": seconds for name, seconds in repeated.items()}
        once = {f"{name}, first call": statistics.median(each[name] for each in firsts) for name in repeated}
        own = next(name for name in again if not name.startswith("Gradproof"))
        lines += [table(f"{library}, 451 parameters", {**again, **once}, base=own), ""]
    return [*lines, _imports()]


def _imports() -> str:
    """Return the time of imports, each in a process of its own."""
    code = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"
    names = ("gradproof", "gradproof.verify.checking.pytest_plugin", "gradproof.engine", "sympy", "numpy")
    found = {
        name: statistics.median(float(_fresh(["-c", code.format(name)])) for _ in range(PROCESSES)) for name in names
    }
    return table("import", found, base="sympy")


def _fresh(arguments: list[str]) -> str:
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - our own code


if __name__ == "__main__":
    print(json.dumps(first(sys.argv[1])))  # noqa: T201 - for who asked
