from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gendiag.records import Finding
from gendiag.rules.edits import numbers
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.dtype_clash import clash_of
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.to_type import cast
from gendiag.rules.rule import Edits, Rule, sound


class LossDtype(Rule):
    """A ``train_step``, loss or metric of the user's own computes with y, and its dtype does not fit.

    What fit does
        Casts y to float32 for a loss given to compile. In a ``train_step`` of one's own y arrives as it was yielded,
        and TensorFlow refuses to combine int64 or float64 with float32.

    Why it hurts
        The message names an operation and two types, not the source that y comes from.

    How to mend it
        Yield y in the type of the outputs, ``y.astype("float32")``, or cast it first in the ``train_step``.

    Known limits
        Told from TensorFlow's message and the dtypes of the leaves, so only where one of them alone has that type.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "loss-dtype", "y's dtype does not fit the loss"
    batchwise = True
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        run = seen.model_run
        if run is None or run.failure is None or run.failed_batch is None:
            return
        batch = seen.profile.find(run.failed_batch)
        clash = clash_of(run.failure)
        if batch is None or clash is None:
            return
        guilty = [leaf for leaf in batch.leaves if leaf.dtype in clash and leaf.dtype != "float32"]
        if len(guilty) != 1 or guilty[0].role not in ("y", "sample_weight"):
            return
        leaf, other = guilty[0], next((dtype for dtype in clash if dtype != guilty[0].dtype), "float32")
        message = (
            f"{leaf.path} of {seen.place(batch.index)} is {leaf.dtype} and meets {other} where the model computes its "
            f"loss; TensorFlow combines only equal types: {run.failure.line.rstrip('.')}."
        )
        fix = f"Yield it in that type, {cast(seen.source, leaf.path, other)}, or cast it first in the train_step."
        yield self.finding(
            "error", message, fix=fix, batches=[batch.index], leaf=leaf.path, found=leaf.dtype, other=other
        )

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        yield numbers.cast(at(seen, finding), finding.leaf or "", "float32")

    def broken(self) -> Iterator[Any]:
        return ((x, y.astype("int64")) for x, y in sound())

    def mended(self) -> Iterator[Any]:
        return sound()

    def model(self) -> Any:
        import keras
        import tensorflow as tf

        class Own(keras.Model):
            def __init__(self) -> None:
                super().__init__()
                self.out = keras.layers.Dense(1)

            def call(self, x: Any) -> Any:
                return self.out(x)

            def train_step(self, data: Any) -> dict[str, Any]:
                x, y = data
                with tf.GradientTape() as tape:
                    loss = tf.reduce_mean((y - self(x)) ** 2)
                self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
                return {"loss": loss}

        model = Own()
        model.compile("sgd")
        return model
