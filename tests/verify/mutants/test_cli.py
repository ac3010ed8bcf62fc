"""``gradproof mutants`` and ``gradproof replay --mutant``: output, exit codes, bad input."""

import json

import pytest
from click.testing import CliRunner

from gradproof.verify import EngineTarget, cli, examine
from gradproof.verify.mutants import kills
from gradproof.verify.mutants.mutation import OPERATORS


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    return tmp_path


def invoke(*args):
    return CliRunner().invoke(cli.main, list(args), catch_exceptions=False)


def test_the_kill_table_is_printed_and_written(here):
    done = invoke(
        "mutants", "--ops", "tanh", "--operators", "sign,factor-1e-12", "--cases", "2", "--json", "kills.json"
    )
    assert done.exit_code == 0, done.output
    assert "goal (100 %, 99% for factor-1e-12): met" in done.output
    rows = {line.split()[0]: line.split()[1:5] for line in done.output.splitlines() if "100.00%" in line}
    data = json.loads((here / "kills.json").read_text())
    assert rows.keys() == {"sign", "factor-1e-12"}
    for name, (mutants, counted, found, _) in rows.items():
        mine = [each for each in data["mutants"] if each["operator"] == name]
        assert int(mutants) == 1
        assert int(counted) == int(found) == sum(each["counted"] for each in mine) > 0


def test_survivors_are_kept_and_fail_the_command(here, monkeypatch):
    monkeypatch.setattr(kills, "examine", lambda case, target, **how: examine(case, EngineTarget(), **how))
    done = invoke("mutants", "--ops", "tanh", "--operators", "sign", "--cases", "1")
    assert done.exit_code == 1
    assert "goal (100 %, 99% for factor-1e-12): missed by sign" in done.output
    command = next(line for line in done.output.splitlines() if "gradproof replay" in line).split()
    assert invoke(*command[1:]).exit_code == 1
    assert "WRONG" in invoke(*command[1:]).output
    assert invoke(*command[1:3]).exit_code == 0


def test_operators_can_be_listed():
    done = invoke("mutants", "--list")
    assert done.exit_code == 0
    listed = [line.split()[0] for line in done.output.splitlines()[1:]]
    assert listed == list(OPERATORS)


def test_where_no_case_counts_nothing_was_checked():
    assert invoke("mutants", "--ops", "relu", "--operators", "transposed-factor").exit_code == 5


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("mutants", "--ops", "softmx"), "softmax"),
        (("mutants", "--operators", "sing"), "sign"),
        (("mutants", "--cases", "0"), "cases"),
        (("mutants", "--ops", ","), "--ops names no op"),
        (("mutants", "--operators", " "), "--operators names no operator"),
    ],
)
def test_bad_input_is_refused(args, words):
    done = invoke(*args)
    assert done.exit_code == 2
    assert words in done.output
