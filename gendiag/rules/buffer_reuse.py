"""buffer-reuse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from gendiag.evidence import Evidence
from gendiag.records import Delivery, Finding, Leaf, Severity
from gendiag.rules.base import Rule, counted, listed, sound


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
        reused = {path: batches for path, column in seen.leaves.items() if (batches := _rewritten(column))}
        if not reused:
            return
        altered = [d for d in seen.rehearsal.deliveries if set(d.changed) & set(reused)]
        wrong = sorted({d.batch for d in altered if d.batch is not None})
        severity: Severity = "warning" if wrong or seen.source.kind == "generator" else "note"
        fix = "Allocate the array inside the loop, or yield a copy: `yield x.copy(), y.copy()`."
        batches = sorted({0, *wrong, *(i for batches in reused.values() for i in batches)})
        message = _message(reused, altered, wrong)
        yield self.finding(severity, message, fix=fix, batches=batches, leaf=next(iter(reused)), wrong=wrong)

    def broken(self) -> Iterator[Any]:
        buffer = None
        for x, y in sound():
            buffer = x.copy() if buffer is None else buffer
            buffer[:] = x
            yield buffer, y

    def mended(self) -> Iterator[Any]:
        return sound()


def _rewritten(column: Sequence[tuple[int, Leaf]]) -> list[int]:
    return [index for (_, before), (index, leaf) in pairwise(column) if leaf.shared and leaf.digest != before.digest]


def _message(paths: Iterable[str], altered: Sequence[Delivery], wrong: Sequence[int]) -> str:
    return (
        f"Every batch is the same {' and '.join(paths)} array, written over in place: fit reads ahead, so what it "
        f"trains on is not what was yielded. In this rehearsal {counted(len(altered), 'step')} had other content"
        + (f" ({listed(wrong)})." if wrong else ", but that depends on the memory's alignment.")
    )
