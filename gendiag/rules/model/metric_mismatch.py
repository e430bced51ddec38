from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from gendiag.model.facts import SPARSE, Output
from gendiag.records import Batch, Failure, Finding, Leaf, Trial, format_shape
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
FOR_ONE_HOT = (
    "categorical_accuracy", "one_hot_io_u", "one_hot_mean_io_u", "top_k_categorical_accuracy",
)  # fmt: skip
ELEMENTWISE = (
    "binary_accuracy", "f1_score", "fbeta_score", "r2_score", "mean_absolute_error",
    "mean_squared_error", "cosine_similarity",
)  # fmt: skip
FITTING = "Use a metric that compares what the output gives with what y is; the loss fits already."


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
        Which of several metrics raised is told by a trial, one step with the weights as they are. What raises nothing
        is a note.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "metric-mismatch", "A metric does not fit y or the output"
    reads_trials = True
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        run = seen.model_run
        if run is None or not seen.batches or run.failed_in_validation:
            return
        if run.failure is not None:
            index = run.failed_batch or 0
            failure = _of_a_metric(seen.trials.get(index), run.failure)
            if failure is not None:
                yield self._raised(seen, index, failure)
        elif run.steps and len(pairs := seen.model_facts.scored(seen.batches[0])) == 1:
            yield from self._meaningless(seen, *pairs[0])
            yield from self._of_one_column(seen, *pairs[0])

    def _raised(self, seen: Evidence, index: int, failure: Failure) -> Finding:
        metrics, batch = seen.model_facts.metrics, seen.profile.find(index) or seen.batches[0]
        known = failure.metric or (metrics[0] if len(metrics) == 1 else None)
        some = f"One of the metrics ({', '.join(metrics)})" if metrics else "A metric"
        pairs = seen.model_facts.scored(batch)
        pair = next((each for each in pairs if len(pairs) == 1 or each[1].name == failure.output), None)
        is_of = f"{pair[0].path} has shape {_shapes(*pair)}" if pair else f"y is {_all_of_y(batch)}"
        message = (
            f"{f'The metric {known}' if known else some} raises on {seen.place(index)}, behind a loss that was "
            f"computed: {is_of}. {failure.line.rstrip('.')}."
        )
        fix = _look_at(failure) or (_fix(seen, *pair) if pair else FITTING)
        return self.finding("error", message, fix=fix, batches=[index], leaf=pair[0].path if pair else None)

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

    def _of_one_column(self, seen: Evidence, leaf: Leaf, output: Output) -> Iterator[Finding]:
        shape, classes = leaf.shape or (), output.channels or 0
        is_sparse = output.loss is not None and output.loss.key == SPARSE
        for name in (each for each in seen.model_facts.metrics if is_sparse and classes > 1):
            if name in FOR_ONE_HOT or (name in ELEMENTWISE and shape[-1:] == (1,)):
                message = (
                    f"The metric {name} compares {leaf.path}, class numbers of shape {format_shape(shape)}, with the "
                    f"{classes} columns of the output {output.name!r} as if it were one-hot: its figure means nothing."
                )
                fix = f"Use `metrics=['accuracy']` (or '{FOR_CLASSES}'): it takes class numbers."
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


def _of_a_metric(trial: Trial | None, of_fit: Failure) -> Failure | None:
    """What a metric raised: in one eager step of Keras's own, else in fit, where that step came through its loss.

    A graph runs in no order: where the loss does not fit either, it may be a metric of which fit tells.
    """
    where = trial.inside.where if trial is not None and trial.inside is not None else ""
    if trial is not None and where == "metrics":
        return trial.failure
    if where in ("", "step") and _is_of_metrics(of_fit):
        return replace(of_fit, frame=None)  # (only the call of fit)
    return None


def _look_at(failure: Failure) -> str:
    """Where a metric of the user's own raised; else empty."""
    if failure.frame is None:
        return ""
    line = f", `{failure.code}`" if failure.code else ""
    return f"Look at {failure.frame}{line}: it is given y and the output as above, and does not take them."


def _shapes(leaf: Leaf, output: Output) -> str:
    return f"{format_shape(leaf.shape)}, the output {output.name!r} {format_shape(output.shape)}"


def _all_of_y(batch: Batch) -> str:
    return ", ".join(str(leaf) for leaf in batch.leaves if leaf.role == "y") or "absent"


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
    return FITTING


def _is_real(seen: Evidence, path: str) -> bool:
    """Whether the targets are no whole numbers."""
    leaves = [leaf for _, leaf in seen.leaves.get(path, ()) if leaf.low is not None and "float" in leaf.dtype]
    return any(not float(leaf.low or 0).is_integer() or not float(leaf.high or 0).is_integer() for leaf in leaves)
