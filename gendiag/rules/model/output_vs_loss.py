from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from gendiag.model.facts import Loss, Output
from gendiag.records import Finding, Severity
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Rule, dense, sound

CATEGORICAL = ("categorical_crossentropy", "categorical_focal_crossentropy")
CROSSENTROPIES = (
    "binary_crossentropy", "binary_focal_crossentropy", "sparse_categorical_crossentropy", *CATEGORICAL,
)  # fmt: skip
UNBOUNDED = ("linear", "relu", "tanh", "leaky_relu", "elu")
PROBABILITIES = ("softmax", "sigmoid")
TWO = 2


WORKS = "It trains; what the model answers may not be what it is read as, or Keras has to guess what was meant."


class OutputVsLoss(Rule):
    """The last layer's activation and the loss do not belong together.

    What fit does
        Trains. A softmax over one unit is 1 for every sample; ``categorical_crossentropy`` over one unit is 0 for every
        sample; a cross-entropy without ``from_logits=True`` takes the outputs for probabilities and clips a linear
        layer's to 0..1, where they have no gradient. The cosine similarity of a single number is its sign, which has
        no gradient. Of a softmax or sigmoid right at the end Keras takes the numbers before it, so ``from_logits=True``
        does no harm there; behind a Reshape they go through it again.

    Why it hurts
        The loss stands still or falls for no good reason, and nothing that the source yields can change it.

    How to mend it
        One unit with sigmoid and ``binary_crossentropy`` for two classes, k units with softmax and a categorical loss
        for k; for a linear output pass ``from_logits=True`` to the loss.

    Known limits
        Only Keras's own losses and layers. A linear or relu layer that is trained under a cross-entropy all the same is
        a warning, as its outputs may happen to lie in 0..1. What works, but is mostly meant otherwise, is a note:
        ``binary_crossentropy`` over a softmax of several classes, a categorical loss over sigmoids,
        ``from_logits=True`` over a softmax.

    Source
        keras 3.15.1, backend/tensorflow/nn.py; measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "output-vs-loss", "The last activation does not fit the loss"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        if seen.model_run is None or not seen.model_run.steps:
            return
        for output in seen.model_facts.outputs:
            fault = _fault(output)
            severity: Severity = "note" if fault is None else "warning"
            fault = fault or _oddity(output)
            if fault is not None:
                message = f"Whatever the source yields: {fault[0]}"
                is_note = severity == "note"
                batches = [] if is_note else [b.index for b in seen.batches if seen.trained_on(b.index)]
                found = self.finding(
                    severity, message, fix=fault[1], batches=batches, leaf=output.path, output=output.name
                )
                yield replace(found, why=WORKS) if is_note else found

    def broken(self) -> Iterator[Any]:
        return ((x, (y > 0).astype("float32")) for x, y in sound())

    def mended(self) -> Iterator[Any]:
        return ((x, (y > 0).astype("float32")) for x, y in sound())

    def model(self) -> Any:
        return dense(1, loss="categorical_crossentropy", activation="sigmoid")

    def mended_model(self) -> Any:
        return dense(1, loss="binary_crossentropy", activation="sigmoid")


def _fault(output: Output) -> tuple[str, str] | None:
    """What is wrong with this output under its loss, and what to do."""
    loss, channels = output.loss, output.channels
    binary = "With one unit use `activation='sigmoid'` and `loss='binary_crossentropy'`."
    if loss is None or not loss.key:
        return None
    if channels == 1 and output.activation == "softmax":
        return f"the output {output.name!r} is a softmax over 1 unit, which is 1 for every sample.", binary
    if channels == 1 and loss.key in CATEGORICAL:
        return f"{loss.key} over the 1 unit of the output {output.name!r} is 0 for every sample.", binary
    if channels == 1 and loss.key == "cosine_similarity":
        said = f"cosine_similarity over the 1 unit of the output {output.name!r} knows its sign only: no gradient."
        return said, "For one number use `loss='mse'`; cosine_similarity compares vectors."
    return _of_logits(output, loss) if loss.key in CROSSENTROPIES else None


def _of_logits(output: Output, loss: Loss) -> tuple[str, str] | None:
    """A cross-entropy takes the output for logits where it is none, or the other way round."""
    name = "".join(word.capitalize() for word in loss.key.split("_"))
    kind = "sigmoid" if "binary" in loss.key else "softmax"
    if loss.from_logits is False and output.activation in UNBOUNDED:
        said = (
            f"the output {output.name!r} is {output.activation}, and {loss.key} without from_logits=True takes it for "
            "probabilities and clips it to 0..1."
        )
        return said, f"Use `activation='{kind}'` in the last layer, or `loss=keras.losses.{name}(from_logits=True)`."
    if loss.from_logits is True and output.activation in PROBABILITIES and output.moved:
        said = (
            f"the output {output.name!r} is a {output.activation} already, and {loss.key} with from_logits=True puts "
            f"a {kind} over it once more: no answer can come near 0 or 1."
        )
        return (
            said,
            f"Leave out `activation='{output.activation}'` in the last layer, or `from_logits=True` in the loss.",
        )
    return None


def _oddity(output: Output) -> tuple[str, str] | None:
    """What trains, though another loss or activation is mostly meant; of an activation right at the end."""
    loss, channels, name = output.loss, output.channels or 0, f"the output {output.name!r}"
    if loss is None or output.activation not in PROBABILITIES or loss.key not in CROSSENTROPIES or output.moved:
        return None
    if loss.from_logits is True:
        said = (
            f"{name} is a {output.activation} already, and {loss.key} is told from_logits=True: Keras trains on the "
            f"numbers before the {output.activation}, with a warning, so this works."
        )
        return (
            said,
            f"Leave out `activation='{output.activation}'` in the last layer, or `from_logits=True` in the loss.",
        )
    kind = "sigmoid" if "binary" in loss.key else "softmax"
    if channels <= TWO or output.activation == kind:
        return None
    said = (
        f"{name} is a {output.activation} of {channels} units, while {loss.key} trains a {kind} on the numbers before "
        "it: what the model answers is not what it was trained on."
    )
    return said, (
        "For one class per sample use `activation='softmax'` with a categorical loss, for several at once "
        "`activation='sigmoid'` with `loss='binary_crossentropy'`."
    )
