"""``%%gendiag`` runs a cell under ``watch``; ``%gendiag`` looks at the fit that failed in the cell before."""

from __future__ import annotations

import argparse
import shlex
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from gendiag.batches.store import MIB
from gendiag.commands.last_traceback import after_failure
from gendiag.commands.plain_traceback import as_of_the_cell, one_line
from gendiag.errors import BadArgumentError, NothingRecordedError
from gendiag.flight.recorder import Flight, watch
from gendiag.report import Report
from gendiag.runtime.progress import in_notebook
from gendiag.views.live_panel import Live

NOT_REACHED = "gendiag: no call of fit, evaluate or predict was reached in this cell, so there is nothing to report."
UNITS = {"": 1, "B": 1, "KB": 2**10, "MB": MIB, "GB": 2**30}


def load_ipython_extension(ipython: Any) -> None:
    """Make ``%%gendiag`` and ``%gendiag`` known; called by ``%load_ext gendiag``."""

    def gendiag(line: str, cell: str | None = None) -> Report | None:
        """``%%gendiag [--keep 512MB] [--level light|full] [--keep-going]``, or ``%gendiag`` behind a failed cell."""
        if cell is None:
            with one_line():
                return after_failure(ipython.user_ns)
        run_cell(ipython, line, cell)
        return None

    ipython.register_magic_function(gendiag, "line_cell", "gendiag")


# ---------------------------------------------------------------------- %%gendiag
def run_cell(shell: Any, line: str, cell: str) -> None:
    """Run the cell as it is, show it live, then its report; what it raises passes unless ``--keep-going``."""
    with one_line():
        options = _options(line)
        flight = watch(keep_bytes=_bytes(options.keep), level=options.level)
    with Live(flight.stand, flight.look, shown=in_notebook()) as live:
        with flight, _interrupt_is_stop(flight, live), _silent(shell, wanted=not options.keep_going):
            result = shell.run_cell(cell, store_history=False)
        with live.reporting():
            nothing = _reported(flight)
    error = result.error_before_exec or result.error_in_exec
    if error is not None and not options.keep_going:
        raise as_of_the_cell(shell, error, nothing)
    if nothing:
        print(nothing)  # noqa: T201  (beneath the cell, as the report would be)


def _reported(flight: Flight) -> str:
    """Show the report; where there is none, return why."""
    try:
        _display(flight.report)
    except NothingRecordedError as nothing:
        return NOT_REACHED if flight.is_empty else str(nothing)
    return ""


def _options(line: str) -> argparse.Namespace:
    parser = _Parser(prog="%%gendiag", add_help=False)
    parser.add_argument("--keep", default="256MB")
    parser.add_argument("--level", default="light")
    parser.add_argument("--keep-going", action="store_true")
    return parser.parse_args(shlex.split(line))


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        msg = f"{message}. Type %%gendiag [--keep 512MB] [--level light|full] [--keep-going]."
        raise BadArgumentError(msg)


def _bytes(text: str) -> int:
    """``512MB`` in bytes; 1 MB is 2**20."""
    number = text.rstrip("kKmMgGiIbB")
    unit = text[len(number) :].upper().replace("I", "")
    unit = unit if unit in UNITS else f"{unit}B"
    try:
        return int(float(number) * UNITS[unit])
    except (ValueError, KeyError, OverflowError):
        msg = f"--keep {text}: that is no size. Type --keep 512MB, for example."
        raise BadArgumentError(msg) from None


@contextmanager
def _interrupt_is_stop(flight: Flight, live: Live) -> Iterator[None]:
    """While a recorded fit runs, the first interrupt ends it after its step; the next one breaks it off."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)

    def stop(number: int, frame: Any) -> Any:
        if not flight.stop():
            signal.default_int_handler(number, frame)
        live.stop()

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _silent(shell: Any, *, wanted: bool) -> Iterator[None]:
    """Let the cell inside show no traceback: it comes once, from the cell outside."""
    names = ("showtraceback", "showsyntaxerror") if wanted else ()
    for name in names:
        vars(shell)[name] = lambda *_args, **_kwargs: None
    try:
        yield
    finally:
        for name in names:
            vars(shell).pop(name, None)


def _display(report: Report) -> None:
    from IPython.display import display

    display(report)  # type: ignore[no-untyped-call]  # IPython is untyped
