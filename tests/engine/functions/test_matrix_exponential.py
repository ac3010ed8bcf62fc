"""The exponential of a matrix, beside SciPy's and its derivative, and beside enclosures in ball arithmetic."""

import numpy as np
import pytest
import scipy.linalg
from flint import arb_mat

from gradproof import engine as torch

A = np.array([[0.3, -1.2, 0.8], [1.1, 0.4, -0.6], [-0.9, 0.7, 0.2]])
JORDAN = np.array([[2.0, 1.0, 0.0], [0.0, 2.0, 1.0], [0.0, 0.0, 2.0]])


def enclosed(a):
    return np.array([[float(each) for each in row] for row in arb_mat(a.tolist()).exp().tolist()])


@pytest.mark.parametrize("size", [0.0, 1e-10, 1e-2, 1.0, 5.0, 20.0])
@pytest.mark.parametrize("matrix", [A, JORDAN, A - A.T], ids=["general", "defective", "skew"])
def test_the_exponential_is_enclosed(matrix, size):
    found = torch.matrix_exp(torch.tensor(size * matrix)).numpy()
    expected = enclosed(size * matrix)
    # squaring makes errors grow with the norm (Higham, Functions of Matrices, section 10.3)
    scale = 2.0**-53 * 60 * max(1.0, size * np.abs(matrix).sum(axis=0).max())
    np.testing.assert_allclose(found, expected, rtol=0, atol=scale * np.abs(expected).max())


@pytest.mark.parametrize("size", [1e-2, 1.0, 5.0, 20.0])
@pytest.mark.parametrize("matrix", [A, JORDAN, A - A.T], ids=["general", "defective", "skew"])
def test_the_gradient_is_the_derivative_of_the_transposed_matrix(matrix, size):
    x = torch.tensor(size * matrix, requires_grad=True)
    torch.matrix_exp(x).backward(torch.tensor(A))
    expected = scipy.linalg.expm_frechet(size * matrix.T, A, compute_expm=False)
    np.testing.assert_allclose(x.grad.numpy(), expected, rtol=0, atol=1e-13 * (1 + size) * np.abs(expected).max())


def test_each_matrix_of_a_stack_is_scaled_alone():
    stack = np.stack([1e-3 * A, 40 * A, np.full((3, 3), np.nan), 3 * A])
    found = torch.matrix_exp(torch.tensor(stack)).numpy()
    for each, alone in zip(found, stack, strict=True):
        np.testing.assert_array_equal(each, torch.matrix_exp(torch.tensor(alone)).numpy())
    assert np.isnan(found[2]).all()
    assert torch.matrix_exp(torch.zeros(2, 0, 0)).shape == (2, 0, 0)


def test_single_precision_stays_single():
    found = torch.linalg.matrix_exp(torch.tensor(A, dtype=torch.float32))
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.numpy(), enclosed(A), rtol=2e-6)
