"""What a command does to its own process: stdout is for the report alone, Ctrl-C is counted, there is an end."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn, TextIO

PATIENCE_S = 5.0


def take_stdout() -> TextIO:
    """Return stdout, and send to stderr whatever else the process prints from now on.

    That is what users' modules and sources print, libraries written in C and worker processes too, and what is
    printed while Python shuts down. What the encoding has no sign for is written as a question mark.
    """
    if sys.stderr is None:  # closed by who started us
        sys.stderr = _nowhere()
    if sys.stdout is None:
        sys.stdout = sys.stderr
        return _nowhere()
    sys.stdout.flush()
    own = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    encoding = sys.stdout.encoding
    sys.stdout = sys.stderr
    return os.fdopen(own, "w", encoding=encoding, errors="replace")


def _nowhere() -> TextIO:
    return os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")


def write(out: TextIO, text: str) -> None:
    """Write a text; a reader that has gone, such as ``head``, is no error."""
    try:
        out.write(text)
        out.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())  # else Python complains when it closes the file


@contextmanager
def counted_interrupts() -> Iterator[list[int]]:
    """Give a list that grows by one with every Ctrl-C, which is a ``KeyboardInterrupt`` as always."""
    counted: list[int] = []
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:  # ignored, as in a background job, or theirs
        yield counted
        return

    def count(number: int, frame: object) -> None:
        counted.append(number)
        signal.default_int_handler(number, frame)  # type: ignore[arg-type]  # typeshed has FrameType

    signal.signal(signal.SIGINT, count)
    try:
        yield counted
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def leave(code: int) -> NoReturn:
    """End the process, also where a thread would hold it up for ever.

    A fit that gave no answer still runs, and a thread of the user's that fills a queue may wait for a reader: a
    rehearsal does not always read to the end.
    """
    until = time.monotonic() + PATIENCE_S
    for thread in _holding():
        thread.join(max(0.0, until - time.monotonic()) if not thread.daemon else 0.0)
    if _holding():
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _holding() -> list[threading.Thread]:
    """Threads for which Python would wait, and those of ours: they stand in TensorFlow."""
    others = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    return [thread for thread in others if not thread.daemon or thread.name.startswith("gendiag")]
