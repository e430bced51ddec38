"""The dtype table: which dtypes every leaf had, in how many batches, and what fit made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gendiag.views import markup
from gendiag.views.leaf_table import COLUMNS, NUMERIC, table

if TYPE_CHECKING:
    from gendiag.diagnosis.diagnosis import Diagnosis

__all__ = ["table", "to_html"]


def to_html(diagnosis: Diagnosis) -> str:
    """Draw the table, with a mark where a leaf does not arrive as it was yielded."""
    frame = table(diagnosis)
    if frame.empty:
        return markup.tag("p", "No leaf was read.", css_class="gd-quiet")
    rows = [_cells(row) for row in frame.itertuples(index=False, name=None)]
    return markup.table(COLUMNS, rows, numeric=NUMERIC)


def _cells(row: tuple[object, ...]) -> list[object]:
    path, dtype, kind, share, first, delivered, changed, shapes = row
    cast = delivered not in ("unchanged", "not delivered")
    altered = [markup.tag("span", value, css_class="gd-differs") for value in (f"▲ {delivered}", str(changed))]
    shown = [altered[0] if cast and changed else delivered, altered[1] if changed else changed]
    return [markup.tag("code", str(path)), dtype or "–", kind, share, first, *shown, shapes]
