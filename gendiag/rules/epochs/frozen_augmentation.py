from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from gendiag.records import Finding
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.validation_split import samples_of
from gendiag.rules.rule import Rule, sound
from gendiag.sources.dataset_chain import CACHES, Step, chain

LEAST_SAMPLES = 8


class FrozenAugmentation(Rule):
    """A dataset changes its samples at random and then caches them, so every epoch has the same changes.

    What fit does
        Reads the dataset once; from the second epoch on it is given what the cache kept.

    Why it hurts
        The augmentation is drawn once: the model sees the same crops, flips and noise in every epoch, which is a data
        set of its own and no augmentation. Nothing is logged.

    How to mend it
        Cache before the random map: ``dataset.map(load).cache().shuffle(n).map(augment).batch(32)``.

    Known limits
        Only operations of TensorFlow and layers of Keras are known as random; what a ``py_function`` draws is not seen.
        It takes two whole epochs that are held.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "frozen-augmentation", "A random augmentation is cached: every epoch has the same"
    fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"epochs": 3})

    def check(self, seen: Evidence) -> Iterator[Finding]:
        found = _cached_random(seen.source.value) if seen.source.is_graph else None
        if found is None or len(seen.by_epoch) < 2:  # noqa: PLR2004  (epochs)
            return
        first, second = (samples_of(seen.profile, epoch) for epoch in seen.by_epoch[:2])
        if len(first) < LEAST_SAMPLES or first != second:
            return
        step, cache = found
        function = f"{step.name}({step.function})" if step.function.isidentifier() else f"{step.name}()"
        message = (
            f"`{function}` draws random numbers and stands before `{cache.name}()`: all {len(first)} different samples "
            "in the batches of epoch 2 are those of epoch 1, changed in the same way. The augmentation is frozen."
        )
        fix = f"Put `cache()` before `{function}`, so that each epoch draws anew."
        batches = [delivery.batch for delivery in seen.by_epoch[1] if delivery.batch is not None]
        yield self.finding("warning", message, fix=fix, batches=batches, leaf="x")

    def broken(self) -> Any:
        return _samples().map(_noisy).cache().shuffle(24).batch(4)

    def mended(self) -> Any:
        return _samples().cache().shuffle(24).map(_noisy).batch(4)


def _samples() -> Any:
    import tensorflow as tf

    x, y = (tf.concat(part, axis=0) for part in zip(*sound(), strict=True))
    return tf.data.Dataset.from_tensor_slices((x, y))


def _noisy(x: Any, y: Any) -> Any:
    import tensorflow as tf

    return x + tf.random.normal(tf.shape(x), stddev=0.1), y


def _cached_random(dataset: Any) -> tuple[Step, Step] | None:
    """Return a random map of samples that is cached, and no random map stands behind the cache."""
    cache: Step | None = None
    steps = chain(dataset)
    for place, step in enumerate(steps):
        if step.name in CACHES:
            cache = step
        elif cache is not None and step.name == "repeat":  # several draws of each sample are kept
            return None
        elif step.name in {"map", "flat_map", "interleave"} and step.is_random:
            return None if cache is None or _makes_data(steps[place + 1 :]) else (step, cache)
    return None


def _makes_data(before: tuple[Step, ...]) -> bool:
    """Whether numbers alone come in, so that the draws are the data, or each sample comes more than once."""
    names = [step.name for step in before]
    return names[:1] == ["range"] or "repeat" in names
