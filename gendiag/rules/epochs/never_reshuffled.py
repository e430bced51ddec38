from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import cycle, islice
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from gendiag.records import Finding, Severity, listed
from gendiag.rules.edits import streams
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.class_labels import Labels, labels_of
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import first_pass, repeats
from gendiag.rules.rule import Edits, Rule
from gendiag.sources.dataset_chain import CACHES, chain, first_of

SPLITTING = ("take", "skip", "shard", "filter")  # then a fixed order keeps the parts apart


class NeverReshuffled(Rule):
    """Every epoch has the same batches in the same order, though a shuffle was asked for.

    What fit does
        Ignores ``shuffle`` for a generator, a ``tf.data.Dataset`` and a torch DataLoader; only arrays are shuffled, and
        the order of a PyDataset's batches. Keras prints a notice of it, but does so by default too. A dataset with
        ``cache()`` behind ``shuffle()`` keeps the order of the first pass for good.

    Why it hurts
        Every epoch sees the same batches in the same order. Where they are sorted by class, the model forgets one
        class while it learns the next.

    How to mend it
        Shuffle inside of the source: a new permutation of the samples at the start of each pass. In a dataset
        ``cache()`` comes first, then ``shuffle()``, then ``batch()``.

    Known limits
        A fixed order of mixed batches is common and mostly harmless: that is a note, and only where ``shuffle=True``
        was passed, or where a dataset was told ``reshuffle_each_iteration=False``. A cache behind the shuffle is a
        warning, but a note where the shuffle is that of ``image_dataset_from_directory`` and the like. It takes two
        whole epochs to tell.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "never-reshuffled", "The shuffle has no effect after the first epoch: the order never changes"
    fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"epochs": 3, "steps_per_epoch": 6, "shuffle": True})

    def check(self, seen: Evidence) -> Iterator[Finding]:
        frozen = _frozen_by(seen.source.value) if seen.source.is_graph else None
        if frozen is not None and repeats(seen):
            yield self._frozen(seen, *frozen)
            return
        if not seen.fit_args.get("shuffle") or not seen.source.keeps_order or not repeats(seen):
            return
        labels = labels_of(seen, first_pass(seen))
        by_class = labels if labels is not None and (labels.is_sorted or labels.is_single) else None
        yield self._finding(seen, by_class)

    def _finding(self, seen: Evidence, labels: Labels | None) -> Finding:
        epochs, kind = seen.by_epoch, seen.source.kind
        message = (
            f"shuffle=True is ignored for a {kind}: the same {len(epochs[0])} batches come in the same order in all "
            f"{len(epochs)} epochs{'' if seen.rehearsal.live else ' rehearsed'}."
        )
        batches = [delivery.batch for epoch in epochs[1:] for delivery in epoch if delivery.batch is not None]
        if labels is not None:
            hold = "holds only one class" if len(labels.single) == 1 else "hold only one class each"
            alone = f": {listed(labels.single)} {hold}" if labels.single else ""
            message += f" They are sorted, class after class in {labels.path}{alone}."
        return self.finding("note" if labels is None else "warning", message, fix=_fix(seen), batches=batches, leaf="y")

    def _frozen(self, seen: Evidence, severity: Severity, what: str, fix: str) -> Finding:
        count = len(seen.by_epoch)
        message = (
            f"{what}: no epoch is shuffled anew, and the same {len(seen.by_epoch[0])} batches come in the same order "
            f"in all {count} epochs{'' if seen.rehearsal.live else ' rehearsed'}."
        )
        batches = [delivery.batch for delivery in seen.by_epoch[1] if delivery.batch is not None]
        return self.finding(severity, message, fix=fix, batches=batches)

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


def _fix(seen: Evidence) -> str:
    if seen.source.is_graph:
        return "Shuffle in the dataset itself, before it is batched: `dataset.shuffle(number_of_samples).batch(32)`."
    if seen.source.kind == "torch DataLoader":
        return "Let the loader shuffle: `DataLoader(dataset, batch_size=..., shuffle=True)`."
    return "Shuffle in the source itself: draw a new `rng.permutation(len(x))` at the start of each pass."


def _frozen_by(dataset: Any) -> tuple[Severity, str, str] | None:
    """Return what keeps the order of a dataset that shuffles: a cache behind its last shuffle, or that itself."""
    shuffle = first_of(dataset, "shuffle", *CACHES)
    if shuffle is None:
        return None
    if shuffle.name in CACHES and (inner := first_of(dataset, "shuffle")) is not None:
        is_split = first_of(dataset, *SPLITTING) is not None
        is_fixed = inner.told("reshuffle_each_iteration") is False
        if is_split and is_fixed:
            return None
        what = f"The dataset shuffles and then keeps what came, {shuffle.name}(), with the order of the first pass"
        fix = "Put `cache()` before `shuffle()`: `dataset.cache().shuffle(n).batch(32)`."
        return ("note" if _is_of_helper(dataset) or is_split or is_fixed else "warning"), what, fix
    if shuffle.told("reshuffle_each_iteration") is False and first_of(dataset, *SPLITTING) is None:
        what = "The dataset shuffles with reshuffle_each_iteration=False"
        fix = "If each epoch is to have a new order, leave reshuffle_each_iteration=False out, or shuffle once more."
        return "note", what, fix
    return None


def _is_of_helper(dataset: Any) -> bool:
    """Whether the shuffle is that of a function such as image_dataset_from_directory, which nobody wrote himself."""
    steps = chain(dataset)
    shuffle = next(place for place, step in enumerate(steps) if step.name == "shuffle")
    return any(hasattr(step.dataset, "class_names") for step in steps[: shuffle + 1])
