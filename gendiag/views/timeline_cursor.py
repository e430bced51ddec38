"""A slider laid over a picture of batches, its handle drawn as the cursor line: click, drag or use the arrow keys.

Core ipywidgets alone. The picture is never redrawn when the cursor moves.
"""

from __future__ import annotations

import ipywidgets as w

Frame = tuple[float, float, float, float]
WHOLE = {"grid_area": "whole", "width": "100%", "margin": "0"}
AXES = {"grid_area": "axes", "margin": "0"}


class Cursor(w.GridBox):
    """A picture with a slider over it.

    Parameters
    ----------
    last
        Index of the last batch; without a second batch there is no slider.
    frame
        Left, bottom, width and height of the axes, as fractions of the picture.
    """

    def __init__(self, last: int, frame: Frame) -> None:
        self.picture = w.HTML(layout=WHOLE)
        # Snapping, because noUiSlider is deaf for 300 ms after a tap.
        self.slider = w.IntSlider(min=0, max=max(last, 1), readout=False, behavior="drag-snap", layout=AXES)
        self.slider.add_class("gd-cursor")
        over = [_overlay(self.slider, last + 1, frame)] if last > 0 else []
        layout = {"grid_template_areas": '"whole"', "grid_template_columns": "100%", "overflow": "visible"}
        super().__init__([self.picture, *over], layout=layout)
        self.add_class("gd-timeline")


def _overlay(slider: w.IntSlider, count: int, frame: Frame) -> w.GridBox:
    """Place the slider from the middle of the first bar to the middle of the last one, in percent of the picture."""
    left, bottom, width, height = frame
    start, span = left + width * 0.5 / count, width * (count - 1) / count
    layout = {
        **WHOLE,
        "height": "100%",
        "overflow": "visible",
        "grid_template_columns": f"{start:.4%} {span:.4%} 1fr",
        "grid_template_rows": f"{1 - bottom - height:.4%} {height:.4%} 1fr",
        "grid_template_areas": '". . ." ". axes ." ". . ."',
    }
    return w.GridBox([slider], layout=layout)
