"""Functions that move entries, beside NumPy's; what holds here holds of PyTorch too."""

import numpy as np
import pytest

import gradproof.engine
from gradproof.errors import ArgumentError, OutOfRangeError, ShapeError

from .checks import check_linear

X = np.arange(24.0).reshape(2, 3, 4)
M, V, S = X[0], X[0, 0], np.array(3.0)
L = [[9.0, 8.0, 7.0]]

CASES = [
    ("flip(0)", X, lambda torch, x: x.flip(0), np.flip(X, 0)),
    ("flip(0, -1)", X, lambda torch, x: x.flip(0, -1), np.flip(X, (0, -1))),
    ("flip(())", X, lambda torch, x: x.flip(()), X),
    ("fliplr", X, lambda torch, x: torch.fliplr(x), np.fliplr(X)),
    ("flipud", X, lambda torch, x: torch.flipud(x), np.flipud(X)),
    ("roll(1)", X, lambda torch, x: x.roll(1), np.roll(X, 1)),
    ("roll(-2, 1)", X, lambda torch, x: x.roll(-2, 1), np.roll(X, -2, 1)),
    ("roll of two", X, lambda torch, x: torch.roll(x, (1, 2), (0, 2)), np.roll(X, (1, 2), (0, 2))),
    *((f"rot90({k})", X, lambda torch, x, k=k: x.rot90(k, (0, 2)), np.rot90(X, k, (0, 2))) for k in range(-1, 5)),
    ("tile(2)", X, lambda torch, x: x.tile(2), np.tile(X, 2)),
    ("tile in front", M, lambda torch, x: torch.tile(x, (2, 1, 3)), np.tile(M, (2, 1, 3))),
    ("repeat", M, lambda torch, x: x.repeat(2, 1, 2), np.tile(M, (2, 1, 2))),
    ("repeat_interleave", M, lambda torch, x: x.repeat_interleave(2), np.repeat(M, 2)),
    ("each its own", M, lambda torch, x: x.repeat_interleave(torch.tensor([1, 0, 2]), 0), np.repeat(M, [1, 0, 2], 0)),
    ("stack", M, lambda torch, x: torch.stack([x, 2 * x], 1), np.stack([M, 2 * M], 1)),
    ("stack behind", V, lambda torch, x: torch.stack((x, x), -1), np.stack([V, V], -1)),
    ("hstack", M, lambda torch, x: torch.hstack([x, x]), np.hstack([M, M])),
    ("hstack of vectors", V, lambda torch, x: torch.hstack((x, x)), np.hstack([V, V])),
    ("vstack", V, lambda torch, x: torch.vstack([x, x]), np.vstack([V, V])),
    ("dstack", M, lambda torch, x: torch.dstack([x, x]), np.dstack([M, M])),
    ("dstack of vectors", V, lambda torch, x: torch.dstack([x, x]), np.dstack([V, V])),
    ("column_stack", V, lambda torch, x: torch.column_stack([x, 3 * x]), np.column_stack([V, 3 * V])),
    ("block_diag", V, lambda torch, x: torch.block_diag(x, x[2]), [[0, 1, 2, 3, 0], [0, 0, 0, 0, 2]]),
    ("cartesian_prod", V, lambda torch, x: torch.cartesian_prod(x[1:3], x[3:]), [[1, 3], [2, 3]]),
    ("select", X, lambda torch, x: x.select(1, -1), X[:, -1]),
    ("narrow", X, lambda torch, x: x.narrow(2, -3, 2), X[..., 1:3]),
    ("unbind", X, lambda torch, x: torch.unbind(x, 1), (X[:, 0], X[:, 1], X[:, 2])),
    ("split", X, lambda torch, x: torch.split(x, 2, 1), (X[:, :2], X[:, 2:])),
    ("split into sections", X, lambda torch, x: x.split([0, 1, 2], 1), (X[:, :0], X[:, :1], X[:, 1:])),
    ("chunk", X, lambda torch, x: x.chunk(3, 2), (X[..., :2], X[..., 2:])),
    ("tensor_split", X, lambda torch, x: x.tensor_split(3, 2), tuple(np.array_split(X, 3, 2))),
    ("tensor_split at", X, lambda torch, x: torch.tensor_split(x, (1, 3), 2), tuple(np.split(X, (1, 3), 2))),
    ("hsplit", V, lambda torch, x: torch.hsplit(x, 2), tuple(np.hsplit(V, 2))),
    ("vsplit", X, lambda torch, x: x.vsplit(2), tuple(np.vsplit(X, 2))),
    ("dsplit", X, lambda torch, x: x.dsplit([1]), tuple(np.dsplit(X, [1]))),
    ("tril", M, lambda torch, x: torch.tril(x), np.tril(M)),
    ("triu", X, lambda torch, x: x.triu(diagonal=1), np.triu(X, 1)),
    ("trace", M, lambda torch, x: x.trace(), np.trace(M)),
    ("diag of a vector", V, lambda torch, x: torch.diag(x, 1), np.diag(V, 1)),
    ("diag of a matrix", M, lambda torch, x: x.diag(-1), np.diag(M, -1)),
    ("diagflat", M, lambda torch, x: x.diagflat(), np.diagflat(M)),
    ("diagonal", X, lambda torch, x: torch.diagonal(x, 1, -1, 0), np.diagonal(X, 1, -1, 0)),
    ("diagonal outside", M, lambda torch, x: x.diagonal(7), np.diagonal(M, 7)),
    ("diag_embed", V, lambda torch, x: torch.diag_embed(x, -1), np.diag(V, -1)),
    ("diag_embed elsewhere", M, lambda torch, x: x.diag_embed(0, 0, 2), np.stack(list(map(np.diag, M)), 1)),
    ("diagonal_scatter", M, lambda torch, x: x.diagonal_scatter(torch.tensor(L[0]).double()),
     np.where(np.eye(3, 4, dtype=bool), np.array(L).T, M)),
    ("index_copy", M, lambda torch, x: x.index_copy(0, torch.tensor([2, 0]), -x[:2]), np.stack([-M[1], M[1], -M[0]])),
    ("put", V, lambda torch, x: x.put(torch.tensor([1, -1]), x[:2] * 2), [0.0, 0.0, 2.0, 2.0]),
    ("put on top", V, lambda torch, x: x.put(torch.tensor([1, 1]), x[2:], accumulate=True), [0.0, 6.0, 2.0, 3.0]),
    ("masked_scatter", V, lambda torch, x: x.masked_scatter(torch.arange(4) > 1, x + 5), [0.0, 1.0, 5.0, 6.0]),
    ("select_scatter", M, lambda torch, x: torch.select_scatter(x, x[:, 0] * 2, 1, -1),
     np.concatenate([M[:, :3], 2 * M[:, :1]], 1)),
    ("slice_scatter", M, lambda torch, x: x.slice_scatter(x[:, :2] * 3, 1, step=2),
     np.stack([3 * M[:, 0], M[:, 1], 3 * M[:, 1], M[:, 3]], 1)),
    ("combinations", V[1:], lambda torch, x: torch.combinations(x), [[1.0, 2.0], [1.0, 3.0], [2.0, 3.0]]),
    ("combinations of the same", V[1:3], lambda torch, x: torch.combinations(x, 2, True), [[1, 1], [1, 2], [2, 2]]),
    ("concat", V, lambda torch, x: torch.concat([x, x]), [*V, *V]),
    ("unfold", X, lambda torch, x: x.unfold(2, 2, 1), np.lib.stride_tricks.sliding_window_view(X, 2, 2)),
    ("unfold in steps", X, lambda torch, x: x.unfold(-1, 1, 3), X[..., ::3, None]),
    ("ravel", X, lambda torch, x: torch.ravel(x), X.ravel()),
    ("flatten", X, lambda torch, x: torch.flatten(x, 0, 1), X.reshape(6, 4)),
    ("flatten a number", S, lambda torch, x: x.flatten(), [3.0]),
    ("unflatten", X, lambda torch, x: torch.unflatten(x, 2, (2, -1)), X.reshape(2, 3, 2, 2)),
    ("movedim", X, lambda torch, x: x.movedim(0, -1), np.moveaxis(X, 0, -1)),
    ("moveaxis", X, lambda torch, x: torch.moveaxis(x, (0, 1), (2, 0)), np.moveaxis(X, (0, 1), (2, 0))),
    ("swapaxes", X, lambda torch, x: x.swapaxes(0, -1), np.swapaxes(X, 0, -1)),
    ("squeeze two", X[:1, None], lambda torch, x: x.squeeze((0, 1, 2)), X[0]),
    ("broadcast_tensors", V, lambda torch, x: torch.broadcast_tensors(x, torch.ones(2, 1).double())[0], [V, V]),
    ("meshgrid", V, lambda torch, x: torch.meshgrid(x, x[:2], indexing="ij"),
     tuple(np.meshgrid(V, V[:2], indexing="ij"))),
    ("meshgrid xy", V, lambda torch, x: torch.meshgrid(x, x[:2], indexing="xy"), tuple(np.meshgrid(V, V[:2]))),
    ("atleast_1d", S, lambda torch, x: torch.atleast_1d(x), [3.0]),
    ("atleast_2d", V, lambda torch, x: torch.atleast_2d(x, x[0]), (V[None], [[0.0]])),
    ("atleast_3d", M, lambda torch, x: torch.atleast_3d(x, x[0]), (M[..., None], V[None, :, None])),
    ("pad", X, lambda torch, x: torch.nn.functional.pad(x, (1, 2)), np.pad(X, ((0, 0), (0, 0), (1, 2)))),
    ("pad with a value", X, lambda torch, x: torch.nn.functional.pad(x, (1, 0, 0, 2), value=5.0),
     np.pad(X, ((0, 0), (0, 2), (1, 0)), constant_values=5.0)),
    ("pad less", X, lambda torch, x: torch.nn.functional.pad(x, (-1, 0, 1, -2), value=5.0),
     np.pad(X[:, :1, 1:], ((0, 0), (1, 0), (0, 0)), constant_values=5.0)),
    *((f"pad {mode}", X, lambda torch, x, mode=mode: torch.nn.functional.pad(x, (1, 3), mode),
       np.pad(X, ((0, 0), (0, 0), (1, 3)), theirs))
      for mode, theirs in (("reflect", "reflect"), ("replicate", "edge"), ("circular", "wrap"))),
]  # fmt: skip


@pytest.mark.parametrize(("values", "call", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_function_gives_what_numpy_gives_and_its_transpose_as_gradient(torch, values, call, expected):
    check_linear(torch, lambda x: call(torch, x), values, expected)


@pytest.mark.parametrize(
    "name",
    ["flip", "roll", "tile", "tril", "triu", "trace", "stack", "diagonal", "diag_embed", "unfold", "pad", "reflect"],
)
def test_the_node_has_the_name_that_pytorch_gives_it(torch, name):
    x = torch.ones(3, 3, requires_grad=True)
    pad = torch.nn.functional.pad
    result = {
        "flip": lambda: x.flip(0), "roll": lambda: x.roll(1), "tile": lambda: x.tile(2), "tril": x.tril,
        "triu": x.triu, "trace": x.trace, "stack": lambda: torch.stack([x]), "diagonal": x.diagonal,
        "diag_embed": lambda: torch.diag_embed(x), "unfold": lambda: x.unfold(0, 2, 1),
        "pad": lambda: pad(x, (1, 1)), "reflect": lambda: pad(x, (1, 1), "reflect"),
    }[name]()  # fmt: skip
    matrix = torch.ones(1, 3, requires_grad=True)
    assert matrix.transpose(0, 1).grad_fn.name() == matrix.mT.grad_fn.name() == "TransposeBackward0"
    found = [matrix.squeeze().grad_fn.name(), matrix.squeeze(0).grad_fn.name(), matrix.squeeze((0,)).grad_fn.name()]
    assert found == ["SqueezeBackward0", "SqueezeBackward1", "SqueezeBackward2"]
    names = {"tile": "Repeat", "pad": "ConstantPadNd", "reflect": "ReflectionPad1D", "diag_embed": "DiagEmbed"}
    assert result.grad_fn.name() == f"{names.get(name, name.capitalize())}Backward0"


@pytest.mark.parametrize("increasing", [False, True])
def test_a_matrix_of_vandermonde_is_that_of_numpy(increasing):
    x = gradproof.engine.tensor(V, requires_grad=True)
    y = gradproof.engine.vander(x, 3, increasing=increasing)
    assert y.tolist() == np.vander(V, 3, increasing).tolist()
    y.sum().backward()
    assert x.grad.tolist() == (1 + 2 * V).tolist()


def test_a_diagonal_is_a_view_that_can_be_written_to(torch):
    x = torch.zeros(2, 3)
    x.diagonal(1).fill_(4.0)
    assert x.tolist() == [[0.0, 4.0, 0.0], [0.0, 0.0, 4.0]]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda torch: torch.stack([]), ArgumentError, "at least one tensor"),
        (lambda torch: torch.stack([torch.ones(2), torch.ones(3)]), ShapeError, r"shapes \(2,\) and \(3,\) differ"),
        (lambda torch: torch.ones(3).roll((1, 2), 0), ShapeError, "2 shifts .* for 1 axes"),
        (lambda torch: torch.ones(2, 2).rot90(1, (0,)), ShapeError, "a plane has two dimensions"),
        (lambda torch: torch.ones(2, 2).repeat(2), ShapeError, "a number for each dimension"),
        (lambda torch: torch.ones(2).repeat_interleave(torch.tensor([1, 2, 3])), ShapeError, "one for each of 2"),
        (lambda torch: torch.ones(4).narrow(0, 2, 3), OutOfRangeError, "3 slices from 2 on"),
        (lambda torch: torch.ones(4).split([1, 2]), ShapeError, r"\[1, 2\] do not make up"),
        (lambda torch: torch.ones(4).chunk(0), ArgumentError, "a positive integer, not 0"),
        (lambda torch: torch.ones(4).tril(), ShapeError, "a matrix has at least two"),
        (lambda torch: torch.ones(2, 2).diagonal(0, 1, 1), ShapeError, "names a dimension twice"),
        (lambda torch: torch.ones(2, 2, 2).diag(), ShapeError, "a vector or a matrix"),
        (lambda torch: torch.ones(3).unfold(0, 4, 1), ShapeError, "do not fit 3 entries"),
        (lambda torch: torch.ones(6).unflatten(0, (4, -1)), ShapeError, "cannot be split"),
        (lambda torch: torch.ones(2, 3).flatten(1, 0), ShapeError, "in order"),
        (lambda torch: torch.nn.functional.pad(torch.ones(3), (1, 2, 3)), ShapeError, "no list of two widths"),
        (lambda torch: torch.nn.functional.pad(torch.ones(1, 3), (3, 0), "reflect"), ShapeError, "too large"),
        (lambda torch: torch.nn.functional.pad(torch.ones(3), (1, 1), "mirror"), ArgumentError, "'mirror'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call(gradproof.engine)
