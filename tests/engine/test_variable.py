"""The value and the node: what dispatch and the sweep work on."""

import gc
import weakref

import numpy as np

import gradproof.engine as torch
from gradproof.engine.variable import Node, Outline, accumulator, array_of


def leaf(*values):
    return torch.tensor(list(values), requires_grad=True)


def test_the_edge_of_a_value_is_its_node_itself_or_nothing():
    x = leaf(1.0)
    y = x * 2
    assert (x.edge, y.edge, torch.ones(1).edge) == (x, y.grad_fn, None)


def test_nodes_are_numbered_as_they_are_made():
    x = leaf(1.0)
    first, second = (x * 2).grad_fn, (x * 2).grad_fn
    assert first.sequence < second.sequence


def test_views_share_the_number_of_the_last_write_and_copies_do_not():
    x = torch.ones(2, 3)
    views = [x.t(), x.reshape(6), x[0], x.detach(), x.expand(2, 2, 3), x.unsqueeze(0), x[0, 0]]
    copies = [x.clone(), x * 1, x.t().reshape(6), x[[0]], torch.tensor(x.tolist()), x.data]
    x.zero_()
    assert all(view.version[0] == x.version[0] > 0 for view in views)
    assert [copy.version[0] for copy in copies] == [0] * 6


def test_release_keeps_shapes_of_a_linear_op_and_nothing_of_others():
    x = torch.ones(1000, requires_grad=True)
    linear, other = (x + x).grad_fn, x.exp().grad_fn
    for node in (linear, other):
        node.release()
    assert [type(value) for value in linear.values] == [Outline, Outline]
    assert (linear.values[0].shape, linear.values[0].dtype, linear.values[0].ndim) == ((1000,), np.float32, 1)
    assert (linear.is_released, other.is_released, other.values) == (False, True, None)


def test_a_node_keeps_nothing_alive_that_no_rule_reads():
    data = torch.ones(1000)
    held = weakref.ref(data.array)
    y = leaf(1.0) + data
    del data
    assert held() is None
    assert y.grad_fn.values[1].shape == (1000,)


def test_a_node_keeps_what_a_rule_reads_and_not_the_tensor():
    x = leaf(1.0, 2.0).exp()
    tensor, array = weakref.ref(x), weakref.ref(x.array)
    y = x * x
    del x
    assert tensor() is None
    assert array() is not None
    y.sum().backward()
    assert array() is None


def test_releasing_twice_changes_nothing():
    node = (leaf(1.0, 2.0) + 1).grad_fn
    node.release()
    node.release()
    assert node.values[0].shape == (2,)


def test_a_leaf_has_one_accumulator_as_long_as_someone_holds_it():
    x = leaf(1.0)
    held = accumulator(x)
    assert accumulator(x) is held
    gone = weakref.ref(held)
    del held
    gc.collect()
    assert gone() is None


def test_nodes_print_their_name_and_address():
    node = (leaf(1.0) * 2).grad_fn
    assert isinstance(node, Node)
    assert repr(node) == f"<MulBackward0 object at {hex(id(node))}>"
    assert repr(node.next_functions[0][0]).startswith("<AccumulateGrad object at 0x")


def test_array_of_takes_variables_and_arrays():
    x = torch.ones(2)
    assert array_of(x) is x.array
    assert array_of(1.5).item() == 1.5
