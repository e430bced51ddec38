from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gendiag.model.facts import Output
from gendiag.records import Finding
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Rule, dense, sound

CATEGORICAL = ("categorical_crossentropy", "categorical_focal_crossentropy")
CROSSENTROPIES = (
    "binary_crossentropy", "binary_focal_crossentropy", "sparse_categorical_crossentropy", *CATEGORICAL,
)  # fmt: skip
UNBOUNDED = ("linear", "relu", "tanh", "leaky_relu", "elu")


class OutputVsLoss(Rule):
    """The last layer's activation and the loss do not belong together.

    What fit does
        Trains. A softmax over one unit is 1 for every sample; ``categorical_crossentropy`` over one unit is 0 for every
        sample; a cross-entropy without ``from_logits=True`` takes the outputs for probabilities and clips a linear
        layer's to 0..1, where they have no gradient.

    Why it hurts
        The loss stands still or falls for no good reason, and nothing that the source yields can change it.

    How to mend it
        One unit with sigmoid and ``binary_crossentropy`` for two classes, k units with softmax and a categorical loss
        for k; for a linear output pass ``from_logits=True`` to the loss.

    Known limits
        Only Keras's own losses and layers. A linear or relu layer that is trained under a cross-entropy all the same is
        a warning, as its outputs may happen to lie in 0..1.

    Source
        keras 3.15.1, backend/tensorflow/nn.py; measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "output-vs-loss", "The last activation does not fit the loss"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        if seen.model_run is None or not seen.model_run.steps:
            return
        for output in seen.model_facts.outputs:
            fault = _fault(output)
            if fault is not None:
                message, fix = fault
                yield self.finding(
                    "warning", f"Whatever the source yields: {message}", fix=fix, leaf=output.path, output=output.name
                )

    def broken(self) -> Iterator[Any]:
        return ((x, (y > 0).astype("float32")) for x, y in sound())

    def mended(self) -> Iterator[Any]:
        return ((x, (y > 0).astype("float32")) for x, y in sound())

    def model(self) -> Any:
        return dense(1, loss="categorical_crossentropy", activation="sigmoid")

    def mended_model(self) -> Any:
        return dense(1, loss="binary_crossentropy", activation="sigmoid")


def _fault(output: Output) -> tuple[str, str] | None:
    """What is wrong with this output under its loss, and the remedy."""
    loss, channels = output.loss, output.channels
    binary = "With one unit use `activation='sigmoid'` and `loss='binary_crossentropy'`."
    if loss is None or not loss.key:
        return None
    if channels == 1 and output.activation == "softmax":
        return f"the output {output.name!r} is a softmax over 1 unit, which is 1 for every sample.", binary
    if channels == 1 and loss.key in CATEGORICAL:
        return f"{loss.key} over the 1 unit of the output {output.name!r} is 0 for every sample.", binary
    if loss.key in CROSSENTROPIES and loss.from_logits is False and output.activation in UNBOUNDED:
        said = (
            f"the output {output.name!r} is {output.activation}, and {loss.key} without from_logits=True takes it for "
            "probabilities and clips it to 0..1."
        )
        name = "".join(word.capitalize() for word in loss.key.split("_"))
        kind = "sigmoid" if "binary" in loss.key else "softmax"
        return said, f"Use `activation='{kind}'` in the last layer, or `loss=keras.losses.{name}(from_logits=True)`."
    return None
