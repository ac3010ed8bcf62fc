"""The command line: output, exit codes, bad input."""

import itertools
import json
import signal
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from gradproof import Case, trace
from gradproof.engine.vocabulary import OPS
from gradproof.reports import read_json
from gradproof.verify import campaign, cli
from gradproof.verify.mutants import mutants
from gradproof.verify.vocabulary import promise_text


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    return tmp_path


def invoke(*args, **options):
    return CliRunner().invoke(cli.main, list(args), catch_exceptions=False, **options)


def test_verify_writes_report_and_record_and_passes(here):
    done = invoke("verify", "--graphs", "20", "--report", "report.html", "--json", "run.json")
    assert done.exit_code == 0, done.output
    assert "ops reached" in done.output
    record = read_json(here / "run.json")
    reached, combinations = record.covered()
    assert f"coverage: {reached} of {combinations} combinations of op, parameters, argument and region" in done.output
    assert 0 < reached < combinations
    assert len(record.cases) == 22
    assert record.cases[0].title == "Tutorial: one layer with binary cross-entropy"
    assert record.configuration["graphs"] == ("20", "commandline")
    assert record.configuration["seed"] == ("0", "default")
    assert (here / "report.html").read_text().startswith("<!")


def test_the_same_seed_finds_the_same_cases(here):
    ids = []
    for _ in range(2):
        done = invoke("verify", "--graphs", "15", "--seed", "5", "--json", "-")
        ids.append([case["id"] for case in json.loads(done.stdout)["cases"]])
    assert ids[0] == ids[1]


def test_ops_and_dtype_narrow_the_run(here):
    done = invoke("verify", "--graphs", "10", "--ops", "exp, add", "--dtype", "float64", "--json", "-")
    record = json.loads(done.stdout)
    assert {op for case in record["cases"] for op in case["ops"]} <= {"exp", "add"}
    assert {case["dtype"] for case in record["cases"]} == {"float64"}


def test_a_failure_ends_with_four_lines_and_can_be_replayed(here, monkeypatch):
    monkeypatch.setattr(cli, "target_named", lambda name: mutants.wrong_sign("sin"))
    done = invoke("verify", "--graphs", "40", "--ops", "sin,add")
    assert done.exit_code == 1
    labels = [line.split()[0] for line in done.output.strip().splitlines()[-4:]]
    assert labels == ["case", "minimal", "replay", "report"]
    assert "v1 (sin), argument 0 of the VJP" in done.output
    command = next(line for line in done.output.splitlines() if line.strip().startswith("replay")).split()[1:]
    again = invoke(*command[1:])
    assert again.exit_code == 1
    assert "WRONG" in again.output
    monkeypatch.undo()
    monkeypatch.chdir(here)
    assert invoke(*command[1:]).exit_code == 0


def test_replay_takes_a_graph_file(here):
    (here / "graph.json").write_text(trace(lambda x: x.exp(), 1.5).to_json())
    done = invoke("replay", "graph.json")
    assert done.exit_code == 0
    assert "VERIFIED" in done.output
    assert "v1 = exp(x0)" in done.output


def test_replay_prints_a_reproducer_that_runs(here):
    case = Case.of_ones(trace(lambda x: (x * x).sum(), [1.0, 3.0]))
    (here / "case.json").write_text(case.to_json())
    script = invoke("replay", "case.json").output.split("import numpy as np", 1)[1]
    scope = {}
    exec("import numpy as np" + script, scope)
    assert scope["x0"].grad.tolist() == [2.0, 6.0]


def test_ops_lists_the_vocabulary(here):
    done = invoke("ops")
    assert done.exit_code == 0
    assert "binary_cross_entropy_with_logits" in done.output
    assert "pointwise, 4 ulp" in done.output


def test_the_vocabulary_says_what_is_within_four_ulp():
    assert promise_text(OPS["tanh"]) == "forward and VJP"
    assert promise_text(OPS["silu"]) == "forward; VJP, but: near its root at -1.2785, where two terms cancel"
    assert promise_text(OPS["sum"]) == ""


BAD = {
    "an unknown op": (("verify", "--ops", "matmull"), "did you mean 'matmul'?"),
    "an unwritable report": (("verify", "--graphs", "1", "--report", "no/such/folder/r.html"), "cannot write"),
    "a report in a place that takes no files": (("verify", "--report", "/proc/r.html"), "cannot write"),
    "no op at all": (("verify", "--ops", ","), "names no op"),
    "a setting that does not exist": (("verify", "--graphs", "1"), "did you mean 'graphs'"),
    "a setting of the wrong kind": (("verify", "--graphs", "1"), "must be int"),
    "settings that are no table": (("verify", "--graphs", "1"), "must be a table"),
    "a graph with too few arguments": (("replay", "few.json"), "takes 1 arguments, not 0"),
    "a graph of integers": (("replay", "integers.json"), "only floating outputs"),
    "an unwritable record": (("verify", "--graphs", "1", "--json", "no/such/folder/r.json"), "r.json"),
    "a missing case": (("replay", "0123456789abcdef"), "neither a file nor the id"),
    "a damaged graph": (("replay", "damaged.json"), "not JSON"),
    "a newer graph": (("replay", "newer.json"), "version 99"),
    "a graph with a wild reference": (("replay", "wild.json"), "not an earlier one"),
    "an unknown dtype": (("verify", "--dtype", "bfloat16"), "bfloat16"),
    "a negative number of graphs": (("verify", "--graphs", "-1"), "-1"),
    "no graph at all": (("verify", "--graphs", "0"), "0 is not in the range x>=1"),
    "a setting of no graph at all": (("verify",), "0 is not in the range x>=1"),
    "an unknown op in a graph": (("replay", "unknown.json"), "'frobnicate' is no op"),
}


SETTINGS = {
    "a setting that does not exist": "[tool.gradproof]\ngraphz = 3\n",
    "a setting of the wrong kind": "[tool.gradproof]\ngraphs = 'many'\n",
    "a setting of no graph at all": "[tool.gradproof]\ngraphs = 0\n",
    "settings that are no table": "[tool]\ngradproof = 3\n",
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_clear_error_and_exit_code_2(here, name):
    good = json.loads(trace(lambda x: x.exp(), 1.5).to_json())
    (here / "damaged.json").write_text('{"format": "gradproof-gr')
    (here / "newer.json").write_text(json.dumps({**good, "version": 99}))
    (here / "wild.json").write_text(json.dumps({**good, "nodes": [{**good["nodes"][0], "args": [5]}]}))
    (here / "unknown.json").write_text(json.dumps({**good, "nodes": [{**good["nodes"][0], "op": "frobnicate"}]}))
    (here / "few.json").write_text(json.dumps({**good, "nodes": [{**good["nodes"][0], "args": []}]}))
    (here / "integers.json").write_text(trace(lambda i: i.sum(), np.array([1, 2])).to_json())
    (here / "pyproject.toml").write_text(SETTINGS.get(name, ""))
    arguments, message = BAD[name]
    done = invoke(*arguments)
    assert done.exit_code == 2
    assert message in done.output
    assert "Traceback" not in done.output


def test_a_run_that_checked_nothing_says_so(here):
    assert invoke("verify", "--graphs", "1", "--ops", "detach", "--dtype", "float64").exit_code == 5


def test_settings_come_from_the_project_and_the_environment(here):
    (here / "pyproject.toml").write_text("[tool.gradproof]\ngraphs = 3\nseed = 4\n")
    done = invoke("verify", "--dtype", "float64", "--json", "-", env={"GRADPROOF_VERIFY_SEED": "9"})
    settings = json.loads(done.stdout)["configuration"]
    assert settings["graphs"] == ["3", "default map"]
    assert settings["seed"] == ["9", "environment"]


def test_ctrl_c_ends_the_run_between_two_cases(here, monkeypatch):
    examine, count = campaign.examine, itertools.count()

    def pressed(case, target):
        if next(count) == 5:
            signal.raise_signal(signal.SIGINT)
        return examine(case, target)

    monkeypatch.setattr(campaign, "examine", pressed)
    done = invoke("verify", "--graphs", "50", "--json", "run.json")
    assert done.exit_code == 130
    assert "interrupted after 4 of 50 graphs" in done.output
    assert "interrupted after 4 of 50 graphs" in read_json(here / "run.json").errors[0].error
    assert len(read_json(here / "run.json").cases) == 6


def test_a_case_with_a_page_can_be_replayed(here):
    invoke("verify", "--graphs", "2", "--report", "report.html", "--json", "run.json")
    case = read_json(here / "run.json").cases[0]
    assert invoke("replay", case.id).exit_code == 0


def test_ops_may_be_a_list_in_the_project(here):
    (here / "pyproject.toml").write_text('[tool.gradproof]\nops = ["sin", "add"]\n')
    record = json.loads(invoke("verify", "--graphs", "5", "--json", "-").stdout)
    assert {op for case in record["cases"] for op in case["ops"]} <= {"sin", "add"}


def test_an_interrupt_keeps_what_was_found(here, monkeypatch):
    examine, count = campaign.examine, itertools.count()

    def interrupted(case, target):
        if next(count) == 5:
            raise KeyboardInterrupt
        return examine(case, target)

    monkeypatch.setattr(campaign, "examine", interrupted)
    done = invoke("verify", "--graphs", "50", "--json", "run.json")
    assert done.exit_code == 130
    assert len(read_json(here / "run.json").cases) == 5


def test_a_fault_of_the_program_ends_with_3_and_loses_nothing(here, monkeypatch):
    examine, count = campaign.examine, itertools.count()

    def broken(case, target):
        if next(count) == 5:
            raise ZeroDivisionError("planted")
        return examine(case, target)

    monkeypatch.setattr(campaign, "examine", broken)
    done = invoke("verify", "--graphs", "20", "--json", "run.json")
    assert done.exit_code == 3
    assert "ZeroDivisionError: planted" in done.output
    assert len(read_json(here / "run.json").cases) == 21
    assert len(list((here / ".gradproof" / "cases").iterdir())) == 1
    (error,) = read_json(here / "run.json").errors
    assert error.error == "ZeroDivisionError: planted"


def test_nobody_is_told_of_an_error_where_nobody_reads_on():
    command = [sys.executable, "-m", "gradproof.verify.cli", "verify", "--graphs", "1", "--json", "-"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert b"internal error" not in process.stderr.read()
