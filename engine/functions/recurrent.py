"""Recurrent networks: single steps, and layers of them along a sequence, with PyTorch's order of gates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from gradproof.errors import ArgumentError, ShapeError, UnsupportedError

from .. import ops
from ..variable import Variable
from .rearrangement import cat
from .splitting import chunk, unbind
from .stacking import stack

if TYPE_CHECKING:
    from ..tensor import Tensor

#: ``step(gates of the input, state, gates of the state)`` returns the next state; its first part is the output.
State = tuple[Any, ...]
Step = Callable[[Any, State, Any], State]


def _affine(x: Any, weight: Any, bias: Any) -> Any:
    """Return ``x W^T + b``."""
    product = ops.matmul(x, weight.t())
    return product if bias is None else product + bias


def _rnn_tanh(given: Any, state: State, own: Any) -> State:  # noqa: ARG001 - all steps take the same arguments
    return (ops.tanh(given + own),)


def _rnn_relu(given: Any, state: State, own: Any) -> State:  # noqa: ARG001 - all steps take the same arguments
    return (ops.relu(given + own),)


def _gru(given: Any, state: State, own: Any) -> State:
    """Gates: reset, update, new (Cho et al., 2014, with the reset after the product, as in PyTorch)."""
    (h,) = state
    (reset, update, new), (own_reset, own_update, own_new) = chunk(given, 3, -1), chunk(own, 3, -1)
    candidate = ops.tanh(new + ops.sigmoid(reset + own_reset) * own_new)
    return (candidate + ops.sigmoid(update + own_update) * (h - candidate),)


def _lstm(given: Any, state: State, own: Any) -> State:
    """Gates: input, forget, cell, output (Hochreiter and Schmidhuber, 1997; Gers et al., 2000)."""
    _, c = state
    entering, keeping, new, leaving = chunk(given + own, 4, -1)
    cell = ops.sigmoid(keeping) * c + ops.sigmoid(entering) * ops.tanh(new)
    return ops.sigmoid(leaving) * ops.tanh(cell), cell


#: How many rows of a weight there are for each entry of the state.
_GATES: dict[Step, int] = {_rnn_tanh: 1, _rnn_relu: 1, _gru: 3, _lstm: 4}


def _check(step: Step, input: Any, state: State, w_ih: Any, w_hh: Any) -> None:
    """Raise ``ShapeError`` where the sizes of the last dimensions do not fit the weights."""
    size, hidden = input.shape[-1], state[0].shape[-1]
    rows = _GATES[step] * hidden
    if w_ih.shape != (rows, size) or w_hh.shape != (rows, hidden):
        raise ShapeError(
            f"an input of {size} and a state of {hidden} entries need weights of shapes {(rows, size)} and "
            f"{(rows, hidden)}, not {tuple(w_ih.shape)} and {tuple(w_hh.shape)}"
        )
    if any(each.shape != (*input.shape[-2:-1], hidden) for each in state):
        raise ShapeError(f"a state of shape {tuple(state[0].shape)} does not fit an input of {tuple(input.shape)}")


def _once(step: Step, input: Any, state: State, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> State:
    _check(step, input, state, w_ih, w_hh)
    return step(_affine(input, w_ih, b_ih), state, _affine(state[0], w_hh, b_hh))


def rnn_tanh_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Tensor:
    """Return the next state, ``tanh(W_ih x + b_ih + W_hh h + b_hh)``."""
    return _once(_rnn_tanh, input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


def rnn_relu_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Tensor:
    """Return the next state, ``relu(W_ih x + b_ih + W_hh h + b_hh)``."""
    return _once(_rnn_relu, input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


def gru_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Tensor:
    """Return the next state of a gated recurrent unit: weights have three times as many rows as the state entries."""
    return _once(_gru, input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


def lstm_cell(
    input: Any, hx: Sequence[Any], w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None
) -> tuple[Tensor, Tensor]:
    """Return the next state and the next cell of a long short-term memory; ``hx`` is a pair of such."""
    h, c = _once(_lstm, input, tuple(hx), w_ih, w_hh, b_ih, b_hh)
    return h, c


def _along(step: Step, input: Any, state: State, weights: Sequence[Any], *, backwards: bool) -> tuple[Any, State]:
    """Run one layer in one direction; return its outputs along the first dimension, and the last state."""
    w_ih, w_hh, b_ih, b_hh = weights if len(weights) == 4 else (*weights, None, None)
    _check(step, input, state, w_ih, w_hh)
    given, outputs = unbind(_affine(input, w_ih, b_ih)), []
    for each in reversed(given) if backwards else given:
        state = step(each, state, _affine(state[0], w_hh, b_hh))
        outputs.append(state[0])
    return stack(outputs[::-1] if backwards else outputs), state


def _network(name: str, step: Step, kind: str) -> Callable[..., tuple[Tensor, ...]]:
    """Return the function that runs layers of one kind along a sequence."""

    def run(
        input: Any,
        hx: Any,
        params: Sequence[Any],
        has_biases: bool,
        num_layers: int,
        dropout: float,
        train: bool,
        bidirectional: bool,
        batch_first: bool,
    ) -> tuple[Tensor, ...]:
        if dropout and train:
            raise UnsupportedError(f"{name} has no dropout between its layers; see nn.functional.dropout")
        ways, per_run = 2 if bidirectional else 1, 4 if has_biases else 2
        states = (hx,) if isinstance(hx, Variable) else tuple(hx)
        _check_counts(name, input, states, num_layers * ways, params, per_run)
        weights = [params[i : i + per_run] for i in range(0, len(params), per_run)]
        starts = list(zip(*map(unbind, states), strict=True))
        x = input.transpose(0, 1) if batch_first else input
        last: list[State] = []
        for layer in range(num_layers):
            runs = [
                _along(step, x, starts[i], weights[i], backwards=i % ways == 1)
                for i in range(layer * ways, (layer + 1) * ways)
            ]
            x = cat([outputs for outputs, _ in runs], -1)
            last += [state for _, state in runs]
        return x.transpose(0, 1) if batch_first else x, *map(stack, zip(*last, strict=True))

    run.__name__ = run.__qualname__ = name
    run.__doc__ = f"""Run layers of {kind} along a sequence.

    ``input`` has the shape (time, batch, entries), with ``batch_first`` (batch, time, entries); ``hx`` that of the
    first states, (layers times directions, batch, hidden). ``params`` are, by layer and direction, the weights and,
    if there are any, biases that {name}_cell takes. With ``bidirectional`` a second run per layer goes backwards, and
    the outputs of both are joined. Returns the outputs of the last layer, and the last states of all.
    """
    return run


def _check_counts(name: str, input: Any, states: State, runs: int, params: Sequence[Any], per_run: int) -> None:
    if len(params) != runs * per_run:
        raise ArgumentError(f"{name} needs {per_run} parameters for each of {runs} runs, not {len(params)} in all")
    if input.ndim != 3 or any(state.ndim != 3 or len(state) != runs for state in states):
        raise ShapeError(
            f"{name} takes an input of three dimensions and a state of as many, with {runs} entries along the first, "
            f"not {tuple(input.shape)} and {tuple(states[0].shape)}"
        )


gru = _network("gru", _gru, "gated recurrent units")
lstm = _network("lstm", _lstm, "long short-term memory, whose ``hx`` is a pair of states and cells,")
rnn_relu = _network("rnn_relu", _rnn_relu, "recurrent units with relu")
rnn_tanh = _network("rnn_tanh", _rnn_tanh, "recurrent units with tanh")


__all__ = [
    "gru",
    "gru_cell",
    "lstm",
    "lstm_cell",
    "rnn_relu",
    "rnn_relu_cell",
    "rnn_tanh",
    "rnn_tanh_cell",
]
