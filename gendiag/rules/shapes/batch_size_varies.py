from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from gendiag.records import Finding, listed
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Rule, sound

MOST_SIZES = 8  # listed one by one
LEAST_PASS = 3  # batches, for a short one to be the end of a pass


class BatchSizeVaries(Rule):
    """The number of rows changes in the middle of the data. Harmless alone.

    What fit does
        Trains: the batch axis is free. A shorter last batch is normal and not even worth a note.

    Why it hurts
        It does not, unless a layer has a fixed batch size; the loss of an epoch is the mean over samples.

    How to mend it
        Nothing needs fixing.

    Known limits
        The last batch of each epoch is left out, and so is that of each pass of a source that begins again.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0 with Sequential and functional models.
    """

    name, title = "batch-size-varies", "The number of rows changes between batches"
    severity = "note"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        last = {batch.epoch: batch.index for batch in seen.batches}
        inner = [batch for batch in seen.batches if batch.rows and batch.index not in last.values()]
        sizes = Counter(batch.rows for batch in inner)
        if len(sizes) <= 1:
            return
        usual = sizes.most_common(1)[0][0]
        odd = [batch.index for batch in inner if batch.rows != usual]
        if _end_passes(odd, [batch.rows or 0 for batch in inner if batch.rows != usual], usual or 0):
            return
        found = sorted(filter(None, sizes))
        few = len(found) <= MOST_SIZES
        shown = f"{len(found)} different numbers, from {found[0]} to {found[-1]}, of"
        if few:
            shown = f"{', '.join(map(str, found[:-1]))} or {found[-1]}"
        message = (
            f"Batches have {shown} rows; {listed(odd)} {'differs' if len(odd) == 1 else 'differ'} from the usual "
            f"{usual}. fit takes any number of rows."
        )
        yield self.finding("note", message, fix="Nothing needs fixing.", batches=odd, sizes=dict(sizes))

    def broken(self) -> Iterator[Any]:
        return ((x[: 4 - step % 2], y[: 4 - step % 2]) for step, (x, y) in enumerate(sound()))

    def mended(self) -> Iterator[Any]:
        return sound()


def _end_passes(odd: list[int], rows: list[int], usual: int) -> bool:
    """Whether the odd batches are the rest at the end of each pass: equally short, equally far apart."""
    length = odd[0] + 1
    is_even = all(index % length == length - 1 for index in odd) and len(set(rows)) == 1
    return length >= LEAST_PASS and len(odd) > 1 and is_even and rows[0] < usual
