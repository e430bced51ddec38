from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gendiag.records import Finding, format_shape, listed
from gendiag.rules.edits import batching
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import BAD, Edits, Rule, sound


class EmptyBatch(Rule):
    """A batch has no rows.

    What fit does
        Trains a step on nothing, with loss 0 in it and no word about it. With BatchNormalization the moving mean
        becomes NaN, for good.

    Why it hurts
        The step counts in the epoch's mean loss, and nobody sees it.

    How to mend it
        Skip the batch; in a PyDataset compute ``__len__`` from the data: ``math.ceil(len(x) / batch_size)``.

    Known limits
        None known.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "empty-batch", "A batch has no rows"
    consequence_of = ("len-mismatch",)

    def check(self, seen: Evidence) -> Iterator[Finding]:
        empty = [batch.index for batch in seen.batches if batch.rows == 0]
        if not empty:
            return
        have = "has" if len(empty) == 1 else "have"
        message = f"{listed(empty).capitalize()} of {len(seen.batches)} {have} 0 rows (empty)."
        if seen.source.is_indexed:
            message += f" `__len__` promises {seen.source.length} batches, more than the data fill."
        if bare := _bare(seen, empty[0]):
            message += f" {bare} there: an array of no samples has lost the axes of a sample too."
        fix = (
            "Skip empty batches (`if len(x):`); in a PyDataset compute `__len__` from the data: "
            "`math.ceil(len(x) / batch_size)`."
        )
        yield self.finding("error" if seen.refused(empty[0]) else "warning", message, fix=fix, batches=empty)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        yield batching.without_empty(at(seen, finding))

    def broken(self) -> Iterator[Any]:
        return ((x[:0], y[:0]) if step == BAD else (x, y) for step, (x, y) in enumerate(sound()))

    def mended(self) -> Iterator[Any]:
        return sound(5)


def _bare(seen: Evidence, index: int) -> str:
    """``x has shape (0,)``, where an empty leaf has fewer axes than that of batch 0; empty elsewhere."""
    first = {leaf.path: leaf for leaf in seen.batches[0].leaves}
    batch = seen.profile.find(index)
    for leaf in batch.leaves if batch is not None else ():
        usual = first.get(leaf.path)
        if usual is not None and leaf.rows == 0 and len(leaf.shape or ()) < len(usual.shape or ()):
            return f"{leaf.path} has shape {format_shape(leaf.shape)}"
    return ""
