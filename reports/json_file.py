"""The run record as a JSON file, and back."""

from __future__ import annotations

import dataclasses
import json
import os
import types
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from gradproof.errors import GraphFormatError, StoreError

from .atomic import write_text
from .record import SCHEMA, VERDICTS, RunRecord

T = TypeVar("T")


def write_json(record: RunRecord, path: str | os.PathLike[str]) -> None:
    """Write ``record`` to ``path``; :func:`read_json` gives it back equal.

    Raises ``StoreError`` where the path cannot be written.
    """
    write_text(path, record.to_json() + "\n", "the run record")


def read_json(path: str | os.PathLike[str]) -> RunRecord:
    """Read a run record.

    Raises ``StoreError`` where the file cannot be read, and ``GraphFormatError`` where it is damaged or of
    another schema version.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise GraphFormatError(f"{str(path)!r} is no run record: it is not UTF-8 text ({error.reason})") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise StoreError(f"the run record {str(path)!r} cannot be read: {reason}; check the path") from error
    return parse_json(text, str(path))


def parse_json(text: str, path: str) -> RunRecord:
    """Return the record that a text holds, which comes from ``path``. Raises ``GraphFormatError`` as above."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise GraphFormatError(f"{path!r} is no run record: damaged JSON, {error}") from error
    _check_schema(data, path)
    try:
        record: RunRecord = _build(RunRecord, data, "run")
    except TypeError as error:
        raise GraphFormatError(f"{path!r} is a damaged run record: {error}") from error
    _check_verdicts(record, path)
    return record


def _check_schema(data: Any, path: str) -> None:
    if not isinstance(data, dict) or "schema" not in data:
        raise GraphFormatError(f"{path!r} is no run record: it must be a JSON object with a schema version")
    if data["schema"] != SCHEMA:
        raise GraphFormatError(
            f"{path!r} has schema version {data['schema']!r}, but this release reads version {SCHEMA}; "
            "read it with the release that wrote it, or run the campaign again"
        )


def _check_verdicts(record: RunRecord, path: str) -> None:
    for case in record.cases:
        if case.verdict not in VERDICTS:
            raise GraphFormatError(
                f"{path!r}: case {case.id!r} has the verdict {case.verdict!r}, "
                f"but must have one of {', '.join(VERDICTS)}"
            )


def _build(kind: Any, data: Any, where: str) -> Any:
    """Make a value of the annotated type ``kind`` from JSON data; ``where`` says which part is damaged."""
    if dataclasses.is_dataclass(kind):
        return _build_dataclass(kind, data, where)
    origin, inner = get_origin(kind), get_args(kind)
    if origin is types.UnionType:
        return None if data is None else _build(inner[0], data, where)
    if origin is list:
        return [_build(inner[0], each, f"{where}[{i}]") for i, each in enumerate(_expect(list, data, where))]
    if origin is dict:
        return {key: _build(inner[1], each, f"{where}[{key!r}]") for key, each in _expect(dict, data, where).items()}
    if origin is tuple:
        return _build_tuple(inner, data, where)
    return _scalar(kind, data, where)


def _build_dataclass(kind: Any, data: Any, where: str) -> Any:
    _expect(dict, data, where)
    hints = get_type_hints(kind)
    names = {each.name for each in dataclasses.fields(kind)}
    if names != set(data):
        odd = sorted(names ^ set(data))
        raise TypeError(f"{where} has missing or unknown fields: {', '.join(odd)}")
    return kind(**{name: _build(hints[name], data[name], f"{where}.{name}") for name in data})


def _build_tuple(inner: tuple[Any, ...], data: Any, where: str) -> tuple[Any, ...]:
    if len(_expect(list, data, where)) != len(inner):
        raise TypeError(f"{where} has {len(data)} entries, but must have {len(inner)}")
    return tuple(_build(kind, each, f"{where}[{i}]") for i, (kind, each) in enumerate(zip(inner, data, strict=True)))


def _scalar(kind: type, data: Any, where: str) -> Any:
    if kind is float and type(data) is int:
        return float(data)
    return _expect(kind, data, where)


def _expect(kind: type[T], data: Any, where: str) -> T:
    # bool is a subclass of int, and "nodes": true is damage.
    if type(data) is not kind:
        raise TypeError(f"{where} is {data!r:.60}, but must be of type {kind.__name__}")
    return data
