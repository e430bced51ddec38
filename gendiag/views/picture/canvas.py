"""The ground that all pictures share: their width, where their axes stand, and how they become bytes. No pyplot."""

from __future__ import annotations

import io

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

WIDTH_IN, DPI = 9.0, 144
LEFT, WIDTH = 0.078, 0.842  # of the axes, as fractions of the picture, the same in all so that they stand in line
WIDTH_PX = WIDTH_IN * 100 * WIDTH  # of the axes as shown: 900 px for the whole picture
Frame = tuple[float, float, float, float]  # left, bottom, width, height of axes, as fractions of the picture


def new(height_in: float) -> Figure:
    """Return an empty transparent figure."""
    figure = Figure(figsize=(WIDTH_IN, height_in), dpi=DPI)
    FigureCanvasAgg(figure)
    figure.patch.set_alpha(0)
    return figure


def png(figure: Figure) -> bytes:
    """Render on a transparent ground; equal figures give equal bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def told(frame: Frame) -> str:
    """Write a frame for the page."""
    return ",".join(f"{part:.5f}" for part in frame)
