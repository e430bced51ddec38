"""The stepper: previous, next, next finding, and the number of the batch to type."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import ipywidgets as w

from gendiag.records import counted
from gendiag.views.guard import guarded

if TYPE_CHECKING:
    from gendiag.views.selection import Selection


class Stepper(w.HBox):
    """Buttons and a number box on one ``Selection``."""

    def __init__(self, selection: Selection, show: Callable[[str], None]) -> None:
        self._selection = selection
        self.previous = w.Button(description="Previous", icon="chevron-left", tooltip="The batch before (arrow left)")
        self.next = w.Button(description="Next", icon="chevron-right", tooltip="The next batch (arrow right)")
        self.next_finding = w.Button(
            description="Next finding",
            icon="exclamation-triangle",
            tooltip="Where the next finding begins (n; p goes back)",
        )
        self.box = w.BoundedIntText(
            selection.batch, min=0, max=selection.last, description="Batch", tooltip="Number of the batch, from 0"
        )
        self.previous.on_click(guarded(lambda: selection.step(-1), show))
        self.next.on_click(guarded(lambda: selection.step(1), show))
        self.next_finding.on_click(guarded(selection.next_finding, show))
        self.box.observe(guarded(self._typed, show), names="value")
        selection.observe(guarded(self._selected, show), names="batch")
        count = counted(selection.last + 1, "batch", "batches")
        of = w.HTML(f'<span class="gd-quiet">0 to {selection.last:,} ({count})</span>')
        super().__init__([self.previous, self.next, self.next_finding, self.box, of])
        self.add_class("gd-stepper")
        self._selected()

    def _typed(self) -> None:
        self._selection.batch = self.box.value

    def _selected(self) -> None:
        batch, stops = self._selection.batch, self._selection.stops
        if self.box.value != batch:
            self.box.value = batch
        self.previous.disabled = batch <= 0
        self.next.disabled = batch >= self._selection.last
        self.next_finding.disabled = not stops or stops == (batch,)
