"""Derivatives by hand, right and wrong, before three checkers: writes docs/checkers.md.

    python benchmarks/checkers.py

``torch.autograd.gradcheck`` sees each pair as an ``autograd.Function``, ``jax.test_util.check_grads`` as a
``custom_vjp``, both at their default settings; Gradproof sees the NumPy function and its ``vjp=``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
import torch
from checking_time import tables
from jax.test_util import check_grads
from pairs import PAIRS, Pair, scaled

import gradproof

PAGE = Path(__file__).resolve().parent.parent / "docs" / "checkers.md"
SIZES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-6, 1e-8, 1e-10, 1e-11)

#: A search for a mistake that does not show at the given point tries so many points.
POINTS = 200

Checker = Callable[[Pair, Callable[..., Any], str], bool]


def by_gradproof(pair: Pair, vjp: Callable[..., Any], dtype: str, points: int = 1) -> bool:
    """Tell whether Gradproof accepts an adjoint."""

    def by_hand(ct: Any, *args: Any) -> Any:
        found = vjp(np, ct, *args)
        return found if len(args) > 1 else found[0]

    function = lambda *args: pair.function(np, *args)  # noqa: E731 - NumPy's side of the pair
    return gradproof.check(function, *pair.args, vjp=by_hand, dtype=dtype, points=points).ok


def by_search(pair: Pair, vjp: Callable[..., Any], dtype: str) -> bool:
    """Tell whether Gradproof accepts an adjoint at many points."""
    return by_gradproof(pair, vjp, dtype, POINTS)


def by_gradcheck(pair: Pair, vjp: Callable[..., Any], dtype: str) -> bool:
    """Tell whether ``torch.autograd.gradcheck`` accepts an adjoint."""

    class Own(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *args: Any) -> Any:
            ctx.save_for_backward(*args)
            return pair.function(torch, *args)

        @staticmethod
        def backward(ctx: Any, ct: Any) -> Any:
            return tuple(vjp(torch, ct, *ctx.saved_tensors))

    args = [torch.tensor(arg, dtype=getattr(torch, dtype), requires_grad=True) for arg in pair.args]
    try:
        return bool(torch.autograd.gradcheck(Own.apply, args))
    except RuntimeError:  # what it raises for a mismatch, and what PyTorch does for a gradient of another shape
        return False


def by_check_grads(pair: Pair, vjp: Callable[..., Any], dtype: str) -> bool:
    """Tell whether ``jax.test_util.check_grads`` accepts an adjoint."""
    own = jax.custom_vjp(lambda *args: pair.function(jax.numpy, *args))
    own.defvjp(lambda *args: (own(*args), args), lambda args, ct: tuple(vjp(jax.numpy, ct, *args)))
    args = [jax.numpy.asarray(arg, dtype) for arg in pair.args]
    try:
        check_grads(own, args, order=1, modes=["rev"])
    except (AssertionError, ValueError):  # what it raises for a mismatch, and JAX for a gradient of another shape
        return False
    return True


CHECKERS: dict[str, Checker] = {
    "Gradproof": by_gradproof,
    f"Gradproof, {POINTS} points": by_search,
    "gradcheck": by_gradcheck,
    "check_grads": by_check_grads,
}


def main() -> None:
    """Write the page."""
    jax.config.update("jax_enable_x64", True)
    lines = [*_head(), *_right(), *_sizes(), *_mistakes(), "Time, one thread each:", "", *tables()]
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _head() -> list[str]:
    versions = f"PyTorch {torch.__version__.partition('+')[0]}, JAX {jax.__version__}, NumPy {np.__version__}"
    return [
        "# Three checkers on derivatives by hand",
        "",
        f"{len(PAIRS)} functions with their adjoints, and {sum(len(pair.mistakes) for pair in PAIRS)} mistakes that",
        f"people make (`benchmarks/pairs.py`). {versions}, all at their default",
        "settings. Made by `python benchmarks/checkers.py`, with the extra `peers`.",
        "",
    ]


def _table(title: str, rows: dict[str, list[str]], names: list[str]) -> list[str]:
    lines = [f"| {title} | {' | '.join(names)} |", "|---|" + "---:|" * len(names)]
    return [*lines, *(f"| {row} | {' | '.join(cells)} |" for row, cells in rows.items()), ""]


def _right() -> list[str]:
    rows = {
        dtype: [str(sum(not checker(pair, pair.vjp, dtype) for pair in PAIRS)) for checker in CHECKERS.values()]
        for dtype in ("float64", "float32")
    }
    return [f"Right adjoints accused, of {len(PAIRS)}:", "", *_table("dtype", rows, list(CHECKERS))]


def _sizes() -> list[str]:
    checkers = {name: each for name, each in CHECKERS.items() if each is not by_search}
    rows = {
        f"{size:g}": [
            str(sum(not checker(pair, scaled(pair, size), "float64") for pair in PAIRS))
            for checker in checkers.values()
        ]
        for size in SIZES
    }
    text = f"A relative error in the gradient by the first argument, found of {len(PAIRS)}, in float64:"
    return [text, "", *_table("error", rows, list(checkers))]


def _mistakes() -> list[str]:
    rows = {
        f"{pair.name}: {mistake}": ["-" if checker(pair, vjp, "float64") else "found" for checker in CHECKERS.values()]
        for pair in PAIRS
        for mistake, vjp in pair.mistakes.items()
    }
    totals = [str(sum(cells[i] == "found" for cells in rows.values())) for i in range(len(CHECKERS))]
    return [
        "Mistakes, found in float64. Some do not show at the point that the checkers are given:",
        "",
        *_table("mistake", {**rows, f"all {len(rows)}": totals}, list(CHECKERS)),
    ]


if __name__ == "__main__":
    main()
