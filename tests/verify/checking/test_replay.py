"""The command under a failed check puts it again."""

import shlex
import subprocess
import sys

import numpy as np

import gradproof
from gradproof.verify.checking.replay import command_of

PROGRAM = """
import numpy as np
import gradproof

def cube(x, factor):
    return factor * np.sum(x**3)

class Slopes:
    @staticmethod
    def wrong(x, factor):
        return 3.0 * factor * x, np.sum(x**3)

if __name__ == "__main__":
    print(gradproof.check(cube, np.array([1.0, np.pi]), 2.5, gradient=Slopes.wrong))
"""


def test_the_command_that_is_printed_puts_the_check_again(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    first = subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    line = next(each for each in first.splitlines() if each.startswith("replay: "))
    command = shlex.split(line.removeprefix("replay: "))
    assert command[:3] == ["gradproof", "check", "program.py:cube"]
    again = subprocess.run(
        [sys.executable, "-m", "gradproof.verify.cli", *command[1:]], cwd=tmp_path, capture_output=True, text=True
    )
    assert again.returncode == 1, again.stderr
    assert again.stdout.replace(" program:", " program.py:") == first


def test_a_function_without_a_name_has_no_command():
    assert command_of(lambda x: x, {}, 1) == ""
    assert command_of(np.sum, {"gradient": lambda x: x}, 1) == ""
    result = gradproof.check(lambda x: np.sum(x**2), np.ones(2), gradient=lambda x: x)
    assert result.replay == ""
    assert "replay:" not in str(result)


def test_large_and_nested_arguments_have_no_command():
    assert gradproof.check(np.sum, np.ones(40)).replay == ""
    assert gradproof.check(np.sum, np.ones(4)).replay == (
        "gradproof check numpy:sum --at 'np.array([1.0, 1.0, 1.0, 1.0], dtype=np.float64)'"
    )
