"""Optimisers: plain and accelerated gradient descent, and Adam. They write into the parameters, outside any graph."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from gradproof.errors import ArgumentError, DtypeError

from .data import number_from
from .mode import enable_grad
from .nn.module import zero_grads
from .nn.parameter import Parameter
from .variable import Array, Variable


class Optimizer:
    """The base of all optimisers: groups of parameters with their settings, and what is remembered of each."""

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, Variable):
            raise DtypeError("an optimiser takes several parameters; pass a list of one")
        if not isinstance(params, Iterable):
            raise DtypeError(f"an optimiser takes parameters or groups of them, not {params!r}")
        given = list(params)
        groups = given if given and isinstance(given[0], dict) else [{"params": given}]
        self.defaults = defaults
        self.param_groups = [{**defaults, **group, "params": _parameters(group["params"])} for group in groups]
        self.state: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
        every = [parameter for group in self.param_groups for parameter in group["params"]]
        if not every:
            raise ArgumentError("an optimiser needs at least one parameter")
        if len(set(every)) < len(every):
            raise ArgumentError("a parameter is given twice")

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, or fill them with zeros."""
        zero_grads((parameter for group in self.param_groups for parameter in group["params"]), set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Take one step. A ``closure`` computes the loss again, and its gradients, and the loss is returned."""
        loss = None
        if closure is not None:
            if not callable(closure):
                raise DtypeError(f"a closure is called, but {closure!r} is no function")
            with enable_grad():
                loss = closure()
        with np.errstate(all="ignore"):
            for group in self.param_groups:
                for parameter in group["params"]:
                    if parameter._grad is not None:
                        self._update(parameter, group)
                        parameter.mark_written()
        return loss

    def _update(self, parameter: Parameter, group: dict[str, Any]) -> None:
        raise NotImplementedError


def _parameters(given: Any) -> list[Any]:
    """Return the leaves of a group, which may be one."""
    if not isinstance(given, Iterable):
        raise DtypeError(f"a group holds tensors, not {type(given).__name__}")
    parameters = [given] if isinstance(given, Variable) else list(given)
    for each in parameters:
        if not isinstance(each, Variable):
            raise DtypeError(f"an optimiser moves tensors, not {type(each).__name__}")
        if each.origin is not None:
            raise ArgumentError("an optimiser moves leaves alone, not a computed tensor")
    return parameters


def _refuse_negative(**settings: float) -> None:
    for name, value in settings.items():
        if not number_from(value, name) >= 0:
            raise ArgumentError(f"{name} must not be negative, but is {value}")


def _slope(parameter: Parameter, group: dict[str, Any]) -> Array:
    """Return the gradient that is descended: of what is minimised, with the decay of weights."""
    slope = -parameter._grad.array if group["maximize"] else parameter._grad.array
    return np.asarray(slope + group["weight_decay"] * parameter.array if group["weight_decay"] else slope)


class SGD(Optimizer):
    """Gradient descent, with momentum: Nesterov's, or a running sum of gradients of which ``1 - dampening`` enters."""

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        _refuse_negative(lr=lr, momentum=momentum, weight_decay=weight_decay)
        if nesterov and (momentum <= 0 or dampening):
            raise ArgumentError("Nesterov's momentum needs a momentum, and no dampening")
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
                "maximize": maximize,
            },
        )

    def _update(self, parameter: Parameter, group: dict[str, Any]) -> None:
        slope, momentum = _slope(parameter, group), group["momentum"]
        if momentum:
            state = self.state[parameter]
            held = state.get("momentum_buffer")
            entering = slope if held is None else momentum * held + (1 - group["dampening"]) * slope
            state["momentum_buffer"] = np.array(entering)
            slope = slope + momentum * entering if group["nesterov"] else entering
        parameter.array -= group["lr"] * slope


class Adam(Optimizer):
    """Adam (Kingma and Ba, ICLR 2015), and with ``amsgrad`` the variant of Reddi, Kale and Kumar (ICLR 2018)."""

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        _refuse_negative(lr=lr, eps=eps, weight_decay=weight_decay)
        if not isinstance(betas, list | tuple):
            raise DtypeError(f"betas are two numbers, not {betas!r}")
        if len(betas) != 2 or not all(0 <= number_from(beta, "a beta") < 1 for beta in betas):
            raise ArgumentError(f"betas must be at least 0 and below 1, but are {betas}")
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "amsgrad": amsgrad,
                "maximize": maximize,
            },
        )

    def _update(self, parameter: Parameter, group: dict[str, Any]) -> None:
        slope, (first, second) = _slope(parameter, group), group["betas"]
        state = self.state[parameter]
        if not state:
            state.update({"step": 0, "exp_avg": 0.0, "exp_avg_sq": 0.0, "max_exp_avg_sq": 0.0})
        state["step"] += 1
        state["exp_avg"] = first * state["exp_avg"] + (1 - first) * slope
        state["exp_avg_sq"] = second * state["exp_avg_sq"] + (1 - second) * slope * slope
        squares = state["exp_avg_sq"]
        if group["amsgrad"]:
            squares = state["max_exp_avg_sq"] = np.maximum(state["max_exp_avg_sq"], squares)
        scale = np.sqrt(squares / (1 - second ** state["step"])) + group["eps"]
        parameter.array -= group["lr"] / (1 - first ** state["step"]) * state["exp_avg"] / scale
