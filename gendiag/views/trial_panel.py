"""The button *Try this batch*: the trial runs in a thread of its own, and its result stays with the batch."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING

import ipywidgets as w

from gendiag.batches.signature import PEEKED
from gendiag.views.background import awaited, busy, in_thread
from gendiag.views.guard import guarded
from gendiag.views.markup import chip, join, tag

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
        self._selection, self._try_batch, self._render, self._show = selection, try_batch, render, show
        self._trials = dict(trials)
        self.button = w.Button(description="Try this batch", icon="play", button_style="primary")
        self.button.add_class("gd-try")
        self.button.disabled = try_batch is None
        self.busy, self.result = w.HTML(), w.HTML()
        self.busy.add_class("gd-busy")
        self.result.add_class("gd-result")
        self.idle = threading.Event()
        self.idle.set()
        self.button.on_click(guarded(self._start, show))
        selection.observe(guarded(self._selected, show), names="batch")
        self.fresh = w.Checkbox(value=False, description="with fresh weights", indent=False, disabled=try_batch is None)
        row = w.HBox([self.button, self.fresh, self.busy])
        row.add_class("gd-tryout")
        super().__init__([row, self.result])
        self._selected()
        if try_batch is None:
            self.busy.value = tag("span", NO_MODEL, css_class="gd-quiet")

    def _selected(self) -> None:
        trial = self._trials.get(self._selection.batch)
        self.result.value = self._render(trial) if trial else ""

    def _start(self) -> None:
        batch = self._selection.batch
        self.idle.clear()
        self.button.disabled = True
        self._tell(batch, 0.0)
        options = {"fresh_weights": True} if self.fresh.value else {}
        in_thread(lambda: self._watch(batch, options))

    def _watch(self, batch: int, options: Mapping[str, bool]) -> None:
        """Wait for the trial and tell the time; then put its result, or its error, on the screen."""
        work = partial(self._try_batch, batch, **options)  # type: ignore[arg-type, misc]  # no button without it
        running = awaited(work, lambda seconds: self._tell(batch, seconds))
        self.busy.value = ""
        self.button.disabled = False
        guarded(lambda: self._finish(running), self._show)()
        self.idle.set()

    def _finish(self, running: Future[Trial]) -> None:
        trial = running.result()
        self._trials[trial.batch] = trial
        self._selected()
        if trial.batch != self._selection.batch:
            self.busy.value = join((f"Batch {trial.batch} was tried meanwhile: ", chip(trial.outcome)))

    def _tell(self, batch: int, elapsed_s: float) -> None:
        order = [*(peeked for peeked in range(PEEKED) if peeked < batch), batch]
        self.busy.value = busy(f"Running fit on {order} … {elapsed_s:.0f} s")
