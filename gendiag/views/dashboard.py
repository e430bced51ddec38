"""The dashboard: every view of one diagnosis on one shared selection."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from gendiag.views import findings, headline, markup, page, terminal
from gendiag.views.batch_panel import BatchPanel
from gendiag.views.bridge import Bridge
from gendiag.views.guard import guarded
from gendiag.views.picture import marks, states, timeline
from gendiag.views.picture_board import PictureBoard
from gendiag.views.repair_panel import RepairPanel, Search
from gendiag.views.selection import select
from gendiag.views.stepper import Stepper
from gendiag.views.trial_panel import TrialPanel

if TYPE_CHECKING:
    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.records import Repair, Trial

MOST_MARKED = 2000  # batches of which the page knows what they are before it asks


class Dashboard(w.VBox):
    """Headline, pictures, the root cause, the selected batch, its trial, fixes and the rest of one diagnosis.

    Where there is no kernel, the static report is shown in its place.
    """

    def __init__(
        self,
        diagnosis: Diagnosis,
        try_batch: Callable[[int], Trial] | None = None,
        search: Search | None = None,
        after: Callable[[Repair], Diagnosis | None] | None = None,
    ) -> None:
        self.diagnosis = diagnosis
        self.selection = select(diagnosis)
        self.status = _html("", "gd-status")
        self.headline = _html(f"<style>{markup.css()}</style>{headline.to_html(diagnosis)}")
        self.findings = _html(markup.tag("section", findings.first(diagnosis), css_class="gd-findings"))
        pictures, batch = self._batch_views(try_batch) if states.count(diagnosis) else ([], [])
        repairs = [] if search is None or after is None else [self._repair_panel(search, after)]
        folds = _html(markup.join(page.folds(diagnosis)), "gd-folds")
        super().__init__([self.headline, *pictures, self.findings, *batch, self.status, *repairs, folds])
        self.add_class("gd")

    def select(self, batch: int) -> None:
        """Select a batch, as a click on it does."""
        guarded(lambda: setattr(self.selection, "batch", batch), self._show)()

    def _batch_views(self, try_batch: Callable[[int], Trial] | None) -> tuple[list[w.Widget], list[w.Widget]]:
        """Return what stands above the first finding, and what stands below it."""
        self.readout = _html("", "gd-readout")
        self.stepper = Stepper(self.selection, self._show)
        self.bridge = self._bridge()
        said = w.HBox([self.readout, self.bridge])
        said.add_class("gd-said")
        self.board = PictureBoard(self.diagnosis, self.selection, self._show, [said, self.stepper])
        self.batch = BatchPanel(self.diagnosis, self.selection, self._show)
        self.trial = TrialPanel(self.diagnosis, self.selection, try_batch, self._show)
        self.selection.observe(guarded(self._read_out, self._show), names="batch")
        self._read_out()
        return [self.board], [self.batch, self.trial]

    def _bridge(self) -> Bridge:
        selection = self.selection
        actions: dict[str, Callable[[], object]] = {
            "next finding": selection.next_finding,
            "previous finding": selection.previous_finding,
            "previous": partial(selection.step, -1),
            "next": partial(selection.step, 1),
            "first": partial(self.select, 0),
            "last": partial(self.select, selection.last),
        }
        guards = {name: guarded(action, self._show) for name, action in actions.items()}
        return Bridge(
            {batch: timeline.readout(self.diagnosis, batch) for batch in _marked(self.diagnosis)},
            guards,
            self.select,
            lambda across, down: guarded(partial(self.board.place, across, down), self._show)(),
        )

    def _repair_panel(self, search: Search, after: Callable[[Repair], Diagnosis | None]) -> w.Widget:
        self.repairs = RepairPanel(search, after, self._show)
        return self.repairs

    def _show(self, message: str) -> None:
        self.status.value = message

    def _read_out(self) -> None:
        self.readout.value = markup.tag("p", timeline.readout(self.diagnosis, self.selection.batch), aria_live="polite")

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """Add the static report for notebooks without a kernel, and text for terminals."""
        bundle = super()._repr_mimebundle_(**kwargs) or {}
        return {**bundle, "text/html": page.render(self.diagnosis), "text/plain": terminal.render(self.diagnosis)}


def _html(value: str, css_class: str = "") -> w.HTML:
    widget = w.HTML(value)
    if css_class:
        widget.add_class(css_class)
    return widget


def _marked(diagnosis: Diagnosis) -> list[int]:
    """Batches that a finding names one by one, or that fit raises at."""
    named = [mark.batches.tolist() for mark in marks.marks(diagnosis, states.count(diagnosis)) if not mark.is_wide]
    failing = [] if diagnosis.fails_at is None else [diagnosis.fails_at]
    return [*dict.fromkeys([*failing, *(batch for batches in named for batch in batches)])][:MOST_MARKED]
