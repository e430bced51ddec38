"""The panels, one above the other on the axis of batches: whether there is something to show, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gendiag.views.picture import panel_drawing, tracks
from gendiag.views.picture.panel_drawing import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.views.picture.columns import Columns

SLOW_S = 0.05  # a wait that is worth a panel
GROWN_BYTES = 200e6


def _yes(_: Diagnosis) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Panel:
    """One measure of every batch.

    Attributes
    ----------
    name
        As the user chooses it.
    title
        What stands over the panel, of a leaf.
    draw
        Draws a range of batches.
    has
        Whether anything was measured.
    tells
        Whether it shows more than the same for every batch, so that it is shown unasked.
    leaf
        Which leaf is drawn if none is chosen.
    """

    name: str
    title: Callable[[str | None], str]
    draw: Callable[[Axes, Columns, str | None], None]
    has: Callable[[Diagnosis], bool] = _yes
    tells: Callable[[Diagnosis], bool] = _yes
    leaf: Callable[[Diagnosis], str | None] = lambda _: None


def offered(diagnosis: Diagnosis) -> list[str]:
    """Names of the panels that have something to show."""
    return [panel.name for panel in PANELS if panel.has(diagnosis)]


def usual(diagnosis: Diagnosis, most: int = 3) -> list[str]:
    """Names of the panels shown unasked: the rows, and what differs between batches."""
    told = [panel.name for panel in PANELS[1:] if panel.has(diagnosis) and panel.tells(diagnosis)]
    return [PANELS[0].name, *told[: most - 1]]


def _any(read: Callable[[Diagnosis], NDArray[np.float64]]) -> Callable[[Diagnosis], bool]:
    return lambda diagnosis: bool((np.nan_to_num(read(diagnosis)) > 0).any())


def _values_jump(diagnosis: Diagnosis) -> bool:
    return tracks.jumping_leaf(diagnosis) is not None


def _waits_jump(diagnosis: Diagnosis) -> bool:
    waits = tracks.waits(diagnosis)
    return bool(len(waits) > tracks.FEW and waits[1:].max() > max(SLOW_S, tracks.STANDS_OUT * float(np.median(waits))))


def _grows(diagnosis: Diagnosis) -> bool:
    memory = tracks.memory(diagnosis)
    return bool(len(memory) and np.nanmax(memory, initial=0) - np.nanmin(memory, initial=np.inf) > GROWN_BYTES)


def _has_losses(diagnosis: Diagnosis) -> bool:
    return len(tracks.losses(diagnosis)[0]) > 1


def _is_measured(diagnosis: Diagnosis) -> bool:
    return any(not np.isnan(tracks.figure(diagnosis, path, "low")).all() for path in tracks.leaves(diagnosis))


def _varies(diagnosis: Diagnosis) -> bool:
    return tracks.varying_leaf(diagnosis) is not None


def _differ(diagnosis: Diagnosis) -> bool:
    return any(len(kinds) > 1 for kinds in tracks.dtypes(diagnosis).values())


def _rows_of(leaf: str | None) -> str:
    return "rows" if leaf is None else plain(f"rows of {leaf}")


def _of(title: str) -> Callable[[str | None], str]:
    return lambda leaf: plain(title.format(leaf=leaf))


PANELS: tuple[Panel, ...] = (
    Panel("rows", _rows_of, panel_drawing.rows),
    Panel("dtypes", _of("dtype of each leaf"), panel_drawing.dtypes, lambda seen: bool(tracks.leaves(seen)), _differ),
    Panel(
        "values", _of("values of {leaf}: lowest to highest, and the mean"), panel_drawing.values, _is_measured,
        _values_jump, tracks.telling_leaf,
    ),
    Panel(
        "NaN / Inf", _of("values that are NaN or infinite"), panel_drawing.not_finite,
        _any(tracks.not_finite),
    ),
    Panel(
        "shape", _of("size of {leaf} where it varies"), panel_drawing.shape, _varies, leaf=tracks.varying_leaf,
    ),
    Panel("loss", _of("loss of its step, on a copy of your model"), panel_drawing.loss, _has_losses),
    Panel("wait", _of("time until the source yielded it, ms"), panel_drawing.wait, _any(tracks.waits), _waits_jump),
    Panel("memory", _of("memory of the process, MB"), panel_drawing.memory, _any(tracks.memory), _grows),
)  # fmt: skip
BY_NAME = {panel.name: panel for panel in PANELS}
