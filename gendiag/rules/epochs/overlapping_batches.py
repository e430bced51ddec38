from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from gendiag.batches.values import Array
from gendiag.records import Finding, counted, listed
from gendiag.rules.edits import batching
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import first_pass, held
from gendiag.rules.rule import FEATURES, ROWS, Edits, Rule

LEAST_BATCHES, MOST_BATCHES = 4, 20  # that are compared, each with the next
LEAST_DISTINCT = 2  # values in a row, else rows are equal by chance
LENGTH = 6 * ROWS + 1


class OverlappingBatches(Rule):
    """Each batch begins with the rows that the one before ended with.

    What fit does
        Trains on these rows twice in each pass; it does not know which sample is which.

    Why it hurts
        These samples count double, and the batch is larger than was meant. The same end of the slice used for a split
        puts training samples into the validation data.

    How to mend it
        The end of a slice is not in it: ``x[i * size:(i + 1) * size]``, without ``+ 1``.

    Known limits
        Said only where each of the first 20 batches overlaps the next by the same number of rows, equal in all leaves.
        Windows that overlap in time are other rows, and are not looked at.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "overlapping-batches", "Each batch begins with the last rows of the one before"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        batches = first_pass(seen)[:MOST_BATCHES]
        overlaps = {_overlap(held(seen, a.index), held(seen, b.index)) for a, b in pairwise(batches)}
        if len(batches) < LEAST_BATCHES or len(overlaps) != 1 or not (count := overlaps.pop()):
            return
        last = "The last row of each batch comes" if count == 1 else f"The last {count} rows of each batch come"
        message = (
            f"{last} again at the beginning of the next one, in {listed(b.index for b in batches)} alike "
            f"({batches[0].rows} rows each): such samples are trained on twice in a pass, likely because each slice "
            "ends too late."
        )
        fix = (
            f"Let each slice end {counted(count, 'row')} earlier: `x[i * size:(i + 1) * size]` leaves out the row at "
            "its end."
        )
        yield self.finding("warning", message, fix=fix, batches=[batch.index for batch in batches[1:]], rows=count)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        yield batching.without_last(at(seen, finding), finding.evidence["rows"])

    def broken(self) -> Iterator[Any]:
        return _slices(ROWS + 1)

    def mended(self) -> Iterator[Any]:
        return _slices(ROWS)


def _slices(size: int) -> Iterator[Any]:
    x = np.random.default_rng(0).normal(size=(LENGTH, FEATURES)).astype("float32")
    return ((x[start : start + size], x[start : start + size, :1]) for start in range(0, LENGTH - 1, ROWS))


def _overlap(one: dict[str, Array], other: dict[str, Array]) -> int:
    """How many rows at the end of ``one`` are those at the beginning of ``other``; 0 if that is no overlap."""
    pairs = [(one[path], other[path]) for path in one if path in other]
    rows = {len(a) for a, _ in pairs}
    if not pairs or len(pairs) != len(other) or len(rows) > 1 or not all(len(b) for _, b in pairs):
        return 0
    most = min(*rows, *(len(b) for _, b in pairs)) - 1
    begin = [n for n in range(1, most + 1) if all(np.array_equal(a[-n], b[0]) for a, b in pairs)]
    is_whole = len(begin) == 1 and all(np.array_equal(a[-begin[0] :], b[: begin[0]]) for a, b in pairs)
    return begin[0] if is_whole and _is_telling(pairs[0][1]) else 0


def _is_telling(array: Array) -> bool:
    return bool(array.dtype.kind == "f" and len(np.unique(array[0])) >= LEAST_DISTINCT)
