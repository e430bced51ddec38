"""The button *Try this batch*: the trial runs in a thread of its own, and its result stays with the batch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import ipywidgets as w

from gendiag.batches.signature import PEEKED
from gendiag.records import listed
from gendiag.views import trial_card
from gendiag.views.background import status
from gendiag.views.guard import guarded
from gendiag.views.markup import Html, chip, join, tag
from gendiag.views.work_row import WorkRow

if TYPE_CHECKING:
    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.records import Trial
    from gendiag.views.selection import Selection

NO_MODEL = "To try a batch, pass your model: diagnose(source, model)."


class TrialPanel(w.VBox):
    """Button, progress and result.

    Parameters
    ----------
    try_batch
        Runs the trial of a batch, with ``fresh_weights=True`` where that is ticked; None where there is no model.
    """

    def __init__(
        self,
        diagnosis: Diagnosis,
        selection: Selection,
        try_batch: Callable[..., Trial] | None,
        show: Callable[[str], None],
    ) -> None:
        self._diagnosis, self._selection, self._try_batch = diagnosis, selection, try_batch
        self._trials = dict(diagnosis.trials)
        has_model = try_batch is not None
        self.fresh = w.Checkbox(value=False, description="with fresh weights", indent=False, disabled=not has_model)
        self.row = WorkRow("Try this batch", "play", "Stop", show, [self.fresh])
        self.button, self.busy, self.idle = self.row.button, self.row.busy, self.row.idle
        self.button.button_style = "primary"
        self.result = w.HTML()
        self.result.add_class("gd-result")
        self.button.on_click(guarded(self._start, show))
        selection.observe(guarded(self._selected, show), names="batch")
        super().__init__([self.row, self.result])
        self._selected()

    def _selected(self) -> None:
        if not self.row.is_running:
            self._tell()
        trial = self._trials.get(self._selection.batch)
        self.result.value = (
            Html(f'<div aria-live="polite">{trial_card.of(self._diagnosis, trial)}</div>') if trial else ""
        )

    def _tell(self) -> None:
        """Say what the button will do, or why it cannot."""
        why_not = NO_MODEL if self._try_batch is None else self._hindered(self._selection.batch)
        self.button.disabled = bool(why_not)
        told = why_not or f"Runs fit on {listed(self._order())}, on a copy of your model."
        self.busy.value = tag("span", told, css_class="gd-quiet")

    def _hindered(self, batch: int) -> str:
        """Why a batch cannot be tried; empty where it can."""
        profile = self._diagnosis.profile
        if batch in profile.store:
            return ""
        if profile.find(batch) is not None:
            return f"Batch {batch} is no longer held, so it cannot be tried; a larger keep_bytes= keeps it."
        raised = batch == self._diagnosis.fails_at and profile.ended == "raised"
        return f"Batch {batch} cannot be tried: {'the source raised in it' if raised else 'it was not read'}."

    def _order(self) -> list[int]:
        """The batches that fit is given: those that it looks at before, and the one selected."""
        batch = self._selection.batch
        return [*(peeked for peeked in range(PEEKED) if peeked < batch), batch]

    def _start(self) -> None:
        batch, order = self._selection.batch, self._order()
        options = {"fresh_weights": True} if self.fresh.value else {}
        work = partial(self._try_batch, batch, **options)  # type: ignore[arg-type, misc]  # no button without it
        self.row.run(f"Running fit on {listed(order)}", work, self._finish)

    def _finish(self, trial: Trial) -> None:
        if self.row.was_stopped and trial.outcome == "not tried":
            self.busy.value = status(f"Stopped: batch {trial.batch} was not tried.")
            return
        self._trials[trial.batch] = trial
        self._selected()
        if trial.batch != self._selection.batch:
            self.busy.value = join((f"Batch {trial.batch} was tried meanwhile: ", chip(trial.outcome)))
