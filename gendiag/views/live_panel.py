"""A recorded cell while it runs: how far it is, what was found so far, and a button that stops it.

The line is cheap and moves several times a second. The report is dear: it has a thread and a budget of its own, and
is drawn again only when something was found, or when there are twice as many steps as in the one that is shown.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from gendiag.records import counted
from gendiag.runtime.cell_output import CellOutput
from gendiag.runtime.estimate import Far, Pace, Phase, left, span
from gendiag.runtime.progress import STOPPING, element, under_way
from gendiag.views import page
from gendiag.views.background import in_thread

if TYPE_CHECKING:
    from gendiag.diagnosis.diagnosis import Diagnosis

LINE_S, LOOK_S = 0.2, 0.5
IDLE_SHARE = 9  # for each second spent on looking, so many are left to the training
TRAINING = Phase("", ("step", "steps"))


class Stand(NamedTuple):
    """Where a call stands: epoch and steps from 0; those of an epoch and of all where that is known, else None."""

    method: str
    epoch: int
    epochs: int
    step: int
    each: int | None
    steps: int
    total: int | None
    seconds: float


class Live:
    """To be held open while the cell runs and its report is made; without a notebook it does nothing.

    Parameters
    ----------
    stand
        Says where the call under way stands; None where there is none.
    look
        Gives the diagnosis so far; None before anything was called.
    shown
        Whether there is a page to show it on.
    """

    def __init__(self, stand: Callable[[], Stand | None], look: Callable[[], Diagnosis | None], *, shown: bool) -> None:
        self._stand, self._look, self._shown = stand, look, shown
        self._over, self._is_run = threading.Event(), threading.Event()
        self._work: list[Future[None]] = []
        self._line, self._button, self._report = CellOutput(), CellOutput(), CellOutput()
        self._pace, self._pace_of = Pace(), ""
        self._text, self._share, self._done = "", 0.0, ""
        self._is_stopping = False

    def __enter__(self) -> Live:  # noqa: PYI034  (typing.Self is not in Python 3.10)
        if self._shown:
            from gendiag.runtime.stop_button import stop_button

            self._line.show("")
            self._say = stop_button(self._button)
            self._report.show("")
            self._work = [in_thread(self._tell_again_and_again), in_thread(self._look_again_and_again)]
        return self

    def __exit__(self, *_: object) -> None:
        self._is_run.set()
        self._over.set()
        for work in self._work:
            work.exception()  # wait for it; what it raised is of no use here
        for output in (self._line, self._button, self._report):
            output.clear()

    def stop(self) -> None:
        """Say that the call ends after its step."""
        self._is_stopping = True

    @contextmanager
    def reporting(self) -> Iterator[None]:
        """The cell is over: say what is done until its report is there."""
        self._is_run.set()
        self._is_stopping = False
        self._pace = Pace()
        self.show("", None)
        with under_way(shown=self._shown, screen=self):
            yield

    # ------------------------------------------------------------------ as a screen, for the phases of the report
    def show(self, text: str, share: float | None) -> None:
        """Take note of what is done for the report."""
        self._done, self._share = text, share or 0.0

    def close(self, last: str) -> None:
        """The report is there, or is being drawn."""

    # ------------------------------------------------------------------ the line
    def _tell_again_and_again(self) -> None:
        while not self._over.wait(LINE_S):
            text = self._reporting() if self._is_run.is_set() else self._training()
            if text and text != self._text:
                self._text = text
                self._line.show(element(text, self._share or None))
            if self._is_stopping or self._is_run.is_set():
                self._say(STOPPING if self._is_stopping else "The cell is over.")

    def _training(self) -> str:
        stand = self._stand()
        if stand is None:
            return STOPPING if self._is_stopping else self._text
        if self._pace_of != stand.method:
            self._pace, self._pace_of = Pace(), stand.method
        rate = self._pace.at(stand.steps, time.monotonic())
        total = stand.total if stand.total and stand.total >= stand.steps else None
        self._share = stand.steps / total if total else 0.0
        line = progress(stand, rate, left(TRAINING, Far(stand.steps, total, rate, stand.seconds)))
        return f"{STOPPING} ({line})" if self._is_stopping else line

    def _reporting(self) -> str:
        elapsed = span(time.monotonic() - self._pace.began)
        return f"The cell is over. Making the report: {self._done or elapsed}"

    # ------------------------------------------------------------------ the report so far
    def _look_again_and_again(self) -> None:
        took, is_first, shown = 0.0, True, _Shown()
        while not self._is_run.wait(max(LOOK_S, IDLE_SHARE * took)):
            began = time.perf_counter()
            seen = self._look()
            if seen is not None and shown.is_news(seen):
                self._report.show(page.render(seen))
            took = time.perf_counter() - began
            if seen is not None and is_first:  # it loads what draws
                took, is_first = 0.0, False


class _Shown:
    """What was drawn last."""

    def __init__(self) -> None:
        self._found: object = None
        self._steps = 0

    def is_news(self, seen: Diagnosis) -> bool:
        """Whether to draw it again: something was found, or much more is known."""
        found = seen.verdict, [(each.rule, each.severity, each.leaf, each.in_validation) for each in seen.findings]
        steps = len(seen.rehearsal.deliveries)
        if found == self._found and steps < 2 * self._steps:
            return False
        self._found, self._steps = found, steps
        return True


def progress(stand: Stand, rate: float, rest: str) -> str:
    """``fit: epoch 2/10, step 113 of 500, 41.2 steps/s, about 2 min left``."""
    where = f"epoch {stand.epoch + 1}/{stand.epochs}, " if stand.method == "fit" else ""
    each = f"step {stand.step:,} of {stand.each:,}" if stand.each else counted(stand.step, "step")
    parts = [f"{stand.method}: {where}{each}"]
    parts += [f"{rate:.3g} steps/s"] if rate > 0 else []
    return ", ".join([*parts, rest or span(stand.seconds)])
