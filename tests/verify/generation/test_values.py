"""Values: inside the domain, reproducible, and of the kind that their style says."""

import numpy as np
import pytest

from gradproof.engine.domain import POSITIVE, REAL, Domain
from gradproof.engine.vocabulary import OPS
from gradproof.verify.generation.values import STYLES, fill, uniforms

DOMAINS = sorted({str(d): d for op in OPS.values() for box in op.domain for d in box if d.kind == "real"}.items())


def many(style, domain=REAL, kinks=()):
    return np.concatenate([fill(style, domain, kinks, (2, 3), seed).ravel() for seed in range(200)])


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("domain", DOMAINS, ids=lambda pair: pair[0])
def test_filled_values_lie_in_the_domain(style, domain):
    _, where = domain
    assert isinstance(where, Domain)
    for at in range(20):
        assert np.all(where.contains(fill(style, where, (0.0,), (3, 3) if where.matrices else (2, 3), at)))


@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (2, 0)])
def test_values_have_the_shape_that_is_asked_for(shape):
    assert all(fill(style, REAL, (), shape, 1).shape == shape for style in STYLES)


def test_the_simplest_values_count():
    np.testing.assert_array_equal(fill("counting", REAL, (), (2, 2), 99), [[1.0, 2.0], [3.0, 4.0]])


def test_moderate_values_fill_their_mantissas():
    values = many("moderate")
    assert np.all((np.abs(values) >= 0.3) & (np.abs(values) <= 2.0))
    assert np.mean(values != values.astype(np.float32)) > 0.99


def test_special_values_hold_zeros_kinks_ends_and_saturation():
    values = many("special", Domain(low=-7.5, open=False), kinks=(0.25,))
    assert {0.0, 0.25, -7.5, 20.0, 40.0, 1e-8} <= set(values.tolist())


def test_near_values_are_beside_kinks_and_ends_but_not_at_them():
    values = many("near", POSITIVE, kinks=(3.0,))
    apart = np.minimum(np.abs(values), np.abs(values - 3.0))
    assert np.all((apart > 0.0) & (apart < 1e-3))
    assert np.any(values > 3.0)
    assert np.any((values < 3.0) & (values > 2.0))


@pytest.mark.parametrize(
    ("style", "least", "most"), [("small", 1e-10, 0.5), ("large", 2.0, 400.0), ("vast", 1e-13, 1e13)]
)
def test_magnitudes_are_spread(style, least, most):
    sizes = np.abs(many(style))
    assert sizes.min() < least
    assert sizes.max() > most


def test_uniform_numbers_are_a_function_of_the_seed_at_any_place():
    for seed in (0, 1, 12345, 2**16 - 1):
        for count in (0, 3, 70_000):
            found = uniforms(seed, count)
            assert len(found) == count
            np.testing.assert_array_equal(found[:3], uniforms(seed, 3)[:count])
    assert not np.array_equal(uniforms(1, 4), uniforms(2, 4))
