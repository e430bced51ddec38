"""The button *Search for fixes*: each appears as soon as it is proven, with the report of the fixed source folded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

import ipywidgets as w

from gendiag.diagnosis.repair_search import MOST_TRIED
from gendiag.records import counted
from gendiag.views import fix_report, markup, repair_cards
from gendiag.views.background import status
from gendiag.views.guard import guarded
from gendiag.views.work_row import WorkRow

if TYPE_CHECKING:
    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.records import Repair

FIRST = "Reading the source again without a change"


class Search(Protocol):
    """Finds fixes, and runs each; tells of them as it goes."""

    def __call__(self, *, on_try: Callable[[int, str], None], on_found: Callable[[Repair], None]) -> Sequence[Repair]:
        """Return all of them, the best first."""


class RepairPanel(w.VBox):
    """Buttons, progress and results.

    Parameters
    ----------
    search
        Finds fixes.
    after
        What was diagnosed with a fix; None for one that was not run.
    show
        Puts an error on the screen.
    """

    def __init__(
        self, search: Search, after: Callable[[Repair], Diagnosis | None], show: Callable[[str], None]
    ) -> None:
        self._search, self._after = search, after
        self._cards: dict[int, w.HTML] = {}
        self.row = WorkRow("Search for fixes", "wrench", "Cancel", show)
        self.button, self.busy, self.idle = self.row.button, self.row.busy, self.row.idle
        self.found = w.VBox()
        self.button.on_click(guarded(self._start, show))
        super().__init__([w.HTML(markup.tag("h3", "Fixes")), self.row, self.found])

    def _start(self) -> None:
        self._cards, self.found.children = {}, ()
        work = lambda: self._search(on_try=self._tries, on_found=self._add)  # noqa: E731  (as the row takes it)
        self.row.run("Trying fixes", work, self._finish)

    def _tries(self, number: int, title: str) -> None:
        found = f" ({counted(len(self._cards), 'fix', 'fixes')} so far)" if self._cards else ""
        self.row.doing(f"Trying {number} of at most {MOST_TRIED}: {title}{found}" if title else FIRST)

    def _add(self, repair: Repair) -> None:
        self.found.children = (*self.found.children, self._card(repair))

    def _card(self, repair: Repair) -> w.HTML:
        if id(repair) not in self._cards:
            number = len(self._cards) + 1
            self._cards[id(repair)] = w.HTML(_drawn(repair, self._after(repair), f"fix-{number}"))
        return self._cards[id(repair)]

    def _finish(self, repairs: Sequence[Repair]) -> None:
        cards = [self._card(repair) for repair in repairs]
        if tuple(cards) != tuple(self.found.children):
            self.found.children = cards
        if self.row.was_stopped:
            self.busy.value = status(f"Stopped: {counted(len(cards), 'fix', 'fixes')} until then.")
        elif not cards:
            self.found.children = [w.HTML(repair_cards.to_html([]))]
        else:
            self.busy.value = status(f"{counted(len(cards), 'fix', 'fixes')}.")


def _drawn(repair: Repair, after: Diagnosis | None, key: str) -> str:
    card = repair_cards.card(repair)
    return card if after is None else markup.join((card, fix_report.to_html(after, key)))
