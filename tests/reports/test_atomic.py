"""A file is written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gradproof.errors import StoreError
from gradproof.reports.atomic import write_text


def test_file_gets_the_text_and_the_usual_permissions(tmp_path: Path) -> None:
    write_text(tmp_path / "new", "∂\n", "the text")
    (tmp_path / "plain").write_text("")
    assert (tmp_path / "new").read_bytes() == "∂\n".encode()
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_old_file_survives_a_write_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "kept").write_text("old")
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(StoreError, match=r"the text cannot be written to .*kept.*No space left on device"):
        write_text(tmp_path / "kept", "new", "the text")
    assert [each.name for each in tmp_path.iterdir()] == ["kept"]
    assert (tmp_path / "kept").read_text() == "old"


def test_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="it is a folder"):
        write_text(tmp_path, "new", "the text")
