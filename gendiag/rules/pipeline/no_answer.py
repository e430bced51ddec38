from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from gendiag.records import Failure, Finding
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import BAD, Rule, sound

HANG_S = 3600.0
WAITS = {
    (
        ".get(",
        ".recv(",
    ): "Whoever fills that queue has ended or never began: start it, let it send an end mark, or pass a timeout.",
    (
        ".acquire(",
        "with self.lock",
        "lock:",
    ): "The lock is held and never let go, by this thread perhaps: use `with lock:` without a `yield` inside.",
    ("urlopen", "requests.", "download", "socket"): "Pass a timeout, and raise after a few attempts.",
    (
        "sleep(",
    ): "It sleeps and looks again, and what it looks for does not come: count the attempts and raise after a few.",
    ("input(",): "It waits for somebody to type.",
    (".join(", ".wait(", ".result("): "What it waits for has ended, or never comes: pass a timeout and see.",
}


class NoAnswer(Rule):
    """The source gives no batch, and fit waits.

    What fit does
        Waits for ever, without a word.

    Why it hurts
        A progress bar that stands still tells neither who waits nor for whom.

    How to mend it
        A source that is at work goes round a loop that comes to no ``yield``: look at the values in brackets. One that
        waits: a lock taken twice, a queue nobody fills, a download without timeout.

    Known limits
        A source that takes longer than the time limit for one batch looks the same: raise ``quiet_s``. At work or
        waiting is told by the processor time of its thread, on Linux; why a loop goes on is "likely".

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "no-answer", "fit waits and nothing comes"
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        failure = seen.rehearsal.failure
        if not seen.waits_for_ever or failure is None:
            return
        gone = seen.profile.failure
        if gone is not None and not isinstance(seen.profile.error, Exception):
            yield self._worker_gone(seen, gone)
            return
        count = len(seen.batches)
        when = f"after batch {count - 1}" if count else "before the first batch"
        what = f"fit gave no sign of life {when} ({failure.line}): it waits for the source"
        if failure.busy:
            loop = f" There {failure.loop}." if failure.loop else ""
            message = f"{what}, which is at work{failure.place}.{loop}"
            way_out = _way_out(failure, "return" if seen.source.is_indexed else "yield")
            fix = f"{way_out} If one batch may take longer than this, pass a larger quiet_s=."
        else:
            where = f", which waits{failure.place}." if failure.frame else " (deadlock?)."
            message = f"{what}{where}"
            fix = f"{_waits_for(failure.code or '')} If one batch may take longer than this, pass a larger quiet_s=."
        yield self.finding("error", message, fix=fix, batches=[count], stack=failure.details, busy=failure.busy)

    def _worker_gone(self, seen: Evidence, gone: Failure) -> Finding:
        index = seen.profile.failed_index or 0
        message = (
            f"The source raised {gone} in {seen.place(index)}{gone.place}: no error of the data but an order to end, "
            "which ends the worker thread without a word, and fit waits for its batch for ever."
        )
        fix = "Raise an exception of another kind there, such as ValueError, and fit ends with it."
        return self.finding("error", message, fix=fix, batches=[index], type=gone.type)

    def broken(self) -> Iterator[Any]:
        for step, batch in enumerate(sound()):
            if step == BAD:
                threading.Event().wait(HANG_S)
            yield batch

    def mended(self) -> Iterator[Any]:
        return sound()


def _way_out(failure: Failure, word: str) -> str:
    """What to do about a loop that comes to no such statement."""
    if "is empty" in failure.loop:
        return "Look at what should have filled it, and raise an error where it is empty before the loop."
    if "catches" in failure.loop:
        return "Let the exception come out, or count the attempts and raise after a few."
    if failure.loop:
        return f"Let the loop come to a {word}, or to its end, whatever the values: those in brackets keep it going."
    return "It computes and does not wait: look at that line, and at what it calls."


def _waits_for(code: str) -> str:
    """What to look at, by what the line that stands still calls."""
    return next(
        (told for marks, told in WAITS.items() if any(mark in code for mark in marks)),
        "Look at the stack in the evidence: who holds the lock, who fills the queue.",
    )
