from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.model.facts import SPARSE, Output
from gendiag.records import Failure, Finding, Leaf, format_shape
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.to_type import one_hot
from gendiag.rules.rule import Rule, dense, sound

CLASSES, TABLE = 3, 2
MODULE = "/metrics/"  # in the path of Keras's metrics, in the traceback that TensorFlow gives of a graph
OWN_WORDS = ("FBetaScore expects", "F1Score expects")
SHAPES = ("ncompatible shape", "same shape", "must be broadcastable", "rank", "expects 2D")
THRESHOLDS = (
    "precision", "recall", "auc", "binary_accuracy", "true_positives", "false_positives", "true_negatives",
    "false_negatives", "f1_score",
)  # fmt: skip
ACCURACIES = ("accuracy", "acc")
CROSSENTROPY = "crossentropy"
DISTANCES = ("mean_squared_error", "mean_absolute_error", "huber", "log_cosh", "mean_absolute_percentage_error")
FOR_CLASSES = "sparse_categorical_accuracy"


class MetricMismatch(Rule):
    """A metric does not fit what it compares: y and the output.

    What fit does
        Runs every metric behind the loss, in the same step. One that compares number by number, such as Precision,
        MeanIoU or BinaryAccuracy, raises where y holds class numbers and the output one column per class. Others give a
        number that means nothing: an accuracy of real numbers, a threshold of 0.5 on logits.

    Why it hurts
        The error is a shape mismatch without the metric's name, though the model and its loss are sound. Where nothing
        raises, a metric that stays near 0 looks like a model that does not learn.

    How to mend it
        For class numbers: ``sparse_categorical_accuracy``, or ``MeanIoU(n, sparse_y_pred=False)``. Precision, Recall
        and F1Score want one-hot rows. Logits want thresholds that are logits.

    Known limits
        Which of several metrics raised is told only where there is one. What raises nothing is a note.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "metric-mismatch", "A metric does not fit y or the output"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        run = seen.model_run
        pairs = seen.model_facts.scored(seen.batches[0]) if run is not None and seen.batches else []
        if run is None or len(pairs) != 1:
            return
        if run.failure is not None and _is_of_metrics(run.failure):
            index = run.failed_batch if run.failed_batch is not None else 0
            yield self._finding(seen, index, run.failure, *pairs[0])
        elif run.steps:
            yield from self._meaningless(seen, *pairs[0])

    def _finding(self, seen: Evidence, index: int, failure: Failure, leaf: Leaf, output: Output) -> Finding:
        metrics = seen.model_facts.metrics
        who = f"The metric {metrics[0]}" if len(metrics) == 1 else f"One of the metrics ({', '.join(metrics)})"
        message = (
            f"{who} raises on {seen.place(index)}, behind a loss that was computed: {leaf.path} has shape "
            f"{format_shape(leaf.shape)}, the output {output.name!r} {format_shape(output.shape)}. "
            f"{failure.line.rstrip('.')}."
        )
        return self.finding("error", message, fix=_fix(seen, leaf, output), batches=[index], leaf=leaf.path)

    def _meaningless(self, seen: Evidence, leaf: Leaf, output: Output) -> Iterator[Finding]:
        metrics = seen.model_facts.metrics
        key = output.loss.key if output.loss is not None else ""
        logits = [name for name in metrics if name in THRESHOLDS]
        if key in DISTANCES and output.activation == "linear" and _is_real(seen, leaf.path):
            for name in (each for each in metrics if each in ACCURACIES):
                message = (
                    f"metrics=[{name!r}] counts how often output and {leaf.path} are equal, and {leaf.path} of every "
                    "batch holds real numbers: it stays near 0 whatever the model learns."
                )
                fix = "Use a metric for numbers: `metrics=['mae']`, or `keras.metrics.R2Score()`."
                yield self.finding("note", message, fix=fix, leaf=leaf.path, metric=name)
        if (
            CROSSENTROPY in key
            and output.loss is not None
            and output.loss.from_logits
            and output.activation == "linear"
        ):
            for name in logits:
                message = (
                    f"The metric {name} compares with thresholds between 0 and 1, and the output {output.name!r} gives "
                    "logits in every batch: its figures are of another decision than the model's."
                )
                fix = "Put the sigmoid into the model (and from_logits=False), or give it thresholds in logits."
                yield self.finding("note", message, fix=fix, leaf=leaf.path, metric=name)

    def broken(self) -> Iterator[Any]:
        return ((x, np.arange(len(x)) % CLASSES) for x, _ in sound())

    def mended(self) -> Iterator[Any]:
        return self.broken()

    def model(self) -> Any:
        return _model("Precision")

    def mended_model(self) -> Any:
        return _model("SparseCategoricalAccuracy")


def _model(metric: str) -> Any:
    import keras

    model = dense(CLASSES, loss=SPARSE, activation="softmax")
    model.compile("sgd", SPARSE, metrics=[getattr(keras.metrics, metric)()])
    return model


def _is_of_metrics(failure: Failure) -> bool:
    """Whether a metric raised: told from the stack of the graph's operation, or from its own words."""
    own = any(words in failure.line for words in OWN_WORDS)
    stack = "in compute_metrics" in failure.details and MODULE in failure.details
    return own or (stack and any(words in failure.line for words in SHAPES))


def _fix(seen: Evidence, leaf: Leaf, output: Output) -> str:
    classes, shape = output.channels or 0, leaf.shape or ()
    if classes > 1 and shape[-1:] != (classes,):
        iou = f"`keras.metrics.MeanIoU({classes}, sparse_y_pred=False)`"
        return (
            f"{leaf.path} holds class numbers: use `metrics=['{FOR_CLASSES}']` (or {iou}); for Precision, Recall and "
            f"F1Score give one-hot rows, {one_hot(seen.source, leaf.path, classes)}, with "
            "`loss='categorical_crossentropy'`."
        )
    if classes > 1:
        return f"{leaf.path} holds one column per class: use `metrics=['categorical_accuracy']`, without `sparse`."
    if len(shape) < TABLE:
        return f"Yield {leaf.path} with an axis for the outputs, `{leaf.path}[:, None]`, as the metric wants two axes."
    return "Use a metric that compares what the output gives with what y is; the loss fits already."


def _is_real(seen: Evidence, path: str) -> bool:
    """Whether the targets are no whole numbers."""
    leaves = [leaf for _, leaf in seen.leaves.get(path, ()) if leaf.low is not None and "float" in leaf.dtype]
    return any(not float(leaf.low or 0).is_integer() or not float(leaf.high or 0).is_integer() for leaf in leaves)
