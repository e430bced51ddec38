from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gendiag.records import Batch, Finding, Severity, counted, listed
from gendiag.rules.edits import batching
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import BAD, Edits, Rule, sound

ROLES = ("x", "y", "sample_weight")


class XyLengthMismatch(Rule):
    """x, y or sample_weight of one batch have different numbers of rows.

    What fit does
        Looks at no length: the batch reaches the loss, which raises a graph error about broadcasting. A y of one row,
        or an x of one row, is broadcast, and trains without a word.

    Why it hurts
        The error names shapes in an order that changes from run to run, and no batch. Where it is broadcast, every
        sample is trained on one label.

    How to mend it
        Find where a sample was dropped from one of them and not from the other. Cutting both to one length makes it
        pass, and pairs samples with the wrong labels wherever it was not the last one that was lost.

    Known limits
        Without a model nothing can be tried, and the finding says "likely".

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0: mse broadcasts a y of one row, and raises for other lengths.
    """

    name, title = "xy-length-mismatch", "x and y have different numbers of rows"
    batchwise = True

    def check(self, seen: Evidence) -> Iterator[Finding]:
        odd = {
            batch.index: rows
            for batch in seen.batches
            if len(set((rows := _rows(batch)).values())) > 1 and batch.index != seen.rehearsal.failed_batch
        }
        if not odd or seen.rehearsal.failed_in == "start":  # fit refused these for something else than their lengths
            return
        refused = {i: rows for i, rows in odd.items() if seen.refused(i)}
        trained = {i: rows for i, rows in odd.items() if i not in refused}
        if refused:
            yield self._told(seen, refused, "error", "fit raises there.")
        if trained:
            yield self._told(seen, trained, "warning", self._of_trained(seen))

    def _told(self, seen: Evidence, odd: dict[int, dict[str, int]], severity: Severity, consequence: str) -> Finding:
        index, rows = next(iter(odd.items()))
        said = ", ".join(f"{path} has {counted(count, 'row')}" for path, count in _telling(rows).items())
        message = f"In {seen.place(index)} {said}. {consequence}"
        fix = (
            "Yield one weight per sample: `weights_of_classes[labels]` where there is one per class."
            if {count for path, count in rows.items() if not path.startswith("sample_weight")} == {max(rows.values())}
            else f"Find where {listed(odd)} loses a sample in one of them only; drop it from all of them there."
        )
        return self.finding(severity, message, fix=fix, batches=odd, leaf="y" if "y" in rows else None, rows=rows)

    @staticmethod
    def _of_trained(seen: Evidence) -> str:
        if seen.model_run is None:
            return "Most losses raise there (likely; no model was given to try it on)."
        return "fit does not raise: the shorter one is broadcast to the longer one."

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        yield batching.common_rows(at(seen, finding))

    def broken(self) -> Iterator[Any]:
        return ((x, y[:-1] if step == BAD else y) for step, (x, y) in enumerate(sound()))

    def mended(self) -> Iterator[Any]:
        return sound()


def _telling(rows: dict[str, int]) -> dict[str, int]:
    """The first leaf of each number of rows."""
    return {path: count for path, count in rows.items() if next(p for p, c in rows.items() if c == count) == path}


def _rows(batch: Batch) -> dict[str, int]:
    return {leaf.path: leaf.rows for leaf in batch.leaves if leaf.role in ROLES and leaf.rows is not None}
