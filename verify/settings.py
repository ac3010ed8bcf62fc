"""Settings of a project: ``[tool.gradproof]`` in the ``pyproject.toml`` of the current folder; and lists of names."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import click

from gradproof.errors import nearest

#: Each setting with the kinds of value it takes.
KINDS: dict[str, tuple[type, ...]] = {
    "graphs": (int,),
    "seed": (int,),
    "ops": (str, list),
    "dtype": (str,),
    "order": (int,),
    "target": (str,),
    "report": (str,),
    "json": (str,),
    "strict": (bool,),
}


def read_settings(path: Path) -> dict[str, Any]:
    """Return the settings; none where there is no file. Raises ``click.UsageError`` for what is not a setting."""
    if not path.is_file():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise click.UsageError(f"{path}: {error}") from error
    tools = table.get("tool", {})
    settings = tools.get("gradproof", {}) if isinstance(tools, dict) else {}
    if not isinstance(settings, dict):
        raise click.UsageError(f"{path}: [tool.gradproof] must be a table, not {settings!r}")
    for name, value in settings.items():
        _check(path, name, value)
    return {"json_file" if name == "json" else name: value for name, value in settings.items()}


def _check(path: Path, name: str, value: Any) -> None:
    if name not in KINDS:
        raise click.UsageError(f"{path}: [tool.gradproof] has no setting {name!r}{nearest(name, KINDS)}")
    if type(value) not in KINDS[name]:
        kinds = " or ".join(kind.__name__ for kind in KINDS[name])
        raise click.UsageError(f"{path}: [tool.gradproof] {name} = {value!r}, but it must be {kinds}")


def names(_ctx: click.Context, param: click.Parameter, value: str | list[str] | None) -> tuple[str, ...] | None:
    """Return the names in a setting, separated by commas or in a list; None where there is no such setting.

    Raises ``click.UsageError`` where it names nothing.
    """
    if value is None:
        return None
    found = tuple(name.strip() for name in (value.split(",") if isinstance(value, str) else value) if name.strip())
    if not found:
        raise click.UsageError(f"--{param.name} names no {str(param.name).removesuffix('s')}; leave it out for all")
    return found
