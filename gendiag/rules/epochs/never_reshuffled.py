from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import cycle, islice
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from gendiag.records import Finding, listed
from gendiag.rules.edits import streams
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.class_labels import Labels, labels_of
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import first_pass
from gendiag.rules.rule import Edits, Rule
from gendiag.sources.tf_dataset import transformations

LEAST_BATCHES = 3


class NeverReshuffled(Rule):
    """``shuffle=True`` was passed with a source that fit does not shuffle, and the order never changes.

    What fit does
        Ignores ``shuffle`` for a generator, a ``tf.data.Dataset`` and a torch DataLoader; only arrays are shuffled, and
        the order of a PyDataset's batches. Keras prints a notice of it, but does so by default too.

    Why it hurts
        Every epoch sees the same batches in the same order. Where they are sorted by class, the model forgets one
        class while it learns the next.

    How to mend it
        Shuffle inside of the source: a new permutation of the samples at the start of each pass.

    Known limits
        A fixed order of mixed batches is common and mostly harmless: that is a note, and only where ``shuffle=True``
        was passed, or where a dataset shuffles and then keeps the order with ``cache()``. It takes two whole epochs to
        tell.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "never-reshuffled", "shuffle=True has no effect, and the order never changes"
    fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"epochs": 3, "steps_per_epoch": 6, "shuffle": True})

    def check(self, seen: Evidence) -> Iterator[Finding]:
        if _is_cached_shuffled(seen.source.value) and _repeats(seen):
            yield self._cached(seen)
            return
        if not seen.fit_args.get("shuffle") or not seen.source.keeps_order or not _repeats(seen):
            return
        labels = labels_of(seen, first_pass(seen))
        by_class = labels if labels is not None and (labels.is_sorted or labels.is_single) else None
        yield self._finding(seen, by_class)

    def _finding(self, seen: Evidence, labels: Labels | None) -> Finding:
        epochs, kind = seen.by_epoch, seen.source.kind
        message = (
            f"shuffle=True is ignored for a {kind}: the same {len(epochs[0])} batches come in the same order in "
            f"{len(epochs)} of {len(epochs)} epochs."
        )
        batches = [delivery.batch for epoch in epochs[1:] for delivery in epoch if delivery.batch is not None]
        if labels is not None:
            alone = f": {listed(labels.single)} hold only one class each" if labels.single else ""
            message += f" They are sorted, class after class in {labels.path}{alone}."
        fix = "Shuffle in the source itself: draw a new `rng.permutation(len(x))` at the start of each pass."
        return self.finding("note" if labels is None else "warning", message, fix=fix, batches=batches, leaf="y")

    def _cached(self, seen: Evidence) -> Finding:
        count = len(seen.by_epoch)
        message = (
            f"The dataset shuffles and then caches: the cache keeps the order of the first pass, so the same "
            f"{len(seen.by_epoch[0])} batches come in the same order in {count} of {count} epochs."
        )
        fix = "Put `cache()` before `shuffle()`: `dataset.cache().shuffle(n).batch(32)`."
        batches = [delivery.batch for delivery in seen.by_epoch[1] if delivery.batch is not None]
        return self.finding("note", message, fix=fix, batches=batches)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        rows = max((batch.rows or 0 for batch in seen.batches), default=0)
        whole = len(seen.batches) if seen.profile.ended == "end" else None
        yield streams.shuffled(at(seen, finding), seen.rehearsal.steps_per_epoch or whole, rows)

    def broken(self) -> Iterator[Any]:
        yield from islice(cycle(_batches(np.arange(48))), 18)

    def mended(self) -> Iterator[Any]:
        random = np.random.default_rng(0)
        return (batch for _ in range(3) for batch in _batches(random.permutation(48)))


def _batches(order: Any) -> list[Any]:
    y = np.repeat(np.arange(2.0), 24).astype("float32")
    x = np.random.default_rng(0).normal(size=(48, 3)).astype("float32") + y[:, None]
    return [(x[part], y[part]) for part in np.split(order, 6)]


def _is_cached_shuffled(source: Any) -> bool:
    """Whether a tf.data.Dataset has a cache behind its (last) shuffle."""
    names = [name for name in transformations(source) if name in {"ShuffleDataset", "CacheDataset"}]
    return "ShuffleDataset" in names and names[0] == "CacheDataset"


def _repeats(seen: Evidence) -> bool:
    """Whether every epoch that was rehearsed has the same batches in the same order."""
    epochs = [tuple(delivery.digests for delivery in epoch) for epoch in seen.by_epoch]
    whole = len(epochs) > 1 and len(epochs[0]) >= LEAST_BATCHES and all(all(step) for step in epochs[0])
    return whole and len(set(epochs)) == 1 and len(set(epochs[0])) > 1
