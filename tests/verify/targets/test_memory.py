"""Which gradients share memory with something that can be written to."""

import numpy as np

from gradproof.verify.targets.memory import Alias, aliases


def frozen(array):
    view = array[...]
    view.flags.writeable = False
    return view


def test_gradients_values_and_cotangents_are_told_apart():
    a, b, c = np.ones(3), np.ones(3), np.ones(3)
    found = aliases({0: a, 1: a, 2: b, 5: c[::-1]}, [np.ones(3), b], [np.ones(1), c])
    assert found == (Alias(0, "gradient", 1), Alias(2, "value", 1), Alias(5, "cotangent", 1))


def test_arrays_of_their_own_share_nothing():
    assert aliases({0: np.ones(3), 1: np.ones(())}, [np.ones(3), np.ones((2, 2))], [np.ones(())]) == ()


def test_what_interleaves_in_one_buffer_shares_nothing():
    buffer = np.ones(8)
    assert aliases({0: buffer[::2], 1: buffer[1::2]}, [], []) == ()
    assert aliases({0: buffer[::2], 1: buffer[2:]}, [], []) == (Alias(0, "gradient", 1),)


def test_a_broadcast_gradient_shares_memory_with_itself():
    wide = np.lib.stride_tricks.as_strided(np.ones(1), (2, 3), (0, 0))
    assert aliases({4: wide}, [], []) == (Alias(4, "itself", 4),)


def test_what_nobody_can_write_to_may_be_shared():
    a = np.ones(3)
    assert aliases({0: frozen(a), 1: frozen(a), 2: np.broadcast_to(frozen(a), (2, 3))}, [frozen(a)], [frozen(a)]) == ()
    assert aliases({0: frozen(a)}, [a], []) == (Alias(0, "value", 0),)


def test_empty_arrays_share_nothing():
    empty = np.ones((2, 0))
    assert aliases({0: empty, 1: empty}, [empty], [empty]) == ()
