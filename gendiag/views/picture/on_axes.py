"""The pictures on Axes of the caller's, for scripts, papers and slides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import StrMethodFormatter

from gendiag.errors import BadArgumentError
from gendiag.views.palette import GREY
from gendiag.views.picture import fit_map as map_of_fit
from gendiag.views.picture import panels, tracks
from gendiag.views.picture.columns import columns
from gendiag.views.picture.timeline import NO_BATCH, draw_panel, draw_replays, draw_signs, legend_entries

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gendiag.diagnosis.diagnosis import Diagnosis

SIZE_IN, ENTRY_IN = (9.0, 2.4), 1.9


def timeline(diagnosis: Diagnosis, axes: Axes | None, panel: str, leaf: str | None) -> Axes:
    """Draw one panel, with the signs of the findings over it and a legend of what occurs.

    Raises
    ------
    BadArgumentError
        If there is no such panel or leaf, or nothing was measured for it.
    """
    _check("panel", panel, panels.offered(diagnosis))
    if leaf is not None:
        _check("leaf", leaf, tracks.leaves(diagnosis))
    axes = axes or _new()
    drawn = columns(diagnosis)
    if not drawn.count:
        axes.text(0.5, 0.5, NO_BATCH, ha="center", va="center", transform=axes.transAxes, color=GREY)
        return axes
    draw_panel(axes, panel, drawn, leaf)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.3 * (high - low))
    draw_signs(axes, drawn, 0.84)
    draw_replays(axes, drawn, 0.95)
    axes.set(xlabel="batch", xlim=(drawn.first - 0.5, drawn.last + 0.5))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    entries = legend_entries(drawn, leaf) if panel == "rows" else []
    axes.spines[["top", "right"]].set_visible(False)
    if entries:
        across = max(1, int(axes.get_window_extent().width / axes.figure.dpi / ENTRY_IN))
        axes.legend(
            [handle for handle, _ in entries], [label for _, label in entries], loc="lower right", frameon=False,
            bbox_to_anchor=(1, 1), ncols=across, fontsize=9, borderaxespad=0, handlelength=1.3, columnspacing=1.2,
        )  # fmt: skip
    return axes


def fit_map(diagnosis: Diagnosis, axes: Axes | None) -> Axes:
    """Draw the map of fit."""
    return map_of_fit.on_axes(diagnosis, axes or _new())


def _new() -> Axes:
    import matplotlib.pyplot as plt

    _, axes = plt.subplots(figsize=SIZE_IN, layout="constrained")
    return axes


def _check(what: str, given: str, known: list[str]) -> None:
    if given not in known:
        msg = f"{what}={given!r}: there is nothing of that name to draw. There are: {', '.join(known) or 'none'}."
        raise BadArgumentError(msg)
