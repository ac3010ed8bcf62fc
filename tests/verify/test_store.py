"""Cases on disk."""

import pytest

from gradproof import Case, trace
from gradproof.errors import GraphFormatError, StoreError
from gradproof.verify.store import keep, load


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_kept_case_comes_back_by_its_id():
    case = Case.of_ones(trace(lambda x: x.exp(), 0.1))
    path = keep(case)
    assert path.as_posix() == f".gradproof/cases/{case.id}.json"
    assert load(case.id).id == load(str(path)).id == case.id


def test_a_missing_case_is_a_store_error():
    with pytest.raises(StoreError, match="neither a file nor the id"):
        load("deadbeefdeadbeef")


def test_a_binary_file_is_a_clear_error(here):
    (here / "x.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(StoreError, match=r"cannot read x\.json"):
        load("x.json")


def test_another_json_file_is_a_clear_error(here):
    (here / "x.json").write_text("[1, 2]")
    with pytest.raises(GraphFormatError, match="its format is 'list'"):
        load("x.json")


def test_an_unwritable_store_is_a_clear_error(here):
    (here / ".gradproof").write_text("in the way")
    with pytest.raises(StoreError, match="cannot keep case"):
        keep(Case.of_ones(trace(lambda x: x.exp(), 0.1)))
