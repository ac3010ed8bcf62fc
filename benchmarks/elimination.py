"""How far elimination moves a matrix: the constant c that ``solve`` and ``inv`` of PyTorch (LAPACK) need in float32.

A directed search: random matrices, also graded and nearly singular, then hill climbing from the worst of them. To
first order, an error of x_i beyond two roundings is at most ``sum_jk abs(dx_i/da_jk) c n u max abs(A)``; the table
prints the largest c that was met. A minute: ``python benchmarks/elimination.py`` with the ``peers`` extra.
"""

from __future__ import annotations

import numpy as np
import torch
from page import CONSOLE

UNIT = 2.0**-24
SIZES = (2, 3, 4, 6, 10)

#: Batches of so many matrices, and so many rounds of hill climbing from the worst of each.
BATCHES, DRAWN, ROUNDS = 20, 100_000, 20

#: So many of the worst are climbed from, by so many steps a round.
WORST, STEPS = 50, 5_000


def main() -> None:
    """Search and print."""
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    CONSOLE.print("n     solve  inv")
    for size in SIZES:
        found = np.max([_search(rng, size) for _ in range(BATCHES)], axis=0)
        CONSOLE.print(f"{size:<5} {found[0]:.2f}   {found[1]:.2f}")


def _search(rng: np.random.Generator, size: int) -> list[float]:
    """Return the largest c that ``solve`` and ``inv`` needed in one batch."""
    matrices, sides = _draw(rng, size), rng.normal(size=(DRAWN, size, 1)).astype(np.float32)
    first = _needs(matrices, sides)
    return [_climb(rng, matrices, sides, which, needed) for which, needed in enumerate(first)]


def _climb(rng: np.random.Generator, matrices: np.ndarray, sides: np.ndarray, which: int, needed: np.ndarray) -> float:
    for _ in range(ROUNDS):
        worst = np.argsort(needed)[-WORST:]
        matrices, sides = (np.concatenate([each[worst], _near(rng, each[worst])]) for each in (matrices, sides))
        needed = _needs(matrices, sides)[which]
    return float(np.max(needed))


def _near(rng: np.random.Generator, arrays: np.ndarray) -> np.ndarray:
    """Return steps of many sizes away from some of the arrays."""
    chosen = arrays[rng.integers(0, len(arrays), STEPS)]
    step = rng.normal(size=chosen.shape) * 10.0 ** rng.uniform(-7, -1, (STEPS, 1, 1))
    return (chosen * (1 + step)).astype(np.float32)


def _draw(rng: np.random.Generator, size: int) -> np.ndarray:
    """Return random matrices: a third each as they are, nearly singular, and with rows or columns far apart in size."""
    matrices = rng.normal(size=(DRAWN, size, size))
    near, graded = slice(DRAWN // 3, 2 * DRAWN // 3), slice(2 * DRAWN // 3, None)
    others = matrices[near, 1:]
    weights = rng.normal(size=(len(others), size - 1))
    distance = 10.0 ** -rng.uniform(0.3, 5, (len(others), 1))
    matrices[near, 0] = np.einsum("ni,nij->nj", weights, others) + distance * rng.normal(size=(len(others), size))
    matrices[near] = rng.permuted(matrices[near], axis=1)
    half = len(matrices[graded]) // 2
    matrices[graded][:half] *= 10.0 ** rng.uniform(-3, 3, (half, size, 1))
    matrices[graded][half:] *= 10.0 ** rng.uniform(-3, 3, (len(matrices[graded]) - half, 1, size))
    return matrices.astype(np.float32)


def _needs(matrices: np.ndarray, sides: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the c that each matrix needs in ``solve`` and in ``inv``; -inf where the first order does not suffice."""
    exact, size = matrices.astype(np.float64), matrices.shape[-1]
    exact[np.linalg.det(exact) == 0.0] = np.eye(size)
    inverse = np.linalg.inv(exact)
    moved = size * UNIT * np.max(np.abs(exact), axis=(-2, -1))
    regular = (moved * np.sum(np.abs(inverse), axis=(-2, -1)) < 0.05) & (exact.astype(np.float32) == matrices).all(
        (1, 2)
    )
    rows, columns = np.sum(np.abs(inverse), axis=-1), np.sum(np.abs(inverse), axis=-2)
    x = inverse @ sides.astype(np.float64)
    sums = np.sum(np.abs(x), axis=-2, keepdims=True)
    safe = np.where(regular[:, np.newaxis, np.newaxis], matrices, np.eye(size, dtype=np.float32))
    solved = torch.linalg.solve(torch.tensor(safe), torch.tensor(sides)).numpy()
    inverted = torch.linalg.inv(torch.tensor(safe)).numpy()
    by_solve = _excess(solved, x) / (moved[:, np.newaxis, np.newaxis] * rows[..., np.newaxis] * sums)
    by_inv = _excess(inverted, inverse) / (
        moved[:, np.newaxis, np.newaxis] * rows[..., np.newaxis] * columns[:, np.newaxis]
    )
    return tuple(np.where(regular, np.max(each, axis=(-2, -1)), -np.inf) for each in (by_solve, by_inv))


def _excess(got: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Return how far a result is off beyond the two roundings that its budget admits."""
    return np.abs(got - true) - 2 * UNIT * np.abs(true)


if __name__ == "__main__":
    main()
