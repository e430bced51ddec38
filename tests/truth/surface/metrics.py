"""Metrics that do not fit what they compare."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import arrays, batches_of, classifier, dense, generator, labels
from tests.truth.surface.row import Call, fault


@fault(
    first="metric-mismatch", verdict="raises", batch=0, says=r"class numbers",
    variants=("Precision", "MeanIoU", "F1Score", "BinaryAccuracy"),
)  # fmt: skip
def a_metric_for_columns_on_class_numbers(name: str) -> Call:
    kind = getattr(keras.metrics, name)
    return Call(generator(batches_of(*labels())), classifier(metrics=[kind(3) if name == "MeanIoU" else kind()]))


@a_metric_for_columns_on_class_numbers.sound
def a_mean_iou_that_takes_scores() -> Call:
    return Call(labels(), classifier(metrics=["accuracy", keras.metrics.MeanIoU(3, sparse_y_pred=False)]))


@a_metric_for_columns_on_class_numbers.sound
def precision_on_one_hot_rows() -> Call:
    x, y = labels()
    model = dense(3, loss="categorical_crossentropy", activation="softmax", metrics=[keras.metrics.Precision()])
    return Call((x, np.eye(3)[y]), model)


@fault(first="metric-mismatch", verdict="raises", says=r"categorical_accuracy")
def a_sparse_metric_on_one_hot_rows() -> Call:
    x, y = labels()
    compiled: Any = {"metrics": ["sparse_categorical_accuracy"]}
    return Call((x, np.eye(3)[y]), dense(3, loss="categorical_crossentropy", activation="softmax", **compiled))


@fault(first="metric-mismatch", verdict="raises", says=r"\[:, None\]")
def f1_on_labels_of_one_axis() -> Call:
    model = dense(1, loss="binary_crossentropy", activation="sigmoid", metrics=[keras.metrics.F1Score()])
    return Call(generator(batches_of(*labels(classes=2))), model)


@fault(first="metric-mismatch", says=r"stays near 0")
def the_accuracy_of_real_numbers() -> Call:
    return Call(arrays(), dense(metrics=["accuracy"]))


@fault(first="metric-mismatch", says=r"logits", variants=("Precision", "AUC", "BinaryAccuracy"))
def thresholds_on_logits(name: str) -> Call:
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    return Call(labels(classes=2), dense(loss=loss, metrics=[getattr(keras.metrics, name)()]))


@thresholds_on_logits.sound
def a_threshold_that_is_a_logit() -> Call:
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    return Call(labels(classes=2), dense(loss=loss, metrics=[keras.metrics.BinaryAccuracy(threshold=0.0)]))


def two_outputs(**metrics: Any) -> Any:
    given = keras.Input((4,))
    heads = {
        "kind": keras.layers.Dense(3, activation="softmax", name="kind")(given),
        "size": keras.layers.Dense(1, name="size")(given),
    }
    model = keras.Model(given, heads)
    losses = {"kind": "sparse_categorical_crossentropy", "size": "mse"}
    model.compile(keras.optimizers.SGD(0.01), losses, metrics=metrics)
    return model


@fault(
    first="metric-mismatch", verdict="raises", batch=0,
    says=(r"The metric (recall|auc|binary_accuracy|r2_score|mean_absolute_error) raises", r"class numbers"),
    variants=("Recall", "AUC", "BinaryAccuracy", "R2Score", "MeanAbsoluteError"),
)  # fmt: skip
def one_of_several_metrics_on_whole_arrays_of_class_numbers(name: str) -> Call:
    x, y = labels(64)
    metrics = ["accuracy", getattr(keras.metrics, name)()]
    return Call((x, y.astype("uint8")), classifier(metrics=metrics), batch_size=32)


@one_of_several_metrics_on_whole_arrays_of_class_numbers.sound
def an_auc_of_one_hot_rows() -> Call:
    x, y = labels(64)
    model = dense(3, loss="categorical_crossentropy", activation="softmax", metrics=["accuracy", keras.metrics.AUC()])
    return Call((x, np.eye(3)[y]), model, batch_size=32)


@one_of_several_metrics_on_whole_arrays_of_class_numbers.sound
def sparse_metrics_of_class_numbers() -> Call:
    metrics = ["accuracy", "sparse_top_k_categorical_accuracy"]
    return Call(labels(64), classifier(metrics=metrics), batch_size=32)


@fault(
    first="metric-mismatch", verdict="raises", batch=0, says=(r"The metric \w+ raises", r"\['kind'\]"),
    variants=("Precision", "F1Score"),
)  # fmt: skip
def a_metric_of_one_of_two_outputs(name: str) -> Call:
    x, y = labels()
    model = two_outputs(kind=["accuracy", getattr(keras.metrics, name)()], size=["mae"])
    return Call((x, {"kind": y, "size": x[:, :1]}), model)


@a_metric_of_one_of_two_outputs.sound
def fitting_metrics_of_two_outputs() -> Call:
    x, y = labels()
    return Call((x, {"kind": y, "size": x[:, :1]}), two_outputs(kind=["accuracy"], size=["mae"]))


@fault(
    first="metric-mismatch", says=r"as if it were one-hot",
    variants=("CategoricalAccuracy", "OneHotMeanIoU", "BinaryAccuracy", "F1Score"),
)  # fmt: skip
def a_metric_of_one_hot_rows_that_takes_class_numbers(name: str) -> Call:
    x, y = labels()
    kind = getattr(keras.metrics, name)
    metric = kind(3) if name == "OneHotMeanIoU" else kind()
    return Call((x, y[:, None] if name in ("BinaryAccuracy", "F1Score") else y), classifier(metrics=[metric]))
