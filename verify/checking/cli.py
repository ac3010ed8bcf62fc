"""``gradproof check``: one function from the command line."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np

from gradproof.errors import nearest
from gradproof.reports.atomic import write_text

from ..subjects.arguments import parameter_names
from .check import check as check_function
from .library import PLAIN, SUBJECTS
from .result import CheckResult

FAILED, USAGE = 1, 2


def _named(_ctx: click.Context, param: click.Parameter, value: str | None) -> Callable[..., Any] | None:
    """Return the function that ``package.module:name`` names, or ``file.py:name``; ``name`` may have dots."""
    if value is None:
        return None
    place, _, name = value.rpartition(":")
    if not place:
        raise click.BadParameter(f"{value!r} is not of the form package.module:function", param=param)
    module = _module(place, param)
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            raise click.BadParameter(f"{place} has no {part!r}{nearest(part, dir(found))}", param=param)
        found = getattr(found, part)
    if not callable(found):
        raise click.BadParameter(f"{value} is {type(found).__name__}, and no function", param=param)
    return found


def _module(place: str, param: click.Parameter) -> Any:
    """Import a module by its name, from the current folder too, or from a file."""
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    path = Path(place)
    if path.suffix == ".py":
        if not path.is_file():
            raise click.BadParameter(f"there is no file {place}", param=param)
        loaded = sys.modules.get(path.stem)
        if loaded is not None and getattr(loaded, "__file__", None) == str(path.resolve()):
            return loaded
        spec = importlib.util.spec_from_file_location(path.stem, path.resolve())
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules.setdefault(path.stem, module)
        try:
            spec.loader.exec_module(module)
        except (SyntaxError, ImportError) as error:
            raise click.BadParameter(f"{place} cannot be loaded: {error}", param=param) from error
        return module
    try:
        return importlib.import_module(place)
    except SyntaxError as error:
        raise click.BadParameter(f"{place} is no Python: {error}", param=param) from error
    except ModuleNotFoundError as error:
        if error.name is not None and place.split(".")[: error.name.count(".") + 1] == error.name.split("."):
            raise click.BadParameter(f"there is no module {error.name!r} here", param=param) from error
        raise


def _arguments(text: str, function: Callable[..., Any]) -> tuple[Any, ...]:
    """Return the arguments that a file holds, or that a Python expression gives: a tuple is several.

    The expression knows ``np`` and the names of the module of the function.
    """
    path = Path(text)
    if path.suffix in (".npy", ".npz"):
        try:
            found = np.load(path, allow_pickle=False)
        except (OSError, ValueError) as error:
            raise click.BadParameter(f"{text} cannot be read: {error}", param_hint="'--at'") from error
        return _by_name(found, function) if path.suffix == ".npz" else (found,)
    names = getattr(function, "__globals__", vars(sys.modules[getattr(function, "__module__", "builtins")]))
    try:
        value = eval(text, {"np": np, "numpy": np, **names})  # noqa: S307 - it is the user's own command line
    except Exception as error:
        raise click.BadParameter(
            f"{text!r} is neither a .npy or .npz file nor an expression: {type(error).__name__}: {error}",
            param_hint="'--at'",
        ) from error
    return value if isinstance(value, tuple) else (value,)


def _by_name(arrays: Any, function: Callable[..., Any]) -> tuple[Any, ...]:
    """Return arrays in the order of the parameters that have their names; where these are others, as they are."""
    names = parameter_names(function, len(arrays.files))
    return tuple(arrays[name] for name in (names if set(names) == set(arrays.files) else arrays.files))


def _check_call(function: Callable[..., Any], args: tuple[Any, ...]) -> None:
    """Refuse arguments that a function cannot be called with."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*args)
    except TypeError as error:
        raise click.UsageError(f"the function cannot be called with {len(args)} arguments: {error}") from error


@click.command()
@click.argument("function", callback=_named)
@click.option(
    "--at", required=True, help="The arguments: a .npy or .npz file, or a Python expression; a tuple is several."
)
@click.option("--gradient", callback=_named, help="The gradient by hand, as package.module:function.")
@click.option("--vjp", callback=_named, help="The vector-Jacobian product by hand: f(cotangent, *args).")
@click.option("--jacobian", callback=_named, help="The Jacobian by hand.")
@click.option("--hessian", callback=_named, help="The Hessian by hand.")
@click.option("--order", type=click.IntRange(1, 2), default=1, show_default=True, help="The order of the derivatives.")
@click.option("--dtype", type=click.Choice(["float64", "float32", "float16"]), help="Take floating arguments in it.")
@click.option(
    "--points",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Try so many points, around --at and far.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Where the drawing starts.")
@click.option("--library", type=click.Choice([PLAIN, *SUBJECTS]), help="Whose function it is, where that is not told.")
@click.option("--report", type=click.Path(path_type=Path), help="Write the HTML report to this file.")
@click.option("--json", "json_file", help="Write the outcome to this file, '-' for standard output.")
@click.option("--strict", is_flag=True, help="Exit with 1 on findings and inconclusive outcomes too.")
@click.pass_context
def check(
    ctx: click.Context, /, function: Callable[..., Any], at: str, report: Path | None, json_file: str | None,
    strict: bool, **options: Any,
) -> None:  # fmt: skip
    """Prove the derivative of one function right or wrong: FUNCTION is package.module:name, or file.py:name."""
    args = _arguments(at, function)
    _check_call(function, args)
    try:
        result = check_function(function, *args, **options)
    except Exception as error:
        if _is_ours(error):
            raise
        click.echo(f"error: {''.join(traceback.format_exception(error)[-2:])}", err=True)
        ctx.exit(USAGE)
    click.echo(str(result), err=json_file == "-")
    if report is not None:
        result.to_html(report)
        click.echo(f"report: {report}", err=json_file == "-")
    if json_file == "-":
        click.echo(result.to_json())
    elif json_file is not None:
        write_text(json_file, result.to_json() + "\n", "the outcome")
    ctx.exit(FAILED if _fails(result, strict) else 0)


def _is_ours(error: BaseException) -> bool:
    """Tell whether an exception was raised in Gradproof, and not in what it called."""
    *_, frame = traceback.walk_tb(error.__traceback__)
    return str(frame[0].f_globals.get("__name__", "")).startswith("gradproof.")


def _fails(result: CheckResult, strict: bool) -> bool:
    return not result.ok or (strict and result.verdict.is_finding)
