from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gendiag.records import Finding, listed
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import first_pass
from gendiag.rules.rule import FEATURES, Rule, sound


class BatchOfOne(Rule):
    """Each batch has one sample, and a BatchNormalization has nothing else to take a mean over.

    What fit does
        Trains. While training the layer subtracts the mean over the batch, which for one sample is the sample itself:
        what it gives is 0 (its beta) whatever it is given, and no gradient goes back through it. In images and
        sequences the mean is taken over the positions too, and this is none of it.

    Why it hurts
        The layers before it learn nothing through it. Where no other way leads around it, the model learns a constant,
        and no message says so.

    How to mend it
        Yield batches of more samples, or put LayerNormalization in the place of BatchNormalization.

    Known limits
        Only layers of the model's own graph, not those of a model inside it. A note where another way leads around the
        layer, as in a U-Net. One last batch of one sample is no matter.

    Source
        keras 3.15.1, layers/normalization/batch_normalization.py; measured on keras 3.15.1 / tensorflow 2.21.0: after
        an epoch of such batches the kernel before the layer is what it was.
    """

    name, title = "batch-of-one", "Batches of one sample under BatchNormalization"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        layers, batches = seen.model_facts.over_rows, first_pass(seen)
        trained = [batch.index for batch in batches if seen.trained_on(batch.index)]
        if not layers or len(trained) < 2 or any(batch.rows != 1 for batch in batches):  # noqa: PLR2004  (several)
            return
        alone = seen.model_facts.only_ways
        layer = alone[0] if alone else layers[0]
        message = (
            f"Each of {listed(trained)} has 1 sample, and the BatchNormalization layer {layer!r} takes its mean over "
            "the samples of a batch alone: what it is given minus its own mean is 0, so while training nothing of its "
            "input gets through it, and no gradient goes back through it"
            + (". No way leads around it: what the model gives there does not depend on x." if alone else ".")
        )
        bigger = "`batch_size=32`" if seen.source.is_sliced else "batches of more samples, such as 32"
        fix = (
            f"{'Pass' if seen.source.is_sliced else 'Yield'} {bigger}, or put "
            f"`keras.layers.LayerNormalization()` in the place of {layer!r}."
        )
        yield self.finding("warning" if alone else "note", message, fix=fix, batches=trained, layer=layer)

    def broken(self) -> Iterator[Any]:
        return sound(rows=1)

    def mended(self) -> Iterator[Any]:
        return sound()

    def model(self) -> Any:
        import keras

        layers = [keras.layers.Dense(3), keras.layers.BatchNormalization(), keras.layers.Dense(1)]
        model = keras.Sequential([keras.Input((FEATURES,)), *layers])
        model.compile("sgd", "mse")
        return model
