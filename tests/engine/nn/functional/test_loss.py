"""Losses, here and in PyTorch, against formulas written in NumPy and SciPy."""

import itertools

import numpy as np
import pytest
import scipy.spatial
import scipy.special
import scipy.stats

from gradproof import engine
from gradproof.errors import ArgumentError

RNG = np.random.default_rng(3)
X, T = RNG.uniform(-2, 2, (2, 3, 4))
P, Q = RNG.uniform(0.1, 0.9, (2, 3, 4))
SIGNS = np.where(RNG.random((3, 4)) < 0.5, 1.0, -1.0)
CLASSES = np.array([0, 3, 2])
WEIGHT = np.array([0.5, 1.0, 2.0, 0.25])
ROWS = np.arange(3)


def reduced(values, reduction):
    return values if reduction == "none" else getattr(np, reduction)(values)


def positive(x):
    return np.maximum(x, 0.0)


def distance(a, b):
    return scipy.spatial.minkowski_distance(a + 1e-6, b)


def cosine(a, b):
    return np.sum(a * b, -1) / np.sqrt(np.sum(a * a, -1) * np.sum(b * b, -1))


def margins(x):
    """Return what the margin of 1 is missed by, for each pair of a class in its row of CLASSES and another one."""
    misses = positive(1 - x[ROWS, CLASSES][:, None] + x)
    misses[ROWS, CLASSES] = 0.0
    return misses


def poisson(x, rate):
    """Return minus the logarithm of the probability of a count, without log(count!)."""
    return -(scipy.stats.poisson.logpmf(2, rate(x)) + np.log(2.0))


#: The call on tensors, the formula of one loss per entry or row on arrays, and the arrays that have a derivative.
LOSSES = {
    "mse": (lambda nn, x, t, **how: nn.mse_loss(x, t, **how), lambda x, t: (x - t) ** 2, [X, T]),
    "l1": (lambda nn, x, t, **how: nn.l1_loss(x, t, **how), lambda x, t: abs(x - t), [X, T]),
    "smooth l1": (
        lambda nn, x, t, **how: nn.smooth_l1_loss(x, t, beta=0.7, **how),
        lambda x, t: scipy.special.huber(0.7, x - t) / 0.7,
        [X, T],
    ),
    "huber": (
        lambda nn, x, t, **how: nn.huber_loss(x, t, delta=0.7, **how),
        lambda x, t: scipy.special.huber(0.7, x - t),
        [X, T],
    ),
    "binary": (
        lambda nn, p, t, **how: nn.binary_cross_entropy(p, t, **how),
        lambda p, t: -scipy.special.xlogy(t, p) - scipy.special.xlog1py(1 - t, -p),
        [P, Q],
    ),
    "binary of logits": (
        lambda nn, x, t, **how: nn.binary_cross_entropy_with_logits(x, t, **how),
        lambda x, t: -t * np.log(scipy.special.expit(x)) - (1 - t) * np.log(scipy.special.expit(-x)),
        [X, Q],
    ),
    "divergence": (
        lambda nn, x, t, **how: nn.kl_div(x, t, **how),
        lambda x, t: scipy.special.rel_entr(t, np.exp(x)),
        [X, P],
    ),
    "divergence of logarithms": (
        lambda nn, x, t, **how: nn.kl_div(x, t, log_target=True, **how),
        lambda x, t: scipy.special.rel_entr(np.exp(t), np.exp(x)),
        [X, T],
    ),
    "probabilities of classes": (
        lambda nn, x, t, **how: nn.cross_entropy(x, t, **how),
        lambda x, t: -np.sum(t * scipy.special.log_softmax(x, 1), 1),
        [X, P],
    ),
    "triplet": (
        lambda nn, a, p, n, **how: nn.triplet_margin_loss(a, p, n, margin=3.0, **how),
        lambda a, p, n: positive(3.0 + distance(a, p) - distance(a, n)),
        [X, T, P],
    ),
    "triplet, of another distance": (
        lambda nn, a, p, n, **how: nn.triplet_margin_with_distance_loss(
            a, p, n, distance_function=lambda x, y: abs(x - y).sum(-1), margin=3.0, swap=True, **how
        ),
        lambda a, p, n: positive(3.0 + abs(a - p).sum(-1) - np.minimum(abs(a - n).sum(-1), abs(p - n).sum(-1))),
        [X, T, P],
    ),
    "triplet, swapped": (
        lambda nn, a, p, n, **how: nn.triplet_margin_loss(a, p, n, margin=3.0, swap=True, **how),
        lambda a, p, n: positive(3.0 + distance(a, p) - np.minimum(distance(a, n), distance(p, n))),
        [X, T, P],
    ),
}

#: The same for losses of a target without a derivative: the call takes it from the array here.
TARGETED = {
    "likelihood": (lambda nn, x, t, **how: nn.nll_loss(x, t, **how), lambda x: -x[ROWS, CLASSES], [X], CLASSES),
    "classes": (
        lambda nn, x, t, **how: nn.cross_entropy(x, t, **how),
        lambda x: -scipy.special.log_softmax(x, 1)[ROWS, CLASSES],
        [X],
        CLASSES,
    ),
    "classes, smoothed": (
        lambda nn, x, t, **how: nn.cross_entropy(x, t, label_smoothing=0.2, **how),
        lambda x: -scipy.special.log_softmax(x, 1)[ROWS, CLASSES] * 0.8 - 0.2 * scipy.special.log_softmax(x, 1).mean(1),
        [X],
        CLASSES,
    ),
    "soft margin": (
        lambda nn, x, t, **how: nn.soft_margin_loss(x, t, **how),
        lambda x: np.logaddexp(0, -SIGNS * x),
        [X],
        SIGNS,
    ),
    "hinge embedding": (
        lambda nn, x, t, **how: nn.hinge_embedding_loss(x, t, **how),
        lambda x: np.where(SIGNS > 0, x, positive(1 - x)),
        [X],
        SIGNS,
    ),
    "ranking": (
        lambda nn, a, b, t, **how: nn.margin_ranking_loss(a, b, t, margin=0.5, **how),
        lambda a, b: positive(0.5 - SIGNS * (a - b)),
        [X, T],
        SIGNS,
    ),
    "cosine": (
        lambda nn, a, b, t, **how: nn.cosine_embedding_loss(a, b, t, margin=-0.9, **how),
        lambda a, b: np.where(SIGNS[:, 0] > 0, 1 - cosine(a, b), positive(cosine(a, b) + 0.9)),
        [X, T],
        SIGNS[:, 0],
    ),
    "margins": (lambda nn, x, t, **how: nn.multi_margin_loss(x, t, **how), lambda x: margins(x).mean(1), [X], CLASSES),
    "squared margins": (
        lambda nn, x, t, **how: nn.multi_margin_loss(x, t, p=2, **how),
        lambda x: (margins(x) ** 2).mean(1),
        [X],
        CLASSES,
    ),
    "margins of one label": (
        lambda nn, x, t, **how: nn.multilabel_margin_loss(x, t, **how),
        lambda x: margins(x).mean(1),
        [X],
        np.stack([CLASSES, [-1, -1, -1], [1, 1, 1], [-1, 2, 0]], 1),
    ),
    "soft margins": (
        lambda nn, x, t, **how: nn.multilabel_soft_margin_loss(x, t, **how),
        lambda x: np.logaddexp(0, -SIGNS * x).mean(1),
        [X],
        (SIGNS + 1) / 2,
    ),
    "poisson": (
        lambda nn, x, t, **how: nn.poisson_nll_loss(x, t, **how),
        lambda x: poisson(x, np.exp),
        [X],
        np.full((3, 4), 2.0),
    ),
    "poisson of rates": (
        lambda nn, x, t, **how: nn.poisson_nll_loss(x, t, log_input=False, eps=0.25, **how),
        lambda x: poisson(x, lambda rate: rate + 0.25) - 0.25,
        [P],
        np.full((3, 4), 2.0),
    ),
    "gaussian": (
        lambda nn, x, v, t, **how: nn.gaussian_nll_loss(x, t, v, full=True, **how),
        lambda x, v: -scipy.stats.norm.logpdf(T, x, np.sqrt(v)),
        [X, P],
        T,
    ),
}

REDUCTIONS = ("none", "mean", "sum")


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides")  # PyTorch recommends another one for kl_div
@pytest.mark.parametrize(("name", "reduction"), list(itertools.product(LOSSES, REDUCTIONS)))
def test_a_loss_is_its_formula_reduced_and_so_are_its_gradients(agrees, name, reduction):
    call, formula, arrays = LOSSES[name]
    agrees(
        lambda torch, *xs: call(torch.nn.functional, *xs, reduction=reduction),
        lambda *xs: reduced(formula(*xs), reduction),
        *arrays,
    )


@pytest.mark.parametrize(("name", "reduction"), list(itertools.product(TARGETED, REDUCTIONS)))
def test_a_loss_with_a_given_target_is_its_formula_reduced(agrees, name, reduction):
    call, formula, arrays, target = TARGETED[name]
    agrees(
        lambda torch, *xs: call(torch.nn.functional, *xs, torch.tensor(target), reduction=reduction),
        lambda *xs: reduced(formula(*xs), reduction),
        *arrays,
    )


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_classes_have_weights_and_some_rows_count_for_nothing(agrees, reduction, smoothing):
    classes = np.array([0, 1, 2])

    def formula(x):
        each = -scipy.special.log_softmax(x, 1) * WEIGHT
        losses = ((1 - smoothing) * each[ROWS, classes] + smoothing * each.mean(1)) * [1, 0, 1]
        return losses.sum() / (WEIGHT[0] + WEIGHT[2]) if reduction == "mean" else reduced(losses, reduction)

    agrees(
        lambda torch, x: torch.nn.functional.cross_entropy(
            x, torch.tensor(classes), torch.tensor(WEIGHT), ignore_index=1, reduction=reduction,
            label_smoothing=smoothing,
        ),
        formula,
        X,
    )  # fmt: skip


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_probabilities_of_classes_are_weighted_and_smoothed(agrees, reduction):
    agrees(
        lambda torch, x, p: torch.nn.functional.cross_entropy(
            x, p, torch.tensor(WEIGHT), reduction=reduction, label_smoothing=0.2
        ),
        lambda x, p: reduced(-np.sum((0.8 * p + 0.05) * WEIGHT * scipy.special.log_softmax(x, 1), 1), reduction),
        X,
        P,
    )


def test_classes_stand_in_dimension_one(agrees):
    x, classes = RNG.uniform(-2, 2, (2, 3, 2)), np.array([[0, 2], [1, 1]])
    agrees(
        lambda torch, x: torch.nn.functional.cross_entropy(x, torch.tensor(classes), reduction="none"),
        lambda x: -np.take_along_axis(scipy.special.log_softmax(x, 1), classes[:, None], 1)[:, 0],
        x,
    )
    agrees(
        lambda torch, x: torch.nn.functional.cross_entropy(x, torch.tensor(2)),
        lambda x: -scipy.special.log_softmax(x)[2],
        x[0, :, 0],
    )


def test_yes_and_no_are_weighted(agrees):
    def formula(x, t):
        return np.sum(P * (2.0 * t * np.logaddexp(0, -x) + (1 - t) * np.logaddexp(0, x)))

    agrees(
        lambda torch, x, t: torch.nn.functional.binary_cross_entropy_with_logits(
            x, t, torch.tensor(P), reduction="sum", pos_weight=torch.tensor(2.0)
        ),
        formula,
        X,
        Q,
    )


def test_probabilities_are_weighted(agrees):
    agrees(
        lambda torch, p, t: torch.nn.functional.binary_cross_entropy(p, t, weight=torch.tensor(WEIGHT)),
        lambda p, t: np.mean(WEIGHT * (-t * np.log(p) - (1 - t) * np.log(1 - p))),
        P,
        Q,
    )


def test_batchmean_divides_by_the_size_of_the_batch(agrees):
    agrees(
        lambda torch, x, t: torch.nn.functional.kl_div(x, t, reduction="batchmean"),
        lambda x, t: scipy.special.rel_entr(t, np.exp(x)).sum() / 3,
        X,
        P,
    )


def test_multi_margins_are_weighted(agrees):
    agrees(
        lambda torch, x: torch.nn.functional.multi_margin_loss(x, torch.tensor(CLASSES), weight=torch.tensor(WEIGHT)),
        lambda x: np.mean(WEIGHT[CLASSES] * margins(x).mean(1)),
        X,
    )


def test_several_labels_each_keep_their_distance(torch):
    x = torch.tensor([[0.1, 0.2, 0.4, 0.8]], dtype=torch.float64)
    loss = torch.nn.functional.multilabel_margin_loss(x, torch.tensor([[3, 0, -1, 1]]))
    assert loss.item() == pytest.approx(0.25 * ((1 - 0.1 + 0.2) + (1 - 0.1 + 0.4) + (1 - 0.8 + 0.2) + (1 - 0.8 + 0.4)))


def test_stirlings_formula_stands_for_the_factorial_of_counts_above_one(torch):
    target = torch.tensor([0.0, 1.0, 30.0], dtype=torch.float64)
    x = torch.zeros(3, dtype=torch.float64)
    loss = torch.nn.functional.poisson_nll_loss(x, target, full=True, reduction="none").numpy()
    np.testing.assert_allclose(loss[:2], [1.0, 1.0])
    assert loss[2] == pytest.approx(1.0 + scipy.special.gammaln(31.0), rel=1e-4)


def test_the_variance_of_a_normal_distribution_is_at_least_eps_and_its_derivative_passes_through(torch):
    x, target = (torch.tensor([value], dtype=torch.float64) for value in (1.0, 0.0))
    var = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    loss = torch.nn.functional.gaussian_nll_loss(x, target, var, eps=0.5)
    loss.backward()
    assert loss.item() == pytest.approx(0.5 * (np.log(0.5) + 2.0))
    assert var.grad.item() == pytest.approx(0.5 * (2.0 - 4.0))


def test_a_logarithm_of_a_probability_is_cut_off(torch):
    p = torch.tensor([0.0, 1.0, 0.0, 1.0], dtype=torch.float64)
    target = torch.tensor([1.0, 0.0, 0.0, 1.0], dtype=torch.float64)
    loss = torch.nn.functional.binary_cross_entropy(p, target, reduction="none")
    assert loss.tolist() == [100.0, 100.0, 0.0, 0.0]


def test_a_logarithm_that_is_cut_off_has_no_slope():
    """PyTorch returns the difference quotient over 1e-12 there, which is not the derivative of what it computes."""
    p = engine.tensor([0.0, 1.0, 0.0, 1.0], requires_grad=True)
    target = engine.tensor([1.0, 0.0, 0.0, 1.0])
    engine.nn.functional.binary_cross_entropy(p, target, reduction="sum").backward()
    assert p.grad.tolist() == [0.0, 0.0, 1.0, -1.0]


def test_a_probability_of_zero_diverges_by_zero(torch):
    x = torch.tensor([-1.0, -2.0], requires_grad=True)
    loss = torch.nn.functional.kl_div(x, torch.tensor([0.0, 1.0]), reduction="none")
    loss.sum().backward()
    assert loss.tolist() == [0.0, 2.0]
    assert x.grad.tolist() == [0.0, -1.0]


@pytest.mark.parametrize("function", ["l1_loss", "smooth_l1_loss", "huber_loss"])
def test_at_no_distance_there_is_no_slope(torch, function):
    x = torch.zeros(2, requires_grad=True)
    getattr(torch.nn.functional, function)(x, torch.zeros(2)).backward()
    assert x.grad.tolist() == [0.0, 0.0]


def test_a_smooth_distance_without_a_smooth_part_is_the_distance(torch):
    x = torch.tensor([0.5, -2.0], requires_grad=True)
    torch.nn.functional.smooth_l1_loss(x, torch.zeros(2), reduction="sum", beta=0.0).backward()
    assert x.grad.tolist() == [1.0, -1.0]


def test_a_margin_that_is_just_kept_costs_nothing(recent_torch):
    torch = recent_torch
    x = torch.tensor([1.0, 0.0, -3.0], requires_grad=True)
    torch.nn.functional.hinge_embedding_loss(x, -torch.ones(3), reduction="sum").backward()
    assert x.grad.tolist() == [0.0, -1.0, -1.0]


@pytest.mark.parametrize(
    ("kind", "ask"),
    [
        (IndexError, lambda torch, nn: nn.nll_loss(torch.zeros(2, 3), torch.tensor([0, 3]))),
        (ValueError, lambda torch, nn: nn.nll_loss(torch.zeros(2, 3), torch.tensor([0, 1, 2]))),
        (ValueError, lambda torch, nn: nn.mse_loss(torch.zeros(2), torch.zeros(2), reduction="max")),
        (ValueError, lambda torch, nn: nn.gaussian_nll_loss(torch.zeros(2), torch.zeros(2), -torch.ones(2))),
    ],
)
def test_what_does_not_fit_is_refused(torch, refuses, kind, ask):
    refuses(kind, ask, torch, torch.nn.functional)


def test_losses_have_the_nodes_of_pytorch(torch):
    nn, x, t = torch.nn.functional, torch.rand(2, 3, requires_grad=True), torch.rand(2, 3)
    classes = torch.tensor([0, 2])
    losses = {
        "MeanBackward0": nn.l1_loss(x, t),
        "SmoothL1LossBackward0": nn.smooth_l1_loss(x, t),
        "HuberLossBackward0": nn.huber_loss(x, t),
        "NllLossBackward0": nn.cross_entropy(x, classes),
        "BinaryCrossEntropyBackward0": nn.binary_cross_entropy(x, t),
        "SoftMarginLossBackward0": nn.soft_margin_loss(x, t),
    }
    assert {name: type(loss.grad_fn).__name__ for name, loss in losses.items()} == {name: name for name in losses}


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0])
def test_the_focal_loss_and_its_slopes(gamma):
    nn, p = engine.nn.functional, scipy.special.softmax(X, 1)
    named = p[ROWS, CLASSES]
    expected = -0.7 * (1 - named) ** gamma * np.log(named)
    slope = 0.7 * (gamma * (1 - named) ** (gamma - 1) * np.log(named) - (1 - named) ** gamma / named)
    probabilities, logits = (engine.tensor(each, requires_grad=True) for each in (p, X))
    by_p = nn.focal_loss(probabilities, engine.tensor(CLASSES), alpha=0.7, gamma=gamma)
    by_logits = nn.softmax_focal_loss(logits, engine.tensor(CLASSES), alpha=0.7, gamma=gamma)
    np.testing.assert_allclose(by_p.detach().numpy(), expected, rtol=1e-14)
    np.testing.assert_allclose(by_logits.detach().numpy(), expected, rtol=1e-14)
    (by_p.sum() + by_logits.sum()).backward()
    hot = np.eye(4)[CLASSES]
    np.testing.assert_allclose(probabilities.grad.numpy(), hot * slope[:, None], rtol=1e-13)
    np.testing.assert_allclose(logits.grad.numpy(), (slope * named)[:, None] * (hot - p), rtol=1e-13)


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0])
def test_the_focal_loss_has_no_slope_where_the_probability_is_one(gamma):
    """It is (1 - p)^(gamma + 1) beside 1, and in float64 a probability rounds to 1 long before its logarithm to 0."""
    p = engine.tensor([[1.0, 0.0]], requires_grad=True)
    logits = engine.tensor([[0.0, -60.0], [0.0, -800.0]], dtype=engine.float64, requires_grad=True)
    loss = engine.nn.functional.focal_loss(p, engine.tensor([0]), gamma=gamma).sum()
    far = engine.nn.functional.softmax_focal_loss(logits, engine.tensor([0, 1]), gamma=gamma)
    (loss + far.sum()).backward()
    assert loss.item() == 0.0
    assert p.grad.tolist() == [[0.0, 0.0]]
    np.testing.assert_allclose(far.detach().numpy(), [np.exp(-60.0) ** (gamma + 1), 800.0], rtol=1e-13)
    np.testing.assert_allclose(
        logits.grad.numpy()[:, 1], [(gamma + 1) * np.exp(-60.0) ** (gamma + 1), -1.0], rtol=1e-13
    )


def test_a_negative_focus_is_refused():
    with pytest.raises(ArgumentError, match="gamma must not be negative"):
        engine.nn.functional.focal_loss(engine.tensor(P), engine.tensor(CLASSES), gamma=-1.0)


def test_the_hinge_of_several_classes_is_a_sum_over_them():
    x = engine.tensor(X, requires_grad=True)
    loss = engine.nn.functional.multiclass_hinge(x, engine.tensor(CLASSES))
    assert loss.item() == pytest.approx(margins(X).sum(1).mean(), rel=1e-14)
    loss.backward()
    missed = (margins(X) > 0) / 3
    missed[ROWS, CLASSES] = -missed.sum(1)
    np.testing.assert_allclose(x.grad.numpy(), missed, rtol=1e-14)
