"""The forward of a PyTorch function as a graph: its ATen operations, one by one, on tensors without data.

Fake tensors have shapes and no entries: what would read an entry, and bake it into the graph, fails. All that reaches
PyTorch's dispatcher below autograd is computed beside it on tensors of ``gradproof.engine``, which are recorded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, NoReturn

import numpy as np
import torch
from torch._decomp import decomposition_table
from torch._subclasses.fake_tensor import DynamicOutputShapeException, FakeTensor, FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes
from torch.utils._pytree import tree_map

from gradproof import engine
from gradproof.engine.mode import recording
from gradproof.engine.tracing import trace
from gradproof.errors import GradproofError, TraceError
from gradproof.exact import Array
from gradproof.graph import Graph, lay_out
from gradproof.lines import frames, line_here, line_of

from ..applications import Application, note, noted
from ..rules import Rule, find_rule, rule_for
from .arrays import floating
from .custom import calls_of_functions, refilled
from .memory import Memory, window_of
from .operations import codes_of_forwards, is_fill, is_view, name_of, tensors_in, twin_of, written_by
from .rules import HOLDING, RULES, WRITTEN

_aten = torch.ops.aten

#: What says where and how results are stored, which is none of the engine's business.
_STORAGE = frozenset({"device", "layout", "pin_memory", "memory_format", "generator", "non_blocking", "implicit"})
#: Operations that compute nothing.
_EMPTY = frozenset({_aten._linalg_check_errors.default, _aten._assert_async.msg, _aten.sym_size.int})
_INSTEAD = (
    "a trace holds for all values, so nothing may be read out of a tensor that depends on a floating argument: use "
    "torch.where in place of branches and masks, tensors in place of item(), float() and numpy(), or compute the value "
    "outside of the function, where it is a constant"
)


def traced(function: Callable[..., Any], name: str, leaves: Sequence[Array], tracked: Sequence[bool]) -> Graph:
    """Return the graph of a function of a list of tensors that returns a list of tensors, at these values.

    ``tracked`` tells which of the leaves require grad. What is held by ``detach()``, ``no_grad()`` and the like is held
    in the graph; inside a custom ``autograd.Function``, which is differentiated as a whole, nothing is.
    Raises ``TraceError`` where an operation has no rule, or where entries are read.
    """
    values = [
        engine.from_numpy(lay_out(leaf, contiguous=leaf.flags.c_contiguous)).requires_grad_(each)
        for leaf, each in zip(leaves, tracked, strict=True)
    ]
    return trace(lambda *args: [*_Tracer(name).run(function, args), *noted()], *values).cut(keep=len(leaves))


class _Tracer(TorchDispatchMode):  # type: ignore[misc]
    """Computes on the engine what runs on fake tensors."""

    supports_higher_order_operators = True

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._memory = Memory()
        self._fakes = FakeTensorMode(allow_non_fake_inputs=True)
        self._leaves: list[torch.Tensor] = []
        self._reals: list[torch.Tensor] = []
        self._is_nested = False
        self._failure: GradproofError | None = None

    def run(self, function: Callable[..., Any], values: Sequence[Any]) -> list[Any]:
        """Run a function of tensors on fake ones that stand for the values, and return what its outputs stand for."""
        for value in values:
            self._reals.append(torch.from_numpy(value.array))
            self._leaves.append(self._fakes.from_tensor(self._reals[-1]).requires_grad_(value.requires_grad))
            self._memory.bind(self._leaves[-1], value).depends = self._leaves[-1].is_floating_point()
        try:
            with self._fakes, self, calls_of_functions(lambda tensor: self._value(self._faked(tensor))):
                outputs = function(self._leaves)
            if self._failure is not None:  # which the function has caught
                raise self._failure
            return [self._value(self._faked(each)) for each in outputs]
        except GradproofError:
            raise
        except Exception as error:
            if self._failure is not None:  # PyTorch's operators make of it that they do not know their operands
                raise self._failure from None
            text = f"{self._name} cannot be traced{line_of(error)}: {type(error).__name__}: {error}; {_INSTEAD}"
            raise TraceError(text) from error

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run one operation on fake tensors, and what it computes on the engine."""
        try:
            return self._dispatch(func, *tree_map(self._faked, (args, kwargs or {})))
        except GradproofError as error:
            self._failure = self._failure or error
            raise

    def _dispatch(self, func: Any, args: Any, kwargs: Any) -> Any:
        if not isinstance(func, torch._ops.OpOverload):
            raise TraceError(f"{self._name} calls{self._here()} {func}, which is no operation on tensors; {_INSTEAD}")
        if func is _aten._local_scalar_dense.default:
            return self._entry(args[0])
        if func.namespace == "prim" or func in _EMPTY or torch.Tag.inplace_view in func.tags:
            return func(*args, **kwargs)
        if written_by(func):
            return self._write_result(func, args, kwargs)
        if func is _aten.index_put.default and is_fill(*args[1:]):
            return self._filled(*args[:3])
        rule = find_rule(name_of(func), RULES)
        if rule is not None and not (is_view(func) and self._is_unknown(args[0])):
            return self._computed(func, rule, args, kwargs)
        if is_view(func):
            return func(*args, **kwargs)
        return self._in_simpler_ones(func, args, kwargs)

    def _faked(self, each: Any) -> Any:
        """Return a fake tensor for a real one, which is a constant; anything else as it is."""
        if not isinstance(each, torch.Tensor) or isinstance(each, FakeTensor):
            return each
        with _disable_current_modes():  # which would make a fake tensor of it that is not known here
            fake = self._fakes.from_tensor(each.detach())
        self._memory.capture(fake, each)
        self._reals.append(each)
        return fake

    def _here(self) -> str:
        """Return the line of the function that is running, as the end of a message."""
        return line_here(self.run.__code__)

    # --- what tensors stand for

    def _value(self, tensor: torch.Tensor) -> Any:
        """Return what a tensor stands for, detached where PyTorch holds it constant."""
        cell = self._memory.cell(tensor)
        if cell is None or cell.unknown:
            made_by = "an operation" if cell is None else cell.unknown
            raise TraceError(
                f"{self._name} uses{self._here()} a result of {made_by} that no op of gradproof.engine computes; "
                "compute it outside of the function, where it is a constant"
            )
        with nullcontext() if cell.depends else recording(None):
            value = cell.read(window_of(tensor))
        if value.dtype != _dtype(tensor.dtype):
            raise TraceError(f"{self._name} shows{self._here()} memory of {value.dtype} as {tensor.dtype}; convert it")
        return value.detach() if value.requires_grad and self._is_held(tensor) else value

    def _is_unknown(self, tensor: torch.Tensor) -> bool:
        cell = self._memory.cell(tensor)
        return cell is not None and cell.unknown is not None

    def _is_held(self, tensor: torch.Tensor) -> bool:
        """Tell whether no derivative flows through a tensor: it is not tracked, or a leaf that is no argument."""
        is_new_leaf = tensor.is_leaf and not any(tensor is each for each in self._leaves)
        return (is_new_leaf or not tensor.requires_grad) and not self._is_inside()

    def _is_inside(self) -> bool:
        """Tell whether what runs is part of one operation, or of a function with a derivative of its own."""
        codes = codes_of_forwards()
        return self._is_nested or any(frame.f_code in codes for frame in frames(self.run.__code__))

    def _entry(self, tensor: torch.Tensor) -> Any:
        """Return the one entry of a constant as a number."""
        if self._memory.depends(tensor):
            raise TraceError(f"{self._name} reads an entry of a tensor{self._here()}; {_INSTEAD}")
        return self._value(tensor).item()

    def _settled(self, each: Any) -> Any:
        """Return a tensor that is held as a new one, which nothing needs to hold any more."""
        if not isinstance(each, torch.Tensor):
            return each
        value = self._value(each)
        if value is self._memory.new_cell(each).read(window_of(each)):
            return each
        new = torch.empty_strided(each.shape, each.stride(), dtype=each.dtype)
        self._memory.bind(new, value).depends = self._memory.depends(each)
        return new

    # --- what operations compute

    def _computed(self, func: Any, rule: Rule, args: Any, kwargs: Any) -> Any:
        """Run an operation on fake tensors, and its rule on what they stand for."""
        name = name_of(func)
        if name in HOLDING:
            self._check_held(func, args, kwargs)
        shaped = _shaped(func, args, kwargs)
        depends = self._memory.depends((args, kwargs)) and not _asks_if_finite(name, args)
        with nullcontext() if depends else recording(None):  # a constant is worth no operation
            found = self._applied(name, rule, tree_map(self._plain, args), self._plain_params(kwargs))
        values = list(found) if isinstance(found, tuple | list) else [found]
        result = _like(values) if shaped is None else shaped
        fakes = tensors_in(result)
        for fake, value in zip(fakes, values, strict=False):
            self._bind(name, fake, value, depends)
        if func.namespace not in ("aten", "prims"):
            self._note(name, func, args, kwargs, fakes)
        for fake in fakes[len(values) :]:
            self._bind(name, fake, None, depends)
        for slot, value in zip(WRITTEN.get(name, ()), values[len(fakes) :], strict=False):
            if value is not None:
                self._write(args[slot], value, depends)
        return result

    def _note(self, name: str, func: Any, args: Any, kwargs: Any, results: Sequence[torch.Tensor]) -> None:
        """Take note of an operation of the user's own, which may have a derivative of its own."""
        operands, again = refilled(func, (args, kwargs))
        values = [self._value(each) for each in operands]
        note(Application(f"{name} (torch.library)", again, values, [self._value(each) for each in floating(results)]))

    def _applied(self, name: str, rule: Rule, args: Any, params: dict[str, Any]) -> Any:
        """Return what a rule gives. Raises ``TraceError``, which names the line, where it refuses."""
        try:
            return rule(*args, **params)
        except TraceError:
            raise
        except GradproofError as error:
            raise TraceError(f"{self._name} calls{self._here()} {name}, which is not traced here: {error}") from error

    def _filled(self, x: torch.Tensor, indices: Sequence[torch.Tensor], value: torch.Tensor) -> Any:
        """Put one value where a mask holds, which may depend on anything."""
        mask = indices[0]
        with self._simpler():
            whole = mask.reshape(*mask.shape, *(1,) * (x.ndim - mask.ndim))
            return _aten.masked_fill.Tensor(self._settled(x), whole, self._settled(value).reshape(()))

    def _plain(self, each: Any) -> Any:
        if isinstance(each, torch.Tensor):
            return self._value(each)
        return _dtype(each) if isinstance(each, torch.dtype) else each

    def _plain_params(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        return {name: tree_map(self._plain, each) for name, each in kwargs.items() if name not in _STORAGE}

    def _bind(self, name: str, fake: torch.Tensor, value: Any, depends: bool) -> None:
        if value is None:
            self._memory.new_cell(fake).unknown = name
            return
        value = engine.as_tensor(value)
        shape, dtype = tuple(fake.shape), _dtype(fake.dtype)
        if tuple(value.shape) != shape or value.dtype != dtype:
            raise TraceError(
                f"the rule of {name} gives shape {tuple(value.shape)} and {value.dtype}, but PyTorch{self._here()} "
                f"shape {shape} and {dtype}; mend the rule"
            )
        cell = self._memory.bind(fake, value)
        cell.depends = cell.depends or depends

    def _check_held(self, func: Any, args: Any, kwargs: Any) -> None:
        """Raise ``TraceError`` where which entries an operation selects depends on a floating argument."""
        tensors = tensors_in((args, kwargs))
        deciding = [each for each in tensors if len(tensors) == 1 or not each.is_floating_point()]
        if self._memory.depends(deciding):
            text = f"{self._name} selects entries{self._here()} by what depends on an argument ({name_of(func)})"
            raise TraceError(f"{text}; {_INSTEAD}")

    @contextmanager
    def _simpler(self) -> Iterator[None]:
        """Trace operations that one operation is made of: within it nothing is held."""
        before, self._is_nested = self._is_nested, True
        try:
            with self:
                yield
        finally:
            self._is_nested = before

    def _in_simpler_ones(self, func: Any, args: Any, kwargs: Any) -> Any:
        """Run an operation that has no rule as PyTorch itself says it in others, or of constants at once.

        Raises ``TraceError`` where neither can be.
        """
        args, kwargs = tree_map(self._settled, (args, kwargs))
        with self._simpler():
            result = func.decompose(*args, **kwargs)
        if result is not NotImplemented:
            return result
        if not self._memory.depends((args, kwargs)) and torch.Tag.nondeterministic_seeded not in func.tags:
            return self._constant(func, args, kwargs)
        if func not in decomposition_table:
            self._refuse(func)
        with self._simpler():
            return decomposition_table[func](*args, **kwargs)

    def _constant(self, func: Any, args: Any, kwargs: Any) -> Any:
        """Return what PyTorch computes of constants."""
        with _disable_current_modes():
            args, kwargs = tree_map(self._real, (args, kwargs))
            result = func(*args, **kwargs)
        return tree_map(self._faked, result)

    def _real(self, each: Any) -> Any:
        return torch.from_numpy(self._value(each).array.copy()) if isinstance(each, torch.Tensor) else each

    def _refuse(self, func: Any) -> NoReturn:
        where, name = self._here(), name_of(func)
        if torch.Tag.nondeterministic_seeded in func.tags:
            raise TraceError(
                f"{self._name} draws random numbers{where} ({name}), but what is proven is a function of its "
                "arguments; hand them over as an argument, or call eval() on the module"
            )
        if written_by(func):
            raise TraceError(
                f"{self._name} calls{where} {name}, which writes to its arguments, and no rule can say that; "
                "use an operation that returns its result"
            )
        try:
            rule_for(name, RULES, "PyTorch")
        except TraceError as error:
            raise TraceError(f"{self._name}{where}: {error}") from error
        raise AssertionError(f"{name} has a rule")

    # --- what operations write

    def _write_result(self, func: Any, args: Any, kwargs: Any) -> Any:
        """Run an operation that writes to its first argument: compute what its twin returns, and put it there."""
        twin = twin_of(func)
        if twin is None:
            self._refuse(func)
        settled, params = tree_map(self._settled, (args, kwargs))
        with self._simpler():
            value = self._value(twin(*settled, **params))
        self._write(args[0], value, self._memory.depends((args, kwargs)))
        return func(*args, **kwargs)

    def _write(self, tensor: torch.Tensor, value: Any, depends: bool) -> None:
        """Put a value in the memory of a tensor. Raises ``TraceError`` where PyTorch would not know of it."""
        cell = self._memory.new_cell(tensor)
        is_seen = (tensor.requires_grad and torch.is_grad_enabled()) or self._is_inside()
        if not is_seen and (held := cell.read(window_of(tensor))).requires_grad:
            if np.array_equal(held.array, value.array):  # so PyTorch clamps norms away from zero
                return
            raise TraceError(
                f"{self._name} writes{self._here()} to memory that derivatives flow through, where they are not "
                "tracked; clone() it before"
            )
        cell.write(window_of(tensor), value.to(_dtype(tensor.dtype)))
        cell.depends = cell.depends or depends


def _shaped(func: Any, args: Any, kwargs: Any) -> Any:
    """Return the fake result of an operation; None where it is a user's own, or its shape depends on constants."""
    if func.namespace != "aten":
        return None
    try:
        return func(*args, **kwargs)
    except DynamicOutputShapeException:
        return None


def _like(values: Sequence[Any]) -> Any:
    """Return fake tensors of the shapes and dtypes of values."""
    made = [torch.empty(tuple(each.shape), dtype=getattr(torch, each.dtype.name)) for each in values]
    return made[0] if len(made) == 1 else tuple(made)


def _dtype(dtype: torch.dtype) -> Any:
    """Return a dtype of the engine."""
    found = getattr(engine, str(dtype).removeprefix("torch."), None)
    if found is None:
        raise TraceError(f"{dtype} is no dtype of gradproof.engine; use torch.float64 or torch.float32")
    return found


def _asks_if_finite(name: str, args: Any) -> bool:
    """Tell whether an operation says of numbers only whether they are finite: the same of all that are."""
    operation = name.removeprefix("aten.").partition(".")[0]
    if operation in ("isnan", "isinf"):
        return True
    if operation not in ("eq", "ne", "lt"):
        return False
    return args[0] is args[1] or (isinstance(args[1], float) and math.isinf(args[1]))
