from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gendiag.batches.tree import ROLES, walk
from gendiag.model.facts import fits
from gendiag.records import Batch, Finding, Severity, counted, listed
from gendiag.rules.edits import batching
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import BAD, Edits, Rule, sound


class XyLengthMismatch(Rule):
    """x, y or sample_weight of one batch have different numbers of rows.

    What fit does
        Compares the lengths of arrays that are given as a whole, and looks at none of a batch that a source yields: it
        reaches the loss, which raises a graph error about broadcasting. A y of one row, or an x of one row, is
        broadcast, and trains without a word.

    Why it hurts
        The error names shapes in an order that changes from run to run, and no batch. Where it is broadcast, every
        sample is trained on one label.

    How to mend it
        Find where a sample was dropped from one of them and not from the other. Cutting both to one length makes it
        pass, and pairs samples with the wrong labels wherever it was not the last one that was lost.

    Known limits
        Rows need not be samples: nodes of several graphs in x and a label per graph in y are sound, and so are two
        batch sizes for a ``train_step`` of its own. Where lengths differ in every batch, it is said only of a model
        made of Keras's own layers, or where fit's own error quotes both. Without a model nothing can be tried, and the
        finding says "likely".

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0: mse broadcasts a y of one row, and raises for other lengths.
    """

    name, title = "xy-length-mismatch", "x and y have different numbers of rows"
    batchwise = compares = True
    consequence_of = ("validation-form",)
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        if seen.rehearsal.failed_in == "start":  # of a batch fit refused something else than its lengths
            yield from self._whole(seen)
            return
        whole = [batch for batch in seen.batches if not _lacks_axis(seen, batch)]
        every = {batch.index: _rows(batch) for batch in whole if batch.index != seen.rehearsal.failed_batch}
        odd = {index: rows for index, rows in every.items() if len(set(rows.values())) > 1}
        if not odd:
            return
        are_samples = len(odd) < len([rows for rows in every.values() if rows]) or seen.model_facts.keeps_rows
        refused = {i: rows for i, rows in odd.items() if seen.refused(i)}
        trained = {i: rows for i, rows in odd.items() if i not in refused}
        if refused and (are_samples or _are_quoted(seen, refused)):
            yield self._told(seen, refused, "error", "fit raises there.")
        if trained and seen.model is None:
            severity: Severity = "warning" if are_samples or _is_simple(trained) else "note"
            yield self._told(
                seen, trained, severity, "Most losses raise there (likely; no model was given to try it on)."
            )
        elif trained and are_samples:
            yield from self._of_trained(seen, trained)

    def _of_trained(self, seen: Evidence, trained: dict[int, dict[str, int]]) -> Iterator[Finding]:
        """Of batches that trained: a loss of Keras's own broadcasts one row, and raises for any other number."""
        ones = {i: rows for i, rows in trained.items() if min(rows.values()) == 1 and seen.trained_on(i)}
        losses = [output.loss for output in seen.model_facts.outputs if output.loss is not None]
        is_measured = seen.model_facts.keeps_rows and bool(losses) and all(loss.key for loss in losses)
        if not ones or not (is_measured or len(ones) < len(seen.batches)):  # a dummy target has one row in each
            return
        end = "fit does not raise: the one row is broadcast to all of the other."
        yield self._told(seen, ones, "warning", end if is_measured else f"Likely {end[0].lower()}{end[1:]}")

    def _whole(self, seen: Evidence) -> Iterator[Finding]:
        """Of arrays given as a whole fit compares the lengths itself."""
        failure = seen.rehearsal.failure
        if not seen.source.is_sliced or failure is None or "ardinality" not in failure.line:
            return
        value = seen.source.value
        given = dict(zip(ROLES, value if isinstance(value, tuple) else (value,), strict=False))
        given |= {role: seen.fit_args[role] for role in ROLES if seen.fit_args.get(role) is not None}
        parts = (part for role, whole in given.items() for part in walk(role, role, whole))
        rows = {part.path: int(part.value.shape[0]) for part in parts if getattr(part.value, "shape", ())}
        if len(set(rows.values())) > 1:
            yield self._told_whole(rows)

    def _told_whole(self, rows: dict[str, int]) -> Finding:
        said = ", ".join(f"{path} has {counted(count, 'row')}" for path, count in _telling(rows).items())
        message = f"Of the arrays given {said}. A row is a sample, so fit makes no batch of them and raises."
        fix = (
            "Find where a sample is lost in one of them, or where the first axis is no sample (a list of arrays per "
            "sample wants `np.stack`, an array of another layout `np.moveaxis`)."
        )
        return self.finding("error", message, fix=fix, leaf="y" if "y" in rows else None, rows=rows, whole=True)

    def _told(self, seen: Evidence, odd: dict[int, dict[str, int]], severity: Severity, consequence: str) -> Finding:
        index, rows = next(iter(odd.items()))
        said = ", ".join(f"{path} has {counted(count, 'row')}" for path, count in _telling(rows).items())
        message = f"In {seen.place(index)} {said}. {consequence}"
        fix = (
            "Yield one weight per sample: `weights_of_classes[labels]` where there is one per class."
            if {count for path, count in rows.items() if not path.startswith("sample_weight")} == {max(rows.values())}
            else f"Find where {listed(odd)} {'loses' if len(odd) == 1 else 'lose'} a sample in one of them only; drop "
            "it from all of them there."
        )
        return self.finding(severity, message, fix=fix, batches=odd, leaf="y" if "y" in rows else None, rows=rows)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        if not finding.evidence.get("whole"):
            yield batching.common_rows(at(seen, finding))

    def broken(self) -> Iterator[Any]:
        return ((x, y[:-1] if step == BAD else y) for step, (x, y) in enumerate(sound()))

    def mended(self) -> Iterator[Any]:
        return sound()


def _lacks_axis(seen: Evidence, batch: Batch) -> bool:
    """Whether an input is one sample without its batch axis, so that its first axis counts no samples."""
    return any(
        leaf.shape is not None and len(leaf.shape) == len(port.shape) - 1 and fits(leaf.shape, port.shape[1:])
        for leaf, port in seen.model_facts.fed(batch)
        if None not in port.shape[1:]
    )


def _are_quoted(seen: Evidence, refused: dict[int, dict[str, int]]) -> bool:
    """Whether what was raised names two of the lengths that differ."""
    details = seen.failure.details if seen.failure is not None else ""
    counts = set(next(iter(refused.values())).values())
    return len([count for count in counts if re.search(rf"\b{count}\b", details)]) > 1


def _is_simple(odd: dict[int, dict[str, int]]) -> bool:
    """Whether x is one array, and y another."""
    return all(set(rows) <= set(ROLES) for rows in odd.values())


def _telling(rows: dict[str, int]) -> dict[str, int]:
    """The first leaf of each number of rows."""
    return {path: count for path, count in rows.items() if next(p for p, c in rows.items() if c == count) == path}


def _rows(batch: Batch) -> dict[str, int]:
    return {leaf.path: leaf.rows for leaf in batch.leaves if leaf.role in ROLES and leaf.rows is not None}
