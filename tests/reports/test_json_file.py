"""A record comes back equal from its file, and a damaged file is told apart."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gradproof.errors import GraphFormatError, StoreError
from gradproof.reports import RunRecord, read_json, write_json


@pytest.mark.parametrize("name", ["sample", "hostile", "crashed"])
def test_record_comes_back_equal(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    record = request.getfixturevalue(name)
    write_json(record, tmp_path / "run.json")
    assert read_json(tmp_path / "run.json") == record


def test_whole_numbers_come_back_as_floats(sample: RunRecord, tmp_path: Path) -> None:
    data = json.loads(sample.to_json()) | {"seconds": 3}
    (tmp_path / "run.json").write_text(json.dumps(data))
    assert isinstance(read_json(tmp_path / "run.json").seconds, float)


def drop_seed(data: dict[str, Any]) -> None:
    del data["seed"]


def add_field(data: dict[str, Any]) -> None:
    data["cases"][0]["colour"] = "red"


def truth_for_number(data: dict[str, Any]) -> None:
    data["cases"][3]["nodes"] = True


def short_setting(data: dict[str, Any]) -> None:
    data["configuration"]["dtype"] = ["float64"]


def odd_verdict(data: dict[str, Any]) -> None:
    data["cases"][0]["verdict"] = "FINE"


def drop_errors(data: dict[str, Any]) -> None:
    del data["errors"]


def bare_error(data: dict[str, Any]) -> None:
    data["errors"] = [{"id": "bad1", "title": "log(x0)", "error": "ZeroDivisionError: planted"}]


def newer_schema(data: dict[str, Any]) -> None:
    data["schema"] = 99


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (drop_seed, "run has missing or unknown fields: seed"),
        (add_field, r"run\.cases\[0\] has missing or unknown fields: colour"),
        (truth_for_number, r"run\.cases\[3\]\.nodes is True, but must be of type int"),
        (short_setting, r"run\.configuration\['dtype'\] has 1 entries, but must have 2"),
        (drop_errors, "run has missing or unknown fields: errors"),
        (bare_error, r"run\.errors\[0\] has missing or unknown fields: replay"),
        (odd_verdict, "has the verdict 'FINE', but must have one of MISBEHAVES, FORWARD DIFFERS, WRONG"),
        (newer_schema, "has schema version 99, but this release reads version 4"),
    ],
)
def test_damage_is_named(
    damage: Callable[[dict[str, Any]], None], message: str, sample: RunRecord, tmp_path: Path
) -> None:
    data = json.loads(sample.to_json())
    damage(data)
    (tmp_path / "run.json").write_text(json.dumps(data))
    with pytest.raises(GraphFormatError, match=message):
        read_json(tmp_path / "run.json")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "damaged JSON"),
        (b"[]", "must be a JSON object with a schema version"),
        (b"\xff\xfe", "not UTF-8 text"),
    ],
)
def test_what_is_no_record_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(GraphFormatError, match=message):
        read_json(tmp_path / "run.json")


def test_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot be read: No such file"):
        read_json(tmp_path / "absent.json")
