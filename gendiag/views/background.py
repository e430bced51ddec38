"""Work beside the page: in a thread, with the time told while it runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

from gendiag.runtime.estimate import span
from gendiag.runtime.task import daemon
from gendiag.views.markup import Html, esc, join, tag

TICK_S = 0.5
T = TypeVar("T")


def in_thread(work: Callable[[], T]) -> Future[T]:
    """Run ``work`` in a thread of its own."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001  (it belongs to who waits)
            future.set_exception(error)

    daemon(run).start()
    return future


def awaited(work: Callable[[], T], tell: Callable[[float], None]) -> Future[T]:
    """Run ``work`` in a thread and wait for it; ``tell`` is called with the seconds so far."""
    began = time.monotonic()
    running = in_thread(work)
    while not wait([running], TICK_S).done:
        tell(time.monotonic() - began)
    return running


def busy(text: str, elapsed_s: float) -> Html:
    """A moving bar, what is going on, and for how long: the time is not read aloud again and again."""
    elapsed = f'<span aria-hidden="true"> {span(elapsed_s)}</span>' if elapsed_s >= 1 else ""
    return join((tag("span", css_class="gd-spinner"), status(text), Html(elapsed)))


def status(text: str) -> Html:
    """Words that are read aloud when they change."""
    return Html(f'<span role="status">{esc(text)}</span>')
