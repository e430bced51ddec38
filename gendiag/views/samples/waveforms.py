"""Long series, such as audio: each sample as a curve, lowest and highest value of each column of pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gendiag.views import markup
from gendiag.views.samples import pixels
from gendiag.views.samples.shown_leaf import Shown, card, figure, is_number, other_card, plain, row_of
from gendiag.views.samples.value_scale import Scale, scale_of
from gendiag.views.wording import figure as said

if TYPE_CHECKING:
    from gendiag.batches.values import Array

LONG, MOST_CHANNELS = 1_000, 16
MOST, WIDTH, HEIGHT = 3, 400, 72
LONGEST = 2**20  # values read of one sample
PAPER, CURVE, LINE = (255, 255, 255), (0, 114, 178), (190, 190, 190)


def draw(shown: Shown) -> markup.Html | None:
    """Draw three samples; None where no axis is long."""
    values = shown.values
    if values is None or not _is_long(values):
        return None
    scale = scale_of(shown.diagnosis.profile, shown.leaf)
    rows = [row for row in shown.rows if row < len(values)][:MOST]
    cards = [card(shown, row, _image(shown, values[row], f"sample {row}", scale)) for row in rows]
    if shown.beside is not None and _is_long(shown.beside[1]):
        batch, other = shown.beside
        cards.append(other_card(batch, 0, _image(shown, other[0], f"batch {batch}, sample 0", scale)))
    count = max(values.shape[1:])
    channels = values[0].size // count
    told = (
        f"as yielded, curves of {count:,} values{f', channel 0 of {channels}' if channels > 1 else ''}, "
        f"{said(scale.low)} at the bottom, {said(scale.high)} at the top ({scale.where})."
    )
    told += " NaN and infinity are vermilion." if shown.leaf.n_nan or shown.leaf.n_inf else ""
    return figure(shown, told, row_of(cards), warning=scale.warning)


def curve(series: Array, scale: Scale) -> pixels.Pixels:
    """Paint from the lowest to the highest value of each column of pixels; one with a NaN is vermilion all over."""
    places = scale.place(plain(series[:LONGEST]))
    edges = np.linspace(0, len(places), min(WIDTH, len(places)) + 1).astype(np.int64)[:-1]
    broken = np.logical_or.reduceat(np.isnan(places), edges)
    low = np.minimum.reduceat(np.where(np.isnan(places), np.inf, places), edges)
    high = np.maximum.reduceat(np.where(np.isnan(places), -np.inf, places), edges)
    heights = np.arange(HEIGHT)[::-1, None] / (HEIGHT - 1)
    half = 0.75 / (HEIGHT - 1)  # no column is thinner than a pixel
    painted = np.full((HEIGHT, len(edges), 3), PAPER, dtype=np.uint8)
    if scale.low < 0 < scale.high:
        painted[round((HEIGHT - 1) * (1 - float(scale.place(np.zeros(1))[0])))] = LINE
    painted[(heights >= low - half) & (heights <= high + half)] = CURVE
    painted[:, broken] = pixels.NOT_FINITE
    return painted


def _image(shown: Shown, sample: Array, name: str, scale: Scale) -> markup.Html:
    series = np.moveaxis(sample, int(np.argmax(sample.shape)), 0).reshape(max(sample.shape), -1)[:, 0]
    alt = f"{shown.leaf.path} of {name}, a curve of {len(series):,} values"
    return markup.image(pixels.png(curve(series, scale)), alt, "gd-samples-wave")


def _is_long(values: Array) -> bool:
    if not is_number(values) or values.dtype.kind == "b" or values.ndim not in {2, 3} or not values.size:
        return False
    is_float = values.dtype.kind in "fV" or values.dtype.name == "int16"  # as audio is read from a file
    return is_float and max(values.shape[1:]) > LONG and values[0].size <= MOST_CHANNELS * max(values.shape[1:])
