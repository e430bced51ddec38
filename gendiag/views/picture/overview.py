"""The whole run as a thin strip, for the brush that chooses the batches drawn in detail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gendiag.views.picture import bars, canvas, timeline
from gendiag.views.picture.canvas import LEFT, WIDTH, Frame
from gendiag.views.picture.columns import columns

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gendiag.diagnosis.diagnosis import Diagnosis

HEIGHT_IN = 0.34
FROM = 60  # batches; fewer are seen well without a brush
FRAME: Frame = (LEFT, 0.0, WIDTH, 1.0)


def draw(diagnosis: Diagnosis) -> Figure:
    """Draw what became of every batch as one strip, with the signs of the findings on it."""
    drawn = columns(diagnosis)
    figure = canvas.new(HEIGHT_IN)
    axes = figure.add_axes(FRAME)
    axes.axis("off")
    axes.set(xlim=(drawn.first - 0.5, drawn.last + 0.5), ylim=(0, 1))
    for at, look, _ in bars.groups(drawn, narrow=True):
        axes.add_collection(bars.polygons(drawn.centres[at], np.full(len(at), 0.55), drawn.width, look, 0.15))
    timeline.draw_signs(axes, drawn, 0.78, scale=0.5)
    return figure
