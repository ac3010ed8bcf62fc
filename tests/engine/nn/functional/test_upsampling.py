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
    ],
)
def test_what_does_not_fit_is_refused(torch, refuses, ask):
    refuses((RuntimeError, ValueError, NotImplementedError), ask, torch, torch.nn.functional)
