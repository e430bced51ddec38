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
