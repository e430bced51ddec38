"""The pictures with their controls: which panels, of which leaf, which batches; and the map of fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import ipywidgets as w

from gendiag.views import markup
from gendiag.views.guard import guarded
from gendiag.views.picture import canvas, fit_map, overview, panels, timeline, tracks
from gendiag.views.picture.cursor import Brush, Cursor

if TYPE_CHECKING:
    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.views.picture.columns import Range
    from gendiag.views.selection import Selection

ANY_LEAF = "as the finding"


class PictureBoard(w.VBox):
    """Everything drawn, on one selection.

    Parameters
    ----------
    show
        Puts an error on the screen.
    below
        Stands between the timeline and the map: what is said of the batch under the cursor.
    """

    def __init__(
        self, diagnosis: Diagnosis, selection: Selection, show: Callable[[str], None], below: list[w.Widget]
    ) -> None:
        self._diagnosis, self._selection = diagnosis, selection
        self.shown: Range = (0, selection.last)
        self.timeline = Cursor()
        usual = panels.usual(diagnosis)
        self.panels = {name: _toggle(name, on=name in usual) for name in panels.offered(diagnosis)}
        paths = [ANY_LEAF, *tracks.leaves(diagnosis)]
        self.leaf = w.Dropdown(options=paths, description="Leaf", tooltip="The leaf whose values and shape are drawn")
        self.brush = Brush()
        self.map = w.HTML()
        for control in (*self.panels.values(), self.leaf):
            control.observe(guarded(self.draw, show), names="value")
        self.timeline.slider.observe(guarded(self._slid, show), names="value")
        selection.observe(guarded(self._selected, show), names="batch")
        pictures = w.VBox([*self._overview(), self.timeline])
        self.brush.slider.observe(guarded(self._brushed, show), names="value")  # now that it is where it belongs
        pictures.add_class("gd-pictures")
        self.map.add_class("gd-pictures")
        super().__init__([pictures, *below, self._controls(), self.map])
        self.map.value = fit_map.image(diagnosis)
        self.draw()

    def draw(self) -> None:
        """Draw the chosen panels of the batches shown."""
        leaf = None if self.leaf.value == ANY_LEAF else self.leaf.value
        chosen = [name for name, toggle in self.panels.items() if toggle.value]
        picture = timeline.draw(self._diagnosis, chosen, leaf, self.shown)
        first, last = self.shown
        self.timeline.place(first, last, picture.frame, min(max(self._selection.batch, first), last))
        self.timeline.picture.value = timeline.image(self._diagnosis, picture, leaf)

    def place(self, across: float, down: float) -> None:
        """Select the batch at a place of the map, given as fractions of its cells."""
        mapped = fit_map.fit_map(self._diagnosis)
        batch = None if mapped is None else mapped.batch_at(across, down)
        if batch is not None:
            self._selection.batch = batch

    def zoom(self, first: int, last: int) -> None:
        """Draw the batches from ``first`` to ``last`` in detail."""
        self.brush.slider.value = (first, last)

    def _overview(self) -> list[w.Widget]:
        last = self._selection.last
        self.brush.place(0, last, overview.FRAME, (0, max(last, 1)))
        if last < overview.FROM:
            return []
        strip = canvas.png(overview.draw(self._diagnosis))
        self.brush.picture.value = markup.image(
            strip, "The whole run; the batches between the handles are drawn below.", "gd-picture"
        )
        return [self.brush]

    def _controls(self) -> w.Widget:
        leaf = [self.leaf] if len(self.leaf.options) > 2 else []  # noqa: PLR2004  (any, and the only one)
        row = w.HBox([w.HTML('<span class="gd-quiet">Show</span>'), *self.panels.values(), *leaf])
        row.add_class("gd-controls")
        return row

    def _brushed(self) -> None:
        first, last = self.brush.slider.value
        if (first, last) != self.shown:
            first = min(first, self._selection.last - 1)  # both handles at one batch: it and another
            self.shown = (first, max(last, first + 1))
            self.draw()

    def _slid(self) -> None:
        self._selection.batch = self.timeline.slider.value

    def _selected(self) -> None:
        """Move the cursor there, and what is shown if it is not in it."""
        batch, (first, last) = self._selection.batch, self.shown
        if not first <= batch <= last:
            start = min(max(batch - (last - first) // 2, 0), self._selection.last - (last - first))
            self.zoom(start, start + last - first)
        elif self.timeline.slider.value != batch:
            self.timeline.slider.value = batch


def _toggle(name: str, *, on: bool) -> w.ToggleButton:
    toggle = w.ToggleButton(value=on, description=name, tooltip=f"Show or hide the panel: {name}")
    toggle.add_class("gd-toggle")
    return toggle
