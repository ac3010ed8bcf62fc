"""Products, solutions and decompositions of matrices, and attention.

Vectors of a decomposition have the signs that PyTorch gives them at the leaves.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import _disable_current_modes

from gradproof import engine
from gradproof.engine import linalg, ops
from gradproof.engine.nn import functional
from gradproof.engine.signs import aligned
from gradproof.errors import UnsupportedError
from gradproof.exact import Array

from ...rules import Rule
from .reduction import softmax


def _attention(
    query: Any,
    key: Any,
    value: Any,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    attn_mask: Any = None,
    scale: float | None = None,
) -> Any:
    if dropout_p:
        raise UnsupportedError("attention with dropout is random; call eval() on the module")
    scores = ops.matmul(query, key.mT) * (query.shape[-1] ** -0.5 if scale is None else scale)
    if is_causal:
        scores = ops.where(np.tri(*scores.shape[-2:], dtype=np.bool_), scores, -math.inf)
    if attn_mask is not None:
        scores = scores + attn_mask
    return (ops.matmul(softmax(scores, -1), value),)


def _trilinear(
    a: Any, b: Any, c: Any, expand1: Any, expand2: Any, expand3: Any, summed: Sequence[int], unroll_dim: int = 1
) -> Any:
    product = 1.0
    for factor, dims in ((a, expand1), (b, expand2), (c, expand3)):
        for dim in dims:
            factor = engine.unsqueeze(factor, dim)
        product = factor * product
    return engine.sum(product, tuple(summed))


def _first_of(function: Rule) -> Rule:
    """Return the rule of an operation that returns a result and how it went: the result."""
    return lambda x, *_: (function(x),)


def _cholesky(x: Any, upper: bool = False, check_errors: bool = False) -> Any:
    return (linalg.cholesky(x, upper=upper),)


def _solve(a: Any, b: Any, left: bool = True, check_errors: bool = False) -> Any:
    if left:
        return (linalg.solve(a, b),)
    return (linalg.solve(a.mT, b.mT).mT,)


def _solve_triangular(a: Any, b: Any, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    return linalg.solve_triangular(a, b, upper=upper, left=left, unitriangular=unitriangular)


def _eigh(x: Any, uplo: str = "L", compute_v: bool = True) -> Any:
    if not compute_v:
        return (linalg.eigvalsh(x, uplo),)
    values, vectors = linalg.eigh(x, uplo)
    return values, *aligned(_known(torch.linalg.eigh, x, uplo)[1], vectors)


def _svd(x: Any, full_matrices: bool = False, compute_uv: bool = True, driver: Any = None) -> Any:
    if not compute_uv:
        return None, linalg.svdvals(x), None
    left, values, right = linalg.svd(x, False)
    left, turned = aligned(_known(torch.linalg.svd, x, False)[0], left, right.mT)
    rows, columns = x.shape[-2:]
    is_left_free, is_right_free = full_matrices and rows > columns, full_matrices and rows < columns
    return None if is_left_free else left, values, None if is_right_free else turned.mT


def _qr(x: Any, mode: str = "reduced") -> Any:
    if mode == "complete" and x.shape[-2] > x.shape[-1]:
        raise UnsupportedError("it asks for columns that the matrix does not determine; use mode='reduced'")
    q, r = linalg.qr(x)
    q, turned = aligned(_known(torch.linalg.qr, x)[0], q, r.mT)
    return None if mode == "r" else q, turned.mT


def _known(function: Rule, x: Any, *params: Any) -> list[Array]:
    """Return what PyTorch itself computes of the values of a matrix."""
    with _disable_current_modes():
        return [each.numpy() for each in function(torch.from_numpy(x.array.copy()), *params)]


def _slogdet(x: Any) -> Any:
    return tuple(linalg.slogdet(x))


def _pinv(x: Any, atol: Any = None, rtol: Any = None, hermitian: bool = False) -> Any:
    bounds = [each if each is None else each.item() for each in (atol, rtol)]
    return linalg.pinv(x, atol=bounds[0], rtol=bounds[1], hermitian=hermitian)


def _cholesky_solve(b: Any, factor: Any, upper: bool = False) -> Any:
    return engine.cholesky_solve(b, factor, upper=upper)


def _distances(a: Any, b: Any, p: float, compute_mode: int | None) -> Any:
    return engine.cdist(a, b, p)


RULES: Mapping[str, Rule] = {
    "_cdist_forward.default": _distances,
    "_pdist_forward.default": functional.pdist,
    "_trilinear.default": _trilinear,
    "addbmm.default": engine.addbmm,
    "addmm.default": engine.addmm,
    "addmv.default": engine.addmv,
    "addr.default": engine.addr,
    "baddbmm.default": engine.baddbmm,
    "bmm.default mm.default mv.default dot.default vdot.default": ops.matmul,
    "linalg_cross.default": linalg.cross,
    "_scaled_dot_product_flash_attention_for_cpu.default": _attention,
    "_linalg_det.default": _first_of(linalg.det),
    "_linalg_eigh.default": _eigh,
    "_linalg_slogdet.default": _slogdet,
    "_linalg_solve_ex.default": _solve,
    "_linalg_svd.default": _svd,
    "cholesky_solve.default": _cholesky_solve,
    "linalg_householder_product.default": linalg.householder_product,
    "linalg_matrix_exp.default": linalg.matrix_exp,
    "linalg_cholesky_ex.default": _cholesky,
    "linalg_inv_ex.default": _first_of(linalg.inv),
    "linalg_pinv.atol_rtol_tensor": _pinv,
    "linalg_qr.default": _qr,
    "linalg_solve_triangular.default": _solve_triangular,
}
