"""Whether an iterator provably has no end, told without reading it."""

from __future__ import annotations

import ast
import dis
import gc
import inspect
import itertools
import textwrap
import types
from collections.abc import Iterator
from typing import Any

Loop = ast.For | ast.While


def is_without_end(iterator: object) -> bool:
    """Whether it can only end by an exception.

    ``itertools.cycle`` and ``count``; a generator without a RETURN in its bytecode; one that stands in a loop over such
    an iterator, with no ``break`` or ``return`` in it, or in a ``yield from`` of one; an expression over one.
    """
    if not isinstance(iterator, types.GeneratorType):
        return isinstance(iterator, (itertools.cycle, itertools.count))
    steps = dis.get_instructions(iterator.gi_code)
    if not any(step.opname in {"RETURN_VALUE", "RETURN_CONST"} for step in steps):
        return True
    return iterator.gi_frame is not None and _stands_in_one(iterator)


def _stands_in_one(generator: Any) -> bool:
    if generator.gi_code.co_name == "<genexpr>":
        return is_without_end(generator.gi_frame.f_locals.get(".0"))
    over_one = (is_without_end(over) and not _has_way_out(loop) for loop, over in _loops(generator))
    return is_without_end(generator.gi_yieldfrom) or any(over_one)


def loops_for_ever(generator: Any) -> bool:
    """Whether there is a ``while True:`` in its code."""
    tests = (node.test for node in ast.walk(_tree(generator)) if isinstance(node, ast.While))
    return any(isinstance(test, ast.Constant) and bool(test.value) for test in tests)


def _loops(generator: Any) -> Iterator[tuple[Loop, object]]:
    """The ``for`` loops that it stands in, the outermost first, and what each of them is over."""
    tree, frame = _tree(generator), generator.gi_frame
    line = frame.f_lineno - generator.gi_code.co_firstlineno + 1
    standing = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.For) and node.body[0].lineno <= line <= (node.body[-1].end_lineno or 0)
    ]
    named = {id(value) for value in frame.f_locals.values()}
    held = [each for each in gc.get_referents(generator) or gc.get_referents(frame) if isinstance(each, Iterator)]
    stacked = [each for each in held if id(each) not in named]
    if len(standing) == len(stacked):
        yield from zip(standing, stacked, strict=True)


def _tree(generator: Any) -> ast.AST:
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(generator.gi_code)))
    except (OSError, SyntaxError, TypeError):  # typed into a plain interpreter, or a part of a line
        return ast.Module([], [])


def _has_way_out(loop: Loop) -> bool:
    """Whether a ``return``, or a ``break`` of its own, is in the loop."""
    return any(_ends(node, is_own=True) for node in loop.body)


def _ends(node: ast.AST, *, is_own: bool) -> bool:
    if isinstance(node, ast.Return) or (isinstance(node, ast.Break) and is_own):
        return True
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
        return False
    inner = is_own and not isinstance(node, (ast.For, ast.While))
    return any(_ends(child, is_own=inner) for child in ast.iter_child_nodes(node))
