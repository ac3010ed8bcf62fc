"""Convolutions, here and in PyTorch, against sums over loops and SciPy's correlation."""

import itertools

import numpy as np
import pytest
import scipy.signal

RNG = np.random.default_rng(6)


def convolution(x, weight, stride, padding, dilation, groups):
    """Convolve one example (channels, height, width) by its definition."""
    x = np.pad(x, ((0, 0), *((p, p) for p in padding)))
    (out, inner, *kernel), (_, *sizes) = weight.shape, x.shape
    counts = [(n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip(sizes, kernel, stride, dilation, strict=True)]
    y = np.zeros((out, *counts))
    for o, i, j, c, k, m in itertools.product(range(out), *map(range, counts), range(inner), *map(range, kernel)):
        channel = o // (out // groups) * inner + c
        y[o, i, j] += weight[o, c, k, m] * x[channel, i * stride[0] + k * dilation[0], j * stride[1] + m * dilation[1]]
    return y


def transposed(y, weight, stride, padding, dilation, groups, extra):
    """Return the matrix of the convolution, transposed, times one example."""
    inner, out = weight.shape[0] // groups, weight.shape[1] * groups
    sizes = [
        (n - 1) * s - 2 * p + d * (k - 1) + e + 1
        for n, s, p, d, k, e in zip(y.shape[1:], stride, padding, dilation, weight.shape[2:], extra, strict=True)
    ]
    assert inner * groups == y.shape[0]
    columns = []
    for place in np.ndindex(out, *sizes):
        unit = np.zeros((out, *sizes))
        unit[place] = 1.0
        columns.append(np.sum(convolution(unit, weight, stride, padding, dilation, groups) * y))
    return np.reshape(columns, (out, *sizes))


#: Shapes of input and weight, and strides, padding, dilation and groups.
CASES = {
    "plain": ((2, 4, 3), (3, 2, 2, 2), (1, 1), (0, 0), (1, 1), 1),
    "strided": ((2, 5, 4), (1, 2, 2, 3), (2, 1), (0, 1), (1, 1), 1),
    "dilated": ((1, 5, 4), (2, 1, 2, 2), (1, 1), (1, 0), (2, 3), 1),
    "grouped": ((4, 3, 3), (2, 2, 2, 2), (1, 2), (1, 1), (1, 1), 2),
    "per channel": ((2, 3, 3), (4, 1, 3, 1), (1, 1), (1, 0), (1, 1), 2),
}


def how(case):
    return dict(zip(("stride", "padding", "dilation", "groups"), CASES[case][2:], strict=True))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("batch", [0, 2])
def test_a_convolution_is_its_sum_and_so_are_its_gradients(agrees, case, batch):
    shape, weight = CASES[case][:2]
    x = RNG.uniform(-1, 1, (batch, *shape) if batch else shape)

    def formula(x, w, b):
        examples = [convolution(each, w, *CASES[case][2:]) for each in x.reshape(-1, *shape)]
        y = np.stack(examples) + b[:, None, None]
        return y if batch else y[0]

    agrees(
        lambda torch, x, w, b: torch.nn.functional.conv2d(x, w, b, **how(case)),
        formula,
        x,
        RNG.uniform(-1, 1, weight),
        RNG.uniform(-1, 1, weight[0]),
    )


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("extra", [0, 1])
def test_a_transposed_convolution_is_the_transposed_matrix(agrees, case, extra):
    _, (out, inner, *kernel), stride, padding, dilation, groups = CASES[case]
    more = tuple(min(extra, s - 1) for s in stride)

    def formula(y, w, b):
        return transposed(y, w, stride, padding, dilation, groups, more) + b[:, None, None]

    agrees(
        lambda torch, y, w, b: torch.nn.functional.conv_transpose2d(y, w, b, output_padding=more, **how(case)),
        formula,
        RNG.uniform(-1, 1, (out, 2, 2)),
        RNG.uniform(-1, 1, (out, inner, *kernel)),
        RNG.uniform(-1, 1, inner * groups),
    )


def test_over_one_dimension_it_is_a_correlation(agrees):
    agrees(
        lambda torch, x, w: torch.nn.functional.conv1d(x, w),
        lambda x, w: sum(scipy.signal.correlate(x[c], w[0, c], "valid") for c in range(2))[None],
        RNG.uniform(-1, 1, (2, 6)),
        RNG.uniform(-1, 1, (1, 2, 3)),
    )


def test_its_transpose_over_one_dimension_is_a_convolution_of_the_whole(agrees):
    agrees(
        lambda torch, x, w: torch.nn.functional.conv_transpose1d(x, w),
        lambda x, w: np.stack([np.convolve(x[0, 0], w[0, c]) for c in range(2)])[None],
        RNG.uniform(-1, 1, (1, 1, 4)),
        RNG.uniform(-1, 1, (1, 2, 3)),
    )


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")  # PyTorch copies the input then
@pytest.mark.parametrize("size", [2, 3])
def test_the_same_size_is_kept_with_more_padding_at_the_end(agrees, size):
    before = (size - 1) // 2

    def formula(x, w):
        return scipy.signal.correlate(np.pad(x[0], (before, size - 1 - before)), w[0, 0], "valid")[None]

    x, w = RNG.uniform(-1, 1, (1, 5)), RNG.uniform(-1, 1, (1, 1, size))
    agrees(lambda torch, x, w: torch.nn.functional.conv1d(x, w, padding="same"), formula, x, w)


def test_without_padding_is_called_valid(torch):
    x, w = torch.rand(1, 1, 4), torch.rand(1, 1, 2)
    valid = torch.nn.functional.conv1d(x, w, padding="valid")
    assert valid.tolist() == torch.nn.functional.conv1d(x, w).tolist()


def columns(x):
    """Return the 2 by 2 windows of (channels, 3, 3), padded below and beside by 0, two rows apart."""
    padded = np.pad(x, ((0, 0), (1, 1), (0, 0)))
    return np.stack([padded[:, i : i + 2, j : j + 2].reshape(-1) for i in (0, 2) for j in (0, 1)], -1)


def test_windows_become_columns(agrees):
    agrees(
        lambda torch, x: torch.nn.functional.unfold(x, 2, padding=(1, 0), stride=(2, 1)),
        lambda x: np.stack([columns(each) for each in x]),
        RNG.uniform(-1, 1, (2, 2, 3, 3)),
    )


def test_columns_are_added_where_they_came_from(agrees):
    counted = np.stack([columns(unit.reshape(2, 3, 3)).ravel() for unit in np.eye(18)])
    agrees(
        lambda torch, x: torch.nn.functional.fold(x, (3, 3), 2, padding=(1, 0), stride=(2, 1)),
        lambda x: (counted @ x.ravel()).reshape(2, 3, 3),
        RNG.uniform(-1, 1, (8, 4)),
    )


def test_second_derivatives_of_a_convolution_are_those_of_its_products(torch):
    x = torch.tensor([[[1.0, 2.0, 3.0]]], requires_grad=True)
    w = torch.tensor([[[4.0, 5.0]]], requires_grad=True)
    y = torch.nn.functional.conv1d(x, w).pow(2).sum()
    (by_x,) = torch.autograd.grad(y, x, create_graph=True)
    (mixed,) = torch.autograd.grad(by_x[0, 0, 1], w)
    # by_x[1] = 2 (x0 w0 + x1 w1) w1 + 2 (x1 w0 + x2 w1) w0
    assert mixed.tolist() == [[[2 * (1 * 5 + 2 * 2 * 4 + 3 * 5), 2 * (1 * 4 + 2 * 2 * 5 + 3 * 4)]]]


@pytest.mark.parametrize(
    ("kind", "ask"),
    [
        (RuntimeError, lambda torch, nn: nn.conv1d(torch.zeros(1, 2, 3), torch.zeros(1, 1, 2))),
        (RuntimeError, lambda torch, nn: nn.conv1d(torch.zeros(1, 1, 2), torch.zeros(1, 1, 3))),
        (RuntimeError, lambda torch, nn: nn.conv2d(torch.zeros(1, 1, 2), torch.zeros(1, 1, 2))),
        (
            RuntimeError,
            lambda torch, nn: nn.conv1d(torch.ones(1, 4), torch.ones(1, 1, 1), None, 2, "same"),
        ),
        (RuntimeError, lambda torch, nn: nn.conv1d(torch.zeros(1, 1, 4), torch.zeros(1, 1, 2), padding="full")),
        (RuntimeError, lambda torch, nn: nn.conv1d(torch.zeros(1, 1, 4), torch.zeros(1, 1, 2), stride=0)),
        (RuntimeError, lambda torch, nn: nn.conv_transpose1d(torch.zeros(1, 1, 4), torch.zeros(2, 1, 2))),
        (
            RuntimeError,
            lambda torch, nn: nn.conv_transpose1d(torch.zeros(1, 1, 4), torch.zeros(1, 1, 2), output_padding=1),
        ),
        (RuntimeError, lambda torch, nn: nn.fold(torch.zeros(1, 4, 3), (3, 3), 2)),
        (RuntimeError, lambda torch, nn: nn.unfold(torch.zeros(1, 1, 2, 2), 3)),
    ],
)
def test_what_does_not_fit_is_refused(torch, refuses, kind, ask):
    refuses((kind, ValueError), ask, torch, torch.nn.functional)


#: The same over three dimensions.
DEEP = {
    "plain": ((2, 2, 3, 2), (2, 2, 1, 2, 2), (1, 1, 1), (0, 0, 0), (1, 1, 1), 1),
    "strided": ((1, 3, 4, 2), (2, 1, 2, 1, 2), (2, 1, 2), (1, 0, 1), (1, 1, 1), 1),
    "dilated": ((2, 3, 2, 5), (2, 1, 2, 2, 2), (1, 1, 2), (0, 1, 0), (2, 1, 3), 2),
}


def correlation(x, weight, stride, padding, dilation, groups):
    """Convolve one example by SciPy's correlation, of windows one place apart and with zeros between their entries."""
    x = np.pad(x, ((0, 0), *((p, p) for p in padding)))
    out, inner, *kernel = weight.shape
    spread = np.zeros((out, inner, *(d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True))))
    spread[(..., *(slice(None, None, d) for d in dilation))] = weight
    first = [o // (out // groups) * inner for o in range(out)]
    y = [
        sum(scipy.signal.correlate(x[start + c], each[c], "valid") for c in range(inner))
        for start, each in zip(first, spread, strict=True)
    ]
    return np.stack(y)[(..., *(slice(None, None, s) for s in stride))]


@pytest.mark.parametrize("case", DEEP)
def test_over_three_dimensions_it_is_the_same(agrees, case):
    shape, weight, *rest = DEEP[case]
    parameters = dict(zip(("stride", "padding", "dilation", "groups"), rest, strict=True))
    x, w, b = (RNG.uniform(-1, 1, size) for size in (shape, weight, weight[0]))
    agrees(
        lambda torch, x, w, b: torch.nn.functional.conv3d(x, w, b, **parameters),
        lambda x, w, b: correlation(x, w, *rest) + b[:, None, None, None],
        x,
        w,
        b,
    )
    extra = tuple(s - 1 for s in rest[0])
    sizes = least_sizes(shape[1:], weight[2:], *rest[:3])

    def transpose(y, w):
        columns = []
        for place in np.ndindex(weight[1] * rest[3], *(n + e for n, e in zip(sizes, extra, strict=True))):
            unit = np.zeros((weight[1] * rest[3], *(n + e for n, e in zip(sizes, extra, strict=True))))
            unit[place] = 1.0
            columns.append(np.sum(correlation(unit, w, *rest) * y))
        return np.reshape(columns, unit.shape)

    agrees(
        lambda torch, y, w: torch.nn.functional.conv_transpose3d(y, w, output_padding=extra, **parameters),
        transpose,
        correlation(x, w, *rest),
        w,
    )


def least_sizes(sizes, kernel, stride, padding, dilation):
    """Return the least sizes that are convolved to as many windows as these."""
    counts = [
        (n + 2 * p - d * (k - 1) - 1) // s
        for n, k, s, p, d in zip(sizes, kernel, stride, padding, dilation, strict=True)
    ]
    return [
        count * s + d * (k - 1) + 1 - 2 * p
        for count, k, s, p, d in zip(counts, kernel, stride, padding, dilation, strict=True)
    ]
