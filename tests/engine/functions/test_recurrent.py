"""Recurrent networks, here and on PyTorch, against loops in NumPy."""

import numpy as np
import pytest
from scipy.special import expit

from .checks import check_smooth

RNG = np.random.default_rng(4)
SIZE, HIDDEN, BATCH, TIME = 3, 2, 2, 3


def rnn_tanh(given, own, state):
    return (np.tanh(given + own),)


def rnn_relu(given, own, state):
    return (np.maximum(given + own, 0.0),)


def gru(given, own, state):
    """PyTorch's documentation of GRU: r, z, n, h'."""
    (r, z, n), (own_r, own_z, own_n) = np.split(given, 3, -1), np.split(own, 3, -1)
    update = expit(z + own_z)
    return ((1 - update) * np.tanh(n + expit(r + own_r) * own_n) + update * state[0],)


def lstm(given, own, state):
    """PyTorch's documentation of LSTM: i, f, g, o, c', h'."""
    i, f, g, o = np.split(given + own, 4, -1)
    cell = expit(f) * state[1] + expit(i) * np.tanh(g)
    return expit(o) * np.tanh(cell), cell


KINDS = {"rnn_tanh": (rnn_tanh, 1, 1), "rnn_relu": (rnn_relu, 1, 1), "gru": (gru, 3, 1), "lstm": (lstm, 4, 2)}


def weights(gates, size):
    shapes = [(gates * HIDDEN, size), (gates * HIDDEN, HIDDEN), (gates * HIDDEN,), (gates * HIDDEN,)]
    return [RNG.uniform(-1, 1, shape) for shape in shapes]


def advanced(step, x, state, parameters):
    w_ih, w_hh, b_ih, b_hh = parameters if len(parameters) == 4 else (*parameters, 0.0, 0.0)
    return step(x @ w_ih.T + b_ih, state[0] @ w_hh.T + b_hh, state)


def as_state(tensors):
    return tensors[0] if len(tensors) == 1 else tuple(tensors)


@pytest.mark.parametrize("biases", [True, False], ids=["biases", "no biases"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_cell_and_its_derivative_by_every_argument(torch, kind, biases):
    step, gates, states = KINDS[kind]
    values = [RNG.normal(size=(BATCH, SIZE)), *RNG.normal(size=(states, BATCH, HIDDEN))]
    values += weights(gates, SIZE)[: 4 if biases else 2]

    def expected(x, *rest):
        found = advanced(step, x, rest[:states], rest[states:])
        return found if states > 1 else found[0]

    for slot, value in enumerate(values):

        def call(moved, slot=slot):
            args = [moved if i == slot else torch.tensor(each) for i, each in enumerate(values)]
            return getattr(torch, f"{kind}_cell")(args[0], as_state(args[1 : 1 + states]), *args[1 + states :])

        check_smooth(torch, call, value, expected(*values))


def network(step, x, starts, parameters, layers, ways):
    """Return the outputs of the last layer and the last states, for each part of a state."""
    last = []
    for layer in range(layers):
        joined = []
        for way in range(ways):
            run = layer * ways + way
            state, outputs = tuple(each[run] for each in starts), []
            for each in x[:: -1 if way else 1]:
                state = advanced(step, each, state, parameters[run])
                outputs.append(state[0])
            joined.append(outputs[:: -1 if way else 1])
            last.append(state)
        x = np.concatenate(joined, -1)
    return x, *map(np.stack, zip(*last, strict=True))


@pytest.mark.parametrize(("layers", "ways"), [(1, 1), (2, 1), (1, 2), (2, 2)], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_layers_along_a_sequence_and_their_derivative_by_input_state_and_weight(torch, kind, layers, ways):
    step, gates, states = KINDS[kind]
    x, starts = RNG.normal(size=(TIME, BATCH, SIZE)), RNG.normal(size=(states, layers * ways, BATCH, HIDDEN))
    parameters = [weights(gates, SIZE if run < ways else HIDDEN * ways) for run in range(layers * ways)]
    expected = network(step, x, starts, parameters, layers, ways)

    def call(x, starts, first):
        flat = [torch.tensor(each) for run in parameters for each in run]
        state = as_state([starts[i] for i in range(states)])
        return getattr(torch, kind)(x, state, [first, *flat[1:]], True, layers, 0.0, False, ways == 2, False)

    fixed = [x, starts, parameters[0][0]]
    for slot, value in enumerate(fixed):

        def at(moved, slot=slot):
            return call(*(moved if i == slot else torch.tensor(each) for i, each in enumerate(fixed)))

        check_smooth(torch, at, value, expected)


def test_the_batch_may_come_first(torch):
    x, h = torch.tensor(RNG.normal(size=(BATCH, TIME, SIZE))), torch.zeros(1, BATCH, HIDDEN, dtype=torch.float64)
    params = [torch.tensor(each) for each in weights(3, SIZE)[:2]]
    outputs, last = torch.gru(x, h, params, False, 1, 0.0, False, False, True)
    swapped, same = torch.gru(x.transpose(0, 1), h, params, False, 1, 0.0, False, False, False)
    assert outputs.tolist() == swapped.transpose(0, 1).tolist()
    assert last.tolist() == same.tolist()


def ask_cell(torch, sizes, hidden=HIDDEN, rows=3 * HIDDEN):
    w = torch.zeros(rows, SIZE), torch.zeros(rows, HIDDEN)
    return torch.gru_cell(torch.zeros(*sizes), torch.zeros(BATCH, hidden), *w)


@pytest.mark.parametrize(
    "ask",
    [
        lambda torch: ask_cell(torch, (BATCH, SIZE + 1)),
        lambda torch: ask_cell(torch, (BATCH, SIZE), hidden=HIDDEN + 1),
        lambda torch: ask_cell(torch, (BATCH, SIZE), rows=2 * HIDDEN),
        lambda torch: ask_cell(torch, (BATCH + 1, SIZE)),
        lambda torch: torch.gru(
            torch.zeros(TIME, BATCH, SIZE), torch.zeros(1, BATCH, HIDDEN), [], True, 1, 0.0, False, False, False
        ),
    ],
)
def test_what_does_not_fit_is_refused(torch, refuses, ask):
    refuses(RuntimeError, ask, torch)
