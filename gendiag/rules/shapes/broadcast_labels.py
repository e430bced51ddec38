from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gendiag.records import Finding, format_shape
from gendiag.rules.edits import shapes
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import FEATURES, Edits, Rule, sound


class BroadcastLabels(Rule):
    """A loss of the user's own pairs each output with the targets of all samples, as one of the two has an axis more.

    What fit does
        Brings y and the output to one number of axes for its own losses and for a loss that is a function. A subclass
        of ``keras.losses.Loss`` and a ``train_step`` get them as they are, and ``y - output`` of ``(n,)`` and
        ``(n, 1)`` is ``(n, n)``.

    Why it hurts
        Nothing is raised and the loss falls, but the best answer to all targets at once is their mean, whatever x is.

    How to mend it
        Yield y with the output's axes, ``y[:, None]``, or bring both to one shape in the loss:
        ``y = keras.ops.reshape(y, keras.ops.shape(output))``.

    Known limits
        Only of one target and one output, of shape ``(n,)`` and ``(n, 1)``. It is told from the loss of the first batch,
        on a copy of the model: it is another one with y in the output's shape, the same with y in another order.

    Source
        keras 3.15.1, losses/loss.py, squeeze_or_expand_to_same_rank; measured in the very run.
    """

    name, title = "broadcast-labels", "Each output is compared with the labels of all samples"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        paired = seen.paired
        if paired is None:
            return
        rows = paired.shape[0]
        message = (
            f"{paired.path} of {seen.place(paired.batch)} has shape {format_shape(paired.shape)}, the output "
            f"{format_shape(paired.output)}, and the model's own loss broadcasts them to ({rows}, {rows}): each output "
            f"is compared with the labels of all samples. The loss is {paired.loss:.4g}, whatever the order of the "
            f"labels; with {paired.path} in the output's shape it is {paired.aligned:.4g}."
        )
        axis = "[:, None]" if len(paired.output) > len(paired.shape) else "[:, 0]"
        fix = (
            f"Yield `{paired.path}{axis}`, or reshape one to the other in the loss: "
            "`y_true = keras.ops.reshape(y_true, keras.ops.shape(y_pred))`."
        )
        batches = [batch.index for batch in seen.batches if seen.trained_on(batch.index)]
        yield self.finding(
            "warning", message, fix=fix, batches=batches, leaf=paired.path, loss=paired.loss, aligned=paired.aligned
        )

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        if seen.paired is not None and len(seen.paired.output) > len(seen.paired.shape):
            yield shapes.expand(at(seen, finding), finding.leaf or "")

    def broken(self) -> Iterator[Any]:
        return ((x, y[:, 0]) for x, y in sound())

    def mended(self) -> Iterator[Any]:
        return sound()

    def model(self) -> Any:
        import keras

        class Squared(keras.losses.Loss):
            def call(self, y_true: Any, y_pred: Any) -> Any:
                return keras.ops.mean(keras.ops.square(y_true - y_pred))

        model = keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(1)])
        model.compile("sgd", Squared())
        return model
