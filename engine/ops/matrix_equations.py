"""Solutions of equations in matrices: ``A X + X B = Q``, and ``X X = A``.

Both are found by way of real Schur forms (Bartels and Stewart, *Communications of the ACM* 15(9), 1972; Higham,
*Linear Algebra and its Applications* 88/89, 1987), and each derivative solves a linear equation of the first kind.

Their domain here are matrices with a positive definite symmetric part: A and -B have no eigenvalue in common then,
the principal root has such a part too, and its square is not much smaller than the square of its norm, so that the
algorithms are backward stable. The functions themselves exist for further matrices, and compute there too.
"""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import linalg

from gradproof.budget import normwise

from ..domain import ACCRETIVE, REAL
from ..op import Function, define
from ..shapes import Square, Sylvester
from ..variable import Array
from .linear_algebra import matmul, swapped
from .scaling import exponent_of


def _of_each(function: Callable[..., Array], shape: tuple[int, ...], *stacks: Array) -> Array:
    """Return what a function makes of the matrices of stacks that broadcast, NaN where they are not finite."""
    found = np.full(shape, np.nan, np.result_type(*stacks))
    spread = [np.broadcast_to(each, (*shape[:-2], *each.shape[-2:])) for each in stacks]
    for place in np.ndindex(*shape[:-2] if found.size else (0,)):
        matrices = [each[place] for each in spread]
        if all(np.isfinite(each).all() for each in matrices):
            found[place] = function(*matrices)
    return found


def _sylvester_forward(a: Array, b: Array, q: Array) -> Array:
    return _of_each(_solved, Sylvester().result(a.shape, b.shape, q.shape), a, b, q)


def _solved(a: Array, b: Array, q: Array) -> Array:
    """Solve one equation, scaled by a power of two: NaN where there is no solution.

    SciPy's function of this kind does not tell that.
    """
    exponent = exponent_of(max(np.abs(a).max(), np.abs(b).max()))
    r, u = linalg.schur(np.ldexp(a, -exponent))
    s, v = linalg.schur(np.ldexp(b.T, -exponent))
    (triangular,) = linalg.get_lapack_funcs(("trsyl",), (r, s, q))
    y, scale, info = triangular(r, s, u.T @ q @ v, tranb="T")
    return np.full_like(y, np.nan) if info else np.ldexp(u @ (y / scale) @ v.T, -exponent)


def _sylvester_right(ct: Any, y: Any, a: Any, b: Any, q: Any) -> Any:
    """Return the solution of ``A^T X + X B^T = ct``."""
    return solve_sylvester(swapped(a), swapped(b), ct)


def _sylvester_left(ct: Any, y: Any, a: Any, b: Any, q: Any) -> Any:
    """Return ``-X Y^T`` of the solution Y, where X is the cotangent of the right-hand side."""
    return -matmul(_sylvester_right(ct, y, a, b, q), swapped(y))


def _sylvester_middle(ct: Any, y: Any, a: Any, b: Any, q: Any) -> Any:
    """Return ``-Y^T X``, as above."""
    return -matmul(swapped(y), _sylvester_right(ct, y, a, b, q))


def _principal_root(a: Array) -> Array:
    """Return SciPy's root after one step of Newton's method: between complex eigenvalues it loses two digits.

    NaN where there is an eigenvalue on the negative axis.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", linalg.LinAlgWarning)  # of singular matrices, whose root may exist
        root = linalg.sqrtm(a)
    if np.iscomplexobj(root):
        return np.full_like(a, np.nan)
    step = _solved(root, root, root @ root - a)
    return np.asarray(root - step if np.isfinite(step).all() else root)


def _root_vjp(ct: Any, y: Any, a: Any) -> Any:
    """Return the solution of ``Y^T X + X Y^T = ct``."""
    return solve_sylvester(swapped(y), swapped(y), ct)


solve_sylvester: Function = define(
    "solve_sylvester",
    forward=_sylvester_forward,
    vjp=(_sylvester_left, _sylvester_middle, _sylvester_right),
    shape=Sylvester(),
    domain=(ACCRETIVE, ACCRETIVE, REAL),
    budget=normwise(10, forward=2, vjp=4, moved=(True, True, True), jointly=2),
    node="SolveSylvesterBackward0",
    integers=False,
)

sqrtm: Function = define(
    "sqrtm",
    forward=lambda a: _of_each(_principal_root, Square().result(a.shape), a),
    vjp=_root_vjp,
    shape=Square(),
    domain=(ACCRETIVE,),
    budget=normwise(3, forward=2, vjp=4),
    node="SqrtmBackward0",
    integers=False,
)

__all__ = [
    "solve_sylvester",
    "sqrtm",
]
