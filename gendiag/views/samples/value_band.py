"""The values of a leaf over the run: lowest to highest of each batch, their mean, and where NaN or infinity is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from gendiag.diagnosis.diagnosis import Diagnosis

MOST = 600  # columns
BLUE, VERMILION, INK = "#0072B2", "#D55E00", "#1a1a1a"


def draw_values(diagnosis: Diagnosis, leaf: str, ax: Axes) -> Axes:
    """Draw the range of the leaf per batch as a band, its mean as a line, NaN and infinity as marks above.

    Above 600 batches a column stands for several: their lowest, their highest, the mean of their means.
    """
    table = _figures(diagnosis, leaf)
    ax.set_xlabel("batch")
    ax.set_ylabel(leaf.replace("$", r"\$"))
    if not len(table):
        ax.text(0.5, 0.5, "no values were measured", ha="center", va="center", transform=ax.transAxes)
        return ax
    count = int(table[-1, 0]) + 1
    size = min(count, MOST)
    low, high, mean, broken = _binned(table, size, count)
    edges = np.linspace(-0.5, count - 0.5, size + 1)
    sides = np.stack([edges[:-1], edges[1:]], axis=1).ravel()
    band: dict[str, Any] = {"color": BLUE, "alpha": 0.3, "linewidth": 0.8}
    ax.fill_between(sides, np.repeat(low, 2), np.repeat(high, 2), label="low to high", **band)
    ax.plot(sides, np.repeat(mean, 2), color=BLUE, linewidth=1.4, label="mean")
    at = (edges[:-1] + edges[1:])[broken] / 2
    if len(at):
        marks: dict[str, Any] = {"marker": "v", "color": VERMILION, "edgecolors": INK, "linewidths": 0.4}
        marks |= {"transform": ax.get_xaxis_transform(), "clip_on": False, "label": "NaN or infinity"}
        ax.scatter(at, np.ones(len(at)), **marks)
    ax.set_xlim(-0.5, count - 0.5)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend(loc="best", frameon=False)
    return ax


def _figures(diagnosis: Diagnosis, leaf: str) -> NDArray[np.float64]:
    """``(batches, 5)``: index, low, high, mean, how many values are not finite."""
    found = ((batch.index, batch.leaf(leaf)) for batch in diagnosis.profile.batches)
    rows = [
        (index, one.low, one.high, one.mean, one.n_nan + one.n_inf)
        for index, one in found
        if one is not None and (one.low is not None or one.n_nan or one.n_inf)
    ]
    return np.array(rows, dtype=np.float64).reshape(-1, 5)


def _binned(table: NDArray[np.float64], size: int, count: int) -> tuple[NDArray[Any], ...]:
    column = table[:, 0].astype(np.int64) * size // count
    low, high = np.full(size, np.nan), np.full(size, np.nan)
    np.fmin.at(low, column, table[:, 1])
    np.fmax.at(high, column, table[:, 2])
    known = ~np.isnan(table[:, 3])
    times = np.bincount(column[known], minlength=size)
    sums = np.bincount(column[known], table[known, 3], minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sums / times
    broken = np.bincount(column, table[:, 4], minlength=size) > 0
    return low, high, mean, broken
