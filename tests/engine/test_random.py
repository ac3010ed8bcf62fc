"""Tensors from chance, and the state of what they are drawn from: the same on this engine and on PyTorch."""

import pytest


@pytest.fixture(autouse=True)
def known_state(torch):
    torch.manual_seed(5)


def test_a_state_gives_the_same_numbers_again(torch):
    torch.randn(3)
    state = torch.get_rng_state()
    assert state.dtype == torch.uint8
    first = [torch.randn(5).tolist(), torch.rand(2).tolist(), torch.randint(10, (4,)).tolist()]
    torch.set_rng_state(state)
    assert [torch.randn(5).tolist(), torch.rand(2).tolist(), torch.randint(10, (4,)).tolist()] == first


def test_a_generator_goes_back_to_its_state(torch):
    generator = torch.Generator().manual_seed(8)
    state, other = generator.get_state(), torch.Generator()
    first = torch.rand(3, generator=generator).tolist()
    other.set_state(state)
    assert torch.rand(3, generator=other).tolist() == first
    assert other.initial_seed() == generator.initial_seed() == 8


def test_negative_seeds_count_from_the_end(torch):
    assert torch.manual_seed(-1).initial_seed() == torch.initial_seed() == 2**64 - 1
    assert torch.Generator().manual_seed(-(2**63)).initial_seed() == 2**63


def test_seeds_that_nobody_can_foresee_differ(torch):
    generator = torch.Generator()
    assert len({generator.seed() for _ in range(3)} | {torch.seed()}) == 4
    assert torch.initial_seed() != 5


@pytest.mark.parametrize(
    ("how", "low", "high"),
    [
        (lambda t: t.randint(3, (2000,)), 0, 3),
        (lambda t: t.randint(-2, 3, (2000,)), -2, 3),
        (lambda t: t.randint(low=1, high=4, size=(2000,)), 1, 4),
        (lambda t: t.randint_like(t.ones(2000), 4), 0, 4),
        (lambda t: t.randint_like(t.ones(2000, dtype=t.int8), 2, 6), 2, 6),
    ],
)
def test_integers_lie_from_low_to_below_high(how, low, high, torch):
    drawn = how(torch)
    assert set(drawn.tolist()) == set(range(low, high))


def test_integers_have_the_dtype_asked_for(torch):
    assert torch.randint(2, (3,)).dtype == torch.int64
    assert torch.randint(2, (3,), dtype=torch.float32).dtype == torch.float32
    assert torch.randint(2, (3,), dtype=torch.uint8).dtype == torch.uint8
    assert torch.randint_like(torch.ones(2), 3).dtype == torch.float32


def test_a_permutation_has_all_numbers_once(torch):
    assert sorted(torch.randperm(100).tolist()) == list(range(100))
    assert torch.randperm(100).tolist() != list(range(100))
    assert torch.randperm(5, dtype=torch.int32).dtype == torch.int32


def test_normal_numbers_have_the_mean_and_the_deviation_asked_for(torch):
    n = 20_000
    drawn = torch.normal(3.0, 2.0, (n,), dtype=torch.float64)
    assert abs(drawn.mean().item() - 3) < 5 * 2 / n**0.5
    assert abs(drawn.std().item() - 2) < 5 * 2 / (2 * n) ** 0.5
    means = torch.tensor([[0.0], [100.0]])
    assert torch.normal(means, torch.ones(3)).shape == (2, 3)
    assert torch.normal(means, 0.0).tolist() == means.tolist()
    assert torch.normal(means).shape == (2, 1)
    assert torch.normal(0.0, torch.zeros(4)).tolist() == [0.0] * 4


def test_trials_succeed_with_their_probability(torch):
    assert torch.bernoulli(torch.tensor([0.0, 1.0])).tolist() == [0.0, 1.0]
    drawn = torch.bernoulli(torch.zeros(20_000), 0.25)
    assert set(drawn.tolist()) == {0.0, 1.0}
    assert abs(drawn.mean().item() - 0.25) < 5 * (0.25 * 0.75 / 20_000) ** 0.5


def test_the_module_of_random_numbers_has_them_too(torch):
    torch.random.manual_seed(3)
    assert torch.random.initial_seed() == 3
    assert torch.random.get_rng_state().tolist() == torch.get_rng_state().tolist()


def test_a_tensor_is_filled_with_random_numbers(torch):
    x = torch.zeros(20_000, dtype=torch.float64)
    assert x.uniform_(-1, 3) is x
    assert -1 <= x.min().item() < -0.9
    assert 2.9 < x.max().item() < 3
    x.normal_(5.0, 0.5)
    assert abs(x.mean().item() - 5) < 5 * 0.5 / 20_000**0.5
    assert abs(x.std().item() - 0.5) < 5 * 0.5 / 40_000**0.5


def test_what_is_filled_with_random_numbers_has_no_derivative(torch):
    x = torch.ones(3, requires_grad=True)
    y = x * 2
    y.normal_()
    y.sum().backward()
    assert x.grad.tolist() == [0.0, 0.0, 0.0]
    with pytest.raises(RuntimeError):
        x.uniform_()
