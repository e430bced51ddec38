"""Targets and weights: how often each value is in this batch, against other batches that are held."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from gendiag.records import counted
from gendiag.views import markup
from gendiag.views.samples.held_batches import other_values
from gendiag.views.samples.number_groups import EACH, Groups, PerSample, grouped, per_sample
from gendiag.views.samples.shown_leaf import Shown, figure
from gendiag.views.wording import figure as said

if TYPE_CHECKING:
    from numpy.typing import NDArray

LISTED = 12  # groups
FULL_PX = 80
# A value that no other batch has is told where their values are known well: at least so many numbers, of which at
# most this share is of values that occur once (which is how often the next number would be a new one).
LEAST_NUMBERS, MOST_NEW = 50, 0.01

Counts = Mapping[str, "NDArray[np.int64]"]


def draw(shown: Shown) -> markup.Html | None:
    """Draw a table of counts; None where the leaf is no target or weight of one number, or one class, per sample."""
    if shown.leaf.role not in {"y", "sample_weight"} or shown.values is None:
        return None
    found = per_sample(shown.values)
    if found is None or not found.numbers.size:
        return None
    others = _others(shown, found)
    changed = per_sample(shown.delivered) if shown.delivered is not None else None
    columns = {"this batch": found.numbers}
    columns |= {f"delivered as {shown.delivered_as}": changed.numbers} if changed is not None else {}
    run = counted(len(others), "other batch", "other batches")
    columns |= {run: np.concatenate(others)} if others else {}
    groups = grouped(list(columns.values()))
    counts = {head: groups.count(numbers) for head, numbers in columns.items()}
    told = f"as yielded, {found.told}: {_figures(shown, found)}{_against(shown, len(others))}."
    return figure(shown, told, _table(groups, counts, run), narrow=True)


def _others(shown: Shown, like: PerSample) -> list[NDArray[np.float64]]:
    held = other_values(shown.diagnosis.profile, shown.leaf.path, shown.batch.index)
    found = (per_sample(values) for values in held)
    return [each.numbers for each in found if each is not None and each.told == like.told]


def _figures(shown: Shown, found: PerSample) -> str:
    leaf, parts = shown.leaf, [counted(len(found.numbers), "number")]
    if found.rows < (leaf.rows or 0):
        parts[0] += f" of the first {counted(found.rows, 'sample')}"
    if found.told == EACH and leaf.low is not None:
        mean = f", mean {said(leaf.mean)}" if leaf.mean is not None else ""
        parts.append(f"{said(leaf.low)} to {said(leaf.high)}{mean}")
    if leaf.role == "sample_weight":
        parts.append(f"{int((found.numbers == 0).sum()):,} of them 0")
    return ", ".join(parts)


def _against(shown: Shown, others: int) -> str:
    rest = len(shown.diagnosis.profile.batches) - 1
    return f", beside {others} of the {rest:,} other batches, which are held" if 0 < others < rest else ""


def _table(groups: Groups, counts: Counts, run: str) -> markup.Html:
    here, others = counts["this batch"], counts.get(run, np.zeros(0, dtype=np.int64))
    kept = _kept(here, others)
    new = (here > 0) & (others == 0) if _is_known_well(groups, others) else np.zeros(len(here), dtype=bool)
    rows: list[list[object]] = []
    for place in kept:
        cells = [_bar(int(each[place]), int(each.sum())) for each in counts.values()]
        note = [markup.tag("span", "▲ in no other", css_class="gd-differs") if new[place] else ""] if new.any() else []
        rows.append([groups.names[place], *cells, *note])
    head = ["value", *counts, *(["new"] if new.any() else [])]
    left = len(groups.names) - len(kept)
    more = f"and {counted(left, 'more value')}, in which it differs less"
    return markup.join(
        [
            markup.table(head, rows, "How often each value occurs"),
            markup.tag("p", more, css_class="gd-quiet") if left else "",
        ]
    )


def _is_known_well(groups: Groups, others: NDArray[np.int64]) -> bool:
    total = int(others.sum())
    return not groups.are_ranges and total >= LEAST_NUMBERS and int((others == 1).sum()) <= MOST_NEW * total


def _kept(here: NDArray[np.int64], others: NDArray[np.int64]) -> list[int]:
    """Return the places of the groups shown: those in whose share this batch differs most."""
    if len(here) <= LISTED:
        return list(range(len(here)))
    shares = [each / max(int(each.sum()), 1) for each in (here, others) if len(each)]
    differ = np.abs(shares[0] - shares[-1]) if len(shares) > 1 else shares[0]
    return sorted(np.argsort(-differ, kind="stable")[:LISTED].tolist())


def _bar(count: int, total: int) -> markup.Html:
    if not count:
        return markup.tag("span", "0", css_class="gd-quiet")
    bar = markup.Html(f'<span class="gd-samples-bar" style="width:{max(round(FULL_PX * count / total), 1)}px"></span>')
    return markup.join([bar, f"{count:,} ({count / total:.0%})"])
