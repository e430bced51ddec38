from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import Any

import numpy as np

from gendiag.records import Batch, Finding, counted, listed
from gendiag.rules.edits import batching
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import BAD, Edits, Rule, sound

LEAST_BATCHES = 4
TIMES = 8  # as large as the usual batch
GAP = 4  # as large as the largest of the others
FEW = 0.2


class BatchTooBig(Rule):
    """One batch is many times larger than the others.

    What fit does
        Trains on it in one step like on any other: the batch axis is free, and no size is too large to be tried.

    Why it hurts
        Memory is needed for the largest batch, and training ends in ResourceExhaustedError on a device on which all
        other batches fit. One step averages its gradient over all of it.

    How to mend it
        Cut the samples into batches of one size behind the place where they are gathered.

    Known limits
        What fits into the memory of the device is not known here; this is about the sizes alone.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0: a batch of 196 rows among batches of 4 trains on a CPU.
    """

    name, title = "batch-too-big", "One batch is many times larger than the others"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        sizes = {batch.index: _nbytes(batch) for batch in seen.batches if batch.rows}
        big = [index for index, size in sizes.items() if size >= TIMES * median(sizes.values())]
        others = [size for index, size in sizes.items() if index not in big]
        if len(sizes) < LEAST_BATCHES or not big or len(big) > max(1, FEW * len(sizes)):
            return
        if min(sizes[index] for index in big) < GAP * max(others):
            return
        rows = {batch.index: batch.rows or 0 for batch in seen.batches}
        if any(rows[index] < GAP * median(rows[other] for other in sizes if other not in big) for index in big):
            return  # long samples, such as one long text among short ones
        yield self._finding(seen, big, sizes)

    def _finding(self, seen: Evidence, big: list[int], sizes: dict[int, int]) -> Finding:
        batch = next(batch for batch in seen.batches if batch.index == big[0])
        rows = median(b.rows or 0 for b in seen.batches if b.index in sizes and b.index not in big)
        times = sizes[big[0]] / median(size for index, size in sizes.items() if index not in big)
        more = f" {listed(big[1:]).capitalize()} too." if len(big) > 1 else ""
        message = (
            f"{seen.place(big[0]).capitalize()} is {times:.0f} times as large as the others: "
            f"{counted(batch.rows or 0, 'row')} where they have {rows:g} rows, {sizes[big[0]]:,} bytes.{more}"
        )
        fix = (
            "Cut what is gathered into batches of one size: collect rows, and yield `rows[:batch_size]` "
            "while there are enough."
        )
        if seen.source.is_graph:
            fix = "Cut the samples into batches of one size: `dataset.unbatch().batch(batch_size)`."
        return self.finding("warning", message, fix=fix, batches=big, rows=batch.rows, usual_rows=rows, times=times)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        usual, steps = finding.evidence["usual_rows"], seen.rehearsal.steps_per_epoch
        rows = [batch.rows or 0 for batch in seen.batches[:steps]]
        yield batching.split(at(seen, finding), usual, sum(-(-count // usual) for count in rows))

    def broken(self) -> Iterator[Any]:
        whole = tuple(np.concatenate(part) for part in zip(*sound(20), strict=True))
        return (whole if step == BAD else batch for step, batch in enumerate(sound()))

    def mended(self) -> Iterator[Any]:
        return sound(25)


def _nbytes(batch: Batch) -> int:
    return sum(leaf.nbytes for leaf in batch.leaves)
