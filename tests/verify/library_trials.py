"""What the tests of targets that are libraries have in common: cases of one op, and programs that run alone."""

import ast
import hashlib
import itertools
import subprocess
import sys

import numpy as np

from gradproof.errors import UnsupportedError
from gradproof.verify import EngineTarget, examine
from gradproof.verify.campaign import asks_something
from gradproof.verify.generation.strategies import expanded

ENGINE = EngineTarget()

#: What an op needs beside it: what is detached asks for no derivative, and a choice for a condition of its shape.
COMPANIONS = {"detach": ("multiply",), "where": ("less",)}

#: So many draws are looked at for a case that a library has all calls of.
PATIENCE = 300


def cases(ops, dtype="float64", start=0):
    """Yield cases over some ops that ask for a derivative."""
    for number in itertools.count(start):
        seed = hashlib.blake2b(f"{','.join(ops)}/{number}".encode(), digest_size=12).digest()
        case = expanded(seed, ops, dtype)
        if asks_something(case):
            yield case


def has_all_calls(target, case):
    try:
        target.play(case)
    except UnsupportedError:
        return False
    return True


def played(target, ops, count, dtype="float64", most_nodes=3):
    """Return small cases over some ops that a target has all calls of, fewer where few are found."""
    drawn = itertools.islice(cases(ops, dtype), PATIENCE)
    fitting = (case for case in drawn if len(case.graph.nodes) <= most_nodes and has_all_calls(target, case))
    return list(itertools.islice(fitting, count))


def check_op(target, op, loses, dtype="float64", count=3):
    """Check that an op computes what ours does, and that nothing fails, but for what is known to lose digits."""
    found = played(target, (op, *COMPANIONS.get(op, ())), count, dtype)
    assert found, f"{target.name} has no call of {op} that is drawn"
    for case in found:
        inputs = [each.value for each in case.graph.inputs]
        with np.errstate(all="ignore"):
            ours, theirs = ENGINE.forward(case.graph, inputs), target.forward(case.graph, inputs)
        # the budgets below are what counts: this sees an op that is spelled wrong where digits are known to be lost
        scale = max(float(np.max(np.abs(value.astype(float)), initial=0.0)) for value in ours)
        for mine, other in zip(ours, theirs, strict=True):
            assert (mine.shape, mine.dtype) == (other.shape, other.dtype)
            np.testing.assert_allclose(other, mine, rtol=1e-4, atol=1e-6 * scale)
        if op not in loses:
            result = examine(case, target, finite_differences=False)
            assert result.ok, (case.graph, result.broken)


def printed(script, path):
    """Run a program alone, far from this project, and return the gradients that it prints, in order."""
    file = path / "reproducer.py"
    file.write_text(script)
    done = subprocess.run([sys.executable, "-I", str(file)], capture_output=True, text=True, check=False, cwd=path)
    assert done.returncode == 0, done.stderr
    return [np.array(ast.literal_eval(line.split(" ", 1)[1])) for line in done.stdout.splitlines()]
