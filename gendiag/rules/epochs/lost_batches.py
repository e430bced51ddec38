from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from gendiag.records import Finding, counted, listed
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Rule, dense, sound

COUNT = 16  # batches: more than are read ahead


class LostBatches(Rule):
    """Under a ``tf.distribute`` strategy batches are read before the first step, and never trained on.

    What fit does
        Builds a model of a strategy before its first step with a batch that it draws from the source; what was read
        ahead by then is thrown away. A generator cannot give it again: the two batches that fit peeked at come back,
        and some behind them are lost. Of a PyDataset with several workers, items that were asked for then come first,
        and as many others never in that epoch.

    Why it hurts
        Part of the data is never seen, another part twice; how much hangs on timing, and nothing is logged.

    How to mend it
        Give fit a ``tf.data.Dataset`` made by ``from_generator`` of the function that makes the batches, or a PyDataset
        with one worker: these are read from the start again.

    Known limits
        Seen in a rehearsal under a strategy of one device, or in the recorded fit; how many are lost differs from run
        to run.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0 with MirroredStrategy and OneDeviceStrategy; keras 3.15.1,
        backend/tensorflow/trainer.py, _maybe_symbolic_build.
    """

    name, title, alters = "lost-batches", "Batches are read under a strategy and never trained on", True

    def check(self, seen: Evidence) -> Iterator[Finding]:
        if not seen.model_facts.strategy or not seen.by_epoch:
            return
        lost = _of_items(seen) if seen.source.is_indexed else _passed_over(seen)
        if not lost:
            return
        what = "items" if seen.source.is_indexed else "batches"
        message = (
            f"{listed(lost).capitalize()} of the source {'is' if len(lost) == 1 else 'are'} never trained on"
            f"{' in the first epoch' if seen.source.is_indexed else ''}: under {seen.model_facts.strategy} fit draws "
            f"from the source before its first step, and {counted(len(lost), _one(what), what)} read then went astray."
        )
        fix = (
            "Pass `tf.data.Dataset.from_generator(make_batches, output_signature=...)`, with the function that makes "
            "the batches and without its parentheses, or a PyDataset with one worker: both can be read again."
            if not seen.source.is_indexed
            else "Pass workers=1 to the PyDataset's `super().__init__`: its items are then asked for in turn."
        )
        yield self.finding("warning", message, fix=fix, batches=lost)

    def broken(self) -> Iterator[Any]:
        return sound(COUNT)

    def mended(self) -> Any:
        return sound(COUNT)

    def model(self) -> Any:
        import tensorflow as tf

        with tf.distribute.OneDeviceStrategy("/cpu:0").scope():
            return dense()

    def mended_model(self) -> Any:
        return dense()


def _one(what: str) -> str:
    return "batch" if what == "batches" else "item"


def _passed_over(seen: Evidence) -> list[int]:
    """Batches of a source that gives each once, though a later one was trained on, or fit ran out of batches."""
    run = seen.rehearsal
    delivered = {delivery.batch for delivery in run.deliveries if delivery.batch is not None}
    if not seen.source.one_shot or not delivered:
        return []
    asked = (run.steps_per_epoch or math.inf) * run.epochs
    ran_out = seen.profile.ended == "end" and run.ended in {"finished", "epochs"} and len(run.deliveries) < asked
    last = math.inf if ran_out else max(delivered)
    return [batch.index for batch in seen.batches if batch.index not in delivered and batch.index < last]


def _of_items(seen: Evidence) -> list[int]:
    """Items that a whole first epoch had no step for."""
    length, first = seen.source.length or 0, seen.by_epoch[0]
    items = {delivery.batch % length for delivery in first if delivery.batch is not None} if length else set()
    is_whole = bool(items) and len(first) >= length and all(delivery.batch is not None for delivery in first)
    return sorted(set(range(length)) - items) if is_whole else []
