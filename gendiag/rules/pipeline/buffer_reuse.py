from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from gendiag.records import Batch, Delivery, Finding, Severity, counted, listed
from gendiag.rules.edits import numbers
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import in_read_order
from gendiag.rules.rule import Edits, Rule, sound


class BufferReuse(Rule):
    """One array is filled and yielded again and again.

    What fit does
        Reads ahead while it trains. The two batches read to learn the shapes are one object, so step 1 trains on batch
        1's content. If the array is aligned to 64 bytes TensorFlow shares its memory instead of copying it, and any
        batch may be overwritten or torn while it is waiting.

    Why it hurts
        Some batches are lost and others trained twice, another way in each run, and x and y stay consistent.

    How to mend it
        Allocate inside the loop, or ``yield x.copy(), y.copy()``.

    Known limits
        Which batches are torn differs from run to run; the rehearsal shows one run.

    Source
        measured on tensorflow 2.21.0 / numpy 2.4.6 and tensorflow 2.16.2 / numpy 1.26.4; tensorflow 2.18.1 copied
        always.
    """

    name, title, alters = "buffer-reuse", "One buffer is filled and yielded again", True

    def check(self, seen: Evidence) -> Iterator[Finding]:
        read = in_read_order(seen.profile)
        reused = {path: batches for path in seen.leaves if (batches := _rewritten(read, path))}
        if not reused:
            return
        altered = [d for d in seen.rehearsal.deliveries if set(d.changed) & set(reused)]
        wrong = sorted({d.batch for d in altered if d.batch is not None})
        threads = 1 if seen.source.in_processes else seen.source.workers
        severity: Severity = "warning" if wrong or threads > 1 or seen.source.kind == "generator" else "note"
        where = "`__getitem__`" if seen.source.is_indexed else "the loop"
        word = "return" if seen.source.is_indexed else "yield"
        fix = f"Allocate the array inside {where}, or {word} a copy: `{word} x.copy(), y.copy()`."
        batches = sorted({*wrong, *(i for batches in reused.values() for i in batches)})
        which = "Every batch is" if len(batches) == len(read) else f"{listed(batches).capitalize()} of {len(read)} are"
        message = f"{which} the same {' and '.join(reused)} array, written over in place: {_effect(altered, threads)}"
        yield self.finding(severity, message, fix=fix, batches=batches, leaf=next(iter(reused)), wrong=wrong)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        yield numbers.copies(at(seen, finding))

    def broken(self) -> Iterator[Any]:
        buffer = None
        for x, y in sound():
            buffer = x.copy() if buffer is None else buffer
            buffer[:] = x
            yield buffer, y

    def mended(self) -> Iterator[Any]:
        return sound()


def _rewritten(read: Sequence[Batch], path: str) -> list[int]:
    """Batches whose leaf is the memory of the one read just before or after, with other content."""
    column = [(batch.index, batch.leaf(path)) for batch in read]
    pairs = [
        (before, index)
        for (before, earlier), (index, leaf) in pairwise(column)
        if earlier is not None and leaf is not None and leaf.shared and leaf.digest != earlier.digest
    ]
    return sorted({index for pair in pairs for index in pair})


def _effect(altered: Sequence[Delivery], threads: int) -> str:
    if altered:
        steps, wrong = counted(len(altered), "step"), listed({d.batch for d in altered if d.batch is not None})
        filled = f"{threads} worker threads fill it at the same time, and " if threads > 1 else ""
        return (
            f"{filled}fit reads ahead, so what it trains on is not what was yielded. In this run "
            f"{steps} had other content ({wrong})."
        )
    if threads > 1:
        return f"{threads} worker threads fill it at the same time, so a batch likely holds rows of several items."
    return (
        "fit reads ahead. In this run every step had the content that was yielded, but that depends on the "
        "memory's alignment."
    )
