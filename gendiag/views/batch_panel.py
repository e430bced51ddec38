"""The batch looked at: its figures and samples, and which samples to show."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import ipywidgets as w

from gendiag.views import batch_details, samples
from gendiag.views.guard import guarded

if TYPE_CHECKING:
    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.views.selection import Selection


class BatchPanel(w.VBox):
    """The details of the selected batch, with a number box for the first sample shown."""

    def __init__(self, diagnosis: Diagnosis, selection: Selection, show: Callable[[str], None]) -> None:
        self._diagnosis, self._selection = diagnosis, selection
        self.details = w.HTML()
        self.details.add_class("gd-details")
        self.first = w.BoundedIntText(0, min=0, description="Samples from", tooltip="The first sample to show, from 0")
        self.first.observe(guarded(self._draw, show), names="value")
        self.choice = w.HBox([self.first])
        self.choice.add_class("gd-controls")
        selection.observe(guarded(self._selected, show), names="batch")
        super().__init__([self.details, self.choice])
        guarded(self._selected, show)()

    def _selected(self) -> None:
        count = samples.count(self._diagnosis, self._selection.batch)
        self.choice.layout.display = "flex" if count > samples.SHOWN else "none"
        if self.first.value:
            self.first.value = 0  # and is drawn
        else:
            self._draw()
        self.first.max = max(count - 1, 0)

    def _draw(self) -> None:
        self.details.value = batch_details.to_html(self._diagnosis, self._selection.batch, self.first.value)
