"""The extension ``linalg``: values as array-api-strict has them, or equations where these leave a choice."""

import math

import numpy as np
import pytest

from gradproof.errors import ArgumentError, DtypeError, UnsupportedError

DTYPES = ("float32", "float64")
SYMMETRIC = np.array([[[4.0, 1.0, -0.5], [1.0, 3.0, 0.25], [-0.5, 0.25, 2.0]], [[2.0, 0.5, 0], [0.5, 1, 0], [0, 0, 5]]])
SQUARE = np.array([[[2.0, -1.0, 0.5], [1.0, 3.0, 0.0], [0.25, 1.0, -2.0]], [[0.0, 1.0, 2.0], [1, 0, 1], [4.0, 1, 0]]])
TALL = np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.25], [-2.0, 1.0]])

#: Calls on symmetric positive definite matrices.
ON_SYMMETRIC = {
    "cholesky": lambda xp, x: xp.linalg.cholesky(x),
    "cholesky upper": lambda xp, x: xp.linalg.cholesky(x, upper=True),
    "eigh": lambda xp, x: xp.linalg.eigh(x).eigenvalues,
    "eigvalsh": lambda xp, x: xp.linalg.eigvalsh(x),
}
ON_SQUARE = {
    "cross": lambda xp, x: xp.linalg.cross(x, x[:, ::-1, :]),
    "cross of rows": lambda xp, x: xp.linalg.cross(x, x[:1, :, ::-1], axis=-2),
    "det": lambda xp, x: xp.linalg.det(x),
    "inv": lambda xp, x: xp.linalg.inv(x),
    "matmul": lambda xp, x: xp.linalg.matmul(x, x),
    "matrix_power": lambda xp, x: tuple(xp.linalg.matrix_power(x, n) for n in (-2, 0, 1, 5)),
    "outer": lambda xp, x: xp.linalg.outer(x[0, 0, :], x[0, :2, 1]),
    "slogdet": lambda xp, x: tuple(xp.linalg.slogdet(x)),
    "slogdet fields": lambda xp, x: xp.linalg.slogdet(x).sign * xp.exp(xp.linalg.slogdet(x).logabsdet),
    "solve": lambda xp, x: xp.linalg.solve(x, x[:, :, :2]),
    "solve a vector": lambda xp, x: xp.linalg.solve(x, x[0, 0, :]),
    "solve one side": lambda xp, x: xp.linalg.solve(x, x[0, :, :]),
    "tensordot": lambda xp, x: xp.linalg.tensordot(x, x, axes=((0, 2), (0, 1))),
    "vecdot": lambda xp, x: xp.linalg.vecdot(x, x[0, ...], axis=-2),
}
ON_ANY = {
    "diagonal": lambda xp, x: tuple(xp.linalg.diagonal(x, offset=k) for k in (-1, 0, 1)),
    "matrix_norm": lambda xp, x: tuple(
        xp.linalg.matrix_norm(x, ord=o) for o in ("fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf)
    ),
    "matrix_norm of the default order": lambda xp, x: xp.linalg.matrix_norm(x),
    "matrix_norm keepdims": lambda xp, x: tuple(xp.linalg.matrix_norm(x, keepdims=True, ord=o) for o in ("fro", 2, 1)),
    "matrix_rank": lambda xp, x: xp.linalg.matrix_rank(x),
    "matrix_rank of a threshold": lambda xp, x: xp.linalg.matrix_rank(x, rtol=0.5),
    "matrix_transpose": lambda xp, x: xp.linalg.matrix_transpose(x),
    "pinv": lambda xp, x: xp.linalg.pinv(x),
    "svd": lambda xp, x: xp.linalg.svd(x, full_matrices=False).S,
    "svdvals": lambda xp, x: xp.linalg.svdvals(x),
    "trace": lambda xp, x: tuple(xp.linalg.trace(x, offset=k) for k in (-1, 0, 1)),
    "trace in a dtype": lambda xp, x: xp.linalg.trace(x, dtype=xp.float64),
    "vector_norm": lambda xp, x: tuple(
        xp.linalg.vector_norm(x, ord=o) for o in (2, 1, 3, 0.5, 0, -1, -2.5, math.inf, -math.inf)
    ),
    "vector_norm over axes": lambda xp, x: tuple(
        xp.linalg.vector_norm(x, axis=a, keepdims=k, ord=o)
        for a in (0, -1, (0, 1)) for k in (False, True) for o in (1, 2, 3, -2, math.inf)
    ),
}  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ON_SYMMETRIC)
def test_functions_of_symmetric_matrices(compare, name, dtype):
    for x in (SYMMETRIC, SYMMETRIC[0]):
        compare(ON_SYMMETRIC[name], x.astype(dtype), scale=20.0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ON_SQUARE)
def test_functions_of_square_matrices(compare, name, dtype):
    assert not isinstance(compare(ON_SQUARE[name], SQUARE.astype(dtype), scale=500.0), str)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ON_ANY)
def test_functions_of_any_matrices(compare, name, dtype):
    for x in (TALL, TALL.T, np.stack([TALL, 2.0 * TALL]), SQUARE[0]):
        assert not isinstance(compare(ON_ANY[name], x.astype(dtype), scale=50.0), str)


@pytest.mark.parametrize("name", ["matmul", "outer", "trace", "vecdot", "cross", "diagonal", "tensordot"])
def test_products_and_sums_of_integers(compare, name):
    calls = {**ON_SQUARE, **ON_ANY}
    assert not isinstance(compare(calls[name], np.arange(18).reshape(2, 3, 3) - 7), str)


#: The reference library does not keep to what the standard says there: "should have a floating-point data type".
LAX = {"matrix_rank", "matrix_rank of a threshold"}


@pytest.mark.parametrize("name", [each for each in (*ON_SYMMETRIC, *ON_SQUARE, *ON_ANY) if each not in LAX])
def test_integers_are_refused_where_the_standard_refuses_them(compare, name):
    calls = {**ON_SYMMETRIC, **ON_SQUARE, **ON_ANY}
    compare(calls[name], (2 * SQUARE).astype(np.int64))


def test_a_vector_of_thresholds_has_one_for_each_matrix(xp):
    x = xp.asarray(np.stack([np.diag([1.0, 0.5, 0.1])] * 3))
    assert xp.linalg.matrix_rank(x, rtol=xp.asarray([0.7, 0.3, 0.01], dtype=xp.float64)).tolist() == [1, 2, 3]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("values", [TALL, TALL.T, SQUARE], ids=["tall", "wide", "square"])
def test_factors_satisfy_their_equations(xp, values, full, dtype):
    x = xp.asarray(values.astype(dtype))
    close = 1e-5 if dtype == "float32" else 1e-13
    q, r = xp.linalg.qr(x, mode="complete" if full else "reduced")
    u, s, vh = xp.linalg.svd(x, full_matrices=full)
    count, (rows, columns) = s.shape[-1], x.shape[-2:]
    assert q.shape[-1] == (rows if full else count)
    assert (u.shape[-1], vh.shape[-2]) == ((rows, columns) if full else (count, count))
    for product in (q @ r, (u[..., :count] * s[..., None, :]) @ vh[..., :count, :]):
        assert product.dtype == x.dtype
        np.testing.assert_allclose(product.numpy(), x.numpy(), atol=close)
    for factor in (q, u, xp.matrix_transpose(vh)):
        identity = np.broadcast_to(np.eye(factor.shape[-1]), (*factor.shape[:-2], factor.shape[-1], factor.shape[-1]))
        np.testing.assert_allclose((factor.mT @ factor).numpy(), identity, atol=close)
    assert not np.tril(r.numpy(), -1).any()


def test_eigenvectors_satisfy_their_equation_and_results_have_the_names_of_the_standard(xp, strict):
    x = xp.asarray(SYMMETRIC)
    found = xp.linalg.eigh(x)
    np.testing.assert_allclose(
        (x @ found.eigenvectors).numpy(), (found.eigenvectors * found.eigenvalues[:, None, :]).numpy(), atol=1e-13
    )
    for name in ("eigh", "qr", "slogdet", "svd"):
        ours, theirs = (getattr(module.linalg, name)(module.asarray(SYMMETRIC)) for module in (xp, strict))
        assert isinstance(ours, tuple)
        assert ours._fields == theirs._fields


def test_what_no_matrix_determines_is_refused(xp):
    tall = xp.asarray(TALL)
    tall.requires_grad_()
    with pytest.raises(UnsupportedError):
        xp.linalg.qr(tall, mode="complete").Q.sum().backward()
    with pytest.raises(UnsupportedError):
        xp.linalg.pinv(tall, rtol=0.1)
    with pytest.raises(ArgumentError, match="modes"):
        xp.linalg.qr(tall, mode="r")
    with pytest.raises(ArgumentError):
        xp.linalg.cholesky(xp.asarray(-SYMMETRIC))
    with pytest.raises(ArgumentError):
        xp.linalg.inv(xp.zeros((2, 2)))
    with pytest.raises(DtypeError):
        xp.linalg.det(xp.asarray([[1, 2], [3, 4]]))
