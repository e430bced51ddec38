"""Masks: a map of the classes of each pixel in a fixed palette, with a legend of the values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gendiag.views import markup
from gendiag.views.samples import pixels
from gendiag.views.samples.images import LARGEST, MOST, SMALLEST
from gendiag.views.samples.shown_leaf import Shown, card, figure, is_number, other_card, plain, row_of
from gendiag.views.wording import figure as said

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gendiag.batches.values import Array

MOST_CLASSES, LISTED = 32, 12


def draw(shown: Shown) -> markup.Html | None:
    """Draw four masks; None where the leaf is no target of few whole numbers for each pixel."""
    values = shown.values
    if shown.leaf.role != "y" or values is None or not is_number(values) or not values.size:
        return None
    rows = [row for row in shown.rows if row < len(values)][:MOST]
    maps = [each for row in rows if (each := _map(values[row])) is not None]
    if not maps or len(maps) < len(rows):
        return None
    known = np.unique(np.concatenate([np.unique(each) for each in maps]))
    if len(known) > MOST_CLASSES or not _is_whole(known):
        return None
    cards = [card(shown, row, _image(shown, each, f"sample {row}")) for row, each in zip(rows, maps, strict=True)]
    if shown.beside is not None and len(shown.beside[1]) and (other := _map(shown.beside[1][0])) is not None:
        cards.append(other_card(shown.beside[0], 0, _image(shown, other, f"batch {shown.beside[0]}")))
    told = f"as yielded, maps of classes, {counted_values(known)} in the samples shown{_repeats(known)}:"
    return figure(shown, told, _legend(known, maps), row_of(cards))


def counted_values(known: NDArray[Any]) -> str:
    """``3 values``, ``one value``."""
    return "one value" if len(known) == 1 else f"{len(known)} values"


def _repeats(known: NDArray[Any]) -> str:
    colours = [int(value) % len(pixels.CLASSES) for value in known if np.isfinite(value) and value >= 0]
    return "" if len(set(colours)) == len(colours) else f" (value k + {len(pixels.CLASSES)} has the colour of k)"


def _map(sample: Array) -> NDArray[Any] | None:
    """``(height, width)`` of one sample, or None."""
    if sample.ndim == 3 and sample.shape[-1] == 1:  # noqa: PLR2004  (height, width, 1)
        sample = sample[..., 0]
    elif sample.ndim == 3 and sample.shape[0] == 1:  # noqa: PLR2004  (1, height, width)
        sample = sample[0]
    if sample.ndim == 3 and 2 <= sample.shape[-1] <= MOST_CLASSES:  # noqa: PLR2004  (height, width, classes)
        sample = pixels.coarse(sample, LARGEST)
        is_one_hot = bool(((sample == 0) | (sample == 1)).all()) and bool((sample.sum(axis=-1) == 1).all())
        return np.asarray(sample.argmax(axis=-1)) if is_one_hot and min(sample.shape[:2]) >= SMALLEST else None
    if sample.ndim != 2 or min(sample.shape) < SMALLEST:  # noqa: PLR2004  (height, width)
        return None
    return plain(pixels.coarse(sample, LARGEST))


def _image(shown: Shown, numbers: NDArray[Any], name: str) -> markup.Html:
    with np.errstate(invalid="ignore"):
        whole = np.where(np.isfinite(numbers), numbers, -1).astype(np.int64)
    alt = f"{shown.leaf.path} of {name}, a map of {counted_values(np.unique(whole))}"
    return markup.image(pixels.png(pixels.classes(whole)), alt, "gd-samples-picture")


def _is_whole(known: NDArray[Any]) -> bool:
    finite = known[np.isfinite(known)] if known.dtype.kind == "f" else known
    return bool(finite.size) and (known.dtype.kind != "f" or bool((finite == np.floor(finite)).all()))


def _legend(known: NDArray[Any], maps: list[NDArray[Any]]) -> markup.Html:
    whole = np.concatenate([each.ravel() for each in maps])
    entries = []
    for value in known[:LISTED]:
        is_colour = bool(np.isfinite(value)) and value >= 0
        colour = pixels.CLASSES[int(value) % len(pixels.CLASSES)] if is_colour else (150, 150, 150)
        swatch = f'<span class="gd-samples-swatch" style="background:rgb{colour}"></span>'
        share = float(np.mean(whole == value)) if np.isfinite(value) else float(np.mean(~np.isfinite(whole)))
        entries.append(markup.tag("span", markup.Html(swatch), f"{said(float(value))}: {share:.1%}"))
    entries += [markup.tag("span", f"and {len(known) - LISTED} more")] if len(known) > LISTED else []
    return markup.tag("div", *entries, css_class="gd-samples-legend")
