"""Normalisations, distances and angles, here and in PyTorch, against formulas written in NumPy."""

import numpy as np
import pytest
import scipy.spatial

RNG = np.random.default_rng(4)
X = RNG.uniform(-2, 2, (3, 4, 2))
W, B = RNG.uniform(0.5, 2, (2, 4))


def standardised(x, axis, eps=1e-5):
    return (x - x.mean(axis, keepdims=True)) / np.sqrt(x.var(axis, keepdims=True) + eps)


def by_channel(x):
    return x[:, None]


def neighbours(x):
    """Return the sum of the squares of each channel and those beside it."""
    padded = np.pad(x**2, ((0, 0), (1, 1), (0, 0)))
    return padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]


def grouped(x):
    return standardised(x.reshape(3, 2, 4), -1).reshape(x.shape)


CASES = {
    "layer": (lambda nn, x: nn.layer_norm(x, (4, 2)), lambda x: standardised(x, (1, 2)), [X]),
    "layer, affine": (
        lambda nn, x, w, b: nn.layer_norm(x, (2,), w, b, eps=0.1),
        lambda x, w, b: standardised(x, 2, 0.1) * w + b,
        [X, W[:2], B[:2]],
    ),
    "batch": (
        lambda nn, x, w, b: nn.batch_norm(x, None, None, w, b, training=True),
        lambda x, w, b: standardised(x, (0, 2)) * by_channel(w) + by_channel(b),
        [X, W, B],
    ),
    "batch of vectors": (
        lambda nn, x: nn.batch_norm(x, None, None, training=True, eps=0.1),
        lambda x: standardised(x, 0, 0.1),
        [X[..., 0]],
    ),
    "batch by running statistics": (
        lambda nn, x, w, b, m, v: nn.batch_norm(x, m, v, w, b, eps=0.1),
        lambda x, w, b, m, v: (x - by_channel(m)) / np.sqrt(by_channel(v) + 0.1) * by_channel(w) + by_channel(b),
        [X, W, B],
    ),
    "group": (
        lambda nn, x, w, b: nn.group_norm(x, 2, w, b),
        lambda x, w, b: grouped(x) * by_channel(w) + by_channel(b),
        [X, W, B],
    ),
    "instance": (
        lambda nn, x, w, b: nn.instance_norm(x, weight=w, bias=b),
        lambda x, w, b: standardised(x, 2) * by_channel(w) + by_channel(b),
        [X, W, B],
    ),
    "root mean square": (
        lambda nn, x, w: nn.rms_norm(x, (2,), w, eps=0.1),
        lambda x, w: x / np.sqrt((x**2).mean(-1, keepdims=True) + 0.1) * w,
        [X, W[:2]],
    ),
    "root mean square, with the eps of the dtype": (
        lambda nn, x: nn.rms_norm(x, (4, 2)),
        lambda x: x / np.sqrt((x**2).mean((1, 2), keepdims=True) + 2.0**-52),
        [X],
    ),
    "local response": (
        lambda nn, x: nn.local_response_norm(x, 3, alpha=0.5, beta=0.6, k=2.0),
        lambda x: x / (2 + 0.5 / 3 * neighbours(x)) ** 0.6,
        [X],
    ),
    "unit length": (lambda nn, x: nn.normalize(x), lambda x: x / np.linalg.norm(x, axis=1, keepdims=True), [X]),
    "unit length of order 3": (
        lambda nn, x: nn.normalize(x, p=3.0, dim=2),
        lambda x: x / np.sum(abs(x) ** 3, axis=2, keepdims=True) ** (1 / 3),
        [X],
    ),
    "distance": (
        lambda nn, a, b: nn.pairwise_distance(a, b),
        lambda a, b: np.linalg.norm(a - b + 1e-6, axis=-1),
        [X[0], X[1]],
    ),
    "distance of order 1": (
        lambda nn, a, b: nn.pairwise_distance(a, b, p=1.0, keepdim=True),
        lambda a, b: np.abs(a - b + 1e-6).sum(-1, keepdims=True),
        [X[0], X[1]],
    ),
    **{
        f"distances of all pairs, order {p}": (
            lambda nn, x, p=p: nn.pdist(x, p),
            lambda x, p=p: scipy.spatial.distance.pdist(x, "minkowski", p=p),
            [X[0]],
        )
        for p in (1.0, 2.0, 3.5, np.inf)
    },
    "cosine": (
        lambda nn, a, b: nn.cosine_similarity(a, b),
        lambda a, b: np.sum(a * b, 1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1),
        [X[0], X[1]],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_its_formula_and_so_are_its_gradients(agrees, name):
    call, formula, arrays = CASES[name]
    given = [B, W] if name == "batch by running statistics" else []
    agrees(
        lambda torch, *xs: call(torch.nn.functional, *xs, *map(torch.tensor, given)),
        lambda *xs: formula(*xs, *given),
        *arrays,
    )


@pytest.mark.parametrize(("function", "axis"), [("batch_norm", (0, 2)), ("instance_norm", 2)])
def test_running_statistics_move_towards_those_of_the_input(torch, function, axis):
    mean, var = torch.tensor(B), torch.tensor(W)
    how = {"training": True} if function == "batch_norm" else {}
    getattr(torch.nn.functional, function)(torch.tensor(X), mean, var, momentum=0.25, **how)
    means, variances = X.mean(axis), X.var(axis, ddof=1)
    if axis == 2:
        means, variances = means.mean(0), variances.mean(0)
    np.testing.assert_allclose(mean.numpy(), 0.75 * B + 0.25 * means, rtol=1e-12)
    np.testing.assert_allclose(var.numpy(), 0.75 * W + 0.25 * variances, rtol=1e-12)


def test_running_statistics_stand_still_when_they_are_used(torch):
    mean, var = torch.tensor(B), torch.tensor(W)
    torch.nn.functional.batch_norm(torch.tensor(X), mean, var)
    assert mean.tolist() == B.tolist()
    assert var.tolist() == W.tolist()


def test_equal_entries_are_standardised_to_zero_and_have_the_slope_of_their_mean(torch):
    x = torch.full((2, 3), 1e6, dtype=torch.float64, requires_grad=True)
    y = torch.nn.functional.layer_norm(x, (3,), eps=0.25)
    y.backward(torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]], dtype=torch.float64))
    assert y.tolist() == [[0.0] * 3] * 2
    np.testing.assert_allclose(x.grad.numpy(), [[4 / 3, -2 / 3, -2 / 3], [0, 0, 0]], atol=1e-15)


def test_a_vector_of_no_length_stays_what_it_is(torch):
    x = torch.zeros(1, 3, requires_grad=True)
    y = torch.nn.functional.normalize(x)
    y.sum().backward()
    assert y.tolist() == [[0.0] * 3]
    np.testing.assert_allclose(x.grad.numpy(), [[1e12] * 3], rtol=1e-6)


@pytest.mark.parametrize(
    ("kind", "ask"),
    [
        (ValueError, lambda torch, nn: nn.batch_norm(torch.zeros(1, 3), None, None, training=True)),
        (RuntimeError, lambda torch, nn: nn.layer_norm(torch.zeros(2, 3), (2,))),
        (ValueError, lambda torch, nn: nn.instance_norm(torch.zeros(2, 3, 1))),
        (RuntimeError, lambda torch, nn: nn.group_norm(torch.zeros(2, 3), 2)),
    ],
)
def test_what_does_not_fit_is_refused(torch, refuses, kind, ask):
    refuses(kind, ask, torch, torch.nn.functional)


def test_normalisations_have_the_nodes_of_pytorch(torch):
    nn, x = torch.nn.functional, torch.rand(2, 3, requires_grad=True)
    assert type(nn.layer_norm(x, (3,)).grad_fn).__name__ == "NativeLayerNormBackward0"
    assert type(nn.batch_norm(x, None, None, training=True).grad_fn).__name__ == "NativeBatchNormBackward0"
    assert type(nn.rms_norm(x, (3,), torch.ones(3)).grad_fn).__name__ == "MulBackward0"


def test_rows_that_are_equal_have_no_distance_and_no_slope(torch):
    x = torch.ones(3, 2, requires_grad=True)
    distances = torch.nn.functional.pdist(x)
    distances.sum().backward()
    assert distances.tolist() == [0.0] * 3
    assert x.grad.tolist() == [[0.0, 0.0]] * 3
    assert torch.nn.functional.pdist(torch.ones(1, 2)).shape == (0,)


def test_distances_are_those_of_a_matrix(torch, refuses):
    refuses(RuntimeError, torch.nn.functional.pdist, torch.ones(3))
