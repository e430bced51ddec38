"""What a cell raised, shown as it would be without the magic around it."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from gendiag.errors import GendiagError

HOME = str(Path(__file__).parents[1])


def as_of_the_cell(shell: Any, error: BaseException, note: str = "") -> BaseException:
    """Let the notebook show the frames of the user's own cell alone, and a last line of ours."""
    if isinstance(error, SyntaxError):
        _without_frames(shell)
        return error
    trace = without_ours(error.__traceback__)

    def lines() -> list[str]:
        shown = shell.InteractiveTB.structured_traceback(type(error), error, trace, tb_offset=1)
        return [*shown, *(["", note] if note else [])]

    _show(error, lines)
    return error


@contextmanager
def one_line() -> Iterator[None]:
    """Let the notebook show what is raised on purpose as one line, without our source."""
    try:
        yield
    except GendiagError as error:
        line = "".join(traceback.format_exception_only(type(error), error)).strip().removeprefix("gendiag.errors.")
        _show(error, lambda: [line])
        raise


def without_ours(trace: TracebackType | None) -> TracebackType | None:
    """The same traceback without the frames of this package."""
    parts: list[TracebackType] = []
    while trace is not None:
        parts.append(trace)
        trace = trace.tb_next
    made = None
    for part in reversed(parts):
        if not part.tb_frame.f_code.co_filename.startswith(HOME):
            made = TracebackType(made, part.tb_frame, part.tb_lasti, part.tb_lineno)
    return made


def _without_frames(shell: Any) -> None:
    """Let the next error of syntax be shown as one of the cell itself: IPython asks that exception for nothing."""

    def once(filename: str | None = None, running_compiled_code: bool = False) -> None:  # noqa: ARG001, FBT001, FBT002  (IPython's signature)
        vars(shell).pop("showsyntaxerror", None)
        shell.showsyntaxerror(filename)

    vars(shell)["showsyntaxerror"] = once


def _show(error: BaseException, lines: Callable[[], list[str]]) -> None:
    with suppress(AttributeError):  # an exception with slots of its own
        error._render_traceback_ = lines  # type: ignore[attr-defined]
