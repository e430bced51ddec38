"""Images: channels last or first, on the scale of the run, yielded above delivered, an odd one beside a sound one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gendiag.views import markup
from gendiag.views.samples import pixels
from gendiag.views.samples.shown_leaf import Shown, card, figure, is_number, other_card, plain, row_of
from gendiag.views.samples.value_scale import Scale, own, scale_of
from gendiag.views.wording import figure as said

if TYPE_CHECKING:
    from gendiag.batches.values import Array

MOST = 4  # samples shown
LARGEST = 128  # pixels a side, coarser beyond
SMALLEST, LONGEST = 8, 16  # a side, and how many times as long the other may be; else an array is a table or a curve
BROAD = 2.5  # times as wide as high: a spectrogram, say
CHANNELS = (1, 3, 4)
FIRST, LAST, NONE = "channels first", "channels last", "no channels"


def layout(values: Array | None) -> str:
    """Say where the channels of ``(batch, ...)`` are; empty where the values do not look like images."""
    if values is None or not is_number(values) or not values.size:
        return ""
    if values.ndim == 3:  # noqa: PLR2004  (batch, height, width)
        return NONE if _is_area(values.shape[1:]) else ""
    if values.ndim != 4:  # noqa: PLR2004  (and channels)
        return ""
    if values.shape[3] in CHANNELS:
        return LAST if _is_area(values.shape[1:3]) else ""
    return FIRST if values.shape[1] in CHANNELS and _is_area(values.shape[2:]) else ""


def draw(shown: Shown) -> markup.Html | None:
    """Draw four samples; None where they are no images."""
    how = layout(shown.values)
    if not how or shown.values is None:
        return None
    scale = scale_of(shown.diagnosis.profile, shown.leaf, picture=True)
    rows = [row_of(_cards(shown, shown.values, scale, "as yielded"))]
    if scale.warning:
        mine = own(shown.leaf)
        label = f"The same on the range of this batch alone, black {said(mine.low)}, white {said(mine.high)}:"
        rows.append(row_of(_cards(shown, shown.values, mine, "on its own range", alone=True), label))
    if shown.delivered is not None:
        label = f"As fit delivers it, {shown.delivered_as}, black {said(scale.low)}, white {said(scale.high)}:"
        rows.append(row_of(_cards(shown, shown.delivered, scale, "as delivered", alone=True), label))
    size = " × ".join(map(str, _area(shown.values.shape[1:], how)))
    told = (
        f"as yielded, pictures of {size}{'' if how == NONE else f', {how}'}; black is {said(scale.low)}, "
        f"white is {said(scale.high)} ({scale.where}).{_painted(shown)}"
    )
    return figure(shown, told, *rows, warning=scale.warning)


def picture(sample: Array, how: str, scale: Scale) -> bytes:
    """PNG of one sample; NaN and infinity are vermilion."""
    sample = np.moveaxis(sample, 0, -1) if how == FIRST else sample
    sample = pixels.coarse(sample[..., None] if how == NONE else sample, LARGEST)
    return pixels.png(pixels.shades(scale.place(plain(sample))))


def _cards(shown: Shown, values: Array, scale: Scale, told: str, *, alone: bool = False) -> list[markup.Html]:
    how = layout(values)
    height, width = _area(values.shape[1:], how)[:2]
    kind = "gd-samples-picture gd-samples-broad" if width > BROAD * height else "gd-samples-picture"

    def image(sample: Array, name: str) -> markup.Html:
        return markup.image(picture(sample, how, scale), f"{shown.leaf.path} of {name}, {told}", kind)

    rows = [row for row in shown.rows if row < len(values)][:MOST]
    cards = [card(shown, row, image(values[row], f"sample {row}")) for row in rows]
    if shown.beside is not None and not alone and layout(shown.beside[1]) == how:
        batch, other = shown.beside
        row = rows[0] if rows and rows[0] < len(other) else 0
        cards.append(other_card(batch, row, image(other[row], f"batch {batch}, sample {row}")))
    return cards


def _painted(shown: Shown) -> str:
    return " NaN and infinity are vermilion." if shown.leaf.n_nan or shown.leaf.n_inf else ""


def _is_area(sides: tuple[int, ...]) -> bool:
    return min(sides) >= SMALLEST and max(sides) <= LONGEST * min(sides)


def _area(shape: tuple[int, ...], how: str) -> tuple[int, ...]:
    return shape[1:] if how == FIRST else shape[:2]
