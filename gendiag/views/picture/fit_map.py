"""The map of fit: a row per epoch, a cell per training step, coloured by the yielded batch that it trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import colormaps
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from gendiag.records import counted, listed
from gendiag.views import markup
from gendiag.views.kept import kept
from gendiag.views.palette import GREY, INK, RED
from gendiag.views.picture import canvas
from gendiag.views.picture.canvas import LEFT, WIDTH, Frame
from gendiag.views.picture.states import UNMATCHED, delivered, reached
from gendiag.views.run_text import begun, who

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.views.markup import Html

TITLE_IN, ROW_IN, FOOT_IN = 0.24, 0.17, 0.42
MOST_ROWS, MOST_CELLS, MOST_TOLD = 20, 600, 6
SHADES = "viridis"
NOTHING = -1  # no step there


@dataclass(frozen=True)
class FitMap:
    """Steps as cells.

    Attributes
    ----------
    cells
        Shape (epochs shown, steps shown): the batch of each step, ``NOTHING`` or ``UNMATCHED``.
    epochs
        The epoch of each row.
    per_cell
        Steps to a cell; of several the first is shown.
    raised
        Row and cell of the step at which fit raised, or None.
    """

    cells: NDArray[np.int64]
    epochs: tuple[int, ...]
    per_cell: int
    raised: tuple[int, int] | None = None

    def batch_at(self, across: float, down: float) -> int | None:
        """Return the batch under a place, given as fractions of the cells from the left and from the top."""
        rows, cells = self.cells.shape
        row, cell = min(int(down * rows), rows - 1), min(int(across * cells), cells - 1)
        batch = int(self.cells[max(row, 0), max(cell, 0)])
        return batch if batch >= 0 else None


@kept
def fit_map(diagnosis: Diagnosis) -> FitMap | None:
    """Put the deliveries into cells; None where there was no step."""
    deliveries = diagnosis.rehearsal.deliveries[: reached(diagnosis)]
    if not deliveries:
        return None
    step = np.array([d.step for d in deliveries], dtype=np.int64)
    epoch, batch = _epochs(diagnosis), delivered(diagnosis)
    failed = _failed_step(diagnosis, epoch, step)
    last = int(epoch[-1]) if failed is None else failed[0]
    epochs = np.arange(min(int(epoch[0]), last), last + 1)  # one without a step is an empty row
    kept = epochs if len(epochs) <= MOST_ROWS else np.append(epochs[: MOST_ROWS - 1], epochs[-1])
    longest = int(max(step.max(), -1 if failed is None else failed[1])) + 1
    per_cell = -(-longest // MOST_CELLS)
    cells = np.full((len(kept), -(-longest // per_cell)), NOTHING, dtype=np.int64)
    shown = np.isin(epoch, kept) & (step % per_cell == 0)
    cells[np.searchsorted(kept, epoch[shown]), step[shown] // per_cell] = batch[shown]
    raised = None if failed is None else (int(np.searchsorted(kept, failed[0])), failed[1] // per_cell)
    return FitMap(cells, tuple(kept.tolist()), per_cell, raised)


@kept
def _epochs(diagnosis: Diagnosis) -> NDArray[np.int64]:
    """The epoch of every training step."""
    steps = diagnosis.rehearsal.deliveries[: reached(diagnosis)]
    return np.array([step.epoch for step in steps], dtype=np.int64)


def _failed_step(diagnosis: Diagnosis, epoch: NDArray[np.int64], step: NDArray[np.int64]) -> tuple[int, int] | None:
    """Epoch and step at which fit raised: of the delivery that it did not come through, else behind the last."""
    if diagnosis.fails_at is None or not begun(diagnosis):
        return None
    if delivered(diagnosis)[-1] == diagnosis.fails_at:
        return int(epoch[-1]), int(step[-1])
    found = diagnosis.profile.find(diagnosis.fails_at)
    if found is not None and found.epoch > epoch[-1]:
        return found.epoch, 0
    return int(epoch[-1]), int(step[-1]) + 1


def draw(diagnosis: Diagnosis) -> tuple[Figure, Frame] | None:
    """Draw it with the axis of steps; None where there was no step."""
    mapped = fit_map(diagnosis)
    if mapped is None:
        return None
    rows = len(mapped.epochs)
    row_in = max(ROW_IN, 0.3 / rows)
    total = TITLE_IN + rows * row_in + FOOT_IN
    figure = canvas.new(total)
    frame = (LEFT, FOOT_IN / total, WIDTH, rows * row_in / total)
    on_axes(diagnosis, figure.add_axes(frame), mapped)
    return figure, frame


def on_axes(diagnosis: Diagnosis, axes: Axes, mapped: FitMap | None = None) -> Axes:
    """Draw the cells on Axes."""
    mapped = mapped or fit_map(diagnosis)
    axes.patch.set_alpha(0)
    axes.set_title(  # at a place of its own: else it makes way for the scale beside it
        f"map of {who(diagnosis)}: the batch that each step was given", loc="left", fontsize=9, color=INK, pad=3, y=1.0
    )
    if mapped is None:
        axes.text(0.5, 0.5, "No step was taken.", ha="center", va="center", transform=axes.transAxes, color=GREY)
        return axes
    axes.imshow(_colours(diagnosis, mapped), aspect="auto", interpolation="nearest", extent=_extent(mapped))
    _draw_grid(axes, mapped)
    if mapped.raised is not None:
        _draw_raised(axes, mapped, *mapped.raised)
    axes.set_yticks(range(len(mapped.epochs)), [str(epoch + 1) for epoch in mapped.epochs])
    axes.set_ylabel("epoch", color=INK, fontsize=9)
    first = f"; a cell shows the first of {mapped.per_cell}" if mapped.per_cell > 1 else ""
    axes.set_xlabel(f"step of the epoch{first}", color=INK, fontsize=9, labelpad=1)
    numbers = MaxNLocator(10, integer=True).tick_values(1, mapped.cells.shape[1] * mapped.per_cell)
    axes.xaxis.set_major_locator(FixedLocator([number - 1 for number in numbers if number >= 1]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value + 1:,.0f}"))
    axes.tick_params(colors=INK, labelsize=9, length=3)
    axes.spines[:].set_visible(False)
    _draw_scale(axes, diagnosis, mapped)
    return axes


def image(diagnosis: Diagnosis) -> Html:
    """Return it as markup that says where its cells are; nothing where there was no step."""
    drawn = draw(diagnosis)
    if drawn is None:
        return markup.Html("")
    figure, frame = drawn
    return markup.image(canvas.png(figure), alt_text(diagnosis), "gd-picture gd-fitmap", frame=canvas.told(frame))


def alt_text(diagnosis: Diagnosis) -> str:
    """Say in words what the map shows: for each epoch how many steps, on which batches."""
    mapped = fit_map(diagnosis)
    if mapped is None:
        return "Map of fit: no step was taken."
    told = [f"epoch {epoch + 1}: {_row(diagnosis, epoch)}" for epoch in mapped.epochs[:MOST_TOLD]]
    return f"Map of fit, one row per epoch: {'; '.join(told)}{' …' if len(mapped.epochs) > MOST_TOLD else ''}."


def _row(diagnosis: Diagnosis, epoch: int) -> str:
    batches = delivered(diagnosis)[_epochs(diagnosis) == epoch]
    known = batches[batches >= 0].tolist()
    return f"{counted(len(batches), 'step')}{f' on {listed(known)}' if known else ''}"


def _extent(mapped: FitMap) -> tuple[float, float, float, float]:
    rows, cells = mapped.cells.shape
    return (-0.5, cells * mapped.per_cell - 0.5, rows - 0.5, -0.5)


def _colours(diagnosis: Diagnosis, mapped: FitMap) -> NDArray[np.float64]:
    colours: NDArray[np.float64] = colormaps[SHADES](mapped.cells / _highest(diagnosis, mapped))
    colours[mapped.cells == NOTHING] = (0, 0, 0, 0)
    colours[mapped.cells == UNMATCHED] = (0.55, 0.55, 0.55, 1)
    return colours


def _draw_grid(axes: Axes, mapped: FitMap) -> None:
    """Lines between rows, and between cells where these are wide enough; none where there is nothing."""
    step, has = mapped.per_cell, mapped.cells != NOTHING
    row, cell = np.nonzero(has[:-1] | has[1:])
    axes.hlines(row + 0.5, cell * step - 0.5, (cell + 1) * step - 0.5, color="white", linewidth=1.0)
    if has.shape[1] <= 120:  # noqa: PLR2004  (6 px a cell)
        row, cell = np.nonzero(has[:, :-1] | has[:, 1:])
        axes.vlines((cell + 1) * step - 0.5, row - 0.5, row + 0.5, color="white", linewidth=0.6)


def _draw_raised(axes: Axes, mapped: FitMap, row: int, cell: int) -> None:
    place = (cell + 0.5) * mapped.per_cell - 0.5
    axes.plot(place, row, marker="X", color=RED, markeredgecolor="white", markersize=9, clip_on=False)


def _draw_scale(above: Axes, diagnosis: Diagnosis, mapped: FitMap) -> None:
    """A small bar of the colours, from batch 0 to the last, above the cells."""
    height_in = above.get_window_extent().height / above.figure.dpi
    axes = above.inset_axes((0.84, 1 + 0.07 / height_in, 0.1, 0.1 / height_in))
    axes.imshow(np.linspace(0, 1, 128)[None, :], aspect="auto", cmap=SHADES)
    axes.axis("off")
    axes.text(-0.03, 0.4, "batch 0", transform=axes.transAxes, ha="right", va="center", fontsize=8.5, color=INK)
    last = f"{_highest(diagnosis, mapped):,}"
    axes.text(1.03, 0.4, last, transform=axes.transAxes, ha="left", va="center", fontsize=8.5, color=INK)


def _highest(diagnosis: Diagnosis, mapped: FitMap) -> int:
    return max(int(mapped.cells.max()), diagnosis.profile.batches[-1].index if diagnosis.profile.batches else 0, 1)
