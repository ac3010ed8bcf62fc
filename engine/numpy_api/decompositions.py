"""NumPy's factorisations of traced matrices, with the signs that NumPy's vectors have where they are traced."""

# ruff: noqa: D103 - the functions are NumPy's, and documented there
from __future__ import annotations

from typing import Any

import numpy as np

from .. import linalg, ops
from ..functions.decompositions import EighResult, QRResult, SVDResult
from ..ops.linear_algebra import swapped
from ..signs import aligned
from .refusals import refuse
from .ufuncs import floating


def cholesky(a: Any, *, upper: bool = False) -> Any:
    factor = ops.cholesky(_from_triangle(a, "U" if upper else "L"))
    return swapped(factor) if upper else factor


def eigh(a: Any, UPLO: str = "L") -> EighResult:  # noqa: N803 - NumPy's name
    values, vectors = linalg.eigh(_from_triangle(a, UPLO))
    known = np.linalg.eigh(floating(a).array, UPLO)[1]  # type: ignore[call-overload]
    return EighResult(values, *aligned(known, vectors))


def eigvalsh(a: Any, UPLO: str = "L") -> Any:  # noqa: N803 - NumPy's name
    return linalg.eigvalsh(_from_triangle(a, UPLO))


def _from_triangle(a: Any, which: str) -> Any:
    """Return the symmetric matrices that are meant where one triangle of each is read."""
    part, rest = (ops.tril, -1) if which == "L" else (ops.triu, 1)
    x = floating(a)
    return ops.add(part(x, k=0), swapped(part(x, k=rest)))


def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    x = floating(a)
    if not compute_uv:
        return ops.svdvals(x)
    if full_matrices and x.array.shape[-1] != x.array.shape[-2]:
        refuse("numpy.linalg.svd with vectors that the matrix does not determine", "use full_matrices=False")
    left, values, right = linalg.svd(x, full_matrices=False)
    known = np.linalg.svd(x.array, full_matrices=False)[0]
    left, turned = aligned(known, left, swapped(right))
    return SVDResult(left, values, swapped(turned))


def qr(a: Any, mode: str = "reduced") -> Any:
    x = floating(a)
    rows, columns = x.array.shape[-2:]
    if mode not in ("reduced", "complete", "r") or (mode == "complete" and rows > columns):
        refuse(f"numpy.linalg.qr with mode={mode!r} of {rows} by {columns} matrices", "use mode='reduced'")
    q, r = linalg.qr(x)
    q, turned = aligned(np.linalg.qr(x.array)[0], q, swapped(r))
    return swapped(turned) if mode == "r" else QRResult(q, swapped(turned))
