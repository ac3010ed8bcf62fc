"""Attention, here and in PyTorch, against its formula in NumPy."""

import numpy as np
import pytest
import scipy.special

RNG = np.random.default_rng(8)
Q, K, V = RNG.uniform(-1, 1, (2, 3, 4)), RNG.uniform(-1, 1, (2, 5, 4)), RNG.uniform(-1, 1, (2, 5, 2))
SCORES = RNG.uniform(-1, 1, (3, 5))
COUNTS = np.array([[1, 0, 1, 1, 0], [0, 1, 0, 0, 0], [1, 1, 1, 1, 1]], dtype=bool)


def attention(q, k, v, added=0.0, scale=0.5):
    return scipy.special.softmax(scale * q @ np.swapaxes(k, -1, -2) + added, -1) @ v


def attend(torch, *args, **how):
    return torch.nn.functional.scaled_dot_product_attention(*args, **how)


def test_values_are_averaged_by_the_softmax_of_scores(agrees):
    agrees(attend, attention, Q, K, V)
    agrees(lambda *args: attend(*args, scale=2.0), lambda *args: attention(*args, scale=2.0), Q, K, V)


def test_a_floating_mask_is_added_to_the_scores(agrees):
    agrees(attend, attention, Q, K, V, SCORES)


def test_a_boolean_mask_tells_which_scores_count(agrees):
    minus = np.where(COUNTS, 0.0, -np.inf)
    agrees(
        lambda torch, *args: attend(torch, *args, attn_mask=torch.tensor(COUNTS)),
        lambda *args: attention(*args, added=minus),
        Q, K, V,
    )  # fmt: skip


def test_a_causal_query_sees_the_keys_up_to_its_own(agrees):
    minus = np.where(np.tri(3, 5), 0.0, -np.inf)
    agrees(lambda *args: attend(*args, is_causal=True), lambda *args: attention(*args, added=minus), Q, K, V)


def test_heads_of_keys_are_shared_by_those_of_queries(agrees):
    agrees(
        lambda *args: attend(*args, enable_gqa=True),
        lambda q, k, v: attention(q, np.repeat(k, 2, axis=1), np.repeat(v, 2, axis=1)),
        RNG.uniform(-1, 1, (1, 4, 3, 4)), K[None], V[None],
    )  # fmt: skip


def test_a_query_for_which_nothing_counts_gives_zeros_and_no_derivative(torch):
    q = torch.tensor(Q, requires_grad=True)
    counts = COUNTS & np.array([[True], [False], [True]])
    y = attend(torch, q, torch.tensor(K), torch.tensor(V), attn_mask=torch.tensor(counts))
    y.sum().backward()
    assert y[:, 1].tolist() == [[0.0, 0.0]] * 2
    assert q.grad[:, 1].tolist() == [[0.0] * 4] * 2
    assert np.all(q.grad.numpy()[:, 0])


def test_scores_that_do_not_count_have_no_second_derivative(torch):
    q = torch.tensor(Q, requires_grad=True)
    y = attend(torch, q, torch.tensor(K), torch.tensor(V), attn_mask=torch.tensor(COUNTS))
    (first,) = torch.autograd.grad(y.pow(2).sum(), q, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), q)
    assert second[:, 1].tolist() == [[0.0] * 4] * 2
    assert np.all(second.numpy()[:, 2])


def test_a_causal_mask_leaves_no_room_for_another(torch, refuses):
    q, k, v = map(torch.tensor, (Q, K, V))
    refuses((RuntimeError, ValueError), lambda: attend(torch, q, k, v, attn_mask=torch.tensor(COUNTS), is_causal=True))


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_weights_are_dropped(torch, p):
    y = attend(torch, *map(torch.tensor, (Q, K, V)), dropout_p=p)
    np.testing.assert_allclose(y.numpy(), (1.0 - p) * attention(Q, K, V), rtol=1e-12)
