"""Progress of what takes longer than a second: a line in a terminal; in a notebook an element, and a Stop button.

All phases of a piece of work are shown in one place, which the outermost opens. Only in the main thread, where an
interrupt ends the work; a panel of the page that works in another thread has words and a button of its own.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from gendiag.runtime.cell_output import CellOutput
from gendiag.runtime.estimate import Far, Pace, Phase, told

DELAY_S, PERIOD_S = 1.0, 0.2
STOPPING = "Stopping after this step …"
STOPPED = "Stopped. What was found until then is kept."
SHORT_BAR = 20  # signs of it in a terminal


class Screen(Protocol):
    """What a place writes on."""

    def show(self, text: str, share: float | None) -> None:
        """Put a line in the place of the one before; ``share`` of the work, 0 to 1, or None."""

    def close(self, last: str) -> None:
        """Leave nothing but ``last``."""


class Place:
    """Where work says how far it is: nothing before its first second, then a few times a second."""

    def __init__(self, screen: Screen | None) -> None:
        self._screen, self._began, self._last = screen, time.monotonic(), 0.0
        self.stopping = False

    def tell(self, text: str, share: float | None = None, *, at_once: bool = False) -> None:
        """Say it, unless it is too early or something was said just now."""
        now = time.monotonic()
        is_early = now - self._began < DELAY_S and not self.stopping
        if self._screen is None or is_early or (now - self._last < PERIOD_S and not at_once):
            return
        self._last = now
        self._screen.show(f"{STOPPING} ({text})" if self.stopping and text != STOPPING else text, share)

    def stop(self) -> None:
        """Somebody asked for an end: say so at once."""
        if not self.stopping:
            self.stopping = True
            self.tell(STOPPING, at_once=True)

    def close(self) -> None:
        """It is over."""
        if self._screen is not None:
            self._screen.close(STOPPED if self.stopping else "")


_PLACE: ContextVar[Place | None] = ContextVar("gendiag_place", default=None)


@contextmanager
def under_way(*, shown: bool, screen: Screen | None = None) -> Iterator[Place]:
    """One place for all phases within; of what is a part of something else, the place of that.

    Parameters
    ----------
    shown
        Whether to show anything.
    screen
        What to write on; by default what there is here.
    """
    outer = _PLACE.get()
    if outer is not None and screen is None:
        yield outer
        return
    place = Place(screen or (_screen() if shown else None))
    token = _PLACE.set(place)
    try:
        yield place
    finally:
        _PLACE.reset(token)
        place.close()


def is_under_way() -> bool:
    """Whether there is a place already, in which phases are to be shown."""
    return _PLACE.get() is not None


def stopping() -> None:
    """Work was interrupted and goes on to its end: say so where it is shown."""
    place = _PLACE.get()
    if place is not None:
        place.stop()


class Progress(Protocol):
    """To be called again and again while a phase goes on."""

    def __call__(self, done: int = 0, *, nbytes: int = 0, total: int | None = None, beside: str = "") -> None:
        """Say how many units are done, of how many and of what size, where that is known."""


@contextmanager
def bar(phase: Phase, *, shown: bool) -> Iterator[Progress]:
    """Give a function that takes the number of units done; without ``shown`` nothing is said."""
    if not shown:
        yield lambda *_args, **_kwargs: None
        return
    with under_way(shown=True) as place:
        pace = Pace()

        def show(done: int = 0, *, nbytes: int = 0, total: int | None = None, beside: str = "") -> None:
            now = time.monotonic()
            total = total if total and total >= done else None
            line = told(phase, Far(done, total, pace.at(done, now), now - pace.began, nbytes))
            place.tell(f"{line}; {beside}" if beside else line, done / total if total else None)

        place.tell(phase.what, at_once=True)
        yield show


def _screen() -> Screen | None:
    if threading.current_thread() is not threading.main_thread():
        return None
    return _Element() if in_notebook() else _Line()


def in_notebook() -> bool:
    """Whether a kernel runs this."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return hasattr(shell, "kernel")


class _Line:
    """The last line of a terminal."""

    def __init__(self) -> None:
        self._line: Any = None

    def show(self, text: str, share: float | None) -> None:
        if self._line is None:
            self._line = _tqdm()(total=1, bar_format="{desc}", leave=False)
        self._line.n = share or 0.0
        shape = "{desc}" if share is None else f"{{percentage:3.0f}} % |{{bar:{SHORT_BAR}}}| {{desc}}"
        self._line.bar_format = shape
        self._line.set_description_str(text)

    def close(self, last: str) -> None:  # noqa: ARG002  (the report says it)
        if self._line is not None:
            self._line.close()


def _tqdm() -> Any:
    from tqdm import tqdm

    class Line(tqdm):  # type: ignore[type-arg]  # of nothing
        monitor_interval = 0  # else a thread stays behind

    return Line


class _Element:
    """A line of a notebook's page, and the button below it."""

    def __init__(self) -> None:
        self._output, self._button = CellOutput(), CellOutput()
        self._stop: Callable[[str], None] | None = None

    def show(self, text: str, share: float | None) -> None:
        self._output.show(element(text, share))
        if self._stop is None:
            from gendiag.runtime.stop_button import stop_button

            self._stop = stop_button(self._button)
        if text.startswith(STOPPING):
            self._stop(STOPPING)

    def close(self, last: str) -> None:
        self._button.clear()
        if last:
            self._output.show(element(last, 1.0, is_over=True))
        else:
            self._output.clear()


def element(text: str, share: float | None, *, is_over: bool = False) -> str:
    """A bar and its text as markup."""
    from html import escape

    value = "" if share is None else f' value="{share:.3f}"'
    bar_ = "" if is_over else f'<progress aria-label="Progress"{value} style="width:120px"></progress> '
    style = "font:14px/1.6 var(--jp-ui-font-family,system-ui,sans-serif);font-variant-numeric:tabular-nums"
    role = ' role="status"' if is_over else ""  # the button says the rest
    return f'<div class="gd-progress" style="{style}">{bar_}<span{role}>{escape(text)}</span></div>'
