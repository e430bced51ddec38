from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from gendiag.records import Finding, Severity, counted
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import first_pass
from gendiag.rules.rule import ROWS, Rule, sound
from gendiag.sources.dataset_chain import BATCHING, Step, chain

KEEPS_COUNT = frozenset({"map", "prefetch", "shuffle", "cache", "options", "ignore_errors"})
MOST = 0.5  # of the elements: so many are no exception


class Counts(NamedTuple):
    """Elements that go into ``ignore_errors``, how many at least do not come out, and how many fit trains on."""

    given: int
    dropped: int
    trained: int
    batched: bool = False


class ErrorsIgnored(Rule):
    """``ignore_errors`` of a dataset drops elements, and says nothing.

    What fit does
        Trains on what is left: an element whose ``map`` raises, such as a file that cannot be read, is passed over.

    Why it hurts
        A mistake in the ``map`` function or a wrong folder drops most of the data, and the only sign is that an epoch
        has few steps.

    How to mend it
        Run the dataset once without ``ignore_errors`` and read the first error.

    Known limits
        Only where TensorFlow knows how many elements come before, so not for records, text files and generators. Fewer
        than half of them are a note.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "errors-ignored", "ignore_errors drops elements of the dataset"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        counts = _counts(seen) if seen.source.is_graph and _is_whole_pass(seen) else None
        if counts is None or counts.dropped <= 0:
            return
        exact, whole = counts.dropped + counts.trained == counts.given, counts.batched
        severity: Severity = "warning" if counts.dropped >= MOST * counts.given else "note"
        message = (
            f"`ignore_errors` drops {'' if exact else 'at least '}{counts.dropped} of "
            f"{counted(counts.given, 'batch' if whole else 'element', 'batches' if whole else None)} of your source "
            f"without a word, since making {'it' if counts.dropped == 1 else 'them'} raises an error; fit trains on "
            f"{'the other ' * exact}{counts.trained}."
        )
        fix = (
            "Leave `ignore_errors` out once, run `for _ in dataset: pass`, and read the error"
            + (", which is likely a mistake in the pipeline and not in the data." if severity == "warning" else ".")
            + " Before `batch`, `ignore_errors` drops single samples only." * whole
        )  # fmt: skip
        yield self.finding(severity, message, fix=fix, dropped=counts.dropped, given=counts.given)

    def broken(self) -> Any:
        return _checked(at_most=0.0)

    def mended(self) -> Any:
        return _checked(at_most=np.inf)


def _is_whole_pass(seen: Evidence) -> bool:
    """Whether the first epoch went to the end of the dataset, and every batch of it is on record."""
    run = seen.rehearsal
    is_over = run.ended in {"finished", "epochs"} or run.epochs_run > 1
    known = bool(seen.by_epoch) and len(first_pass(seen)) == len(seen.by_epoch[0])
    return is_over and seen.failure is None and not seen.fit_args.get("steps_per_epoch") and known


def _counts(seen: Evidence) -> Counts | None:
    """Count samples, or batches where ``ignore_errors`` comes after ``batch``; None where it cannot be told."""
    steps = chain(seen.source.value)
    place = next((number for number, step in enumerate(steps) if step.name == "ignore_errors"), None)
    if place is None or place + 1 >= len(steps) or (given := steps[place + 1].count) is None:
        return None
    batching = [step for step in steps[:place] if step.name in BATCHING]
    if any(step.name not in KEEPS_COUNT | BATCHING for step in steps[:place]) or len(batching) > 1:
        return None
    batches = first_pass(seen)
    if not batching:
        is_batched = any(step.name in BATCHING for step in steps[place:])
        return Counts(given, given - len(batches), len(batches), is_batched)
    rows = [batch.rows for batch in batches]
    if None in rows:
        return None
    trained = sum(row or 0 for row in rows)
    return Counts(given, given - trained - _remainder(batching[0]), trained)


def _remainder(batching: Step) -> int:
    """How many samples may be left over at the end."""
    return (batching.told("batch_size") or 1) - 1 if batching.told("drop_remainder") else 0


def _checked(*, at_most: float) -> Any:
    import tensorflow as tf

    def kept(x: Any, y: Any) -> Any:
        with tf.control_dependencies([tf.debugging.assert_less(x[0], tf.constant(at_most, tf.float32))]):
            return tf.identity(x), y

    arrays = tuple(np.concatenate(part) for part in zip(*sound(), strict=True))
    return tf.data.Dataset.from_tensor_slices(arrays).map(kept).ignore_errors().batch(ROWS)
