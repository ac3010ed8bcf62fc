"""Domains: sets of reals, one for each argument of an op."""

import numpy as np
import pytest

from gradproof.engine.domain import (
    BOOLEAN,
    COUNTING,
    INDEX,
    INTEGER,
    NONNEGATIVE,
    NONZERO,
    POSITIVE,
    PROBABILITY,
    REAL,
    above,
)

VALUES = np.array([-np.inf, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, np.inf, np.nan])


@pytest.mark.parametrize(
    ("domain", "inside"),
    [
        (REAL, [-1.0, -0.5, 0.0, 0.5, 1.0, 2.0]),
        (POSITIVE, [0.5, 1.0, 2.0]),
        (NONNEGATIVE, [0.0, 0.5, 1.0, 2.0]),
        (NONZERO, [-1.0, -0.5, 0.5, 1.0, 2.0]),
        (INTEGER, [-1.0, 0.0, 1.0, 2.0]),
        (COUNTING, [0.0, 1.0, 2.0]),
        (PROBABILITY, [0.0, 0.5, 1.0]),
        (above(-1.0), [-0.5, 0.0, 0.5, 1.0, 2.0]),
    ],
    ids=str,
)
def test_a_domain_contains_its_members_and_never_nan_or_infinity(domain, inside):
    assert VALUES[domain.contains(VALUES)].tolist() == inside


def test_a_boolean_domain_contains_booleans_alone():
    assert BOOLEAN.contains(np.array([True, False])).all()
    assert not BOOLEAN.contains(np.array([1.0])).any()


def test_domains_print_as_intervals():
    domains = [REAL, POSITIVE, NONNEGATIVE, NONZERO, INTEGER, COUNTING, PROBABILITY, above(-1.0), BOOLEAN, INDEX]
    assert [str(domain) for domain in domains] == [
        "reals",
        "(0, inf)",
        "[0, inf)",
        "reals without 0",
        "integers",
        "integers in [0, inf)",
        "[0, 1]",
        "(-1, inf)",
        "boolean",
        "index",
    ]
