"""Connectionist temporal classification, here and in PyTorch, against the sum over all alignments."""

import itertools

import numpy as np
import pytest
import scipy.special

import gradproof.engine as engine

RNG = np.random.default_rng(8)
X = RNG.uniform(-1, 1, (4, 3, 3))
LABELS, TIMES, COUNTS = np.array([[1, 2], [2, 2], [1, 1]]), np.array([4, 3, 2]), np.array([2, 2, 1])


def alignments(labels, time, blank):
    """Yield the paths that become the labels when repetitions are joined and blanks left out."""
    for path in itertools.product(range(3), repeat=time):
        if [k for k, _ in itertools.groupby(path) if k != blank] == list(labels):
            yield path


def loss_of(logits, labels, blank=0):
    """Return the loss of one sequence of logits (time, classes)."""
    logs = scipy.special.log_softmax(logits, 1)
    paths = [logs[np.arange(len(logs)), list(path)].sum() for path in alignments(labels, len(logs), blank)]
    return -scipy.special.logsumexp(paths)


def losses_of(x, labels, blank=0):
    return np.array([loss_of(x[: TIMES[n], n], labels[n, : COUNTS[n]], blank) for n in range(3)])


def called(torch, x, labels, **how):
    logs = torch.nn.functional.log_softmax(x, dim=2)
    return torch.nn.functional.ctc_loss(logs, torch.tensor(labels), torch.tensor(TIMES), torch.tensor(COUNTS), **how)


@pytest.mark.parametrize(
    ("reduction", "reduce"),
    [("none", lambda x: x), ("sum", np.sum), ("mean", lambda x: np.mean(x / COUNTS))],
    ids=["none", "sum", "mean"],
)
def test_the_probabilities_of_all_alignments_are_added(agrees, reduction, reduce):
    agrees(lambda torch, x: called(torch, x, LABELS, reduction=reduction), lambda x: reduce(losses_of(x, LABELS)), X)


def test_any_class_may_be_the_blank_and_labels_may_be_joined(agrees):
    swapped = np.where(LABELS == 2, 0, LABELS)
    agrees(
        lambda torch, x: called(torch, x, swapped, blank=2, reduction="none"),
        lambda x: losses_of(x, swapped, 2),
        X,
    )
    joined = np.concatenate([row[:n] for row, n in zip(LABELS, COUNTS, strict=True)])
    agrees(lambda torch, x: called(torch, x, joined, reduction="none"), lambda x: losses_of(x, LABELS), X)


def test_one_sequence_needs_no_batch_and_no_label_is_all_blank(agrees):
    def call(torch, x, count):
        logs = torch.nn.functional.log_softmax(x, dim=1)
        lengths = torch.tensor(4), torch.tensor(count)
        return torch.nn.functional.ctc_loss(logs, torch.tensor([1, 2])[None, :count], *lengths, reduction="sum")

    agrees(lambda torch, x: call(torch, x, 2).sum(), lambda x: loss_of(x, [1, 2]), X[:, 0])
    agrees(lambda torch, x: call(torch, x, 0).sum(), lambda x: loss_of(x, []), X[:, 0])


def test_what_cannot_be_aligned_is_infinite_or_counts_for_nothing(torch):
    x = torch.tensor(X[:1], requires_grad=True)
    logs = torch.nn.functional.log_softmax(x, dim=2)
    given = torch.tensor([[1, 2]] * 3), torch.tensor([1] * 3), torch.tensor([1, 2, 1])
    loss = torch.nn.functional.ctc_loss(logs, *given, reduction="none")
    assert loss[1].item() == np.inf
    kept = torch.nn.functional.ctc_loss(logs, *given, reduction="none", zero_infinity=True)
    kept.sum().backward()
    assert kept.tolist() == [loss[0].item(), 0.0, loss[2].item()]
    assert x.grad[0, 1].tolist() == [0.0] * 3
    assert np.isfinite(x.grad.numpy()).all()


def test_its_derivative_is_that_of_the_loss_without_a_softmax():
    """PyTorch returns it up to what a softmax before the loss takes away, so that it is not asked here."""
    x = scipy.special.log_softmax(X[:, 0], 1)

    def formula(x):
        paths = alignments([1, 2], 4, 0)
        return -scipy.special.logsumexp([x[np.arange(4), list(path)].sum() for path in paths])

    t = engine.tensor(x, requires_grad=True)
    lengths = engine.tensor([4]), engine.tensor([2])
    engine.nn.functional.ctc_loss(t[:, None], engine.tensor([[1, 2]]), *lengths, reduction="sum").backward()
    steps = 1e-6 * np.eye(12).reshape(-1, 4, 3)
    slopes = [(formula(x + step) - formula(x - step)) / 2e-6 for step in steps]
    np.testing.assert_allclose(t.grad.numpy().ravel(), slopes, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(
    "how",
    [
        {"blank": 3},
        {"targets": [1, 2]},
        {"times": [5, 1, 1]},
        {"counts": [3, 1, 1]},
        {"times": [4, 4]},
        {"reduction": "max"},
    ],
)
def test_what_does_not_fit_is_refused(torch, refuses, how):
    given = {"targets": LABELS, "times": TIMES, "counts": COUNTS, "blank": 0, "reduction": "mean", **how}
    args = [torch.tensor(np.array(given[name])) for name in ("targets", "times", "counts")]
    call = torch.nn.functional.ctc_loss
    refuses((RuntimeError, ValueError), call, torch.tensor(X), *args, given["blank"], given["reduction"])
