"""How each panel is drawn on its Axes: a range of batches, of a leaf where it is about one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from gendiag.views import wording
from gendiag.views.palette import BLUE, DARK_BLUE, GREY, INK, RED
from gendiag.views.picture import bars, tracks
from gendiag.views.picture.canvas import WIDTH_PX

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from gendiag.views.picture.columns import Columns

SHADES = ("#4B97D2", "#E69F00", "#009E73", "#CC79A7", "#00517F", "#6b6b6b")  # of dtypes, in the order met
MOST_LEAVES = 6  # rows of the panel of dtypes
LARGEST = 1e300  # above, axes overflow
DOTS = 40  # so few columns are marked each
KEY: dict[str, Any] = {  # of a legend in line with the title of a panel
    "ncols": len(SHADES), "fontsize": 8.5, "frameon": False, "labelcolor": INK, "handlelength": 1, "columnspacing": 1,
    "handletextpad": 0.4, "borderaxespad": 0, "loc": "lower right", "bbox_to_anchor": (1, 0.96),
}  # fmt: skip
SOLID = {"edgecolor": "none", "linewidth": 0}


def plain(text: str) -> str:
    """Dollars would be read as formulas."""
    return text.replace("$", r"\$")


def rows(axes: Axes, drawn: Columns, leaf: str | None) -> None:
    """Rows of each batch, in the colours of what became of it."""
    highest = bars.draw(axes, drawn, leaf)
    axes.set_yticks([0, highest], ["0", f"{highest:,}"])


def dtypes(axes: Axes, drawn: Columns, _leaf: str | None) -> None:
    """A row for each leaf, those first that have several dtypes."""
    known = tracks.dtypes(drawn.diagnosis)
    shades = {
        dtype: SHADES[n % len(SHADES)]
        for n, dtype in enumerate(dict.fromkeys(d for kinds in known.values() for d in kinds))
    }
    paths = sorted(known, key=lambda path: -len(known[path]))[:MOST_LEAVES]
    for row, path in enumerate(paths):
        latest = drawn.highest(tracks.dtype_places(drawn.diagnosis, path))
        for number, dtype in enumerate(known[path]):
            at = drawn.centres[latest == number]
            look = {"facecolor": shades[dtype], **SOLID}
            axes.add_collection(bars.polygons(at, np.full(len(at), -row - 0.12), drawn.width, look, -row - 0.88))
    axes.set_ylim(-len(paths), 0)
    axes.set_yticks([-row - 0.5 for row in range(len(paths))], [plain(_short(path)) for path in paths])
    handles = [Patch(facecolor=shade, label=plain(dtype)) for dtype, shade in shades.items()]
    axes.legend(handles=handles[: len(SHADES)], **KEY)


def values(axes: Axes, drawn: Columns, leaf: str | None) -> None:
    """The lowest to the highest value of each batch, and a line of the means."""
    figures = [tracks.figure(drawn.diagnosis, leaf, name).clip(-LARGEST, LARGEST) for name in ("low", "high", "mean")]
    low, high, mean = drawn.lowest(figures[0]), drawn.highest(figures[1]), drawn.highest(figures[2])
    known = np.concatenate([low, high])
    room = np.where(low == high, (np.nanmax(known, initial=0) - np.nanmin(known, initial=0) or 1) * 0.01, 0)
    look = {"facecolor": BLUE, "alpha": 0.55, **SOLID}
    axes.add_collection(bars.polygons(drawn.centres, high + room, drawn.width, look, low - room))
    axes.plot(drawn.centres, mean, color=DARK_BLUE, linewidth=1.2, marker="." if drawn.size < DOTS else "")
    _fit(axes, known, "no finite value in these batches")


def not_finite(axes: Axes, drawn: Columns, _leaf: str | None) -> None:
    """How many values of each batch are NaN or infinite, never thinner than can be seen."""
    count = drawn.highest(tracks.not_finite(drawn.diagnosis))
    at = np.flatnonzero(count > 0)
    width = max(drawn.width * 0.82, bars.THINNEST_PX * drawn.count / WIDTH_PX)
    axes.add_collection(bars.polygons(drawn.centres[at], count[at], width, {"facecolor": RED, **SOLID}))
    _fit(axes, np.append(count, 0))


def shape(axes: Axes, drawn: Columns, leaf: str | None) -> None:
    """The sizes that vary behind the batch axis, a line for each."""
    seen = [np.empty(0)]
    varying = tracks.sizes(drawn.diagnosis, leaf)
    for (axis, size), style in zip(varying, ("-", "--", ":"), strict=False):
        high, low = drawn.highest(size), drawn.lowest(size)
        axes.stairs(high, drawn.edges, baseline=low, fill=True, color=BLUE, alpha=0.4, linewidth=0)
        look: dict[str, Any] = {"color": DARK_BLUE, "linestyle": style, "linewidth": 1.3, "baseline": None}
        axes.stairs(high, drawn.edges, label=f"axis {axis}", **look)
        axes.stairs(low, drawn.edges, **look)
        seen += [high, low]
    if len(varying) > 1:
        axes.legend(**KEY)
    _fit(axes, np.concatenate(seen), "no size that varies")


def wait(axes: Axes, drawn: Columns, _leaf: str | None) -> None:
    """How long the source took to yield each batch, in ms."""
    _area(axes, drawn, 1000 * tracks.waits(drawn.diagnosis))


def memory(axes: Axes, drawn: Columns, _leaf: str | None) -> None:
    """Memory of the process after each batch, in MB."""
    _area(axes, drawn, tracks.memory(drawn.diagnosis) / 1e6, from_zero=False)


def loss(axes: Axes, drawn: Columns, _leaf: str | None) -> None:
    """Loss of the step on each batch, and a cross where it is not finite."""
    batches, losses = tracks.losses(drawn.diagnosis)
    within = (batches >= drawn.first) & (batches <= drawn.last)
    batches, losses = batches[within], losses[within]
    finite, losses = np.isfinite(losses), losses.clip(-LARGEST, LARGEST)
    order = np.argsort(batches[finite])
    axes.plot(batches[finite][order], losses[finite][order], color=DARK_BLUE, linewidth=1.0, marker=".", markersize=3)
    lost = batches[~finite]
    if len(lost):
        look: dict[str, Any] = {"marker": "x", "color": RED, "s": 24, "label": "NaN or infinite"}
        axes.scatter(lost, np.full(len(lost), 0.5), transform=axes.get_xaxis_transform(), **look)
        axes.legend(**KEY)
    _fit(axes, losses[finite], "no finite loss in these batches")


def _area(axes: Axes, drawn: Columns, measured: NDArray[np.float64], *, from_zero: bool = True) -> None:
    high = drawn.highest(measured)
    floor = 0.0 if from_zero else float(np.nanmin(high, initial=np.inf))
    axes.stairs(high, drawn.edges, baseline=floor, fill=True, color=BLUE, alpha=0.55, linewidth=0)
    axes.stairs(high, drawn.edges, baseline=None, color=DARK_BLUE, linewidth=0.9)
    _fit(axes, np.append(high, floor), "not measured in these batches")


def _fit(axes: Axes, measured: NDArray[np.float64], none: str = "") -> None:
    """Give the values a little room, and two or three numbers beside them; where there are none, say so."""
    known = measured[np.isfinite(measured)]
    if not len(known):
        axes.set_yticks([])
        axes.text(0.5, 0.5, none, transform=axes.transAxes, ha="center", va="center", fontsize=9, color=GREY)
        return
    low, high = float(known.min()), float(known.max())
    span = high - low or abs(high) or 1.0
    room = span * 0.08
    axes.set_ylim(low - (0 if low == 0 else room), high + room)
    axes.yaxis.set_major_locator(MaxNLocator(2, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: wording.figure(value if abs(value) > span * 1e-9 else 0))
    )


def _short(path: str, most: int = 9) -> str:
    return path if len(path) <= most else f"{path[: most - 1]}…"
