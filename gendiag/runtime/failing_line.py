"""The values of the names in the line at which somebody's code raised: what of it tells, in a few words."""

from __future__ import annotations

import ast
import linecache
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from types import FrameType, MappingProxyType, ModuleType
from typing import Any

from gendiag.runtime.short_value import MISSING, short

MOST_NAMES, DEEPEST = 5, 3
COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")
_OPERATIONS: Mapping[type[ast.operator], Any] = MappingProxyType(
    {
        ast.Add: lambda a, b: a + b,
        ast.Sub: lambda a, b: a - b,
        ast.Mult: lambda a, b: a * b,
        ast.FloorDiv: lambda a, b: a // b,
        ast.Mod: lambda a, b: a % b,
        ast.Div: lambda a, b: a / b,
    }
)


class FailingLine:
    """One statement of somebody's code, and the frame in which it ran.

    Nothing of theirs is called to read a value: names are looked up in the frame, attributes in ``__dict__``.
    """

    def __init__(self, frame: FrameType, line: int) -> None:
        self.frame = frame
        self.tree = _statement(frame, line)

    @property
    def names(self) -> dict[str, Any]:
        """Value by name as it is written there, ``i`` or ``self.files``; functions, classes and modules left out."""
        found: dict[str, Any] = {}
        for node in _outermost(self.tree):
            value = self.value(node)
            if value is not MISSING and not callable(value) and not isinstance(value, ModuleType):
                found.setdefault(ast.unparse(node), value)
        return {name: found[name] for name in list(found)[:MOST_NAMES]}

    @property
    def shown(self) -> dict[str, str]:
        """The same as text, short and without what only an object's own ``__repr__`` could tell."""
        told = {name: short(value) for name, value in self.names.items() if name != "self"}
        return {name: text for name, text in told.items() if text}

    def find(self, *kinds: type[ast.AST]) -> Iterator[Any]:
        """Every node of these kinds, in the order in which it is written."""
        nodes = [node for node in ast.walk(self.tree) if isinstance(node, kinds)]
        return iter(sorted(nodes, key=lambda node: (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))))

    def value(self, node: ast.AST, depth: int = 0) -> Any:
        """What an expression of names and plain numbers was worth, or MISSING."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return _looked_up(self.frame, node.id)
        if isinstance(node, ast.Attribute) and depth < DEEPEST:
            return _attribute(self.value(node.value, depth + 1), node.attr)
        if isinstance(node, ast.BinOp) and depth < DEEPEST:
            return _worked_out(node.op, self.value(node.left, depth + 1), self.value(node.right, depth + 1))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            value = self.value(node.operand, depth + 1)
            return -value if type(value) in {int, float} else MISSING
        return MISSING


def function_of(frame: FrameType) -> str:
    """Name of the function that a line stands in; for that of a comprehension, the one around it."""
    around: FrameType | None = frame
    while around is not None and around.f_code.co_name in COMPREHENSIONS:
        around = around.f_back
    return frame.f_code.co_name if around is None else around.f_code.co_name


def _statement(frame: FrameType, line: int) -> ast.AST:
    """Return the innermost statement around a line; of a loop or a condition its head only."""
    source = "".join(linecache.getlines(frame.f_code.co_filename, frame.f_globals))
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):  # another text by now, or none
        return ast.Module([], [])
    around = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    last = max((node.lineno for node in around), default=0)  # of several on one line, all
    return _together(_head(node) for node in around if node.lineno == last)


def _head(node: ast.stmt) -> ast.AST:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return ast.Module([], [])
    bodies = {"body", "orelse", "finalbody", "handlers"}
    parts = [part for name, part in ast.iter_fields(node) if name not in bodies]
    return _together(each for part in parts for each in (part if isinstance(part, list) else [part]))


def _together(parts: Iterable[Any]) -> ast.AST:
    """One tree of several, to be walked through."""
    return ast.Module([part for part in parts if isinstance(part, ast.AST)], [])  # type: ignore[misc]  # as said


def _outermost(tree: ast.AST) -> Iterator[ast.Name | ast.Attribute]:
    """Names, and attributes of names, as they are written; of ``self.files`` not ``self`` once more."""
    if isinstance(tree, ast.Attribute) and isinstance(tree.value, (ast.Name, ast.Attribute)):
        yield tree
        yield from _outermost(tree.value)  # ``rows.shape`` is in no __dict__, and ``rows`` is
    elif isinstance(tree, ast.Name):
        if isinstance(tree.ctx, ast.Load):  # what is assigned to has its old value
            yield tree
    else:
        for child in ast.iter_child_nodes(tree):
            yield from _outermost(child)


def _looked_up(frame: FrameType, name: str) -> Any:
    """Where Python looks: in the function, in those around a comprehension, in the module."""
    around: FrameType | None = frame
    while around is not None:
        if name in around.f_locals:
            return around.f_locals[name]
        if around.f_code.co_name not in COMPREHENSIONS:
            break
        around = around.f_back
    return frame.f_globals.get(name, MISSING)


def _attribute(value: Any, name: str) -> Any:
    if value is MISSING or isinstance(value, ModuleType):
        return MISSING
    try:
        held = object.__getattribute__(value, "__dict__")
        return held[name] if name in held else _of_class(value, name)
    except Exception:  # noqa: BLE001  (a class of the user's own may be as odd as it likes)
        return MISSING


def _of_class(value: Any, name: str) -> Any:
    """A plain value that the class holds: no property is asked."""
    found = next((vars(cls)[name] for cls in type(value).__mro__ if name in vars(cls)), MISSING)
    return found if type(found) in {int, float, str, bytes, list, tuple, dict, set} else MISSING


def _worked_out(operation: ast.operator, left: Any, right: Any) -> Any:
    work = _OPERATIONS.get(type(operation))
    if work is None or not {type(left), type(right)} <= {int, float}:
        return MISSING
    try:
        return work(left, right)
    except ArithmeticError:
        return MISSING


def counted_shapes(values: Any) -> list[tuple[str, int]]:
    """Shapes of the arrays in a list, the most common first; empty where they are no arrays."""
    shapes = [getattr(each, "shape", None) for each in values]
    return Counter(map(str, shapes)).most_common() if shapes and all(isinstance(s, tuple) for s in shapes) else []
