"""The timeline: panels on one axis of batches, marks of findings over them, bands of wide findings under them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, MaxNLocator, StrMethodFormatter

from gendiag.diagnosis.diagnosis import Diagnosis
from gendiag.records import Rehearsal, counted, listed
from gendiag.views import markup, wording
from gendiag.views.palette import EPOCHS, GREY, INK, ORANGE, RED
from gendiag.views.picture import bars, canvas, marks, panels, states, tracks
from gendiag.views.picture.canvas import LEFT, WIDTH, WIDTH_PX, Frame
from gendiag.views.picture.columns import Columns, Range, columns
from gendiag.views.picture.marks import SEVERITIES
from gendiag.views.picture.panel_drawing import plain
from gendiag.views.picture.states import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from gendiag.records.finding import Severity
    from gendiag.rehearsal.profile import Profile
    from gendiag.views.markup import Html
    from gendiag.views.picture.marks import Mark

LEGEND_IN, STRIP_IN, TITLE_IN, PANEL_IN, BAND_IN, FOOT_IN = 0.26, 0.22, 0.19, 0.56, 0.17, 0.42
LINE, ROOM = 112, 6  # characters that fit in a line of the legend, and those that the handle of one entry takes
LABEL_PX = 26  # for a number above or below a bar
MOST_BANDS, MOST_EPOCHS = 3, 200
NO_BATCH = "No batch was read."
SIGNS = {"error": ("v", RED, 46), "warning": ("D", ORANGE, 30), "note": ("o", "#ffffff", 22)}


@dataclass(frozen=True)
class Picture:
    """A drawn timeline.

    Attributes
    ----------
    frame
        Left, bottom, width and height of marks and panels together, as fractions, for what is laid over them.
    """

    figure: Figure
    frame: Frame
    drawn: Columns


def draw(
    diagnosis: Diagnosis, chosen: Sequence[str] | None = None, leaf: str | None = None, shown: Range | None = None
) -> Picture:
    """Draw the panels chosen, those that tell something if None; above 600 batches a column stands for several.

    Parameters
    ----------
    chosen
        Names of panels, see ``panels.PANELS``.
    leaf
        Whose values, shape and rows to draw; those of the leaf that the first finding is about if None.
    shown
        First and last batch to draw; all of them if None.
    """
    return _drawn(columns(diagnosis, shown), panels.usual(diagnosis) if chosen is None else chosen, leaf)


def _drawn(drawn: Columns, chosen: Sequence[str], leaf: str | None) -> Picture:
    names = [name for name in panels.BY_NAME if name in chosen]
    bands = [mark for mark in drawn.marked if mark.is_wide][:MOST_BANDS]
    entries = legend_entries(drawn, leaf, with_rows="rows" in names)
    lines = 2 if sum(len(label) + ROOM for _, label in entries) > LINE else 1
    legend_in, strip_in = LEGEND_IN * lines if entries else 0, STRIP_IN if _has_signs(drawn) else 0
    heights = [legend_in, strip_in, *[TITLE_IN + PANEL_IN] * len(names), *[BAND_IN] * len(bands), FOOT_IN]
    figure = canvas.new(sum(heights))
    total, top = sum(heights), sum(heights) - legend_in
    frame = (LEFT, FOOT_IN / total, WIDTH, (top - FOOT_IN) / total)
    if not drawn.count:
        figure.text(0.5, 0.5, NO_BATCH, ha="center", va="center", color=GREY, fontsize=11)
        return Picture(figure, frame, drawn)
    if strip_in:
        _draw_signs(_axes(figure, top, strip_in, drawn), drawn)
    top -= strip_in
    axes = None
    for name in names:
        axes = _axes(figure, top - TITLE_IN, PANEL_IN, drawn, visible=True)
        draw_panel(axes, name, drawn, leaf)
        top -= TITLE_IN + PANEL_IN
    for mark in bands:
        axes = _axes(figure, top, BAND_IN, drawn, visible=True)
        _draw_band(axes, mark, drawn)
        top -= BAND_IN
    if axes is not None:
        _number(axes, drawn)
    _draw_legend(figure, entries, -(-len(entries) // lines))
    return Picture(figure, frame, drawn)


def of_profile(profile: Profile) -> Html:
    """Return the timeline of a source that was read, and not given to fit."""
    diagnosis = Diagnosis(profile.source, profile, Rehearsal(), "trains")
    drawn = columns(diagnosis)
    read = np.where(drawn.state > State.UNKNOWN, State.DELIVERED, drawn.state)
    words = f"Rows per batch in {counted(len(profile.batches), 'batch', 'batches')}: {_rows(diagnosis, None)}."
    picture = _drawn(replace(drawn, state=read, names={State.DELIVERED: "yielded"}), panels.usual(diagnosis), None)
    return markup.image(canvas.png(picture.figure), words, "gd-picture")


def image(diagnosis: Diagnosis, picture: Picture, leaf: str | None = None) -> Html:
    """Return the picture as markup that says where its axes are."""
    span = f"{picture.drawn.first},{picture.drawn.last}"
    words, css_class = alt_text(diagnosis, leaf), "gd-picture gd-timeline-picture"
    if picture.drawn.count < states.count(diagnosis):
        words += f" Drawn are batches {picture.drawn.first} to {picture.drawn.last}."
    return markup.image(canvas.png(picture.figure), words, css_class, frame=canvas.told(picture.frame), range=span)


def alt_text(diagnosis: Diagnosis, leaf: str | None = None) -> str:
    """Say in words what the picture shows."""
    state = states.states(diagnosis)
    if not len(state):
        return "Rows per batch: no batch was read."
    whose = f"Rows of {leaf}" if leaf else "Rows"
    parts = [
        f"{whose} per batch in {counted(len(diagnosis.profile.batches), 'batch', 'batches')}: {_rows(diagnosis, leaf)}"
    ]
    named = {
        name: np.flatnonzero(state == each).tolist()
        for each, name in states.names(diagnosis).items()
        if each > State.DELIVERED
    }
    named["delivered in more than one step"] = np.flatnonzero(states.steps(diagnosis) > 1).tolist()
    parts += [f"{name}: {listed(which)}" for name, which in named.items() if which]
    marked = columns(diagnosis).marked
    parts += [f"{mark.finding.severity} {mark.finding.rule}: {listed(mark.batches.tolist())}" for mark in marked]
    return "; ".join(parts) + ("." if marked else "; no finding names a batch.")


def readout(diagnosis: Diagnosis, batch: int) -> str:
    """Say of one batch what the picture shows of it."""
    found = diagnosis.profile.find(batch)
    rows = [counted(found.rows, "row")] if found is not None and found.rows is not None else []
    parts = [f"batch {batch}", *rows, states.names(diagnosis).get(states.state_of(diagnosis, batch), "not read")]
    times = int(states.steps(diagnosis)[batch]) if batch < states.count(diagnosis) else 0
    parts += [f"in {times:,} steps"] if times > 1 else []
    named = (f"{wording.marked(found.severity)} {found.rule}" for found in marks.of_batch(diagnosis, batch))
    return " · ".join([*parts, *named])


def _axes(figure: Figure, top_in: float, height_in: float, drawn: Columns, *, visible: bool = False) -> Axes:
    total = figure.get_figheight()
    axes = figure.add_axes((LEFT, (top_in - height_in) / total, WIDTH, height_in / total))
    axes.patch.set_alpha(0)
    axes.set_xlim(drawn.first - 0.5, drawn.last + 0.5)
    if not visible:
        axes.axis("off")
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.tick_params(colors=INK, labelsize=9, length=3, labelbottom=False)
    return axes


def draw_panel(axes: Axes, name: str, drawn: Columns, leaf: str | None) -> None:
    """Draw one panel with its title, on the ground of the epochs."""
    panel = panels.BY_NAME[name]
    starts = [drawn.first, *drawn.epochs, drawn.last + 1]
    if len(starts) < MOST_EPOCHS:
        for start, end in list(pairwise(starts))[1::2]:
            axes.axvspan(start - 0.5, end - 0.5, color=EPOCHS, linewidth=0)
    whose = leaf or panel.leaf(drawn.diagnosis)
    panel.draw(axes, drawn, whose)
    axes.set_title(panel.title(whose), loc="left", fontsize=9, color=INK, pad=2)


def _draw_band(axes: Axes, mark: Mark, drawn: Columns) -> None:
    _, colour, _ = SIGNS[mark.finding.severity]
    within = mark.batches[(mark.batches >= drawn.first) & (mark.batches <= drawn.last)]
    at = np.unique(drawn.column_of(within))
    look = {"facecolor": colour, "edgecolor": "none", "alpha": 0.45}
    axes.add_collection(bars.polygons(drawn.centres[at], np.ones(len(at)), drawn.width, look))
    text = f"{wording.marked(mark.finding.severity)}: {mark.finding.rule}"
    axes.text(0.005, 0.42, text, transform=axes.transAxes, va="center", fontsize=8.5, color=INK)
    axes.set(ylim=(0, 1.25), yticks=[])
    axes.spines[["left"]].set_visible(False)


def _signed(drawn: Columns) -> dict[Severity, NDArray[np.float64]]:
    """Centres of the columns that a finding names, by the worst severity."""
    places = enumerate(SEVERITIES, 1)
    found = {severity: drawn.centres[drawn.severity == place] for place, severity in places}
    return {severity: centres for severity, centres in found.items() if len(centres)}


def _has_signs(drawn: Columns) -> bool:
    return bool((drawn.steps > 1).any() or _signed(drawn))


def _counts_steps(drawn: Columns) -> bool:
    """Whether there is room to say how often a batch was delivered; else there is a tick."""
    return WIDTH_PX / max(drawn.size, 1) >= LABEL_PX


def _draw_signs(axes: Axes, drawn: Columns) -> None:
    """Put a sign over every column that a finding names, and over replayed ones how often."""
    axes.set_ylim(0, 1)
    draw_signs(axes, drawn, 0.2)
    draw_replays(axes, drawn, 0.78)


def draw_replays(axes: Axes, drawn: Columns, height: float) -> None:
    """Say over every column that was delivered more than once how often, or put a tick, at a height from 0 to 1."""
    again, place = drawn.centres[drawn.steps > 1], axes.get_xaxis_transform()
    if not _counts_steps(drawn):
        axes.scatter(
            again, np.full(len(again), height), marker="|", s=26, color=INK, linewidths=1.0, transform=place
        )  # fmt: skip
        return
    for centre, times in zip(again, drawn.steps[drawn.steps > 1], strict=True):
        axes.text(centre, height, f"×{times}", ha="center", va="center", fontsize=9, color=INK, transform=place)


def draw_signs(axes: Axes, drawn: Columns, height: float, scale: float = 1.0) -> None:
    """Put a sign over every column that a finding names, at a height from 0 to 1."""
    for severity, batches in _signed(drawn).items():
        marker, colour, size = SIGNS[severity]
        axes.scatter(
            batches, np.full(len(batches), height), marker=marker, s=size * scale, color=colour, edgecolors=INK,
            linewidths=0.6, clip_on=False, transform=axes.get_xaxis_transform(),
        )  # fmt: skip


def _number(axes: Axes, drawn: Columns) -> None:
    every = WIDTH_PX / drawn.count >= LABEL_PX
    axes.tick_params(labelbottom=True)
    axes.xaxis.set_major_locator(
        FixedLocator(range(drawn.first, drawn.last + 1)) if every else MaxNLocator(10, integer=True)
    )
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.set_xlabel("batch", color=INK, fontsize=9, labelpad=1)


def _draw_legend(figure: Figure, entries: list[tuple[Artist, str]], columns: int) -> None:
    if entries:
        figure.legend(
            [handle for handle, _ in entries], [label for _, label in entries], loc="upper left", frameon=False,
            bbox_to_anchor=(LEFT, 1.0), ncols=columns, fontsize=9, labelcolor=INK, borderaxespad=0.2,
            handlelength=1.3, columnspacing=1.2, handletextpad=0.5,
        )  # fmt: skip


def legend_entries(drawn: Columns, leaf: str | None = None, *, with_rows: bool = True) -> list[tuple[Artist, str]]:
    """Handles and labels of what is drawn; nothing where every batch is simply delivered."""
    entries: list[tuple[Artist, str]] = [*bars.legend(drawn)] if with_rows else []
    for severity in _signed(drawn):
        marker, colour, _ = SIGNS[severity]
        entries.append(
            (Line2D([], [], linestyle="none", marker=marker, color=colour, markeredgecolor=INK, markersize=6), severity)
        )
    if (drawn.steps > 1).any():
        sign, size, edge = ("$\\times\\mathrm{n}$", 13, 0) if _counts_steps(drawn) else ("|", 7, 1)
        often = Line2D([], [], color=INK, linestyle="none", marker=sign, markersize=size, markeredgewidth=edge)
        entries.append((often, "delivered more than once"))
    if drawn.epochs:
        entries.append((Rectangle((0, 0), 1, 1, facecolor="#00000022"), "every other epoch"))
    if with_rows and len(bars.rowless(drawn, leaf)):
        lacks = "no batch axis" if leaf is None else plain(f"no rows of {leaf}")
        entries.append((Line2D([], [], color=INK, linestyle="none", marker="x", markersize=5), lacks))
    is_plain = len(entries) == 1 and entries[0][1] == drawn.names[State.DELIVERED]
    return [] if is_plain else entries


def _rows(diagnosis: Diagnosis, leaf: str | None) -> str:
    rows = tracks.rows(diagnosis, leaf)
    if np.isnan(rows).all():
        return "none has a batch axis"
    low, high = int(np.nanmin(rows)), int(np.nanmax(rows))
    return f"{counted(low, 'row')} each" if low == high else f"{low:,} to {high:,} rows"
