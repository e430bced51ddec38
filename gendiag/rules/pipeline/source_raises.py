from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gendiag.records import Failure, Finding, counted
from gendiag.rehearsal.profile import Profile
from gendiag.rules.edits import datasets, generators, streams
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import BAD, Edits, Rule, sound
from gendiag.sources.source import Source

HINTS = {
    "inhomogeneous": (
        "The samples of the batch differ in length: pad them to one length before `np.array` or `np.stack`."
    ),
    "Cannot cast ufunc": "An in-place operation would need another dtype: convert first, `.astype('float32')`.",
    "already executing": (
        "Several worker threads call `next()` on one generator: "
        "index the data by the index asked for, or use workers=1."
    ),
    "StopIteration": (
        "An iterator used inside ran out (fit also reads two batches before training): "
        "do not call `next()` on shared state; use the index asked for."
    ),
    "pickle": (
        "Something the source holds cannot be sent to a worker process: drop it in `__getstate__`, or use threads."
    ),
    "out of range": "The index runs past the data: derive the number of batches from the same list that is indexed.",
    "out of bounds": (
        "The index runs past the data: derive the number of batches from the same array that is indexed."
    ),
}


class SourceRaises(Rule):
    """The source itself raises while it makes a batch.

    What fit does
        For batches 0 and 1 the exception arrives as it is. From batch 2 on TensorFlow wraps it: ValueError and
        TypeError as InvalidArgumentError, most others as UnknownError, and the first line is always "Graph execution
        error".

    Why it hurts
        The user's own line is buried in the text, fit has read ahead of training, and no batch is named.

    How to mend it
        Mend the line named in the finding; run ``next()`` on the source by hand up to that batch.

    Known limits
        In worker processes the frame is what the process sent back.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0; the same table on 3.8.0.
    """

    name, title = "source-raises", "The source raises an exception of its own"
    consequence_of = ("leftover-state", "thread-unsafe")

    def check(self, seen: Evidence) -> Iterator[Finding]:
        index = seen.profile.failed_index
        # An exception behind the batch at which fit raised is one that fit never came to.
        if seen.profile.failure is not None and index is not None and index == seen.rehearsal.failed_batch:
            place = seen.place(index) if seen.batches else f"batch {index}"
            yield self._finding(seen.source, seen.profile, seen.profile.failure, f"The source raised in {place}", index)
        elif seen.profile.failure is None:
            yield from self._between_items(seen)
        if seen.validation.failure is not None and seen.validation_source is not None:
            index = len(seen.validation.batches)
            said = f"validation_data raised in its batch {index}"
            yield self._finding(
                seen.validation_source, seen.validation, seen.validation.failure, said, index, source="validation"
            )

    def _between_items(self, seen: Evidence) -> Iterator[Finding]:
        """What an indexed source raises in ``__len__`` or a hook of fit's epochs."""
        failure, is_ours = seen.rehearsal.failure, seen.rehearsal.failed_in != "validation"
        if not seen.source.is_indexed or failure is None or not failure.frame or seen.never_ends or not is_ours:
            return
        count = len(seen.rehearsal.deliveries)
        message = (
            f"The source raised outside of `__getitem__`, after {counted(count, 'training step')}: {failure}, "
            f"at {failure.frame}: `{failure.code}`."
        )
        fix = "Mend that line; fit calls `on_epoch_end` once before epoch 1 too."
        yield self.finding("error", message, fix=fix, type=failure.type, frame=failure.frame)

    def _finding(
        self, origin: Source, profile: Profile, failure: Failure, said: str, index: int, **evidence: Any
    ) -> Finding:
        where = f", at {failure.frame}: `{failure.code}`" if failure.frame else ""
        promised = f" `__len__` promises {origin.length} batches." if origin.is_indexed else ""
        call = f" (`__getitem__({index % (origin.length or index + 1)})`)" if origin.is_indexed else ""
        message = f"{said}{call}: {failure.line}{where}.{promised}"
        hint = next((fix for mark, fix in HINTS.items() if mark in failure.line or mark in failure.type), None)
        fix = hint or f"Mend that line; {len(profile.batches)} batches came before it."
        return self.finding(
            "error", message, fix=fix, batches=[index], type=failure.type, frame=failure.frame, **evidence
        )

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        place = at(seen, finding)
        index, error = next(iter(finding.batches), 0), finding.evidence["type"]
        if not index:
            return
        if place.target == "validation_data":
            yield streams.kept(place, index, steps=None, costs=f"evaluates on the {index} batches before the error")
        elif place.kind == "PyDataset":
            count = index % (place.length or index + 1)
            yield datasets.length(place, count, costs=f"leaves out item {count} and all behind it")
        yield generators.restarted(place, error, index)
        yield generators.ended(place, error, index)

    def broken(self) -> Iterator[Any]:
        divisors = {step: step - BAD for step in range(BAD)}  # none for batch 3: KeyError
        for step, (x, y) in enumerate(sound()):
            yield x / divisors[step], y

    def mended(self) -> Iterator[Any]:
        return sound()
