"""The place of a tensor in the graph, as its user sees and sets it: PyTorch's attributes and methods for that."""

from __future__ import annotations

import warnings
from typing import Any, Self

from gradproof.errors import AutogradError, DtypeError, ShapeError

from . import autograd, inplace
from .dispatch import refresh
from .hooks import Hook, RemovableHandle
from .mode import THREAD
from .variable import INFERENCE, Variable, hooks_of


class Tracked(Variable):
    """A value that derivatives may flow to or through."""

    __slots__ = ()

    @property
    def requires_grad(self) -> bool:
        """Whether derivatives flow to or through this tensor."""
        refresh(self)
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Set whether this leaf requires grad, and return it.

        Raises ``DtypeError`` for integers and booleans, ``AutogradError`` on a computed tensor.
        """
        if not isinstance(requires_grad, bool):
            raise DtypeError(f"requires_grad is True or False, not {requires_grad!r}")
        if self.requires_grad and self.origin is not None and not requires_grad:
            raise AutogradError("only leaves can stop requiring grad; use detach() for a copy outside the graph")
        if requires_grad and self.array.dtype.kind != "f":
            raise DtypeError(f"only floating tensors can require grad, not {self.array.dtype.name}")
        if requires_grad and self.is_inference() and not THREAD.mode.inference:
            raise AutogradError("a tensor that was made in inference mode cannot require grad; clone() it first")
        self._requires_grad = requires_grad
        return self

    def is_inference(self) -> bool:
        """Tell whether the tensor was made in inference mode."""
        return self.version is INFERENCE

    @property
    def grad_fn(self) -> Any:
        """The node that computed it; None for a leaf."""
        refresh(self)
        return super().grad_fn

    @property
    def is_leaf(self) -> bool:
        """Whether this tensor was made by the user, and not by a tracked operation."""
        refresh(self)
        return self.origin is None

    @property
    def _version(self) -> int:
        """How often the memory has been written to in place. Raises ``AutogradError`` where that is not counted."""
        if self.is_inference():
            raise AutogradError("writes to a tensor that was made in inference mode are not counted")
        return self.version[1]

    @property
    def _base(self) -> Self | None:
        """The tensor that this one is a view of."""
        base: Self | None = inplace.base_of(self)
        return base

    def _is_view(self) -> bool:
        return self._base is not None

    @property
    def retains_grad(self) -> bool:
        """Whether this is a computed tensor whose gradient is kept."""
        hooks = None if self.origin is None else self.origin.hooks
        return hooks is not None and hooks.retain is not None

    def retain_grad(self) -> None:
        """Keep the gradient of this computed tensor in ``grad`` too, as its hooks leave it; a leaf keeps it anyway.

        Raises ``AutogradError`` where the tensor does not require grad.
        """
        self._require_grad("retain_grad()")
        if self.origin is not None:
            autograd.passes.retain_grad(self)

    def register_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(grad)`` with the complete gradient of this tensor; it may return another to take its place.

        Raises ``AutogradError`` where the tensor does not require grad.
        """
        self._require_grad("register_hook()")
        return RemovableHandle(hooks_of(self.origin or self).tensor, hook)

    def register_post_accumulate_grad_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(tensor)`` whenever ``grad`` of this leaf has been added to.

        Raises ``AutogradError`` on a computed tensor, and where the tensor does not require grad.
        """
        self._require_grad("register_post_accumulate_grad_hook()")
        if self.origin is not None:
            raise AutogradError("gradients accumulate in leaves alone; use register_hook() on a computed tensor")
        return RemovableHandle(hooks_of(self).accumulated, hook)

    def _require_grad(self, what: str) -> None:
        if not self.requires_grad:
            raise AutogradError(f"{what} needs a tensor that requires grad; no gradient ever comes to this one")

    @property
    def grad(self) -> Self | None:
        """The accumulated gradient of a leaf, or of a tensor that retains it; None before the first backward.

        Elsewhere it warns and gives None.
        """
        if not self.is_leaf and not self.retains_grad:
            warnings.warn(
                "grad of a tensor that is not a leaf is read; backward() fills grad of leaves, and after retain_grad()",
                UserWarning,
                stacklevel=2,
            )
        held: Self | None = self._grad
        return held

    @grad.setter
    def grad(self, value: Self | None) -> None:
        if value is not None:
            if not isinstance(value, Variable):
                raise DtypeError(f"grad is a tensor or None, not {type(value).__name__}")
            if value.array.shape != self.array.shape or value.array.dtype != self.array.dtype:
                raise ShapeError(
                    f"grad must have shape {self.array.shape} and dtype {self.array.dtype.name}, "
                    f"not {value.array.shape} and {value.array.dtype.name}"
                )
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    def backward(
        self,
        gradient: Any = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: autograd.passes.Tensors | None = None,
    ) -> None:
        """Add the vector-Jacobian product with ``gradient`` to ``grad`` of the leaves, or of ``inputs`` alone.

        ``gradient`` has this tensor's shape and may be left out for one entry. See :func:`autograd.backward`.
        """
        autograd.backward([self], [gradient], retain_graph, create_graph, inputs)

    @property
    def data(self) -> Self:
        """The same memory, outside the graph: what is written through it, no backward knows of."""
        data: Self = self.wrap(self.array)
        return data

    @data.setter
    def data(self, value: Variable) -> None:
        if not isinstance(value, Variable) or value.array.dtype.kind != self.array.dtype.kind:
            raise DtypeError(f"data is a tensor of the same kind, not {type(value).__name__}")
        self.array = value.array
