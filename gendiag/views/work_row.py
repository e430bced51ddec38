"""A button that begins work in a thread of its own, one that stops it, and what it is doing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TypeVar

import ipywidgets as w

from gendiag.runtime.task import stopped_by
from gendiag.views.background import awaited, busy, in_thread
from gendiag.views.guard import guarded

T = TypeVar("T")
STOPPING = "Stopping …"


class WorkRow(w.HBox):
    """One piece of work at a time; the stop is heeded by every task that is waited for in it.

    Parameters
    ----------
    begin, icon, stop
        What stands on the buttons.
    show
        Puts an error on the screen.
    beside
        What stands between the buttons and the words.
    """

    def __init__(
        self, begin: str, icon: str, stop: str, show: Callable[[str], None], beside: Sequence[w.Widget] = ()
    ) -> None:
        self._show, self._asked = show, threading.Event()
        self._doing, self._elapsed_s = "", 0.0
        self.button, self.stop = _button(begin, icon), _button(stop, "stop")
        self.stop.layout.display = "none"
        self.stop.on_click(guarded(self._stop, show))
        self.busy = w.HTML()
        self.busy.add_class("gd-busy")
        self.idle = threading.Event()
        self.idle.set()
        super().__init__([self.button, self.stop, *beside, self.busy])
        self.add_class("gd-tryout")

    def run(self, doing: str, work: Callable[[], T], finish: Callable[[T], None]) -> None:
        """Do ``work``; what it returned is handed to ``finish``, what it raised is shown."""
        self.idle.clear()
        self._asked.clear()
        self._switch(running=True)
        self._elapsed_s = 0.0
        self.doing(doing)
        in_thread(lambda: self._watch(work, finish))

    def doing(self, text: str) -> None:
        """Say what is done by now."""
        self._doing = text
        self._tell(self._elapsed_s)

    @property
    def is_running(self) -> bool:
        """Whether work is under way."""
        return bool(self.stop.layout.display != "none")

    @property
    def was_stopped(self) -> bool:
        """Whether the last work was told to stop."""
        return self._asked.is_set()

    def _watch(self, work: Callable[[], T], finish: Callable[[T], None]) -> None:
        running: Future[T] = awaited(lambda: self._stoppable(work), self._tell)
        self.busy.value = ""
        self._switch(running=False)
        guarded(lambda: finish(running.result()), self._show)()
        self.idle.set()

    def _stoppable(self, work: Callable[[], T]) -> T:
        with stopped_by(self._asked):
            return work()

    def _stop(self) -> None:
        self._asked.set()
        self.stop.disabled = True
        self._tell(self._elapsed_s)

    def _tell(self, elapsed_s: float) -> None:
        self._elapsed_s = elapsed_s
        self.busy.value = busy(STOPPING if self.was_stopped else self._doing, elapsed_s)

    def _switch(self, *, running: bool) -> None:
        self.button.disabled = running
        self.stop.disabled = False
        self.stop.layout.display = "" if running else "none"


def _button(label: str, icon: str) -> w.Button:
    button = w.Button(description=label, icon=icon)
    button.add_class("gd-try")
    return button
