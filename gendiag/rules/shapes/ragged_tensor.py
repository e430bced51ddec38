from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gendiag.records import Finding, Leaf, format_shape
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Rule, dense


class RaggedTensor(Rule):
    """A leaf is a RaggedTensor, which the model does not take.

    What fit does
        Hands it to the model as it is. Few layers take one: most ask for its rank or its sizes, and raise.

    Why it hurts
        The message speaks of an assertion inside of a matrix product, or of an attribute that is missing.

    How to mend it
        Pad the samples to one length: ``padded_batch`` rather than ``ragged_batch``, or ``x.to_tensor()`` in a map;
        tell the model to skip what was added (``mask_zero=True``, a Masking layer).

    Known limits
        Said only where the model raised on it.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "ragged-tensor", "The model takes no RaggedTensor"
    batchwise = True
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        found: dict[int, Leaf] = {}
        for batch in seen.batches:
            ragged = next((leaf for leaf in batch.leaves if leaf.kind == "ragged"), None)
            if ragged is not None:
                found[batch.index] = ragged
        if found and seen.model_raised_at(found):
            yield self._finding(seen, found)

    def _finding(self, seen: Evidence, found: dict[int, Leaf]) -> Finding:
        index, leaf = next(iter(found.items()))
        message = (
            f"{leaf.path} of {seen.place(index)} is a RaggedTensor, {leaf.dtype} {format_shape(leaf.shape)}: its "
            "samples are of different length, and the model raises on it."
        )
        fix = (
            f"Pad to one length: `padded_batch(...)` in the place of `ragged_batch(...)`, or `{leaf.path}.to_tensor()` "
            "in a map, with a fixed length `to_tensor(shape=(None, n))` where the model wants one."
        )
        return self.finding("error", message, fix=fix, batches=found, leaf=leaf.path)

    def broken(self) -> Any:
        return _lengths(3).map(lambda x, y: (_ragged(x), y))

    def mended(self) -> Any:
        return _lengths(3)

    def model(self) -> Any:
        return dense()


def _lengths(features: int) -> Any:
    import tensorflow as tf

    x, y = tf.ones((24, features)), tf.ones((24, 1))
    return tf.data.Dataset.from_tensor_slices((x, y)).batch(4)


def _ragged(x: Any) -> Any:
    import tensorflow as tf

    return tf.RaggedTensor.from_tensor(x, lengths=1 + tf.range(tf.shape(x)[0]) % 3)
