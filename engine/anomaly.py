"""Anomaly detection: a backward pass that returns NaN, or fails, names the operation and the line that called it."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from gradproof.errors import AutogradError

from .mode import flag
from .variable import Node, array_of

_HERE = str(Path(__file__).parent)


class _State:
    """Whether anomalies are looked for, in all threads, and at which node the sweep is."""

    __slots__ = ("check_nan", "enabled", "parent")

    def __init__(self) -> None:
        self.enabled = False
        self.check_nan = True
        self.parent: Node | None = None


STATE = _State()


def is_anomaly_enabled() -> bool:
    """Tell whether anomalies are looked for."""
    return STATE.enabled


def is_anomaly_check_nan_enabled() -> bool:
    """Tell whether NaN counts as an anomaly."""
    return STATE.check_nan


class set_detect_anomaly:  # noqa: N801 - PyTorch's name
    """Switch anomaly detection on or off: at once, and until the end of a ``with`` block."""

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self._outer = STATE.enabled, STATE.check_nan
        STATE.enabled, STATE.check_nan = flag("mode", mode), flag("check_nan", check_nan)

    def __enter__(self) -> None:
        """Leave the mode as it was set."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        STATE.enabled, STATE.check_nan = self._outer


class detect_anomaly:  # noqa: N801 - PyTorch's name
    """Look for anomalies in a ``with`` block, which makes every operation in it several times slower.

    A node whose rule returns NaN, or raises, then says which line recorded it. With ``check_nan=False`` NaN may pass.
    """

    def __init__(self, check_nan: bool = True) -> None:
        self._check_nan = check_nan
        warnings.warn("anomaly detection slows down every operation; it is meant for debugging", stacklevel=2)

    def __enter__(self) -> None:
        self._mode = set_detect_anomaly(True, self._check_nan)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._mode.__exit__(kind, error, trace)


def remember(node: Node) -> None:
    """Keep the lines that called an operation, but for those of the engine, and the node that induced it."""
    frames = [frame for frame in traceback.extract_stack() if not frame.filename.startswith(_HERE)]
    node.metadata["traceback_"] = traceback.format_list(frames)
    if STATE.parent is not None:
        node.metadata["parent_"] = STATE.parent


def watched(node: Node, pull: Callable[[], Sequence[Any]]) -> Sequence[Any]:
    """Return what a node passes on. Where that fails, or is NaN, warn with the lines that recorded the node."""
    outer, STATE.parent = STATE.parent, node
    try:
        cts = pull()
        if STATE.check_nan:
            _refuse_nan(node, cts)
    except Exception:
        _tell_origin(node)
        raise
    finally:
        STATE.parent = outer
    return cts


def _refuse_nan(node: Node, cts: Sequence[Any]) -> None:
    for number, slot in enumerate(node.shown_slots):
        if cts[slot] is not None and np.isnan(array_of(cts[slot])).any():
            raise AutogradError(f"{node.name()} returned nan in output {number} of its backward")


def _tell_origin(node: Node) -> None:
    lines = node.metadata.get("traceback_")
    if lines is None:
        told = "it was recorded while no anomalies were looked for, so the line that called it is not known"
    else:
        told = "it was recorded here:\n" + "".join(lines)
    warnings.warn(f"error in the backward of {node.name()}; {told}", stacklevel=2)
    while (parent := node.metadata.get("parent_")) is not None:
        node = parent
        origin = "".join(node.metadata.get("traceback_", ["  (not known)"]))
        warnings.warn(f"it was part of the backward of {node.name()}, which was recorded here:\n{origin}", stacklevel=2)
