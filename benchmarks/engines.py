"""One adapter per engine: it makes of a workload what computes its derivatives, forward and backward.

Arguments and constants are handed to the engine beforehand, as parameters and data are before training.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import autograd
import autograd.numpy as anp
import jax
import mygrad
import torch
from mygrad.nnet.activations import relu as mygrad_relu
from workloads import Workload

from gradproof import engine as gp

#: What computes the derivatives: one array for each argument, or the Hessian.
Work = Callable[[], Any]

jax.config.update("jax_enable_x64", True)

#: How many threads PyTorch uses unless it is told, and NumPy's matrix products.
THREADS, BLAS_THREADS = torch.get_num_threads(), os.environ.get("OPENBLAS_NUM_THREADS", "all")


def _names(library: Any, **others: Any) -> SimpleNamespace:
    """Return the names that workloads use, as a library has them, but for ``others``."""
    names = ("sin", "tanh", "exp", "log", "sum", "matmul", "relu")
    return SimpleNamespace(**{name: others.get(name) or getattr(library, name) for name in names})


_JAX = _names(jax.numpy, relu=jax.nn.relu)
_AUTOGRAD = _names(anp, relu=lambda x: anp.maximum(x, 0.0))
_MYGRAD = _names(mygrad, relu=mygrad_relu)


def _by_hand(workload: Workload) -> Work:
    return lambda: workload.by_hand(*workload.arguments, *workload.constants)


def _like_torch(library: Any) -> Callable[[Workload], Work]:
    """Return the adapter of a library with PyTorch's interface."""
    names = _names(library)

    def adapter(workload: Workload) -> Work:
        leaves = [library.tensor(x, requires_grad=True) for x in workload.arguments]
        constants = [library.as_tensor(x) for x in workload.constants]

        def gradients() -> Any:
            for leaf in leaves:
                leaf.grad = None
            workload.function(names, *leaves, *constants).backward()
            return [leaf.grad for leaf in leaves]

        def hessian() -> Any:
            return library.autograd.functional.hessian(lambda x: workload.function(names, x), leaves[0])

        return hessian if workload.hessian else gradients

    return adapter


def _with_threads(count: int) -> Callable[[Workload], Work]:
    def adapter(workload: Workload) -> Work:
        work = _like_torch(torch)(workload)

        def threaded() -> Any:
            torch.set_num_threads(count)
            return work()

        return threaded

    return adapter


def _jax_function(workload: Workload) -> tuple[Callable[..., Any], Sequence[Any]]:
    def function(*values: Any) -> Any:
        return workload.function(_JAX, *values)

    count = len(workload.arguments)
    derivative = jax.hessian(function) if workload.hessian else jax.grad(function, argnums=tuple(range(count)))
    return derivative, [jax.numpy.asarray(x) for x in (*workload.arguments, *workload.constants)]


def _jax_eager(workload: Workload) -> Work:
    derivative, values = _jax_function(workload)
    return lambda: jax.block_until_ready(derivative(*values))


def _jax_compiled(workload: Workload) -> Work:
    derivative, values = _jax_function(workload)
    compiled = jax.jit(derivative).lower(*values).compile()
    return lambda: jax.block_until_ready(compiled(*values))


def _autograd(workload: Workload) -> Work:
    def function(*values: Any) -> Any:
        return workload.function(_AUTOGRAD, *values)

    count = len(workload.arguments)
    derivative = autograd.hessian(function) if workload.hessian else autograd.grad(function, argnum=tuple(range(count)))
    return lambda: derivative(*workload.arguments, *workload.constants)


def _mygrad(workload: Workload) -> Work | None:
    """Return what computes the gradients, with the memory guard as shipped; there are no second derivatives."""
    leaves = [mygrad.tensor(x) for x in workload.arguments]

    def gradients() -> Any:
        workload.function(_MYGRAD, *leaves, *workload.constants).backward()
        return [leaf.grad for leaf in leaves]

    return None if workload.hessian else gradients


BY_HAND, OURS, JIT = "by hand", "Gradproof", "JAX, jit"
ONE_THREAD, DEFAULT = "PyTorch, 1 thread", f"PyTorch, default ({THREADS})"

#: By name what adapts a workload; it returns None where an engine cannot do it.
ENGINES: dict[str, Callable[[Workload], Work | None]] = {
    BY_HAND: _by_hand,
    OURS: _like_torch(gp),
    ONE_THREAD: _with_threads(1),
    DEFAULT: _with_threads(THREADS),
    "JAX, eager": _jax_eager,
    JIT: _jax_compiled,
    "autograd": _autograd,
    "MyGrad": _mygrad,
}
