"""Pooling, here and in PyTorch, against loops over windows."""

import itertools

import numpy as np
import pytest

RNG = np.random.default_rng(7)
X = RNG.permutation(40).reshape(1, 2, 5, 4) / 7.0


def windows(size, kernel, stride, padding, dilation=1, ceil_mode=False):
    """Return the places of each window that lie in the padded dimension, from -padding on."""
    room = size + 2 * padding - dilation * (kernel - 1) - 1
    steps = -(-room // stride) if ceil_mode else room // stride
    starts = [i * stride - padding for i in range(steps + 1)]
    return [[start + dilation * i for i in range(kernel)] for start in starts if start < size]


def pooled(x, reduce, kernel, stride, padding, dilation=(1, 1), ceil_mode=False):
    """Return what ``reduce`` makes of the entries of each window, of the number of its places, and of those inside."""
    (height, width), ways = x.shape[-2:], zip(x.shape[-2:], kernel, stride, padding, dilation, strict=True)
    rows, columns = (windows(*way, ceil_mode) for way in ways)
    y = np.zeros((*x.shape[:-2], len(rows), len(columns)))
    for i, j in itertools.product(range(len(rows)), range(len(columns))):
        ys, xs = [r for r in rows[i] if 0 <= r < height], [c for c in columns[j] if 0 <= c < width]
        padded = sum(r < height + padding[0] for r in rows[i]) * sum(c < width + padding[1] for c in columns[j])
        y[..., i, j] = reduce(x[..., ys, :][..., xs], padded)
    return y


def largest(entries, padded):
    return entries.max(axis=(-2, -1))


def mean(entries, padded):
    return entries.mean(axis=(-2, -1))


def mean_with_padding(entries, padded):
    return entries.sum(axis=(-2, -1)) / padded


#: Kernel, stride and padding.
CASES = {
    "apart": ((2, 2), (2, 2), (0, 0)),
    "overlapping": ((3, 2), (1, 1), (0, 0)),
    "padded": ((3, 2), (2, 3), (1, 1)),
    "with gaps": ((1, 2), (2, 3), (0, 1)),
}


def how(case):
    return dict(zip(("kernel_size", "stride", "padding"), CASES[case], strict=True))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("ceil_mode", [False, True])
def test_of_each_window_the_largest_entry_is_taken(agrees, case, ceil_mode):
    agrees(
        lambda torch, x: torch.nn.functional.max_pool2d(x, **how(case), ceil_mode=ceil_mode),
        lambda x: pooled(x, largest, *CASES[case], ceil_mode=ceil_mode),
        X,
    )


def test_the_entries_of_a_window_may_be_apart(agrees):
    agrees(
        lambda torch, x: torch.nn.functional.max_pool2d(x, 2, stride=1, padding=1, dilation=(3, 2)),
        lambda x: pooled(x, largest, (2, 2), (1, 1), (1, 1), (3, 2)),
        X[0],
    )


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize("count", [False, True])
def test_of_each_window_the_mean_is_taken(agrees, case, ceil_mode, count):
    agrees(
        lambda torch, x: torch.nn.functional.avg_pool2d(x, **how(case), ceil_mode=ceil_mode, count_include_pad=count),
        lambda x: pooled(x, mean_with_padding if count else mean, *CASES[case], ceil_mode=ceil_mode),
        X,
    )


def test_sums_are_divided_by_what_is_given(agrees):
    agrees(
        lambda torch, x: torch.nn.functional.avg_pool2d(x, 2, divisor_override=3),
        lambda x: pooled(x, lambda entries, _: entries.sum(axis=(-2, -1)) / 3, (2, 2), (2, 2), (0, 0)),
        X,
    )


def test_over_one_dimension_it_is_the_same(agrees):
    x = X[0, :, :, 0]
    flat = lambda pool: lambda x: pooled(x[:, None], pool, (1, 2), (1, 1), (0, 1))[:, 0]  # noqa: E731
    agrees(lambda torch, x: torch.nn.functional.max_pool1d(x, 2, 1, 1), flat(largest), x)
    agrees(lambda torch, x: torch.nn.functional.avg_pool1d(x, 2, 1, 1), flat(mean_with_padding), x)
    agrees(lambda torch, x: torch.nn.functional.avg_pool1d(x, 2, 1, 1, count_include_pad=False), flat(mean), x)


def test_the_root_of_the_sum_of_powers_is_taken(agrees):
    x = X + 0.5
    agrees(
        lambda torch, x: torch.nn.functional.lp_pool2d(x, 3.0, (2, 1)),
        lambda x: pooled(x, lambda entries, _: (entries**3).sum(axis=(-2, -1)) ** (1 / 3), (2, 1), (2, 1), (0, 0)),
        x,
    )
    agrees(
        lambda torch, x: torch.nn.functional.lp_pool1d(x, 2.0, 2),
        lambda x: np.sqrt(x[:, :-1:2] ** 2 + x[:, 1::2] ** 2),
        x[0, 0],
    )


@pytest.mark.parametrize(("wanted", "parts"), [(2, [(0, 3), (2, 5)]), (3, [(0, 2), (1, 4), (3, 5)]), (5, None)])
def test_adaptive_windows_cover_the_whole(agrees, wanted, parts):
    x = X[0, :, :, 0]
    bounds = parts or [(i, i + 1) for i in range(5)]
    for name, reduce in (("avg", np.mean), ("max", np.max)):
        agrees(
            lambda torch, x, name=name: getattr(torch.nn.functional, f"adaptive_{name}_pool1d")(x, wanted),
            lambda x, reduce=reduce: np.stack([reduce(x[:, low:high], axis=-1) for low, high in bounds], axis=-1),
            x,
        )


def test_adaptive_windows_cover_two_dimensions(agrees):
    for name, reduce in (("avg", np.mean), ("max", np.max)):
        agrees(
            lambda torch, x, name=name: getattr(torch.nn.functional, f"adaptive_{name}_pool2d")(x, (1, None)),
            lambda x, reduce=reduce: reduce(x, axis=2, keepdims=True),
            X,
        )


CUBE = RNG.permutation(2 * 3 * 4 * 3).reshape(1, 2, 3, 4, 3) / 7.0


def pooled_cubes(x, reduce, kernel, stride, padding, dilation=(1, 1, 1)):
    """Return what ``reduce`` makes of the entries of each window over three dimensions, and of its places."""
    spans = [windows(*way) for way in zip(x.shape[-3:], kernel, stride, padding, dilation, strict=True)]
    y = np.zeros((*x.shape[:-3], *map(len, spans)))
    for place in np.ndindex(y.shape[-3:]):
        ways = [span[i] for span, i in zip(spans, place, strict=True)]
        inside = [[k for k in way if 0 <= k < n] for way, n in zip(ways, x.shape[-3:], strict=True)]
        entries = x[(..., *np.ix_(*inside))].reshape(*x.shape[:-3], -1)
        y[(..., *place)] = reduce(entries, np.prod(list(map(len, ways))))
    return y


CUBES = {"apart": ((2, 2, 1), (2, 2, 1), (0, 0, 0)), "padded": ((2, 3, 2), (1, 2, 2), (1, 1, 0))}


@pytest.mark.parametrize("case", CUBES)
def test_over_three_dimensions_it_is_the_same(agrees, case):
    way = dict(zip(("kernel_size", "stride", "padding"), CUBES[case], strict=True))
    agrees(
        lambda torch, x: torch.nn.functional.max_pool3d(x, **way),
        lambda x: pooled_cubes(x, lambda entries, _: entries.max(-1), *CUBES[case]),
        CUBE,
    )
    for count, reduce in ((True, lambda entries, n: entries.sum(-1) / n), (False, lambda entries, _: entries.mean(-1))):
        agrees(
            lambda torch, x, count=count: torch.nn.functional.avg_pool3d(x, **way, count_include_pad=count),
            lambda x, reduce=reduce: pooled_cubes(x, reduce, *CUBES[case]),
            CUBE,
        )
    agrees(
        lambda torch, x: torch.nn.functional.avg_pool3d(x, **way, divisor_override=5),
        lambda x: pooled_cubes(x, lambda entries, _: entries.sum(-1) / 5, *CUBES[case]),
        CUBE,
    )


def test_windows_over_three_dimensions_may_have_gaps_and_cover_the_whole(agrees):
    agrees(
        lambda torch, x: torch.nn.functional.max_pool3d(x, 2, 1, 1, dilation=(2, 3, 1)),
        lambda x: pooled_cubes(x, lambda entries, _: entries.max(-1), (2,) * 3, (1,) * 3, (1,) * 3, (2, 3, 1)),
        CUBE[0],
    )
    agrees(
        lambda torch, x: torch.nn.functional.lp_pool3d(x + 0.5, 3.0, (2, 1, 3)),
        lambda x: pooled_cubes(x + 0.5, lambda e, _: (e**3).sum(-1) ** (1 / 3), (2, 1, 3), (2, 1, 3), (0,) * 3),
        CUBE,
    )
    for name, reduce in (("avg", np.mean), ("max", np.max)):
        agrees(
            lambda torch, x, name=name: getattr(torch.nn.functional, f"adaptive_{name}_pool3d")(x, (1, 2, None)),
            lambda x, reduce=reduce: np.stack(
                [reduce(x[..., i : i + 2, :], axis=(2, 3))[:, :, None] for i in (0, 2)], axis=3
            ),
            CUBE,
        )


def test_over_three_dimensions_the_first_of_several_largest_entries_gets_the_cotangent(torch):
    x = torch.zeros(1, 2, 2, 2, requires_grad=True)
    y, places = torch.nn.functional.max_pool3d(x, 2, return_indices=True)
    y.sum().backward()
    assert places.item() == 0
    assert x.grad.flatten().tolist() == [1.0] + [0.0] * 7


def test_indices_tell_where_the_largest_entries_lie(torch):
    x = torch.tensor([[[1.0, 5.0, 5.0], [7.0, 0.0, 2.0]]], requires_grad=True)
    y, indices = torch.nn.functional.max_pool2d(x, 2, stride=1, return_indices=True)
    assert y.tolist() == [[[7.0, 5.0]]]
    assert indices.tolist() == [[[3, 1]]]
    assert indices.dtype == torch.int64


def test_the_first_of_several_largest_entries_gets_the_cotangent(torch):
    x = torch.zeros(1, 1, 4, requires_grad=True)
    torch.nn.functional.max_pool1d(x, 2).sum().backward()
    assert x.grad.tolist() == [[[1.0, 0.0, 1.0, 0.0]]]


def test_padding_is_never_the_largest_entry(torch):
    x = torch.full((1, 1, 2), -3.0)
    assert torch.nn.functional.max_pool1d(x, 2, padding=1).tolist() == [[[-3.0, -3.0]]]


@pytest.mark.parametrize(
    ("kind", "ask"),
    [
        (RuntimeError, lambda torch, nn: nn.max_pool2d(torch.zeros(1, 1, 4, 4), 2, padding=2)),
        (RuntimeError, lambda torch, nn: nn.max_pool2d(torch.zeros(4, 4), 2)),
        (RuntimeError, lambda torch, nn: nn.avg_pool2d(torch.zeros(1, 1, 1, 1), 2)),
        (RuntimeError, lambda torch, nn: nn.avg_pool2d(torch.zeros(1, 1, 4, 4), 2, divisor_override=0)),
        (RuntimeError, lambda torch, nn: nn.avg_pool1d(torch.zeros(1, 1, 4), (1, 2))),
    ],
)
def test_what_does_not_fit_is_refused(torch, refuses, kind, ask):
    refuses((kind, ValueError), ask, torch, torch.nn.functional)


def pooled_in_turn(x, reduce, kernel, stride, padding, ceil_mode=False):
    """Pool the last two dimensions, and then the one before: a maximum is one of maxima, and a mean one of means."""
    within = pooled(x, reduce, kernel[1:], stride[1:], padding[1:], ceil_mode=ceil_mode)
    ways = ((1, each[0]) for each in (kernel, stride))
    return np.swapaxes(pooled(np.swapaxes(within, -3, -1), reduce, *ways, (0, padding[0]), ceil_mode=ceil_mode), -3, -1)


@pytest.mark.parametrize("sizes", [((2, 2, 1), (1, 2, 1), (0, 0, 0)), ((3, 2, 2), (2, 3, 1), (1, 1, 0))], ids=str)
def test_windows_over_three_dimensions_may_reach_beyond_the_end(agrees, sizes):
    x = RNG.permutation(48).reshape(1, 4, 3, 4) / 7.0
    given = {**dict(zip(("kernel_size", "stride", "padding"), sizes, strict=True)), "ceil_mode": True}
    agrees(
        lambda torch, x: torch.nn.functional.max_pool3d(x, **given),
        lambda x: pooled_in_turn(x, largest, *sizes, ceil_mode=True),
        x,
    )
    for counts, reduce in ((True, mean_with_padding), (False, mean)):
        agrees(
            lambda torch, x, counts=counts: torch.nn.functional.avg_pool3d(x, **given, count_include_pad=counts),
            lambda x, reduce=reduce: pooled_in_turn(x, reduce, *sizes, ceil_mode=True),
            x,
        )
