"""The button *Try this batch*: the trial runs in a thread of its own, and its result stays with the batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import ipywidgets as w

from gendiag.batches.signature import PEEKED
from gendiag.views.background import status
from gendiag.views.guard import guarded
from gendiag.views.markup import Html, chip, join, tag
from gendiag.views.work_row import WorkRow

if TYPE_CHECKING:
    from gendiag.records import Trial
    from gendiag.views.selection import Selection

NO_MODEL = "To try a batch, pass your model: diagnose(source, model)."


class TrialPanel(w.VBox):
    """Button, progress and result.

    Parameters
    ----------
    try_batch
        Runs the trial of a batch, with ``fresh_weights=True`` where that is ticked; None where there is no model.
    render
        Draws a trial.
    trials
        Those that ran already.
    """

    def __init__(
        self,
        selection: Selection,
        try_batch: Callable[..., Trial] | None,
        render: Callable[[Trial], str],
        trials: Mapping[int, Trial],
        show: Callable[[str], None],
    ) -> None:
        self._selection, self._try_batch, self._render = selection, try_batch, render
        self._trials = dict(trials)
        has_model = try_batch is not None
        self.fresh = w.Checkbox(value=False, description="with fresh weights", indent=False, disabled=not has_model)
        self.row = WorkRow("Try this batch", "play", "Stop", show, [self.fresh])
        self.button, self.busy, self.idle = self.row.button, self.row.busy, self.row.idle
        self.button.button_style = "primary"
        self.button.disabled = not has_model
        self.result = w.HTML()
        self.result.add_class("gd-result")
        self.button.on_click(guarded(self._start, show))
        selection.observe(guarded(self._selected, show), names="batch")
        super().__init__([self.row, self.result])
        self._selected()
        if not has_model:
            self.busy.value = tag("span", NO_MODEL, css_class="gd-quiet")

    def _selected(self) -> None:
        trial = self._trials.get(self._selection.batch)
        self.result.value = Html(f'<div aria-live="polite">{self._render(trial)}</div>') if trial else ""

    def _start(self) -> None:
        batch = self._selection.batch
        order = [*(peeked for peeked in range(PEEKED) if peeked < batch), batch]
        options = {"fresh_weights": True} if self.fresh.value else {}
        work = partial(self._try_batch, batch, **options)  # type: ignore[arg-type, misc]  # no button without it
        self.row.run(f"Running fit on {order}", work, self._finish)

    def _finish(self, trial: Trial) -> None:
        if self.row.was_stopped and trial.outcome == "not tried":
            self.busy.value = status(f"Stopped: batch {trial.batch} was not tried.")
            return
        self._trials[trial.batch] = trial
        self._selected()
        if trial.batch != self._selection.batch:
            self.busy.value = join((f"Batch {trial.batch} was tried meanwhile: ", chip(trial.outcome)))
