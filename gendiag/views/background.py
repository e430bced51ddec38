"""Work beside the page: in a thread, with the time told while it runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

from gendiag.runtime.task import daemon
from gendiag.views.markup import Html, join, tag

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


def busy(text: str) -> Html:
    """A moving bar and what is going on."""
    return join((tag("span", css_class="gd-spinner"), tag("span", text)))
