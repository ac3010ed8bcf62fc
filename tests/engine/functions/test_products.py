"""Products of vectors, matrices and tensors, beside NumPy's; what holds here holds of PyTorch too."""

import numpy as np
import pytest

import gradproof.engine
from gradproof.errors import ArgumentError, ShapeError

from .checks import check_linear

RANDOM = np.random.default_rng(0)


def whole(*shape):
    return RANDOM.integers(-5, 5, shape).astype(np.float64)


A, B, C, D, Q, R = whole(2, 3), whole(3, 4), whole(2, 3, 4), whole(2, 4, 3), whole(3, 3), whole(2, 2, 3, 3)
V, W, S = A[0], B[:, 0], np.array(3.0)

EQUATIONS = [
    ("ij,jk", A, B), ("ij,jk->ki", A, B), ("ij->ji", A), ("ij->", A), ("ij->j", A), ("ii", Q), ("ii->i", Q),
    ("i,j", V, W), ("i,i", V, W), ("bij,bjk->bik", C, D), ("...ij,...jk->...ik", D, B), ("...ij,jk", D, B),
    ("ij,jk,kl->il", A, Q, B), ("ijk,ilm,jm->kl", C, D, Q), ("i,ij,j->", A[:, 0], A, V), ("aabb->ab", R),
    ("aa...->...a", R), ("...->...", R), ("b...,b...->...", C, C), ("i,j,k->ijk", V, W, V), ("Ba,ac", A, B),
    (" i j , j k -> i k", A, B), (",ij", S, A), ("ij,ij,ij->ij", A, A, A), ("ij,kl->", A, B), ("ij,k->ij", A, V),
    ("...a,...b->...ab", B, V), ("ij,ij->", A, A[:1]), ("i...->...", C), ("abcc->ba", R),
    ("iij,jk->ik", whole(3, 3, 2), A),
]  # fmt: skip


@pytest.mark.parametrize("equation", EQUATIONS, ids=lambda each: each[0])
@pytest.mark.parametrize("slot", [0, 1, 2])
def test_einsum_gives_what_numpy_gives_and_its_transpose_as_gradient(torch, equation, slot):
    text, *values = equation
    if slot >= len(values):
        return

    def call(x):
        others = map(torch.tensor, values)
        return torch.einsum(text, *(x if i == slot else each for i, each in enumerate(others)))

    check_linear(torch, call, values[slot], np.einsum(text, *values))


def test_einsum_takes_lists_of_labels_and_a_list_of_tensors(torch):
    a, b, d = (torch.tensor(each) for each in (A, B, D))
    assert torch.einsum(a, [0, 1], b, [1, 2], [2, 0]).tolist() == (A @ B).T.tolist()
    assert torch.einsum(d, [..., 0, 1], b, [1, 2]).tolist() == (D @ B).tolist()
    assert torch.einsum("ij,jk", [a, b]).tolist() == (A @ B).tolist()


@pytest.mark.parametrize(
    ("text", "values", "error", "message"),
    [
        ("ij,jk", [A], ArgumentError, "2 terms, but there are 1 tensors"),
        ("ij,jk", [A, A], ShapeError, "the label 'j' has the sizes 3 and 2"),
        ("ijk", [A], ShapeError, "'ijk' does not fit a tensor of 2"),
        ("i", [A], ShapeError, "'i' does not fit a tensor of 2"),
        ("i1", [A], ArgumentError, "no term of letters"),
        ("i.j", [A], ArgumentError, "no term of letters"),
        ("ij->k", [A], ArgumentError, "a label twice, or one that no term has"),
        ("ij->ii", [A], ArgumentError, "a label twice"),
        ("ii", [A], ShapeError, "the label 'i' has the sizes 2 and 3"),
        ("ii", [A[:1]], ShapeError, "no diagonal of shape"),
    ],
)
def test_an_equation_that_does_not_fit_is_refused(text, values, error, message):
    torch = gradproof.engine
    with pytest.raises(error, match=message):
        torch.einsum(text, *map(torch.tensor, values))


CASES = [
    ("matmul of tensordot", D, lambda torch, x, t: torch.tensordot(x, t(B), 1), np.tensordot(D, B, 1)),
    ("tensordot of all", A, lambda torch, x, t: torch.tensordot(t(A), x), np.tensordot(A, A)),
    ("tensordot of pairs", C, lambda torch, x, t: torch.tensordot(x, t(D), ([1, 2], [2, 1])),
     np.tensordot(C, D, ([1, 2], [2, 1]))),
    ("tensordot of none", A, lambda torch, x, t: torch.tensordot(x, t(B), 0), np.tensordot(A, B, 0)),
    ("kron", A, lambda torch, x, t: torch.kron(x, t(B)), np.kron(A, B)),
    ("kron with a vector", A, lambda torch, x, t: torch.kron(t(V), x), np.kron(V, A)),
    ("inner", A, lambda torch, x, t: torch.inner(x, t(Q)), np.inner(A, Q)),
    ("inner with a number", A, lambda torch, x, t: torch.inner(t(S), x), 3 * A),
    ("dot", V, lambda torch, x, t: x.dot(t(W)), V @ W),
    ("vdot", V, lambda torch, x, t: torch.vdot(t(W), x), V @ W),
    ("outer", V, lambda torch, x, t: torch.outer(x, t(W)), np.outer(V, W)),
    ("mm", A, lambda torch, x, t: x.mm(t(B)), A @ B),
    ("mv", A, lambda torch, x, t: torch.mv(x, t(V)), A @ V),
    ("bmm", C, lambda torch, x, t: x.bmm(t(D)), C @ D),
    ("addmm", B, lambda torch, x, t: torch.addmm(t(B[0]), t(A), x, beta=2, alpha=3), 2 * B[0] + 3 * A @ B),
    ("addmm to nothing", A, lambda torch, x, t: torch.addmm(t(np.full(4, np.inf)), x, t(B), beta=0), A @ B),
    ("addmv", A, lambda torch, x, t: torch.addmv(x[:, 0], x, t(V)), A[:, 0] + A @ V),
    ("addr", V, lambda torch, x, t: torch.addr(t(A), t(A[:, 0]), x, alpha=2), A + 2 * np.outer(A[:, 0], V)),
    ("baddbmm", D, lambda torch, x, t: torch.baddbmm(t(C[:, :, :3]), t(C), x), C[:, :, :3] + C @ D),
    ("addbmm", C, lambda torch, x, t: torch.addbmm(t(Q), x, t(D), beta=2), 2 * Q + np.sum(C @ D, 0)),
    ("vecdot", A, lambda torch, x, t: torch.linalg.vecdot(x, t(V)), A @ V),
    ("vecdot along rows", A, lambda torch, x, t: torch.linalg.vecdot(t(A + 1), x, dim=0), np.sum((A + 1) * A, 0)),
    ("linalg.cross", A, lambda torch, x, t: torch.linalg.cross(x, t(A + 1)), np.cross(A, A + 1)),
    ("cross", B, lambda torch, x, t: torch.cross(t(B - 1), x, dim=0), np.cross(B - 1, B, axis=0)),
    ("multi_dot", B, lambda torch, x, t: torch.linalg.multi_dot([t(A), x, t(D[0]), t(V)]), A @ B @ D[0] @ V),
    ("linalg.diagonal", R, lambda torch, x, t: torch.linalg.diagonal(x, offset=1), np.diagonal(R, 1, -2, -1)),
]  # fmt: skip


@pytest.mark.parametrize(("values", "call", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_product_is_that_of_numpy_and_pulls_back_by_its_transpose(torch, values, call, expected):
    check_linear(torch, lambda x: call(torch, x, torch.tensor), values, expected)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize(("a", "b"), [(5, 2), (2, 5), (4, 3), (1, 1), (3, 3)])
@pytest.mark.parametrize("slot", [0, 1])
def test_a_convolution_is_that_of_numpy_also_of_stacks(mode, a, b, slot):
    torch = gradproof.engine
    values = [whole(a), whole(b)]
    for stack in (None, 2):
        both = [each if stack is None else np.stack([each, each + 1]) for each in values]
        pairs = [tuple(values)] if stack is None else list(zip(*both, strict=True))
        expected = np.array([np.convolve(*pair, mode) for pair in pairs])

        def call(x, both=both):
            others = [torch.tensor(each) for each in both]
            return torch.convolve(*(x if i == slot else each for i, each in enumerate(others)), mode)

        check_linear(torch, call, both[slot], expected if stack else expected[0])


def test_a_cross_product_is_along_the_first_dimension_of_size_3_unless_one_is_given():
    torch = gradproof.engine
    assert torch.cross(torch.tensor(B), torch.tensor(B - 1)).tolist() == np.cross(B, B - 1, axis=0).tolist()


def test_a_chain_is_multiplied_in_any_order():
    a, b, d = map(gradproof.engine.tensor, (A, B, D[0]))
    assert gradproof.engine.chain_matmul(a, b, d).tolist() == (A @ B @ D[0]).tolist()
    assert gradproof.engine.chain_matmul(a) is a


@pytest.mark.parametrize("name", ["outer", "convolve", "cross", "dot"])
def test_a_cotangent_of_zero_contributes_nothing_also_beside_infinity(name):
    torch = gradproof.engine
    x = torch.tensor([1.0, 2.0, 4.0], requires_grad=True)
    y = getattr(torch, name)(x, torch.tensor([np.inf, 3.0, 5.0]))
    ct = np.where(np.isfinite(y.detach().numpy()), np.float32(1), np.float32(0))
    y.backward(torch.tensor(ct))
    # what is left comes from the finite entries of the result
    expected = {"outer": [8, 8, 8], "convolve": [0, 5, 8], "cross": [0, 5, -3], "dot": [0, 0, 0]}[name]
    assert x.grad.tolist() == expected


def test_a_correlation_is_that_of_numpy():
    torch = gradproof.engine
    a, b = whole(5), whole(3)
    for mode in ("full", "same", "valid"):
        assert torch.correlate(torch.tensor(a), torch.tensor(b), mode).tolist() == np.correlate(a, b, mode).tolist()


def test_the_node_has_the_name_that_pytorch_gives_it(torch):
    x = torch.tensor(V, requires_grad=True)
    assert torch.linalg.cross(x, x).grad_fn.name() == "LinalgCrossBackward0"
    assert torch.dot(x, x).grad_fn.name() == "DotBackward0"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda torch: torch.ones(2, 2).dot(torch.ones(2)), ShapeError, "dot takes vectors"),
        (lambda torch: torch.ones(2).mm(torch.ones(2, 2)), ShapeError, "mm takes tensors of 2 and 2 dimensions"),
        (lambda torch: torch.ones(1, 2, 2).bmm(torch.ones(2, 2, 2)), ShapeError, "bmm takes tensors of 3 and 3"),
        (lambda torch: torch.tensordot(torch.ones(2, 3), torch.ones(2, 3), 1), ShapeError, r"\[3\] and \[2\] differ"),
        (lambda torch: torch.tensordot(torch.ones(2), torch.ones(2), 2), ArgumentError, "dims is 2"),
        (lambda torch: torch.cross(torch.ones(2), torch.ones(2)), ShapeError, "no dimension of shape"),
        (lambda torch: torch.linalg.cross(torch.ones(2), torch.ones(2)), ShapeError, "vectors of 3 entries, not 2"),
        (lambda torch: torch.linalg.vecdot(torch.ones(2), torch.ones(3)), ShapeError, "lengths 2 and 3"),
        (lambda torch: torch.linalg.multi_dot([torch.ones(2)]), ArgumentError, "at least two"),
        (lambda torch: torch.convolve(torch.ones(2), torch.ones(0)), ShapeError, "none of them empty"),
        (lambda torch: torch.convolve(torch.ones(2), torch.ones(2), "half"), ArgumentError, "'half'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call(gradproof.engine)
