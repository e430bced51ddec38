from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gendiag.records import Finding, counted, format_shape, listed
from gendiag.rules.edits import batching
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import BAD, Edits, Rule, sound


class EmptyBatch(Rule):
    """A batch has no rows.

    What fit does
        Trains a step on nothing, with loss 0 in it and no word about it. With BatchNormalization the moving mean
        becomes NaN, for good. A ``tf.distribute`` strategy cuts each batch into one share per replica: a last batch of
        fewer samples than replicas leaves one of them with such a batch.

    Why it hurts
        The step counts in the epoch's mean loss, and nobody sees it.

    How to mend it
        Skip the batch; in a PyDataset compute ``__len__`` from the data: ``math.ceil(len(x) / batch_size)``. Where
        the replicas of a ``tf.distribute`` strategy share a batch, drop the rest: ``batch(n, drop_remainder=True)``.

    Known limits
        None known.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "empty-batch", "A batch has no rows"
    consequence_of = ("len-mismatch",)

    def check(self, seen: Evidence) -> Iterator[Finding]:
        yield from _of_replicas(self, seen)
        empty = [batch.index for batch in seen.batches if batch.rows == 0]
        if not empty:
            return
        have = "has" if len(empty) == 1 else "have"
        message = f"{listed(empty).capitalize()} of {len(seen.batches)} {have} 0 rows (empty)."
        if seen.source.is_indexed and empty == [*range(empty[0], seen.source.length or 0)]:
            message += f" `__len__` promises {seen.source.length} batches, more than the data fill."
        if bare := _bare(seen, empty[0]):
            message += f" {bare} there: an array of no samples has lost the axes of a sample too."
        fix = "Skip empty batches: `if len(x):` before the `yield`."
        if seen.source.is_indexed:
            fix = "Let every item hold samples, and compute `__len__` from the data: `math.ceil(len(x) / batch_size)`."
        elif seen.source.is_graph:
            fix = "Drop empty batches: `dataset.filter(lambda x, y: tf.shape(x)[0] > 0)`."
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


def _of_replicas(rule: EmptyBatch, seen: Evidence) -> Iterator[Finding]:
    """Batches that have a sample for some replicas of a strategy, and none for the others."""
    replicas = seen.model_facts.replicas
    few = {batch.index: batch.rows for batch in seen.batches if batch.rows and batch.rows < replicas}
    if not few:
        return
    index, rows = next(iter(few.items()))
    turned = seen.model_run is not None and seen.model_run.non_finite in few
    message = (
        f"{seen.place(index).capitalize()} has {counted(rows or 0, 'sample')} for {replicas} replicas of "
        f"{seen.model_facts.strategy}: {counted(replicas - (rows or 0), 'replica')} "
        f"{'gets' if replicas - (rows or 0) == 1 else 'get'} an empty batch, and a mean over no samples is NaN"
        f"{': after that step the loss or a weight is' if turned else ''}."
    )
    drop = "Drop the rest (`dataset.batch(n, drop_remainder=True)`), or choose" if seen.source.is_graph else "Choose"
    fix = f"{drop} a batch size that leaves no rest, or a rest of at least {replicas} samples."
    yield rule.finding("warning" if turned else "note", message, fix=fix, batches=few, replicas=replicas)
