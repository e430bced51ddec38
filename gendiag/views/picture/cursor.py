"""Sliders laid over a picture of batches: one handle drawn as the cursor line, two as the ends of a brush.

Core ipywidgets alone. The picture is never redrawn when the cursor moves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as w

if TYPE_CHECKING:
    from gendiag.views.picture.canvas import Frame

WHOLE = {"grid_area": "whole", "width": "100%", "margin": "0"}
AXES = {"grid_area": "axes", "margin": "0"}


class Over(w.GridBox):
    """A picture with a slider over it, from the middle of the first bar to the middle of the last."""

    def __init__(self, slider: w.IntSlider | w.IntRangeSlider) -> None:
        self.picture = w.HTML(layout=WHOLE)
        self.slider = slider
        self._grid = w.GridBox([slider], layout={**WHOLE, "height": "100%", "overflow": "visible"})
        self._grid.layout.grid_template_areas = '". . ." ". axes ." ". . ."'
        layout = {"grid_template_areas": '"whole"', "grid_template_columns": "100%", "overflow": "visible"}
        super().__init__([self.picture], layout=layout)
        self.add_class("gd-timeline")

    def place(self, first: int, last: int, frame: Frame, value: int | tuple[int, int]) -> None:
        """Put the slider over the axes of batches ``first`` to ``last``; without a second batch there is none.

        Parameters
        ----------
        value
            Where the handles stand; nobody is told of any other value meanwhile.
        frame
            Left, bottom, width and height of the axes, as fractions of the picture.
        """
        with self.slider.hold_sync(), self.slider.hold_trait_notifications():  # one message to the page
            self.slider.min, self.slider.max, self.slider.value = first, max(last, first + 1), value
        left, bottom, width, height = frame
        count = last - first + 1
        start, span = left + width * 0.5 / count, width * (count - 1) / count
        self._grid.layout.grid_template_columns = f"{start:.4%} {span:.4%} 1fr"
        self._grid.layout.grid_template_rows = f"{1 - bottom - height:.4%} {height:.4%} 1fr"
        self.children = (self.picture, self._grid) if last > first else (self.picture,)


class Cursor(Over):
    """One handle, drawn as a line through all panels: click, drag or use the arrow keys."""

    def __init__(self) -> None:
        # Snapping, because noUiSlider is deaf for 300 ms after a tap.
        super().__init__(w.IntSlider(readout=False, behavior="drag-snap", layout=AXES))
        self.slider.add_class("gd-cursor")


class Brush(Over):
    """Two handles over the whole run: the batches between them are drawn in detail."""

    def __init__(self) -> None:
        super().__init__(w.IntRangeSlider(readout=False, layout=AXES, behavior="drag"))
        self.slider.add_class("gd-brush")
