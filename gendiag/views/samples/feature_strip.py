"""Tables of numbers: a strip of colours, a row per sample and a column per feature, on the scale of the run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from gendiag.records import counted, ranges
from gendiag.views import markup
from gendiag.views.samples import pixels
from gendiag.views.samples.shown_leaf import Shown, figure, is_number, plain, row_of
from gendiag.views.samples.value_scale import Scale, scale_of
from gendiag.views.wording import figure as said

if TYPE_CHECKING:
    from gendiag.batches.values import Array

MOST_ROWS, MOST_FEATURES = 32, 128
HIGH, WIDEST, NARROWEST, WIDTH = 9, 24, 5, 400  # pixels of a cell, and of the strip if it can be


def draw(shown: Shown) -> markup.Html | None:
    """Draw 32 samples; None where the leaf is no input of numbers in a table."""
    values = shown.values
    if shown.leaf.role != "x" or values is None or not _is_table(values):
        return None
    scale = scale_of(shown.diagnosis.profile, shown.leaf)
    rows = [row for row in shown.rows if row < len(values)][:MOST_ROWS]
    strips = [_strip(shown, values, rows, scale, f"samples, from above: {_listed(rows)}")]
    if shown.delivered is not None and _is_table(shown.delivered):
        strips.append(_strip(shown, shown.delivered, rows, scale, f"the same as fit delivers it, {shown.delivered_as}"))
    if shown.beside is not None and _is_table(shown.beside[1]):
        batch, other = shown.beside
        strips.append(_strip(shown, other, range(min(len(other), len(rows))), scale, f"batch {batch}, to compare"))
    features, name = values.shape[1], shown.leaf.path
    some = f"the first {MOST_FEATURES} of " * (features > MOST_FEATURES) + counted(features, "feature")
    told = f"as yielded, a strip: a row per sample, a column per feature ({some}); {scale.where}."
    odd = [f"sample {row}: {shown.odd[row]}" for row in rows if row in shown.odd]
    marks = [markup.tag("p", "▲ ", "; ".join(odd), css_class="gd-differs")] if odd else []
    drawn = [values[rows], *(each for each in (shown.delivered, shown.beside and shown.beside[1]) if each is not None)]
    lacks = any(not np.isfinite(plain(each)).all() for each in drawn)
    parts = (_legend(scale, name, with_lacking=lacks), *marks, row_of(strips))
    return figure(shown, told, *parts, warning=scale.warning, narrow=len(strips) == 1)


def _is_table(values: Array) -> bool:
    return is_number(values) and values.ndim == 2 and values.size > 0  # noqa: PLR2004  (samples, features)


def _strip(shown: Shown, values: Array, rows: Sequence[int], scale: Scale, told: str) -> markup.Html:
    cells = plain(values[list(rows), :MOST_FEATURES])
    width = min(max(WIDTH // cells.shape[1], NARROWEST), WIDEST)
    painted = pixels.enlarged(pixels.heat(scale.place(cells)), HIGH, width)
    alt = f"{shown.leaf.path}, {len(rows)} rows and {cells.shape[1]} columns: {told}"
    picture = markup.image(pixels.png(painted), alt, "gd-samples-strip")
    return markup.tag("div", picture, markup.tag("span", told), css_class="gd-samples-card")


def _legend(scale: Scale, name: str, *, with_lacking: bool) -> markup.Html:
    ramp = pixels.heat(np.linspace(0, 1, 128)[None])
    bar = markup.image(pixels.png(pixels.enlarged(ramp, 10, 1)), f"scale of {name}, dark is low", "gd-samples-ramp")
    parts = [markup.tag("span", said(scale.low)), bar, markup.tag("span", said(scale.high))]
    if with_lacking:
        patch = markup.Html(f'<span class="gd-samples-swatch" style="background:rgb{pixels.NOT_FINITE}"></span>')
        parts.append(markup.tag("span", patch, "NaN or infinity"))
    return markup.tag("div", *parts, css_class="gd-samples-legend")


def _listed(rows: Sequence[int]) -> str:
    """``17, then 0-30``: odd ones stand before the others."""
    cut = next((at for at in range(len(rows) - 1, 0, -1) if rows[at] < rows[at - 1]), 0)
    return f"{', '.join(map(str, rows[:cut]))}, then {ranges(rows[cut:])}" if cut else ranges(rows)
