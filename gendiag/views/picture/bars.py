"""Rows per batch as bars: what became of a batch is its look, what findings say of it its colour and hatch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.patches import Patch

from gendiag.views.palette import BLUE, FAINT, GREY, INK, ORANGE, PALE_BLUE, RED
from gendiag.views.picture import tracks
from gendiag.views.picture.canvas import WIDTH_PX
from gendiag.views.picture.marks import SEVERITIES
from gendiag.views.picture.states import State

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from gendiag.views.picture.columns import Columns

WIDEST_PX, THINNEST_PX = 64, 3.5  # of a bar, of one that a finding names
GAPS = 300  # from so many columns on, bars stand without gaps
HEADROOM = 1.08
Look = dict[str, Any]
LOOKS: dict[State, Look] = {
    State.DELIVERED: {"facecolor": BLUE, "edgecolor": "none"},
    State.NOT_AGAIN: {"facecolor": PALE_BLUE, "edgecolor": "none"},
    State.OPEN: {"facecolor": "none", "edgecolor": BLUE, "linewidth": 0.9},
    State.NEVER_DELIVERED: {"facecolor": "none", "edgecolor": GREY, "linewidth": 1.0, "linestyle": ":"},
    State.UNREACHED: {"facecolor": "none", "edgecolor": GREY, "linewidth": 0.9, "linestyle": "--"},
    State.FAILING: {"facecolor": RED, "edgecolor": INK, "linewidth": 0.6},
}
NAMED: dict[int, Look] = {
    1 + SEVERITIES.index("error"): {"facecolor": RED, "edgecolor": "#ffffff", "linewidth": 0.0, "hatch": "xxxx"},
    1 + SEVERITIES.index("warning"): {"facecolor": ORANGE, "edgecolor": INK, "linewidth": 0.0, "hatch": "////"},
}


NARROW: dict[State, Look] = {  # where bars touch, edges would be all that is seen
    **LOOKS,
    State.OPEN: {"facecolor": PALE_BLUE, "edgecolor": "none", "alpha": 0.6},
    State.NEVER_DELIVERED: {"facecolor": GREY, "edgecolor": "none", "alpha": 0.6},
    State.UNREACHED: {"facecolor": FAINT, "edgecolor": "none"},
}


def draw(axes: Axes, drawn: Columns, leaf: str | None) -> int:
    """Draw one collection of bars per look, those that a finding names last and never thinner than 3 px.

    Return how high the highest is.
    """
    high = drawn.highest(tracks.rows(drawn.diagnosis, leaf))
    tall = np.where(np.isnan(high) & (drawn.state == State.FAILING), np.nanmax(high, initial=1.0), high)
    per_px = drawn.count / WIDTH_PX
    usual = min(drawn.width * (0.82 if drawn.size < GAPS else 1.0), WIDEST_PX * per_px)
    for at, look, is_thin in groups(drawn, narrow=drawn.size >= GAPS):
        width = usual if is_thin else max(usual, THINNEST_PX * per_px)
        axes.add_collection(polygons(drawn.centres[at], tall[at], width, look))
    none = rowless(drawn, leaf)
    axes.scatter(none, np.zeros(len(none)), marker="x", s=22, color=INK, linewidths=1.2, clip_on=False)
    highest = max(float(np.nanmax(tall, initial=1.0)), 1.0)
    axes.set_ylim(0, highest * HEADROOM)
    return int(highest)


def rowless(drawn: Columns, leaf: str | None = None) -> NDArray[np.float64]:
    """Where batches were read of which none has a batch axis; the one that fit raises at needs no such mark."""
    known = ~np.isnan(drawn.highest(tracks.rows(drawn.diagnosis, leaf)))
    lacking = ~known & (drawn.state > State.UNKNOWN) & (drawn.state != State.FAILING)
    return drawn.centres[np.flatnonzero(lacking)]


def groups(drawn: Columns, *, narrow: bool) -> list[tuple[NDArray[np.intp], Look, bool]]:
    """Return columns of one look, the look, and whether the bars may be as thin as they come."""
    plain = ~np.isin(drawn.severity, list(NAMED))
    found = [
        (np.flatnonzero(plain & (drawn.state == state)), look, state is not State.FAILING)
        for state, look in (NARROW if narrow else LOOKS).items()
    ]
    found += [(np.flatnonzero(drawn.severity == place), look, False) for place, look in NAMED.items()]
    return [group for group in found if len(group[0])]


def polygons(
    centres: NDArray[np.float64],
    tops: NDArray[np.float64],
    width: float,
    look: Look,
    bottoms: NDArray[np.float64] | float = 0.0,
) -> PolyCollection:
    """Return bars around the centres."""
    left, right = centres - width / 2, centres + width / 2
    low, high = np.broadcast_to(bottoms, tops.shape), np.nan_to_num(tops)
    corners = np.stack([left, low, left, high, right, high, right, low], axis=1)
    return PolyCollection(list(corners.reshape(-1, 4, 2)), **look)


def legend(drawn: Columns) -> list[tuple[Patch, str]]:
    """Return a patch and a name for each state whose look is drawn, and for the batch that fit raises at."""
    looks = LOOKS if drawn.size < GAPS else NARROW
    seen = drawn.state[~np.isin(drawn.severity, list(NAMED)) | (drawn.state == State.FAILING)]
    return [(Patch(**look), drawn.names[state]) for state, look in looks.items() if (seen == state).any()]
