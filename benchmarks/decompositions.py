"""How far factorisations move a matrix: the constants that those of PyTorch (LAPACK) need in float32.

A directed search as in ``elimination.py``: random, graded and nearly degenerate matrices, then hill climbing from the
worst of them. An error of an entry y beyond two roundings, and beyond ``d n u max abs(Y)`` for the entries of
orthonormal vectors, is to first order at most ``sum_jk abs(dy/da_jk) c n u max abs(A)``; the table prints the largest c
that was met. Derivatives are PyTorch's, in float64. Some minutes: ``python benchmarks/decompositions.py``, with the
``peers`` extra.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from elimination import UNIT
from page import CONSOLE

SHAPES = ((2, 2), (3, 2), (3, 3), (6, 6))

#: Orthonormal vectors have errors of their own, of so many ``n u`` of the largest entry: d.
OWN = 8.0

#: Batches of so many matrices, and so many rounds of hill climbing from the worst of each.
BATCHES, DRAWN, ROUNDS, WORST, STEPS = 4, 10_000, 10, 20, 2_000

Factor = Callable[[torch.Tensor], torch.Tensor]

#: By name: the factor, whether it takes symmetric matrices, positive definite ones, tall ones, and d.
FACTORS: dict[str, tuple[Factor, str, float]] = {
    "cholesky": (torch.linalg.cholesky, "definite", 0.0),
    "orthogonal_factor": (lambda a: torch.linalg.qr(a).Q, "tall", OWN),
    "eigvalsh": (lambda a: torch.linalg.eigh(a).eigenvalues[..., None, :], "symmetric", 0.0),
    "eigenvectors": (lambda a: torch.linalg.eigh(a).eigenvectors, "symmetric", OWN),
    "svdvals": (lambda a: torch.linalg.svd(a, full_matrices=False).S[..., None, :], "any", 0.0),
    "left_singular_vectors": (lambda a: torch.linalg.svd(a, full_matrices=False).U, "any", OWN),
    "right_singular_vectors": (lambda a: torch.linalg.svd(a, full_matrices=False).Vh.mT, "any", OWN),
    "pinv": (lambda a: torch.linalg.pinv(a, rtol=0.0), "any", 0.0),
}


def main() -> None:
    """Search and print."""
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    for name, (factor, kind, own) in FACTORS.items():
        for shape in SHAPES:
            if kind in ("symmetric", "definite") and shape[0] != shape[1]:
                continue
            found = max(_search(rng, factor, kind, own, shape) for _ in range(BATCHES))
            CONSOLE.print(f"{name:<23} {shape}  c = {found:.2f}")


def _search(rng: np.random.Generator, factor: Factor, kind: str, own: float, shape: tuple[int, int]) -> float:
    matrices = _of_kind(kind, _draw(rng, shape))
    needed = _needs(factor, own, matrices)
    for _ in range(ROUNDS):
        worst = matrices[np.argsort(needed)[-WORST:]]
        chosen = worst[rng.integers(0, WORST, STEPS)]
        step = rng.normal(size=chosen.shape) * 10.0 ** rng.uniform(-7, -1, (STEPS, 1, 1))
        matrices = np.concatenate([worst, _of_kind(kind, chosen * (1 + step), square=False)])
        needed = _needs(factor, own, matrices)
    return float(np.max(needed))


def _draw(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Return random matrices: a third each as they are, with columns far apart in size, and nearly degenerate."""
    matrices = rng.normal(size=(DRAWN, *shape))
    third = DRAWN // 3
    matrices[:third] *= 10.0 ** rng.uniform(-3, 3, (third, 1, shape[1]))
    distances = 10.0 ** -rng.uniform(0.3, 4, (third, 1, 1))
    matrices[third : 2 * third] = np.eye(*shape) + distances * matrices[third : 2 * third]
    matrices[third : 2 * third : 2, -1] = matrices[third : 2 * third : 2, 0] * (1 + distances[::2, 0])
    return matrices


def _of_kind(kind: str, matrices: np.ndarray, *, square: bool = True) -> np.ndarray:
    """Return matrices of a kind, in float32."""
    if kind == "definite" and square:
        matrices = matrices @ np.swapaxes(matrices, -1, -2)
    if kind in ("symmetric", "definite"):
        matrices = np.tril(matrices) + np.swapaxes(np.tril(matrices, -1), -1, -2)
    return matrices.astype(np.float32)


def _needs(factor: Factor, own: float, matrices: np.ndarray) -> np.ndarray:
    """Return the c that each matrix needs; -inf where the first order does not suffice."""
    single = torch.tensor(matrices)
    double = single.double()
    safe = _is_safe(factor, double)
    unit = torch.diag_embed(torch.arange(1.0, matrices.shape[2] + 1)).expand(len(matrices), -1, -1)
    fill = torch.zeros_like(single)
    fill[:, : matrices.shape[2]] = unit[:, : matrices.shape[1]]
    single = torch.where(safe[:, None, None], single, fill)
    double = single.double()
    exact = factor(double)
    slopes = torch.vmap(torch.func.jacrev(factor))(double).abs().sum(dim=(-2, -1))
    got = factor(single).double()
    size = max(matrices.shape[1:])
    if own:
        got = got * torch.sign((got * exact).sum(dim=-2, keepdim=True))
    moved = size * UNIT * double.abs().amax(dim=(-2, -1), keepdim=True)
    reach = moved * slopes
    largest = exact.abs().amax(dim=(-2, -1), keepdim=True)
    excess = (got - exact).abs() - 2 * UNIT * exact.abs() - own * size * UNIT * largest
    regular = safe & (reach < 0.002 * largest).all(dim=-1).all(dim=-1)
    needed = (excess / reach).nan_to_num(0.0, 0.0, 0.0).amax(dim=(-2, -1))
    return torch.where(regular, needed, -torch.inf).numpy()


def _is_safe(factor: Factor, double: torch.Tensor) -> torch.Tensor:
    if factor is torch.linalg.cholesky:
        return torch.linalg.eigvalsh(double)[:, 0] > 1e-4 * double.abs().amax(dim=(-2, -1))
    return torch.linalg.svdvals(double)[:, -1] > 1e-5 * double.abs().amax(dim=(-2, -1))


if __name__ == "__main__":
    main()
