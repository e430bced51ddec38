from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gendiag.records import Failure, Finding, counted
from gendiag.rules.edits import batching
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import ROWS, Edits, Rule, dense, sound

NUMBERS = re.compile(r"\d+")
REST, LAST = 2, 5
SHAPES = ("shape", "reshape", "Reshape", "dimension", "values")


class SmallerLastBatch(Rule):
    """A loss or a layer of the user's own has the batch size written into it, and the last batch is smaller.

    What fit does
        Trains on the full batches and raises at the first that is smaller, which is the last of the first epoch where
        the number of samples is no multiple of the batch size.

    Why it hurts
        The error comes at the very end of an epoch, and compares two numbers without saying that one of them is a batch
        size in the user's own code.

    How to mend it
        Take the size from the tensor, ``keras.ops.shape(x)[0]``, or write -1 in a reshape; or yield full batches only.

    Known limits
        Told from the error: it must name a size that goes with the full batches, and another that goes with this one.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "smaller-last-batch", "The batch size is written into the model, and the last batch is smaller"
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        run = seen.model_run
        batch = seen.profile.find(run.failed_batch) if run is not None else None
        if run is None or run.failure is None or batch is None or not batch.rows or seen.model_facts.batch_size:
            return
        before = {b.rows for b in seen.batches if b.index != batch.index and seen.trained_on(b.index)}
        usual = before.pop() if len(before) == 1 else None
        whole = all(leaf.rows in (None, batch.rows) for leaf in batch.leaves)
        if not usual or usual <= batch.rows or not whole or not _is_said(run.failure, usual, batch.rows):
            return
        last = ", the last one," if batch.index == seen.batches[-1].index else ""
        where = f" (in {run.failure.layer})" if run.failure.layer else ""
        message = (
            f"{seen.place(batch.index).capitalize()}{last} has {counted(batch.rows, 'sample')} where all before it "
            f"have {usual}, and the model raises there{where}: {run.failure.line.rstrip('.')}. Likely the batch size "
            f"{usual} is written into a layer or the loss."
        )
        full = "`dataset.batch(n, drop_remainder=True)`" if seen.source.is_graph else "so that every batch is full"
        fix = (
            f"Take the size from the data in place of {usual}: `keras.ops.shape(x)[0]`, or -1 in a reshape; or leave "
            f"the rest out, {full}."
        )
        yield self.finding("error", message, fix=fix, batches=[batch.index], size=usual, rows=batch.rows)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        yield batching.full_batches(at(seen, finding), finding.evidence["size"], finding.evidence["rows"])

    def broken(self) -> Iterator[Any]:
        for step, (x, y) in enumerate(sound()):
            yield (x[:REST], y[:REST]) if step == LAST else (x, y)

    def mended(self) -> Iterator[Any]:
        return sound()

    def model(self) -> Any:
        return dense(loss=_of_full_batches)


def _of_full_batches(y: Any, predicted: Any) -> Any:
    """Weigh each sample of a full batch, as a loss of one's own may."""
    import keras

    return keras.ops.mean(keras.ops.square(y - predicted) * keras.ops.ones((ROWS, 1)))


def _is_said(failure: Failure, usual: int, rows: int) -> bool:
    """Whether the error is about shapes and names a size of full batches, and the same for this one."""
    if not any(word in failure.line for word in SHAPES):
        return False
    numbers = {int(number) for number in NUMBERS.findall(failure.line)}
    return any(number % usual == 0 and number // usual * rows in numbers for number in numbers if number)
