"""The dashboard: every view of one diagnosis on one shared selection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from gendiag.views import batch_details, dtype_table, findings, headline, markup, page, terminal, timeline, trial_card
from gendiag.views.guard import guarded
from gendiag.views.repair_panel import RepairPanel
from gendiag.views.selection import select
from gendiag.views.stepper import Stepper
from gendiag.views.timeline_cursor import Cursor
from gendiag.views.trial_panel import TrialPanel

if TYPE_CHECKING:
    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.records import Repair, Trial

OF_BATCH = "the batch"


class Dashboard(w.VBox):
    """Headline, timeline, stepper, details, trial, findings and dtypes of one diagnosis.

    Where there is no kernel, the static report is shown in its place.
    """

    def __init__(
        self,
        diagnosis: Diagnosis,
        try_batch: Callable[[int], Trial] | None = None,
        search: Callable[[], Sequence[Repair]] | None = None,
        after: Callable[[Repair], Diagnosis] | None = None,
    ) -> None:
        self.diagnosis = diagnosis
        self.selection = select(diagnosis)
        self.status = _html("", "gd-status")
        self.headline = _html(f"<style>{markup.css()}</style>{headline.to_html(diagnosis)}")
        self.findings = _html(markup.section("Findings", findings.to_html(diagnosis), "gd-findings"))
        self.dtypes = _html(markup.section("Dtypes", dtype_table.to_html(diagnosis), "gd-dtypes"))
        batches = self._batch_views(try_batch) if diagnosis.profile.batches else []
        foot = _html(headline.foot(diagnosis))
        repairs = [] if search is None or after is None else [self._repair_panel(search, after)]
        super().__init__([self.headline, *batches, self.status, self.findings, *repairs, self.dtypes, foot])
        self.add_class("gd")

    def _batch_views(self, try_batch: Callable[[int], Trial] | None) -> list[w.Widget]:
        self.timeline = Cursor(self.selection.last, timeline.FRAME)
        self.leaf = w.Dropdown(options=[OF_BATCH, *_leaves(self.diagnosis)], description="Rows of")
        self.stepper = Stepper(self.selection, self._show)
        self.details = _html("", "gd-details")
        self.trial = TrialPanel(self.selection, try_batch, self._trial, self.diagnosis.trials, self._show)
        self.stepper.follow(self.timeline.slider)
        self.leaf.observe(guarded(self._draw, self._show), names="value")
        self.selection.observe(guarded(self._detail, self._show), names="batch")
        guarded(self._draw, self._show)()
        guarded(self._detail, self._show)()
        if len(self.leaf.options) > 2:  # noqa: PLR2004  (the batch and its only leaf)
            self.stepper.children = (*self.stepper.children, self.leaf)
        return [self.timeline, self.stepper, self.details, self.trial]

    def _repair_panel(self, search: Callable[[], Sequence[Repair]], after: Callable[[Repair], Diagnosis]) -> w.Widget:
        self.repairs = RepairPanel(search, lambda repair: page.render(after(repair)), self._show)
        return self.repairs

    def _trial(self, tried: Trial) -> str:
        return trial_card.to_html(tried, self.diagnosis.shrunk.get(tried.batch))

    def _show(self, message: str) -> None:
        self.status.value = message

    def _draw(self) -> None:
        leaf = None if self.leaf.value == OF_BATCH else self.leaf.value
        picture = timeline.png(timeline.draw(self.diagnosis, leaf))
        self.timeline.picture.value = markup.image(picture, timeline.alt_text(self.diagnosis, leaf), "gd-picture")

    def _detail(self) -> None:
        self.details.value = batch_details.to_html(self.diagnosis, self.selection.batch)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """Add the static report for notebooks without a kernel, and text for terminals."""
        bundle = super()._repr_mimebundle_(**kwargs) or {}
        return {**bundle, "text/html": page.render(self.diagnosis), "text/plain": terminal.render(self.diagnosis)}


def _html(value: str, css_class: str = "") -> w.HTML:
    widget = w.HTML(value)
    if css_class:
        widget.add_class(css_class)
    return widget


def _leaves(diagnosis: Diagnosis) -> list[str]:
    """Paths of the leaves that have rows, as the first batches name them."""
    seen = dict.fromkeys(leaf.path for batch in diagnosis.profile.batches[:100] for leaf in batch.leaves if leaf.rows)
    return list(seen)
