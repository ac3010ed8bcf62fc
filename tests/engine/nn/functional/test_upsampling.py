"""More pixels, here and in PyTorch, against NumPy."""

import numpy as np
import pytest

RNG = np.random.default_rng(9)
X = RNG.uniform(-1, 1, (1, 2, 2, 3))


def test_entries_are_repeated(agrees):
    agrees(
        lambda torch, x: torch.nn.functional.interpolate(x, scale_factor=2),
        lambda x: np.repeat(np.repeat(x, 2, axis=2), 2, axis=3),
        X,
    )


def test_the_nearest_entries_make_another_size(agrees):
    agrees(
        lambda torch, x: torch.nn.functional.interpolate(x, size=(3, 2)),
        lambda x: x[:, :, [0, 0, 1]][:, :, :, [0, 1]],
        X,
    )
    agrees(lambda torch, x: torch.nn.functional.interpolate(x, size=5), lambda x: x[..., [0, 0, 1, 1, 2]], X[:, :, 0])


MODES = [("linear", 1), ("bilinear", 2), ("trilinear", 3), ("bicubic", 2)]


def hat(x):
    return np.maximum(1 - np.abs(x), 0)


def keys(x):
    """Keys (1981), equation 4, with a = -3/4."""
    x = np.abs(x)
    near, far = (1.25 * x - 2.25) * x * x + 1, -0.75 * (x**3 - 5 * x**2 + 8 * x - 4)
    return np.where(x <= 1, near, np.where(x < 2, far, 0))


def resized(x, mode, sizes, align_corners, scale=None):
    """Multiply each dimension by a matrix of the kernel at the distances; beyond the edge the last entry repeats."""
    kernel = keys if mode == "bicubic" else hat
    for axis, new in enumerate(sizes, start=2):
        old = x.shape[axis]
        if align_corners:
            at = np.linspace(0, old - 1, new) if new > 1 else np.zeros(1)
        else:
            at = (np.arange(new) + 0.5) * (1 / scale if scale else old / new) - 0.5
        if mode != "bicubic":
            at = np.clip(at, 0, old - 1)
        far = np.arange(-3, old + 3)
        weights = kernel(at[:, None] - far)
        matrix = np.stack([weights[:, np.clip(far, 0, old - 1) == i].sum(1) for i in range(old)], 1)
        x = np.moveaxis(np.tensordot(matrix, x, (1, axis)), 0, axis)
    return x


@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize(("mode", "rank"), MODES)
@pytest.mark.parametrize("size", [1, 2, 5])
def test_neighbours_are_weighted(agrees, mode, rank, align_corners, size):
    how = {"size": (size, 4, 2)[:rank], "mode": mode, "align_corners": align_corners}
    agrees(
        lambda torch, x: torch.nn.functional.interpolate(x, **how),
        lambda x: resized(x, mode, how["size"], align_corners),
        RNG.uniform(-1, 1, (1, 2, 3, 2, 3)[: rank + 2]),
    )


@pytest.mark.parametrize("recompute", [False, True])
def test_a_scale_is_taken_as_it_is_or_from_the_sizes(agrees, recompute):
    how = {"scale_factor": 1.6, "mode": "bilinear", "recompute_scale_factor": recompute}
    agrees(
        lambda torch, x: torch.nn.functional.interpolate(x, **how),
        lambda x: resized(x, "bilinear", (4, 4), False, None if recompute else 1.6),
        RNG.uniform(-1, 1, (1, 2, 3, 3))[:, :, :, :3],
    )


def test_the_nearest_entry_may_be_taken_from_the_middle(agrees):
    agrees(
        lambda torch, x: torch.nn.functional.interpolate(x, size=2, mode="nearest-exact"),
        lambda x: x[..., [1, 3]],
        RNG.uniform(-1, 1, (1, 1, 5)),
    )


def test_areas_have_a_mean(agrees):
    agrees(
        lambda torch, x: torch.nn.functional.interpolate(x, size=(1, 2), mode="area"),
        lambda x: np.stack([x[..., :2].mean((2, 3)), x[..., 1:].mean((2, 3))], -1)[:, :, None],
        X,
    )


def test_channels_of_groups_are_mixed(agrees):
    agrees(
        lambda torch, x: torch.nn.functional.channel_shuffle(x, 2),
        lambda x: x[:, [0, 3, 1, 4, 2, 5]],
        RNG.uniform(-1, 1, (2, 6, 1, 2)),
    )


def test_channels_become_pixels_and_pixels_channels(agrees):
    x = RNG.uniform(-1, 1, (2, 8, 2, 1))

    def shuffled(x):
        y = np.zeros((2, 2, 4, 2))
        for i, j in np.ndindex(2, 2):
            y[:, :, i::2, j::2] = x[:, 2 * i + j :: 4]
        return y

    agrees(lambda torch, x: torch.nn.functional.pixel_shuffle(x, 2), shuffled, x)
    agrees(
        lambda torch, x: torch.nn.functional.pixel_unshuffle(torch.nn.functional.pixel_shuffle(x, 2), 2), lambda x: x, x
    )


def test_products_of_two_vectors_are_weighted(agrees):
    agrees(
        lambda torch, a, b, w, c: torch.nn.functional.bilinear(a, b, w, c),
        lambda a, b, w, c: np.einsum("...i,kij,...j->...k", a, w, b) + c,
        RNG.uniform(-1, 1, (2, 1, 3)),
        RNG.uniform(-1, 1, (2, 1, 2)),
        RNG.uniform(-1, 1, (4, 3, 2)),
        RNG.uniform(-1, 1, 4),
    )


@pytest.mark.parametrize(
    "ask",
    [
        lambda torch, nn: nn.pixel_shuffle(torch.zeros(1, 3, 2, 2), 2),
        lambda torch, nn: nn.pixel_unshuffle(torch.zeros(1, 3, 3, 2), 2),
        lambda torch, nn: nn.interpolate(torch.zeros(1, 1, 2), size=2, scale_factor=2),
        lambda torch, nn: nn.interpolate(torch.zeros(1, 1, 2)),
        lambda torch, nn: nn.interpolate(torch.zeros(1, 1, 2), size=2, mode="closest"),
        lambda torch, nn: nn.interpolate(torch.zeros(1, 1, 2), size=2, mode="bilinear"),
        lambda torch, nn: nn.interpolate(torch.zeros(1, 1, 2), size=2, align_corners=True),
        lambda torch, nn: nn.interpolate(torch.zeros(1, 1, 2), size=(2, 2)),
        lambda torch, nn: nn.channel_shuffle(torch.zeros(1, 3, 2, 2), 2),
    ],
)
def test_what_does_not_fit_is_refused(torch, refuses, ask):
    refuses((RuntimeError, ValueError, NotImplementedError), ask, torch, torch.nn.functional)
