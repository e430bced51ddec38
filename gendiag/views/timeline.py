"""The timeline: rows per batch, and which batches are bad, replayed or never reach the model."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from gendiag.records import counted, listed
from gendiag.views.timeline_bars import GREY, INK, draw_bars, draw_marks, legend
from gendiag.views.timeline_columns import Columns, State, batches_in, columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gendiag.diagnosis.diagnosis import Diagnosis

SIZE_IN, DPI = (9.0, 2.1), 144
LEFT, BOTTOM, WIDTH, HEIGHT, STRIP = 0.062, 0.215, 0.926, 0.48, 0.17  # fractions, fixed for the overlay
FRAME = (LEFT, BOTTOM, WIDTH, HEIGHT + STRIP)  # left, bottom, width, height of bars and markers together
WIDTH_PX = SIZE_IN[0] * 100 * WIDTH  # as shown: 900 px for the whole picture


def draw(diagnosis: Diagnosis, leaf: str | None = None) -> Figure:
    """One bar per batch, its height the number of rows; above 600 batches one bar per column of batches.

    Parameters
    ----------
    leaf
        Whose rows to draw; those of the batch if None.
    """
    drawn = columns(diagnosis, leaf)
    figure = Figure(figsize=SIZE_IN, dpi=DPI)
    FigureCanvasAgg(figure)
    figure.patch.set_alpha(0)
    if not drawn.count:
        figure.text(0.5, 0.5, "No batch was read.", ha="center", va="center", color=GREY, fontsize=11)
        return figure
    draw_bars(_bar_axes(figure, leaf), drawn, WIDTH_PX)
    draw_marks(figure.add_axes((LEFT, BOTTOM + HEIGHT, WIDTH, STRIP)), drawn, WIDTH_PX)
    handles, labels = legend(drawn, WIDTH_PX)
    if handles:
        figure.legend(
            handles, labels, loc="upper right", bbox_to_anchor=(LEFT + WIDTH, 1.01), ncols=len(labels), frameon=False,
            fontsize=8, labelcolor=INK, borderaxespad=0.2, handlelength=1.4, columnspacing=1.4, handletextpad=0.5,
        )  # fmt: skip
    return figure


def png(figure: Figure) -> bytes:
    """Render on a transparent ground; equal figures give equal bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def alt_text(diagnosis: Diagnosis, leaf: str | None = None) -> str:
    """Say in words what the picture shows."""
    drawn = columns(diagnosis, leaf)
    if not drawn.count:
        return "Rows per batch: no batch was read."
    told = (State.BAD, State.UNREACHED, State.NEVER_DELIVERED, State.OPEN)
    named = {drawn.names[state]: batches_in(diagnosis, state) for state in told}
    named["delivered in more than one step"] = [batch for batch, times in diagnosis.steps_of.items() if times > 1]
    whose = f"Rows of {leaf}" if leaf else "Rows"
    parts = [f"{whose} per batch in {counted(len(diagnosis.profile.batches), 'batch', 'batches')}: {_rows(drawn)}"]
    parts += [f"{label}: {listed(which)}" for label, which in named.items() if which]
    return "; ".join(parts) + ("." if named[drawn.names[State.BAD]] else "; no finding names a batch.")


def _bar_axes(figure: Figure, leaf: str | None) -> Axes:
    axes = figure.add_axes((LEFT, BOTTOM, WIDTH, HEIGHT))
    axes.patch.set_alpha(0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(INK)
    axes.tick_params(colors=INK, labelsize=8, length=3)
    axes.set_xlabel("batch", color=INK, fontsize=9, labelpad=1)
    axes.set_ylabel("rows" if leaf is None else f"rows of {leaf}".replace("$", r"\$"), color=INK, fontsize=9)
    return axes


def _rows(drawn: Columns) -> str:
    if np.isnan(drawn.high).all():
        return "none has a batch axis"
    low, high = int(np.nanmin(drawn.low)), int(np.nanmax(drawn.high))
    return f"{counted(low, 'row')} each" if low == high else f"{low:,} to {high:,} rows"
