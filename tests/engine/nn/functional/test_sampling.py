"""Images sampled at a grid, here and in PyTorch, against NumPy and SciPy."""

import numpy as np
import pytest
import scipy.ndimage

RNG = np.random.default_rng(11)
X, CUBE = RNG.uniform(-1, 1, (2, 2, 3, 4)), RNG.uniform(-1, 1, (1, 2, 2, 3, 2))
# apart from the middles and edges of entries, where the slope jumps
GRID, POINTS = RNG.uniform(-1.7, 1.7, (2, 3, 2, 2)), RNG.uniform(-1.4, 1.4, (1, 2, 1, 3, 3))
#: What SciPy calls a reflection, with edges at the middle of entries and between them.
BEYOND = {"zeros": ("grid-constant",) * 2, "border": ("nearest",) * 2, "reflection": ("mirror", "reflect")}


def places(grid, sizes, align_corners):
    scale = np.array([n - 1 if align_corners else n for n in sizes]) / 2
    return (grid[..., ::-1] + 1) * scale - (0 if align_corners else 0.5)


def sampled(x, grid, order, padding_mode, align_corners):
    mode = BEYOND[padding_mode][0 if align_corners else 1]
    at = np.moveaxis(places(grid, x.shape[2:], align_corners), -1, 1)
    found = [[scipy.ndimage.map_coordinates(image, where, order=order, mode=mode) for image in images]
             for images, where in zip(x, at, strict=True)]  # fmt: skip
    return np.array(found)


@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize("padding_mode", BEYOND)
@pytest.mark.parametrize(("x", "grid"), [(X, GRID), (CUBE, POINTS)], ids=["plane", "space"])
def test_entries_around_a_place_are_weighted_or_the_nearest_is_taken(agrees, x, grid, padding_mode, align_corners):
    how = {"padding_mode": padding_mode, "align_corners": align_corners}
    agrees(
        lambda torch, x, grid: torch.nn.functional.grid_sample(x, grid, **how),
        lambda x, grid: sampled(x, grid, 1, **how),
        x,
        grid,
    )
    agrees(
        lambda torch, x: torch.nn.functional.grid_sample(x, torch.tensor(grid), "nearest", **how),
        lambda x: sampled(x, grid, 0, **how),
        x,
    )


@pytest.mark.filterwarnings("ignore:Since version 1.3.0")
@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize("sizes", [(2, 3), (1, 2, 3)], ids=str)
def test_a_grid_is_mapped(agrees, sizes, align_corners):
    rank = len(sizes)

    def formula(theta):
        y = np.zeros((2, *sizes, rank))
        for n, *at in np.ndindex(2, *sizes):
            steps = zip(at, sizes, strict=True)
            ends = [2 * i / max(m - 1, 1) - 1 if align_corners else (2 * i + 1) / m - 1 for i, m in steps]
            if align_corners:
                ends = [0.0 if m == 1 else end for end, m in zip(ends, sizes, strict=True)]
            y[(n, *at)] = theta[n] @ [*ends[::-1], 1.0]
        return y

    agrees(
        lambda torch, theta: torch.nn.functional.affine_grid(theta, (2, 5, *sizes), align_corners),
        formula,
        RNG.uniform(-1, 1, (2, rank, rank + 1)),
    )


@pytest.mark.parametrize(
    "ask",
    [
        lambda torch, nn: nn.affine_grid(torch.zeros(2, 2, 3), (1, 1, 2, 2), False),
        lambda torch, nn: nn.grid_sample(torch.zeros(1, 1, 2, 2), torch.zeros(2, 1, 1, 2), align_corners=False),
        lambda torch, nn: nn.grid_sample(torch.zeros(1, 1, 2, 2), torch.zeros(1, 1, 1, 3), align_corners=False),
        lambda torch, nn: nn.grid_sample(torch.zeros(1, 1, 2, 2), torch.zeros(1, 1, 1, 2), "linear", "zeros", False),
    ],
)
def test_what_does_not_fit_is_refused(torch, refuses, ask):
    refuses((RuntimeError, ValueError), ask, torch, torch.nn.functional)
