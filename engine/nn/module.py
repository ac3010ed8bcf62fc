"""Module: a function with parameters, and modules, among its attributes."""

# ruff: noqa: ARG002 - forward takes what subclasses take
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from gradproof.errors import ArgumentError, DtypeError, StateError, UnsupportedError

from .. import dtypes
from ..tensor import Tensor
from .parameter import Parameter


class Module:
    """The base of all modules: subclasses set parameters and modules as attributes, and define ``forward``."""

    training = True

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the result."""
        raise UnsupportedError(f"{type(self).__name__} has no forward")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return what ``forward`` computes."""
        return self.forward(*args, **kwargs)

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(vars(self).get(name), Parameter) and not isinstance(value, Parameter | None):
            raise DtypeError(f"{name} is a parameter, and takes a Parameter or None, not {type(value).__name__}")
        super().__setattr__(name, value)

    # --- what it holds

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Yield the modules among the attributes, each once, with their names."""
        seen = set()
        for name, value in vars(self).items():
            if isinstance(value, Module) and value not in seen:
                seen.add(value)
                yield name, value

    def children(self) -> Iterator[Module]:
        """Yield the modules among the attributes."""
        return (module for _, module in self.named_children())

    def named_modules(self, prefix: str = "", memo: set[Module] | None = None) -> Iterator[tuple[str, Module]]:
        """Yield this module and all modules in it, each once, with their dotted names."""
        seen = set() if memo is None else memo
        if self not in seen:
            seen.add(self)
            yield prefix, self
            for name, child in self.named_children():
                yield from child.named_modules(f"{prefix}.{name}" if prefix else name, seen)

    def modules(self) -> Iterator[Module]:
        """Yield this module and all modules in it."""
        return (module for _, module in self.named_modules())

    def named_parameters(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Parameter]]:
        """Yield the parameters, of all modules in it too with ``recurse``, each once, with their dotted names."""
        seen = set()
        for path, module in self.named_modules(prefix) if recurse else [(prefix, self)]:
            for name, value in vars(module).items():
                if isinstance(value, Parameter) and value not in seen:
                    seen.add(value)
                    yield f"{path}.{name}" if path else name, value

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Yield the parameters."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    # --- what is done to all of it

    def apply(self, fn: Callable[[Module], None]) -> Any:
        """Call ``fn`` with every module in it and then with itself, and return it."""
        if not callable(fn):
            raise DtypeError(f"apply() takes a function of modules, not {type(fn).__name__}")
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Any:
        """Set ``training`` of all modules in it, and return it. Raises ``ArgumentError`` for what is no truth value."""
        if not isinstance(mode, bool):
            raise ArgumentError(f"a training mode is True or False, not {mode!r}")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Any:
        """Set ``training`` to False in all modules in it, and return it."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        """Set whether the parameters require grad, and return it."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or fill them with zeros."""
        zero_grads(self.parameters(), set_to_none)

    def to(self, *args: Any, dtype: Any = None, device: Any = None) -> Any:
        """Give all parameters another floating dtype, in place, and return it. Called as ``Tensor.to`` is."""
        for parameter in self.parameters():
            moved = parameter.detach().to(*args, dtype=dtype, device=device)
            if not moved.is_floating_point():
                raise DtypeError(f"parameters have a floating dtype, not {moved.array.dtype.name}")
            parameter.array = moved.array
            parameter._grad = None if parameter._grad is None else parameter._grad.to(moved)
        return self

    def cpu(self) -> Any:
        """Return the module itself: it is on the CPU."""
        return self

    def double(self) -> Any:
        """Give all parameters the dtype float64."""
        return self.to(dtypes.float64)

    def float(self) -> Any:
        """Give all parameters the dtype float32."""
        return self.to(dtypes.float32)

    def state_dict(self) -> dict[str, Tensor]:
        """Return the values of all parameters by name, in the same memory; of what is held twice under both names."""
        found = {name: value.detach() for name, value in vars(self).items() if isinstance(value, Parameter)}
        for name, child in self._named_modules():
            found |= {f"{name}.{inner}": value for inner, value in child.state_dict().items()}
        return found

    def _named_modules(self) -> list[tuple[str, Module]]:
        return [(name, value) for name, value in vars(self).items() if isinstance(value, Module)]

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> None:
        """Copy values into the parameters. Raises ``StateError`` where names or shapes are not the same."""
        mine = self.state_dict()
        if not isinstance(state_dict, Mapping):
            raise DtypeError(f"a state is a dictionary of tensors, not {type(state_dict).__name__}")
        if mine.keys() != state_dict.keys():
            differing = ", ".join(sorted(mine.keys() ^ state_dict.keys()))
            raise StateError(f"the state and {type(self).__name__} do not have the same parameters: {differing}")
        for name, parameter in mine.items():
            if parameter.array.shape != state_dict[name].array.shape:
                raise StateError(
                    f"{name} has shape {parameter.array.shape}, but in the state {state_dict[name].array.shape}"
                )
        for name, parameter in mine.items():
            parameter.copy_(state_dict[name].detach())

    # --- how it looks

    def extra_repr(self) -> str:
        """Return what stands between the parentheses of a module without modules."""
        return ""

    def __repr__(self) -> str:
        lines = [f"({name}): {child!r}".replace("\n", "\n  ") for name, child in self._named_modules()]
        inside = self.extra_repr() if not lines else "\n  " + "\n  ".join(lines) + "\n"
        return f"{type(self).__name__}({inside})"


def zero_grads(parameters: Iterator[Parameter], set_to_none: bool) -> None:
    """Forget gradients, or fill them with zeros outside any graph."""
    for parameter in parameters:
        if set_to_none or parameter._grad is None:
            parameter._grad = None
        elif parameter._grad._requires_grad:
            parameter._grad = Tensor.wrap(np.zeros_like(parameter._grad.array))
        else:
            parameter._grad.zero_()
