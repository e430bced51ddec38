"""Where a source stands that gives no batch: its line, whether it works or waits, and the loop that it is in."""

from __future__ import annotations

import ast
import ctypes
import dis
import linecache
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from gendiag.records import NOTHING
from gendiag.runtime.failing_line import FailingLine
from gendiag.runtime.tracebacks import Place, is_users, place_of

LOOKS, PAUSE_S = 25, 0.02
BUSY = 0.1  # of the time on the processor; a machine may be shared, and who waits has none
MOST_VALUES = 5
Loop = (ast.While, ast.For)


@dataclass(frozen=True)
class Standing:
    """What was seen of the thread that makes a batch.

    Attributes
    ----------
    place
        The user's own innermost line, as first seen.
    busy
        Whether the thread used the processor meanwhile; one that waits does not.
    loop
        The loop that all looks have in common, and what of it tells, as text; empty where there is none.
    values
        Names of that line, or of the loop, each with its value.
    """

    place: Place
    busy: bool = False
    loop: str = ""
    values: Mapping[str, str] = field(default_factory=lambda: NOTHING)


class _StoppedError(BaseException):
    """Ends a loop that nobody waits for any more."""


def standing(tap: object) -> Standing | None:
    """Look several times at the thread that asks the source for ``tap``; None where no line of the user's is in it."""
    found = next(iter(_asking(tap)), None)
    if found is None:
        return None
    ident, frame, line = found
    place, start, used = place_of(frame, line), time.monotonic(), _cpu_s(ident)
    lines, moves = [line], {frame.f_lasti}
    values = FailingLine(frame, line).shown
    for _ in range(LOOKS):
        time.sleep(PAUSE_S)
        lines += [at for other, each, at in _asking(tap) if other == ident and each is frame]
        moves.add(frame.f_lasti)
    seconds = _cpu_s(ident) - used
    busy = seconds > BUSY * (time.monotonic() - start)
    loop = _loop(frame, lines)
    if loop is not None and len(moves) == 1 and not (busy and (_jumps(frame) or _swallowing(loop, line))):
        loop = None  # it stands in one call
    if loop is None:
        return Standing(place, busy, values=values)
    told = {name: text for name, text in _values(frame, loop).items() if name not in values}
    together = dict(list({**values, **told}.items())[:MOST_VALUES])
    return Standing(place, busy=True, loop=_told(frame, loop), values=together)


def end(tap: object) -> None:
    """End the source's loop from outside, so that a thread that nobody waits for does not work for ever."""
    raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
    for ident, _, _ in _asking(tap):
        raise_in(ctypes.c_ulong(ident), ctypes.py_object(_StoppedError))


def _asking(tap: object) -> Iterator[tuple[int, FrameType, int]]:
    """Threads that ask the source at this moment, each with the user's innermost frame and its line."""
    for ident, top in list(sys._current_frames().items()):  # noqa: SLF001  (documented for debuggers)
        if ident == threading.get_ident():
            continue
        stack = list(traceback.walk_stack(top))  # the innermost first
        asked = next((depth for depth, (each, _) in enumerate(stack) if _asks(each, tap)), 0)
        for each, line in stack[:asked]:
            if is_users(each.f_code.co_filename, each):
                yield ident, each, line
                break


def _asks(frame: FrameType, tap: object) -> bool:
    """Whether a frame is the one of ours that asks the source for a batch for this tap."""
    if "gendiag" not in frame.f_code.co_filename:
        return False
    own = frame.f_locals.get("self")
    return own is tap or frame.f_locals.get("tap") is tap


def _cpu_s(ident: int) -> float:
    """Processor time of a thread; 0 where the system does not tell."""
    try:
        return time.clock_gettime(time.pthread_getcpuclockid(ident))
    except (AttributeError, OSError):  # Windows, macOS; or the thread is gone
        return 0.0


def _jumps(frame: FrameType) -> bool:
    """Whether the function stands at a jump, as a loop does that another thread interrupts; else it calls something."""
    at = frame.f_lasti
    return at >= 0 and dis.opname[frame.f_code.co_code[at]].startswith(("JUMP", "POP_JUMP", "FOR_ITER", "RESUME"))


def _loop(frame: FrameType, lines: list[int]) -> Any:
    """The innermost loop of the function around every line that was seen."""
    source = "".join(linecache.getlines(frame.f_code.co_filename, frame.f_globals))
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None
    first = frame.f_code.co_firstlineno
    loops = [
        node
        for node in ast.walk(tree)
        if isinstance(node, Loop)
        and first <= node.lineno <= min(lines)
        and max(lines) <= (node.end_lineno or node.lineno)
    ]
    return min(loops, key=lambda node: (node.end_lineno or 0) - node.lineno) if loops else None


def _values(frame: FrameType, loop: Any) -> dict[str, str]:
    """Values of what its heads name: what it goes over, and on what it goes on."""
    told: dict[str, str] = {}
    for node in ast.walk(loop):
        if isinstance(node, (*Loop, ast.If)):
            told.update(FailingLine(frame, node.lineno).shown)
    return told


def _told(frame: FrameType, loop: Any) -> str:
    """The loop's head, and why it likely goes on: nothing to go over, or an exception caught."""
    head = linecache.getline(frame.f_code.co_filename, loop.lineno, frame.f_globals).strip()
    said = f"the loop `{head}` (line {loop.lineno}) came to no yield or return in that time"
    empty = next((name for node in ast.walk(loop) for name in _empty(frame, node)), None)
    if empty is not None:
        return f"{said}: `{empty}` is empty"
    handler = next((node for node in ast.walk(loop) if isinstance(node, ast.ExceptHandler) and _goes_on(node)), None)
    if handler is not None:
        caught = ast.unparse(handler.type) if handler.type is not None else "every exception"
        return f"{said}, likely because line {handler.lineno} catches {caught} each time"
    return said


def _empty(frame: FrameType, node: ast.AST) -> Iterator[str]:
    """What a ``for`` goes over and has nothing in it: ``files`` of ``enumerate(files)``."""
    if not isinstance(node, ast.For):
        return
    line = FailingLine(frame, node.lineno)
    for each in ast.walk(node.iter):
        value = line.value(each) if isinstance(each, (ast.Name, ast.Attribute)) else None
        shape = getattr(value, "shape", None) if type(value).__module__ == "numpy" else None
        if (type(value) in {list, tuple, dict, set, str} and not value) or (shape and not shape[0]):
            yield ast.unparse(each)


def _swallowing(loop: Any, line: int) -> bool:
    """Whether an exception of that line is caught in the loop, which then goes on."""
    tries = (node for node in ast.walk(loop) if isinstance(node, ast.Try))
    around = (node for node in tries if any(each.lineno <= line <= (each.end_lineno or line) for each in node.body))
    return any(_goes_on(handler) for node in around for handler in node.handlers)


def _goes_on(handler: ast.ExceptHandler) -> bool:
    leaves = (ast.Raise, ast.Return, ast.Break, ast.Yield, ast.YieldFrom)
    return not any(isinstance(node, leaves) for node in ast.walk(handler))
