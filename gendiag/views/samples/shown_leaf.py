"""One leaf of one batch, with all that a drawing of its samples may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gendiag.views import markup

if TYPE_CHECKING:
    from gendiag.batches.values import Array
    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.records import Batch, Leaf


@dataclass(frozen=True)
class Shown:
    """What is drawn of a leaf.

    Attributes
    ----------
    value, values
        The leaf as it was yielded, and as an array; None where it is none.
    rows
        All its samples in the order in which they are drawn, from the first one asked for on.
    odd
        What is odd about a sample, by row.
    under
        Words under a sample, by row: its label.
    delivered
        The values as fit delivers them, where they differ and are known; else None.
    beside
        Another batch and its values of this leaf, to compare with; or None.
    limits
        Lowest and highest id that the layer behind this leaf knows, or None.
    """

    diagnosis: Diagnosis
    batch: Batch
    leaf: Leaf
    value: Any
    values: Array | None
    rows: tuple[int, ...] = ()
    odd: Mapping[int, str] = field(default_factory=dict)
    under: Mapping[int, str] = field(default_factory=dict)
    delivered: Array | None = None
    delivered_as: str = ""
    beside: tuple[int, Array] | None = None
    limits: tuple[int, int] | None = None


def is_number(values: Array | None) -> bool:
    """Whether these are real numbers, bfloat16 and its like included."""
    if values is None:
        return False
    return values.dtype.kind in "biuf" or (values.dtype.kind == "V" and "float" in values.dtype.name)


def plain(values: Array) -> Array:
    """Make floats of the types that only ml_dtypes knows; take few values at a time."""
    return values.astype(np.float32) if values.dtype.kind == "V" else values


def card(shown: Shown, row: int, picture: str) -> markup.Html:
    """Put the number of a sample under its picture, with its label and what is odd about it."""
    lines: list[str] = [markup.tag("span", f"sample {row}"), *_lines(shown.under.get(row, ""))]
    lines += [" ", markup.tag("span", f"▲ {shown.odd[row]}", css_class="gd-differs")] if row in shown.odd else []
    return markup.tag("div", picture, *lines, css_class="gd-samples-card")


def other_card(batch: int, row: int, picture: str) -> markup.Html:
    """Put where it is from under the picture of a sample of another batch."""
    lines = [markup.tag("span", f"batch {batch}, sample {row}"), " ", markup.tag("span", "to compare")]
    return markup.tag("div", picture, *lines, css_class="gd-samples-card gd-samples-other")


def figure(shown: Shown, told: str, *rows: str, warning: str = "", narrow: bool = False) -> markup.Html:
    """Draw rows of cards, a table or a strip under a caption that begins with the leaf's name.

    ``narrow`` ones stand side by side where there is room.
    """
    parts: list[str] = [markup.tag("code", shown.leaf.path), f" {told}"]
    parts += [" ", markup.tag("span", f"▲ {warning}", css_class="gd-differs")] if warning else []
    caption = markup.tag("figcaption", *parts)
    kind = "gd-samples-figure gd-samples-narrow" if narrow else "gd-samples-figure"
    return markup.tag("figure", caption, *rows, css_class=kind)


def row_of(cards: list[markup.Html], label: str = "") -> markup.Html:
    """Put cards side by side, with words before them."""
    before = [markup.tag("p", label, css_class="gd-quiet")] if label else []
    return markup.join([*before, markup.tag("div", *cards, css_class="gd-samples-row")])


def _lines(text: str) -> list[str]:
    return [" ", markup.tag("span", text)] if text else []
