from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gendiag.records import Batch, Finding, listed
from gendiag.rules.edits import batching
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import BAD, Edits, Rule, sound


class StructureDrift(Rule):
    """The nesting of a batch, or its dict keys, differs from batch 0.

    What fit does
        Raises at that batch; before the first step where it is batch 1. Batch 0 decides.

    Why it hurts
        Keras's own message is the wrong way round ("expected 3, got 2" when the batch has 3), ends in a dump of the
        whole batch, and names no batch.

    How to mend it
        Yield the same keys and the same number of elements every time; where something is absent yield zeros, or a
        sample weight of 0.

    Known limits
        A list for a tuple counts, except from a PyDataset, where Keras itself turns lists into tuples.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0; the same on 3.8.0.
    """

    name, title = "structure-drift", "A batch is nested otherwise than batch 0"
    batchwise = True
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        first = seen.profile.find(0)
        if first is None:
            return
        usual = _shape_of(first, seen)
        odd = [b for b in seen.batches if seen.refused(b.index) and _shape_of(b, seen) != usual and not _has_none(b)]
        if odd and not _has_none(first):
            yield self._finding(seen, first, odd)

    def _finding(self, seen: Evidence, first: Batch, odd: list[Batch]) -> Finding:
        expected, found, batches = first.structure, odd[0].structure, [batch.index for batch in odd]
        message = (
            f"{seen.place(batches[0]).capitalize()} {_difference(first, odd[0])} "
            f"(structure {found}, batch 0 has {expected})."
        )
        fix = f"Yield {expected} every time; look at what makes {listed(batches)} special."
        return self.finding("error", message, fix=fix, batches=batches, expected=expected, found=found)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        profile = seen.validation if finding.in_validation else seen.profile
        rows = sum(batch.rows or 0 for batch in profile.batches if batch.index in finding.batches)
        if 0 in profile.store:
            yield batching.like_first(at(seen, finding), profile.raw(0), finding.batches, rows)

    def broken(self) -> Iterator[Any]:
        return ((x, y) if step == BAD else (x, y, abs(y)) for step, (x, y) in enumerate(sound()))

    def mended(self) -> Iterator[Any]:
        return ((x, y, abs(y)) for x, y in sound())


def _shape_of(batch: Batch, seen: Evidence) -> str:
    if seen.source.is_indexed and batch.structure.startswith("["):
        return f"({batch.structure[1:-1]})"
    return batch.structure


def _has_none(batch: Batch) -> bool:
    return any(leaf.kind == "None" for leaf in batch.leaves)


def _difference(first: Batch, odd: Batch) -> str:
    before, now = {leaf.path for leaf in first.leaves}, {leaf.path for leaf in odd.leaves}
    missing, extra = sorted(before - now), sorted(now - before)
    said = [f"lacks {', '.join(missing)}"] if missing else []
    said += [f"has {', '.join(extra)} in addition"] if extra else []
    return " and ".join(said) or "is nested otherwise"
