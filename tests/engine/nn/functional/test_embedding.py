"""Embeddings and classes as vectors, here and in PyTorch."""

import numpy as np
import pytest

WEIGHT = np.arange(12.0).reshape(4, 3)
INDICES = np.array([[0, 3], [3, 1]])


def test_rows_are_looked_up(agrees):
    agrees(lambda torch, w: torch.nn.functional.embedding(torch.tensor(INDICES), w), lambda w: w[INDICES], WEIGHT)


def test_to_the_row_of_the_padding_no_derivative_flows(torch):
    weight = torch.tensor(WEIGHT, requires_grad=True)
    rows = torch.nn.functional.embedding(torch.tensor(INDICES), weight, padding_idx=-1)
    rows.sum().backward()
    assert rows[0, 1].tolist() == WEIGHT[3].tolist()
    assert weight.grad[:, 0].tolist() == [1.0, 1.0, 0.0, 0.0]


def test_an_embedding_has_the_node_of_pytorch(torch):
    weight = torch.tensor(WEIGHT, requires_grad=True)
    assert type(torch.nn.functional.embedding(torch.tensor([1]), weight).grad_fn).__name__ == "EmbeddingBackward0"


def test_classes_become_vectors(torch):
    assert torch.nn.functional.one_hot(torch.tensor([0, 2])).tolist() == [[1, 0, 0], [0, 0, 1]]
    wide = torch.nn.functional.one_hot(torch.tensor([[1]]), num_classes=2)
    assert wide.tolist() == [[[0, 1]]]
    assert wide.dtype == torch.int64


@pytest.mark.parametrize(
    ("kind", "ask"),
    [
        (IndexError, lambda torch, nn: nn.embedding(torch.tensor([4]), torch.zeros(4, 2))),
        ((RuntimeError, TypeError), lambda torch, nn: nn.embedding(torch.tensor([1.0]), torch.zeros(4, 2))),
        ((RuntimeError, ValueError), lambda torch, nn: nn.one_hot(torch.tensor([4]), num_classes=4)),
        ((RuntimeError, ValueError), lambda torch, nn: nn.one_hot(torch.tensor([-1]))),
    ],
)
def test_what_is_no_row_is_refused(torch, refuses, kind, ask):
    refuses(kind, ask, torch, torch.nn.functional)
