from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gendiag.records import Batch, Finding
from gendiag.rules.edits import batching
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.to_type import give
from gendiag.rules.rule import BAD, Edits, Rule, sound


class NoneInBatch(Rule):
    """A batch, or a part of it, is None.

    What fit does
        Raises at that batch. A PyDataset with two or more workers is worse: the None is dropped by the queue, the batch
        count is never reached, and fit waits for ever. A third element that is None in every batch of a generator is
        taken for no sample weight on keras 3.15 and later.

    Why it hurts
        "Return None to skip a batch" is advice found in many blogs; it never worked.

    How to mend it
        Skip the batch in the generator (``continue``), or make ``__len__`` count only whole batches.

    Known limits
        None in every batch where fit does not mind is no finding.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0 with one and with two workers.
    """

    name, title = "none-in-batch", "A batch, or a part of it, is None"
    batchwise = True
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        empty = [b for b in seen.batches if any(leaf.kind == "None" for leaf in b.leaves)]
        if seen.never_ends:
            empty = [b for b in empty if b.structure == "None"]
        else:
            empty = [b for b in empty if seen.refused(b.index)]
        if not empty:
            return
        first = empty[0]
        message = f"{seen.place(first.index).capitalize()} {_what(first)}. {_consequence(seen)}"
        fix = (
            "Skip it instead of yielding None: `continue` in a generator; "
            "in a PyDataset count only whole batches in `__len__`."
        )
        nones = {leaf.path for batch in empty for leaf in batch.leaves if leaf.kind == "None"}
        if nones == {"sample_weight"} and len(empty) > 1:
            fix = f"Leave the None out: {give(seen.source, ['x', 'y'])}."
        leaf = next(leaf.path for leaf in first.leaves if leaf.kind == "None")
        yield self.finding("error", message, fix=fix, batches=[b.index for b in empty], leaf=leaf)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        yield batching.without_none(at(seen, finding))

    def broken(self) -> Iterator[Any]:
        return (None if step == BAD else batch for step, batch in enumerate(sound()))

    def mended(self) -> Iterator[Any]:
        return sound(5)


def _what(batch: Batch) -> str:
    if batch.structure == "None":
        return "is None"
    return f"has None in place of {', '.join(leaf.path for leaf in batch.leaves if leaf.kind == 'None')}"


def _consequence(seen: Evidence) -> str:
    if not seen.never_ends:
        return "fit raises there."
    workers = getattr(seen.source.value, "workers", 1)
    return (
        f"With {workers} workers the queue drops it without counting it, and fit waits for ever for the missing batch."
    )
