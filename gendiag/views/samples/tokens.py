"""Rows of ids: how long each is, which zeros stand at its ends, which ids the layer behind it does not know."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from gendiag.batches.values import kind_of
from gendiag.records import counted
from gendiag.views import markup
from gendiag.views.samples.shown_leaf import Shown, figure, is_number
from gendiag.views.samples.value_scale import spaced

if TYPE_CHECKING:
    from gendiag.batches.values import Array

MOST, LEAST_LENGTH, FROM = 4, 5, -1  # rows shown, columns of a leaf of ids, its lowest value
HEAD, TAIL, MOST_MARKED = 12, 2, 3  # ids shown of a row: at its ends, and out of range wherever they stand
LOOKED, LARGEST = 2_000, 2**53  # batches; floats that are whole numbers for certain
COLUMNS = ("sample", "length", "ids")


def draw(shown: Shown) -> markup.Html | None:
    """Draw four rows of ids; None where the leaf is no input of whole numbers in rows."""
    rows = [(row, ids) for row in shown.rows[:MOST] if (ids := _ids(shown.value, shown.values, row)) is not None]
    if shown.leaf.role != "x" or not _is_tokens(shown) or not rows:
        return None
    table = [[_named(shown, row), _length(ids), _cells(ids, shown.limits)] for row, ids in rows]
    if shown.beside is not None and len(shown.beside[1]):
        batch, other = shown.beside
        ids = _whole(other[0]) if other.ndim == 2 else None  # noqa: PLR2004  (rows of ids)
        if ids is not None:
            table.append([f"batch {batch}, sample 0, to compare", _length(ids), _cells(ids, shown.limits)])
    told = "as yielded, rows of ids, zeros at the ends greyed." + _lengths(shown)
    if shown.limits is not None:
        told += f" The layer knows the ids {shown.limits[0]} to {shown.limits[1]}; others are marked ▲."
    return figure(shown, told, markup.table(COLUMNS, table, f"Ids of {shown.leaf.path}"))


def _is_tokens(shown: Shown) -> bool:
    values = shown.values
    if values is None or values.dtype.kind == "O":
        return kind_of(shown.value) in {"ragged", "list"}
    if not is_number(values) or values.ndim != 2:  # noqa: PLR2004  (rows of ids)
        return False
    if shown.limits is not None:
        return True
    low = shown.leaf.low
    return values.dtype.kind in "iu" and values.shape[1] >= LEAST_LENGTH and low is not None and low >= FROM


def _ids(value: Any, values: Array | None, row: int) -> Array | None:
    """One row as an array of integers; of a ragged leaf that row alone is converted."""
    if values is not None and values.ndim == 2:  # noqa: PLR2004  (rows of ids)
        return _whole(values[row]) if row < len(values) else None
    if kind_of(value) == "ragged":
        one = np.asarray(value[row].numpy()) if row < int(value.shape[0] or 0) else None
    elif kind_of(value) == "list":
        one = _list_row(value, row)
    else:
        return None
    return _whole(one) if one is not None and one.ndim == 1 else None


def _whole(ids: Array) -> Array | None:
    """Integers as they are, floats that are whole as integers; None for anything else."""
    if ids.dtype.kind in "iu":
        return ids
    if ids.dtype.kind != "f" or not bool((np.abs(ids) < LARGEST).all()):  # NaN is not below anything
        return None
    return ids.astype(np.int64) if bool((ids == np.floor(ids)).all()) else None


def _list_row(value: Any, row: int) -> Array | None:
    if row >= len(value) or not isinstance(value[row], (list, tuple)):
        return None
    return np.asarray(value[row]) if all(isinstance(one, int) for one in value[row]) else None


def _ends(ids: Array) -> tuple[int, int]:
    """How many zeros stand before and behind the others."""
    at = np.flatnonzero(ids)
    return (0, len(ids)) if not at.size else (int(at[0]), len(ids) - 1 - int(at[-1]))


def _length(ids: Array) -> str:
    before, behind = _ends(ids)
    parts = [counted(before, "zero")] if before else []
    parts += [f"{len(ids) - before - behind:,}"]
    parts += [counted(behind, "zero")] if behind else []
    return ", then ".join(parts)


def _cells(ids: Array, limits: tuple[int, int] | None) -> markup.Html:
    before, behind = _ends(ids)
    out = np.zeros(len(ids), dtype=bool) if limits is None else (ids < limits[0]) | (ids > limits[1])
    marked = np.flatnonzero(out)
    places = {*range(min(HEAD, len(ids))), *range(max(len(ids) - TAIL, 0), len(ids)), *marked[:MOST_MARKED].tolist()}
    shown: list[str] = []
    for place, then in pairwise([*sorted(places), len(ids)]):
        kind = "gd-samples-zero" if place < before or place >= len(ids) - behind else "gd-samples-id"
        text = f"▲ {ids[place]} at {place}" if out[place] else str(ids[place])
        shown.append(markup.tag("span", text, css_class="gd-samples-out" if out[place] else kind))
        shown += [markup.tag("span", f"… {then - place - 1:,} …", css_class="gd-quiet")] if then > place + 1 else []
    shown += [f"{len(marked)} out of range"] if len(marked) > MOST_MARKED else []
    apart = [part for each in shown for part in (each, " ")]  # where the style is stripped, too
    return markup.tag("span", *apart[:-1], css_class="gd-samples-ids")


def _named(shown: Shown, row: int) -> markup.Html:
    odd = [" ", markup.tag("span", f"▲ {shown.odd[row]}", css_class="gd-differs")] if row in shown.odd else []
    under = f" · {shown.under[row]}" if shown.under.get(row) else ""
    return markup.join([f"{row}{under}", *odd])


def _lengths(shown: Shown) -> str:
    """`` Each row is 48 long; in the run they are 20 to 48.``."""
    shape = shown.leaf.shape
    if shape is None or len(shape) != 2 or shape[1] is None:  # noqa: PLR2004  (rows of ids)
        return ""
    batches = shown.diagnosis.profile.batches
    looked = spaced(batches, LOOKED)
    where = "the run" if len(looked) == len(batches) else f"{len(looked):,} batches looked at"
    same = (batch.leaf(shown.leaf.path) for batch in looked)
    widths = [leaf.shape[1] for leaf in same if leaf is not None and leaf.shape is not None and len(leaf.shape) == 2]  # noqa: PLR2004
    known = [width for width in (*widths, shape[1]) if width is not None]
    if min(known) == max(known):
        return f" Each row is {shape[1]} long, as in {where}."
    return f" Each row is {shape[1]} long; in {where} they are {min(known)} to {max(known)}."
