"""The line of the user's that is at fault is found among those of libraries."""

import functools
import linecache
import re

import numpy as np
import pytest

from gradproof.lines import frames, line_among, line_here, line_of


def number_of(text):
    return int(re.search(r"test_lines\.py:(\d+), ", text).group(1))


def fails(_):
    raise ValueError("here")


def test_an_error_is_traced_to_the_innermost_line_of_the_user():
    with pytest.raises(ValueError, match="here") as caught:
        np.apply_along_axis(fails, 0, np.ones((2, 2)))
    assert line_of(caught.value).endswith(", 'raise ValueError(\"here\")'")


def test_lines_of_libraries_are_passed_over():
    with pytest.raises(ValueError, match="shape mismatch") as caught:
        np.broadcast_arrays(np.ones(2), np.ones(3))
    assert line_of(caught.value).endswith(", 'np.broadcast_arrays(np.ones(2), np.ones(3))'")


def test_the_running_line_is_found_through_libraries():
    @functools.lru_cache
    def asks():
        return line_here()

    found = asks()
    assert found.endswith(", 'return line_here()'")
    assert number_of(found) == asks.__wrapped__.__code__.co_firstlineno + 2


def test_what_runs_inside_of_a_call_is_told_from_what_called_it():
    def inner():
        running = list(frames(outer.__code__))
        return [frame.f_code.co_name for frame in running]

    def outer():
        return inner()

    assert outer() == ["inner"]


def test_nothing_is_said_where_no_line_is_the_users():
    assert line_among([(np.__file__, 1), ("<frozen os>", 2), (functools.__file__, 4)]) == ""


def test_code_that_was_typed_in_is_the_users(monkeypatch):
    monkeypatch.setitem(linecache.cache, "<typed in>", (9, None, ["y = x[i]\n"], "<typed in>"))
    assert line_among([(np.__file__, 1), ("<typed in>", 1)]) == " in <typed in>:1, 'y = x[i]'"


def test_code_without_a_file_is_named_by_its_number():
    names = {"line_here": line_here}
    exec("def asks():\n    return line_here()", names)
    assert names["asks"]() == " in <string>:2"


def test_a_folder_beside_a_library_is_the_users():
    beside = np.__path__[0] + "_like/module.py"
    assert line_among([(beside, 7)]) == f" in {beside}:7"
