"""Derivatives by hand, right ones and the mistakes that people make: those of the page on checkers."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

import gradproof
from gradproof.verify import Verdict

SPEC = importlib.util.spec_from_file_location("pairs", Path(__file__).resolve().parents[3] / "benchmarks" / "pairs.py")
pairs = importlib.util.module_from_spec(SPEC)
sys.modules["pairs"] = pairs
SPEC.loader.exec_module(pairs)

NAMED = pytest.mark.parametrize("pair", pairs.PAIRS, ids=lambda pair: pair.name)
MISTAKES = [(pair, mistake) for pair in pairs.PAIRS for mistake in pair.mistakes]


def verdict(pair, vjp, dtype="float64", points=1):
    def by_hand(ct, *args):
        found = vjp(np, ct, *args)
        return found if len(args) > 1 else found[0]

    return gradproof.check(
        lambda *args: pair.function(np, *args), *pair.args, vjp=by_hand, dtype=dtype, points=points
    ).verdict


@NAMED
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_right_one_is_verified(pair, dtype):
    assert verdict(pair, pair.vjp, dtype) is Verdict.VERIFIED


@NAMED
def test_a_right_one_is_not_accused_anywhere(pair):
    assert not verdict(pair, pair.vjp, "float32", points=30).fails


@NAMED
def test_an_error_of_1e_minus_11_is_found(pair):
    assert verdict(pair, pairs.scaled(pair, 1e-11)).fails


@pytest.mark.parametrize(("pair", "mistake"), MISTAKES, ids=lambda each: getattr(each, "name", each))
def test_a_mistake_is_found(pair, mistake):
    is_hidden = mistake in pair.hidden
    assert verdict(pair, pair.mistakes[mistake], points=200 if is_hidden else 1).fails
    if is_hidden:
        assert not verdict(pair, pair.mistakes[mistake]).fails
