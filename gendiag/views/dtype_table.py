"""The dtype table: which dtypes every leaf had, in how many batches, and what fit made of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gendiag.views import markup, run_text, wording

if TYPE_CHECKING:
    import pandas as pd

    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.records import Delivery, Leaf

COLUMNS = ("leaf", "dtype", "delivered as", "values changed", "batches", "first batch", "shapes", "kind")
NUMERIC = ("batches", "first batch", "values changed")
MOST_SHAPES = 3


@dataclass(slots=True)
class _Group:
    """The batches in which a leaf has one dtype and kind."""

    first: int
    count: int = 0
    shapes: dict[object, Leaf] = field(default_factory=dict)
    delivered: dict[str, None] = field(default_factory=dict)
    changed: int = 0

    def add(self, leaf: Leaf, delivery: Delivery | None, place: int) -> None:
        """Count a leaf, which mostly has the same place among those delivered."""
        self.count += 1
        self.shapes.setdefault((leaf.shape[1:],) if leaf.shape else leaf.shape, leaf)
        if delivery is None:
            return
        given = delivery.leaves
        is_there = place < len(given) and given[place].path == leaf.path
        arrived = given[place] if is_there else delivery.leaf(leaf.path)
        if arrived is not None:
            self.delivered[arrived.dtype or arrived.kind] = None
            self.changed += delivery.changed.get(leaf.path, 0)


def to_html(diagnosis: Diagnosis) -> str:
    """Draw the table, with a mark where a leaf does not arrive as it was yielded."""
    frame = table(diagnosis)
    if frame.empty:
        return markup.tag("p", "No leaf was read.", css_class="gd-quiet")
    rows = [_cells(row) for row in frame.itertuples(index=False, name=None)]
    return markup.table(COLUMNS, rows, "Dtypes", numeric=NUMERIC)


def to_text(diagnosis: Diagnosis) -> str:
    """Draw the table for a terminal; empty where no leaf was read."""
    frame = table(diagnosis)
    if frame.empty:
        return ""
    rows = [[str(cell) for cell in row] for row in frame.itertuples(index=False, name=None)]
    return wording.text_table("Dtypes", COLUMNS, rows, numeric=NUMERIC)


def table(diagnosis: Diagnosis) -> pd.DataFrame:
    """One row per leaf and dtype.

    Columns: ``leaf``, ``dtype``, ``delivered as`` (``unchanged``, the dtype that fit cast to, or why it was not),
    ``values changed`` (on the first delivery of each batch), ``batches`` (``38 of 40``: in how many of those that have
    the leaf), ``first batch``, ``shapes`` (batch axis as ``·``), ``kind``.
    """
    import pandas as pd

    groups = _groups(diagnosis)
    is_unknown = diagnosis.rehearsal.live and run_text.is_open(diagnosis)
    absent = run_text.without_a_step(diagnosis) if is_unknown else "not delivered"
    totals: dict[str, int] = {}
    for (path, _, _), group in groups.items():
        totals[path] = totals.get(path, 0) + group.count
    order = {path: place for place, path in enumerate(totals)}
    rows = [
        [
            path, dtype, _delivered(group, dtype) or absent, group.changed, f"{group.count} of {totals[path]}",
            group.first, shapes([wording.free_shape(leaf) for leaf in group.shapes.values()]), kind,
        ]
        for (path, dtype, kind), group in sorted(groups.items(), key=lambda item: order[item[0][0]])
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _groups(diagnosis: Diagnosis) -> dict[tuple[str, str, str], _Group]:
    deliveries: dict[int | None, Delivery] = {}
    for delivery in diagnosis.rehearsal.deliveries:
        deliveries.setdefault(delivery.batch, delivery)
    groups: dict[tuple[str, str, str], _Group] = {}
    for batch in diagnosis.profile.batches:
        first = deliveries.get(batch.index)
        for place, leaf in enumerate(batch.leaves):
            kind = (leaf.path, leaf.dtype, leaf.kind)
            if kind not in groups:
                groups[kind] = _Group(batch.index)
            groups[kind].add(leaf, first, place)
    return groups


def _delivered(group: _Group, dtype: str) -> str:
    if not group.delivered:
        return ""
    return "unchanged" if list(group.delivered) == [dtype] else ", ".join(group.delivered)


def shapes(found: list[str]) -> str:
    """``(·, 4), (·, 5), (·, 6) and 2 more``."""
    rest = len(found) - MOST_SHAPES
    return ", ".join(found[:MOST_SHAPES]) + (f" and {rest} more" if rest > 0 else "")


def _cells(row: tuple[object, ...]) -> list[object]:
    path, dtype, delivered, changed, share, first, form, kind = row
    cast = delivered not in ("unchanged", "not delivered")
    altered = [markup.tag("span", value, css_class="gd-differs") for value in (f"▲ {delivered}", str(changed))]
    shown = [altered[0] if cast and changed else delivered, altered[1] if changed else changed]
    way = markup.go(int(str(first)), f"batch {first}")
    return [markup.tag("code", str(path)), dtype or "–", *shown, share, way, form, kind]
