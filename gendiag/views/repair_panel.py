"""The button *Search for mends*, and for each repair found *Try this mend*: the report of the repaired source."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from gendiag.views import markup, repair_cards
from gendiag.views.background import awaited, busy, in_thread
from gendiag.views.guard import guarded

if TYPE_CHECKING:
    from gendiag.records import Repair


class RepairPanel(w.VBox):
    """Buttons, progress and results.

    Parameters
    ----------
    search
        Finds repairs, and runs each.
    after
        Draws the report of the repaired source.
    show
        Puts an error on the screen.
    """

    def __init__(
        self,
        search: Callable[[], Sequence[Repair]],
        after: Callable[[Repair], str],
        show: Callable[[str], None],
    ) -> None:
        self._search, self._after, self._show = search, after, show
        self.button = _button("Search for mends", "wrench")
        self.busy, self.found = w.HTML(), w.VBox()
        self.busy.add_class("gd-busy")
        self.tries: list[w.Button] = []
        self.idle = threading.Event()
        self.idle.set()
        self.button.on_click(guarded(lambda: self._start("Trying mends", self._search, self._list), show))
        row = w.HBox([self.button, self.busy])
        row.add_class("gd-tryout")
        super().__init__([w.HTML(markup.tag("h3", "Mends")), row, self.found])

    def _start(self, text: str, work: Callable[[], Any], finish: Callable[[Any], None]) -> None:
        self.idle.clear()
        self._enable(on=False)
        self._tell(text, 0.0)
        in_thread(lambda: self._watch(text, work, finish))

    def _watch(self, text: str, work: Callable[[], Any], finish: Callable[[Any], None]) -> None:
        running: Future[Any] = awaited(work, lambda seconds: self._tell(text, seconds))
        self.busy.value = ""
        self._enable(on=True)
        guarded(lambda: finish(running.result()), self._show)()
        self.idle.set()

    def _tell(self, text: str, elapsed_s: float) -> None:
        self.busy.value = busy(f"{text} … {elapsed_s:.0f} s")

    def _enable(self, *, on: bool) -> None:
        for button in (self.button, *self.tries):
            button.disabled = not on

    def _list(self, repairs: Sequence[Repair]) -> None:
        self.tries = [_button("Try this mend", "play") for _ in repairs]
        shown: list[w.Widget] = [] if repairs else [w.HTML(repair_cards.to_html([]))]
        for repair, button in zip(repairs, self.tries, strict=True):
            result = w.HTML()
            button.on_click(guarded(self._trying(repair, result), self._show))
            shown += [w.HTML(repair_cards.card(repair)), button, result]
        self.found.children = shown

    def _trying(self, repair: Repair, result: w.HTML) -> Callable[[], None]:
        def finish(drawn: str) -> None:
            result.value = drawn

        return lambda: self._start("Diagnosing the mended source", lambda: self._after(repair), finish)


def _button(label: str, icon: str) -> w.Button:
    button = w.Button(description=label, icon=icon)
    button.add_class("gd-try")
    return button
