"""Changing a shape in place: ``t_``, ``transpose_``, ``squeeze_`` and their like, which move no entry in memory.

The tensor becomes a view of a stand-in that takes its former place: views of it that were made before are views of that
(:meth:`View.source`), and what is written through any of them reaches the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from gradproof.errors import UnsupportedError

from .inplace import check_inference, is_noted
from .mode import THREAD
from .variable import Variable, View

if TYPE_CHECKING:
    from .op import Op


class Turned(View):
    """How a tensor that was turned in place shows what it was before: ``turned`` is the number of that write."""

    __slots__ = ("turned",)

    def __init__(self, op: Op, params: Mapping[str, Any], parent: Variable, number: int) -> None:
        super().__init__(op, params, parent, is_tracked=True)
        self.turned = number


def turning(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Return the method that gives a tensor the shape in which ``function`` views it, and returns the tensor.

    Raises ``AutogradError`` on a leaf that requires grad, or a view of one, while operations are tracked.
    """

    def method(tensor: Any, *args: Any, **kwargs: Any) -> Any:
        is_noted(tensor, name)
        if tensor._requires_grad and not THREAD.mode.grad_enabled:
            raise UnsupportedError(f"{name} under no_grad() on a tensor that requires grad; assign to its data instead")
        check_inference(tensor, name)
        former = tensor.at(tensor.edge)
        former._view = tensor._view
        recorder = THREAD.mode.recorder
        if recorder is not None:
            recorder.alias(former, tensor)
        result = function(former, *args, **kwargs)
        if recorder is not None:
            recorder.alias(tensor, result)
        tensor.mark_written()
        tensor.array, tensor.origin, tensor._requires_grad = result.array, result.origin, result._requires_grad
        view = result._view
        tensor._view = Turned(view.op, view.params, former, tensor.version[0])
        return tensor

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"Give this tensor the shape that :func:`{name.rstrip('_()')}` views it in, and return it."
    return method
