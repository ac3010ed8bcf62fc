"""Mutants: targets with a planted mistake, and how many of them the verifier kills."""

from .mutants import mutate_vjp as mutate_vjp
from .mutants import wrong_factor as wrong_factor
from .mutants import wrong_sign as wrong_sign
