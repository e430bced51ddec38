"""How columns look: bars, the markers above them, and a legend of what occurs. No pyplot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.path import Path
from matplotlib.ticker import FixedLocator, MaxNLocator, StrMethodFormatter

from gendiag.views.timeline_columns import Columns, State

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

INK, BLUE, VERMILION, GREY = "#1a1a1a", "#0072B2", "#D55E00", "#6b6b6b"
WIDEST_PX, THINNEST_PX, LABEL_PX = 64, 3.5, 26  # of a bar, of a bad bar, for a number above or below a bar
GAPS = 300  # from so many columns on, bars stand without gaps
HEADROOM = 1.1
TWICE = Path([(-0.3, -0.5), (-0.3, 0.5), (0.3, -0.5), (0.3, 0.5)], [Path.MOVETO, Path.LINETO] * 2)
TIMES_N = "$\\times\\mathrm{n}$"
Look = dict[str, Any]
LOOKS: dict[State, Look] = {
    State.DELIVERED: {"facecolor": BLUE, "edgecolor": "none"},
    State.OPEN: {"facecolor": "none", "edgecolor": BLUE, "linewidth": 0.9},
    State.NEVER_DELIVERED: {"facecolor": "none", "edgecolor": GREY, "linewidth": 1.0, "linestyle": ":"},
    State.UNREACHED: {"facecolor": "none", "edgecolor": GREY, "linewidth": 0.9, "linestyle": "--"},
    State.BAD: {"facecolor": VERMILION, "edgecolor": INK, "linewidth": 0.0, "hatch": "////"},
}


def draw_bars(axes: Axes, drawn: Columns, width_px: float) -> None:
    """Draw one collection of bars per state, bad ones last and never thinner than 3 px."""
    per_px = drawn.count / width_px
    gap = 0.82 if len(drawn.state) < GAPS else 1.0
    usual = min(drawn.width * gap, WIDEST_PX * per_px)
    for state, look in LOOKS.items():
        at = np.flatnonzero(drawn.state == state)
        if len(at):
            width = max(usual, THINNEST_PX * per_px) if state is State.BAD else usual
            axes.add_collection(_bars(drawn.centres[at], drawn.high[at], width, look))
    mixed = np.flatnonzero((drawn.state == State.DELIVERED) & (drawn.low < drawn.high))
    if len(mixed):
        look = {"facecolor": "#ffffff", "alpha": 0.45, "edgecolor": "none"}
        axes.add_collection(_bars(drawn.centres[mixed], drawn.high[mixed], usual, look, drawn.low[mixed]))
    rowless = drawn.centres[np.isnan(drawn.high) & (drawn.state > State.UNREAD)]
    axes.scatter(rowless, np.zeros(len(rowless)), marker="x", s=22, color=INK, linewidths=1.2, clip_on=False)
    _scale(axes, drawn, width_px)


def draw_marks(axes: Axes, drawn: Columns, width_px: float) -> None:
    """Put a triangle over every bad column, and over replayed ones how often, or a double tick in narrow ones."""
    axes.set_xlim(-0.5, drawn.count - 0.5)
    axes.set_ylim(0, 1)
    axes.axis("off")
    bad = drawn.centres[drawn.state == State.BAD]
    axes.scatter(
        bad, np.full(len(bad), 0.26), marker="v", s=36, color=VERMILION, edgecolors=INK, linewidths=0.4, clip_on=False
    )
    again = np.flatnonzero(drawn.steps > 1)
    if width_px / len(drawn.state) >= LABEL_PX:
        for column in again:
            text = f"×{drawn.steps[column]}"
            axes.text(drawn.centres[column], 0.78, text, ha="center", va="center", fontsize=8, color=INK)
    else:
        axes.scatter(drawn.centres[again], np.full(len(again), 0.78), marker=TWICE, s=26, color=INK, linewidths=1.0)


def legend(drawn: Columns, width_px: float) -> tuple[list[Artist], list[str]]:
    """Return handles and labels of what occurs; nothing where every batch is simply delivered."""
    entries: list[tuple[Artist, str]] = [
        (Patch(**look), drawn.names[state]) for state, look in LOOKS.items() if (drawn.state == state).any()
    ]
    if (drawn.steps > 1).any():
        wide = width_px / len(drawn.state) >= LABEL_PX
        handle = Line2D([], [], color=INK, linestyle="none", marker=TIMES_N if wide else TWICE)
        handle.set(markersize=12 if wide else 6, markeredgewidth=0 if wide else 1)
        entries.append((handle, "delivered in n steps" if wide else "delivered more than once"))
    if drawn.epochs:
        entries.append((Line2D([], [], color=GREY, linewidth=0.8), "new epoch"))
    if (np.isnan(drawn.high) & (drawn.state > State.UNREAD)).any():
        entries.append((Line2D([], [], color=INK, linestyle="none", marker="x", markersize=5), "no batch axis"))
    plain = len(entries) == 1 and entries[0][1] == drawn.names[State.DELIVERED]
    return ([], []) if plain else ([handle for handle, _ in entries], [label for _, label in entries])


def _bars(
    centres: NDArray[np.float64],
    tops: NDArray[np.float64],
    width: float,
    look: Look,
    bottoms: NDArray[np.float64] | float = 0.0,
) -> PolyCollection:
    left, right = centres - width / 2, centres + width / 2
    low, high = np.broadcast_to(bottoms, tops.shape), np.nan_to_num(tops)
    corners = np.stack([left, low, left, high, right, high, right, low], axis=1)
    return PolyCollection(list(corners.reshape(-1, 4, 2)), **look)


def _scale(axes: Axes, drawn: Columns, width_px: float) -> None:
    axes.set_xlim(-0.5, drawn.count - 0.5)
    tallest = float(np.nanmax(drawn.high)) if not np.isnan(drawn.high).all() else 0.0
    axes.set_ylim(0, max(tallest, 1.0) * HEADROOM)
    every = width_px / drawn.count >= LABEL_PX
    axes.xaxis.set_major_locator(FixedLocator(range(drawn.count)) if every else MaxNLocator(10, integer=True))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True, steps=[1, 2, 5, 10]))
    for start in drawn.epochs:
        axes.axvline(start - 0.5, color=GREY, linewidth=0.8)
