"""How a library spells the ops: a table of functions that is run, and whose text is printed in reproducers."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import ModuleType
from typing import Any

from gradproof.errors import UnknownOpError, UnsupportedError, nearest
from gradproof.exact import Param
from gradproof.graph import Graph, Node

Shape = tuple[int, ...]
Function = Callable[..., Any]


@dataclass(frozen=True)
class Call:
    """One call of an op: its parameters, and the shapes of its arguments."""

    params: Mapping[str, Any]
    shapes: tuple[Shape, ...]


@dataclass(frozen=True)
class Spelling:
    """What a library calls the ops.

    ``ops`` are functions of arrays and parameters by the name of the op, ``lacks`` the calls of them that the library
    does not have. ``module`` is where both are written down: with the assignment ``OPS``.
    """

    library: str
    module: ModuleType
    ops: Mapping[str, Function]
    lacks: Mapping[str, Callable[[Call], bool]] = field(default_factory=dict)

    def having(self, ops: Mapping[str, Function]) -> Spelling:
        """Return the same with other functions for some ops."""
        return Spelling(self.library, self.module, {**self.ops, **ops}, self.lacks)

    def check(self, graph: Graph) -> None:
        """Raise ``UnknownOpError`` for an op that the library lacks, ``UnsupportedError`` for a call of one."""
        for _, node in graph.enumerate_nodes():
            if node.op not in self.ops:
                raise UnknownOpError(f"{self.library} has no op {node.op!r}{nearest(node.op, self.ops)}")
            shapes = tuple(graph[arg].shape for arg in node.args)
            if node.op in self.lacks and self.lacks[node.op](Call(node.params, shapes)):
                raise UnsupportedError(f"{self.library} has no {node.op} of {shapes} with {dict(node.params)}")

    def apply(self, node: Node, args: Sequence[Any]) -> Any:
        """Return the result of a node, as the library computes it."""
        return self.ops[node.op](*args, **node.params)

    def call_text(self, node: Node, names: Sequence[str]) -> str:
        """Return the call as a user of the library writes it."""
        written = self._written.get(node.op) if self._is_written(node.op) else None
        if isinstance(written, ast.Lambda):
            return ast.unparse(_Filled(written, names, node.params).body)
        name = self.ops[node.op].__name__ if written is None else ast.unparse(written)
        return f"{name}({', '.join([*names, *(f'{key}={_text(value)}' for key, value in node.params.items())])})"

    def definitions(self, graph: Graph) -> list[str]:
        """Return what a program needs beside the library: functions of several lines, and the names of unknown ones."""
        found = []
        for op in dict.fromkeys(node.op for node in graph.nodes):
            if not self._is_written(op):
                found.append(f"# add the function {self.ops[op].__name__} that is on trial here")
            elif isinstance(written := self._written[op], ast.Name) and written.id in self._functions:
                found.append(ast.unparse(self._functions[written.id]))
        return found

    def _is_written(self, op: str) -> bool:
        """Tell whether the function of an op is the one of the table."""
        return self.ops[op] is self.module.OPS.get(op)

    @cached_property
    def _written(self) -> dict[str, ast.expr]:
        """The functions of the table as syntax."""
        for statement in self._tree.body:
            if isinstance(statement, ast.AnnAssign) and ast.unparse(statement.target) == "OPS":
                assert isinstance(statement.value, ast.Dict)
                keys = [ast.literal_eval(key) for key in statement.value.keys if key is not None]
                return dict(zip(keys, statement.value.values, strict=True))
        raise AssertionError(f"{self.module.__name__} has no table OPS")

    @cached_property
    def _functions(self) -> dict[str, ast.FunctionDef]:
        """The functions of several lines, without their annotations and texts."""
        found = [each for each in self._tree.body if isinstance(each, ast.FunctionDef)]
        return {each.name: _bare(each) for each in found}

    @cached_property
    def _tree(self) -> ast.Module:
        return ast.parse(inspect.getsource(self.module))


class _Filled(ast.NodeTransformer):
    """The body of a lambda with arguments and parameters in place of their names, and choices between them made."""

    def __init__(self, written: ast.Lambda, names: Sequence[str], params: Mapping[str, Param]) -> None:
        signature = written.args
        variables: list[ast.expr] = [ast.Name(name) for name in names]
        self._values: dict[str, ast.expr] = {
            each.arg: value for each, value in zip(signature.args, variables, strict=False)
        }
        if signature.vararg is not None:
            self._values[signature.vararg.arg] = ast.Tuple(variables)
        self._values |= {name: ast.parse(_text(value), mode="eval").body for name, value in params.items()}
        self.body: ast.expr = self.visit(ast.parse(ast.unparse(written.body), mode="eval").body)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._values.get(node.id, node)

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        """Make the choice where it is whether a parameter is None."""
        test = self.visit(node.test)
        if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Is):
            is_none = isinstance(test.left, ast.Constant) and test.left.value is None
            return self.visit(node.body if is_none else node.orelse)
        if isinstance(test, ast.Call) and ast.unparse(test.func) == "isinstance":
            return self.visit(node.body if isinstance(test.args[0], ast.Tuple) else node.orelse)
        return self.generic_visit(node)


def _bare(function: ast.FunctionDef) -> ast.FunctionDef:
    signature = function.args
    for each in (*signature.args, *signature.kwonlyargs):
        each.annotation = None
    function.returns = None
    if ast.get_docstring(function) is not None:
        function.body = function.body[1:]
    return function


def _text(value: Param) -> str:
    """Return a parameter as Python: ``repr`` of a float is exact, but not Python where it is no number."""
    return re.sub(r"\b(inf|nan)\b", r"float('\1')", repr(value))
