"""The grad mode: context managers and decorators that nest, restore, and stay within their thread."""

import threading

import pytest

import gradproof.engine as torch
from gradproof.engine.mode import recording
from gradproof.errors import ShapeError

SWITCHES = [(torch.no_grad, False), (torch.enable_grad, True)]


@pytest.fixture(autouse=True)
def restore_mode():
    yield
    torch.set_grad_enabled(True)


@pytest.mark.parametrize(("switch", "mode"), SWITCHES)
def test_a_switch_holds_inside_its_block_alone(switch, mode):
    for outer in (True, False):
        with torch.set_grad_enabled(outer):
            with switch():
                assert torch.is_grad_enabled() is mode
            assert torch.is_grad_enabled() is outer


@pytest.mark.parametrize(("switch", "mode"), SWITCHES)
@pytest.mark.parametrize("parentheses", [True, False])
def test_a_switch_decorates_with_and_without_parentheses(switch, mode, parentheses):
    def function(a, *, b):
        """Keep my docstring."""
        return torch.is_grad_enabled(), a, b

    decorated = (switch() if parentheses else switch)(function)
    with torch.set_grad_enabled(not mode):
        assert decorated(1, b=2) == (mode, 1, 2)
        assert torch.is_grad_enabled() is not mode
    assert decorated.__doc__ == "Keep my docstring."


def test_a_decorated_function_may_call_itself():
    @torch.no_grad()
    def depth(n):
        inside = torch.is_grad_enabled()
        return [inside] + (depth(n - 1) if n else [])

    assert depth(3) == [False] * 4
    assert torch.is_grad_enabled()


def test_one_switch_may_be_entered_again_while_it_is_open():
    switch = torch.no_grad()
    with switch:
        with torch.enable_grad():
            with switch:
                assert not torch.is_grad_enabled()
            assert torch.is_grad_enabled()
        assert not torch.is_grad_enabled()
    assert torch.is_grad_enabled()


@pytest.mark.parametrize("switch", [torch.no_grad, lambda: torch.set_grad_enabled(False)])
def test_an_exception_restores_the_mode(switch):
    with pytest.raises(ZeroDivisionError), switch():
        raise ZeroDivisionError
    assert torch.is_grad_enabled()


def test_set_grad_enabled_works_at_once_and_for_good():
    torch.set_grad_enabled(False)
    assert not torch.is_grad_enabled()
    assert not (torch.ones(1, requires_grad=True) * 2).requires_grad
    torch.set_grad_enabled(True)
    assert torch.is_grad_enabled()


def test_set_grad_enabled_decorates_without_switching_now():
    @torch.set_grad_enabled(False)
    def mode():
        return torch.is_grad_enabled()

    assert torch.is_grad_enabled()
    assert mode() is False
    assert torch.is_grad_enabled()


def test_a_result_inside_no_grad_has_no_history_and_a_leaf_made_there_keeps_its_flag():
    x = torch.ones(2, requires_grad=True)
    with torch.no_grad():
        y = x * 2
        leaf = torch.ones(2, requires_grad=True)
    assert (y.requires_grad, y.grad_fn, y.is_leaf) == (False, None, True)
    assert leaf.requires_grad


def test_the_mode_belongs_to_the_thread():
    seen = []

    def look():
        seen.append(torch.is_grad_enabled())
        torch.set_grad_enabled(False)

    with torch.no_grad():
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert seen == [True]
    assert torch.is_grad_enabled()


def test_threads_compute_gradients_side_by_side():
    results = {}

    def work(seed):
        x = torch.tensor(float(seed), requires_grad=True)
        y = x
        for _ in range(200):
            y = y * 1.0 + 1.0
        y.backward()
        results[seed] = x.grad.item()

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == dict.fromkeys(range(8), 1.0)


def test_a_recorder_sees_operations_before_the_mode_decides_and_is_put_back():
    class Names(list):
        def record(self, op, args, params, result, *, grad_enabled):
            self.append((op, grad_enabled))

    outer, inner = Names(), Names()
    with recording(outer):
        torch.ones(1).exp()
        with pytest.raises(ShapeError), recording(inner), torch.no_grad():
            torch.ones(1).sin().reshape(2)
        torch.ones(1).cos()
    torch.ones(1).tanh()
    assert outer == [("exp", True), ("cos", True)]
    assert inner == [("sin", False)]


@pytest.mark.parametrize("decorate", ["no_grad", "enable_grad", "set_grad_enabled"])
def test_a_generator_is_under_the_mode_only_while_it_runs(decorate, torch):
    mode = decorate == "enable_grad"

    @(torch.set_grad_enabled(mode) if decorate == "set_grad_enabled" else getattr(torch, decorate)())
    def steps(first):
        received = yield first, torch.is_grad_enabled()
        try:
            yield received, torch.is_grad_enabled()
        except ValueError as error:
            yield str(error), torch.is_grad_enabled()
        return "done"

    with torch.set_grad_enabled(not mode):
        generator = steps(1)
        assert next(generator) == (1, mode)
        assert torch.is_grad_enabled() is not mode
        assert generator.send(2) == (2, mode)
        assert generator.throw(ValueError("thrown")) == ("thrown", mode)
        with pytest.raises(StopIteration, match="done"):
            next(generator)
        assert torch.is_grad_enabled() is not mode


def test_a_generator_that_is_closed_ends_under_the_mode(torch):
    seen = []

    @torch.no_grad()
    def steps():
        try:
            yield 1
        finally:
            seen.append(torch.is_grad_enabled())

    generator = steps()
    next(generator)
    generator.close()
    assert seen == [False]
    assert torch.is_grad_enabled()
