from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from gendiag.records import Finding
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Rule, sound
from gendiag.sources.dataset_chain import BATCHING, chain

LEAST_BATCHES = 3


class BatchesShuffledWhole(Rule):
    """A dataset shuffles behind ``batch``: the batches change places, and each keeps its samples.

    What fit does
        Gets the batches in another order in each epoch; which samples make a batch never changes.

    Why it hurts
        Samples that stand side by side in the data meet in every epoch: sorted data give batches of one class, and the
        gradients of a batch vary less than those of mixed samples.

    How to mend it
        Shuffle the samples and then batch: ``dataset.shuffle(number_of_samples).batch(32)``.

    Known limits
        A note: of data in random order it is nearly as good. It takes two whole epochs to tell.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "batches-shuffled-whole", "Only whole batches change places: shuffle stands behind batch"
    fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"epochs": 3})
    severity = "note"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        if not seen.source.is_graph or not _is_behind(seen.source.value) or len(seen.by_epoch) < 2:  # noqa: PLR2004
            return
        first, second = ([delivery.digests for delivery in epoch] for epoch in seen.by_epoch[:2])
        if len(set(first)) < LEAST_BATCHES or first == second or Counter(first) != Counter(second):
            return
        message = (
            f"`shuffle` stands behind `batch`: the {len(first)} batches of epoch 2 are those of epoch 1, sample for "
            "sample, in another order. Which samples meet in a batch never changes."
        )
        fix = "Shuffle the samples before they are batched: `dataset.shuffle(number_of_samples).batch(batch_size)`."
        yield self.finding("note", message, fix=fix)

    def broken(self) -> Any:
        return _samples().batch(4).shuffle(6)

    def mended(self) -> Any:
        return _samples().shuffle(24).batch(4)


def _samples() -> Any:
    import tensorflow as tf

    x, y = (tf.concat(part, axis=0) for part in zip(*sound(), strict=True))
    return tf.data.Dataset.from_tensor_slices((x, y))


def _is_behind(dataset: Any) -> bool:
    """Whether a shuffle is the outer one of shuffle and batch."""
    found = [step.name for step in chain(dataset) if step.name == "shuffle" or step.name in BATCHING]
    return bool(found) and found[0] == "shuffle" and any(name in BATCHING for name in found)
