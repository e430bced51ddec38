"""The stepper: previous, next, next finding, and the number of the batch to type."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import ipywidgets as w

from gendiag.views.guard import guarded

if TYPE_CHECKING:
    from gendiag.views.selection import Selection


class Stepper(w.HBox):
    """Buttons and a number box on one ``Selection``; ``follow`` binds a slider to the box in the page itself."""

    def __init__(self, selection: Selection, show: Callable[[str], None]) -> None:
        self._selection = selection
        self.previous = w.Button(description="Previous", icon="chevron-left")
        self.next = w.Button(description="Next", icon="chevron-right")
        self.next_finding = w.Button(description="Next finding", icon="exclamation-triangle")
        self.box = w.BoundedIntText(selection.batch, min=0, max=selection.last, description="Batch")
        self._sliders: list[w.IntSlider] = []
        self.previous.on_click(guarded(lambda: self._step(-1), show))
        self.next.on_click(guarded(lambda: self._step(1), show))
        self.next_finding.on_click(guarded(selection.next_finding, show))
        self.box.observe(guarded(self._typed, show), names="value")
        selection.observe(guarded(self._selected, show), names="batch")
        of = w.HTML(f'<span class="gd-quiet">of 0 to {selection.last:,}</span>')
        super().__init__([self.previous, self.next, self.next_finding, self.box, of])
        self.add_class("gd-stepper")
        self._enable()

    def follow(self, slider: w.IntSlider) -> None:
        """Keep a slider and the box together, in the page without the kernel."""
        slider.value = self._selection.batch
        self._sliders.append(slider)
        w.jslink((slider, "value"), (self.box, "value"))

    def _step(self, by: int) -> None:
        self._selection.batch += by

    def _typed(self) -> None:
        self._selection.batch = self.box.value

    def _selected(self) -> None:
        # What comes from the page is there already; sending it back would pull a moving cursor to where it was.
        if self.box.value != self._selection.batch:
            self.box.value = self._selection.batch
            for slider in self._sliders:
                slider.value = self._selection.batch
        self._enable()

    def _enable(self) -> None:
        batch, stops = self._selection.batch, self._selection.stops
        self.previous.disabled = batch <= 0
        self.next.disabled = batch >= self._selection.last
        self.next_finding.disabled = not stops or stops == (batch,)
