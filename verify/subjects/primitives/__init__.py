"""JAX's primitives in terms of ``gradproof.engine``: what each computes, by its name. Never a derivative.

A rule takes the operands and the parameters of the primitive. Operands that depend on a leaf are tensors, all others
NumPy arrays; a result that is an array is known from there on. Integers that depend on a leaf are int64.
"""

from __future__ import annotations

from ..rules import Rule
from .indexing import INDEXING
from .linear_algebra import LINEAR_ALGEBRA
from .pointwise import POINTWISE
from .rearrangement import REARRANGEMENT
from .reduction import REDUCTION

PRIMITIVES: dict[str, Rule] = {**POINTWISE, **REARRANGEMENT, **REDUCTION, **INDEXING, **LINEAR_ALGEBRA}

_RANDOM = "it draws random numbers from a key that depends on the arguments; draw them outside, and pass them"
_CALLBACK = "it calls Python, which JAX does not see inside either"

#: Primitives that no rule is to be given for, and why.
REFUSED: dict[str, str] = {
    "io_callback": _CALLBACK,
    "random_bits": _RANDOM,
    "random_fold_in": _RANDOM,
    "random_gamma": _RANDOM,
    "random_seed": _RANDOM,
    "random_split": _RANDOM,
    "random_wrap": _RANDOM,
    "reduce_precision": "it rounds to bits of which the proof knows nothing; leave it out",
    "rng_bit_generator": _RANDOM,
    "rng_uniform": _RANDOM,
    "threefry2x32": _RANDOM,
}
