"""Weights of classes and of samples."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tests.truth.surface.build import Items, arrays, batches_of, classifier, dataset, dense, generator, labels
from tests.truth.surface.row import Call, fault

KINDS = ("arrays", "dataset", "PyDataset")
FLAT = {0: 1.0, 1: 2.0, 2: 3.0}


@fault(first="class-weight-mismatch", verdict="raises", says=(r"class_weight", r"single output"), variants=KINDS)
def class_weight_with_two_outputs(kind: str) -> Call:
    return Call(_two(kind), _two_heads(), class_weight=FLAT)


@fault(
    first="class-weight-mismatch", verdict="raises", says=(r"class_weight is nested", r"single output"), variants=KINDS
)
def a_dict_of_class_weights_per_output(kind: str) -> Call:
    return Call(_two(kind), _two_heads(), class_weight={"a": FLAT, "b": FLAT})


@fault(first="class-weight-mismatch", verdict="raises", says=r"list", variants=KINDS)
def class_weight_as_a_list(kind: str) -> Call:
    return Call(_one(kind), classifier(), class_weight=[1.0, 2.0, 3.0])


@fault(first="class-weight-mismatch", verdict="raises", says=r"sample weights", variants=KINDS)
def class_weight_beside_sample_weights(kind: str) -> Call:
    return Call(_one(kind, np.ones(48, "float32")), classifier(), class_weight=FLAT)


@fault(first="class-weight-mismatch", verdict="raises", says=r"key '0'")
def class_names_as_keys_of_a_dataset() -> Call:
    return Call(_one("dataset"), classifier(), class_weight={"0": 1.0, "1": 2.0, "2": 3.0})


@fault(first="class-weight-mismatch", says=(r"no effect", r"'0'"), variants=("arrays", "PyDataset"))
def class_names_as_keys(kind: str) -> Call:
    return Call(_one(kind), classifier(), class_weight={"0": 1.0, "1": 2.0, "2": 3.0})


@fault(first="class-weight-mismatch", says=(r"no effect", r"\b7\b"), variants=KINDS)
def class_weights_of_other_classes(kind: str) -> Call:
    return Call(_one(kind), classifier(), class_weight={7: 1.0, 8: 5.0})


@fault(first="class-weight-mismatch", verdict="raises", batch=0, says=(r"\b2\b", r"keys are 0, 1"))
def a_label_without_a_weight() -> Call:
    return Call(_one("dataset"), classifier(), class_weight={0: 1.0, 1: 2.0})


@fault(first="class-weight-mismatch", verdict="raises", batch=4, says=r"\b2\b")
def a_late_label_without_a_weight() -> Call:
    x, y = labels(classes=2)
    y[35] = 2
    return Call(dataset(x, y), classifier(), class_weight={0: 1.0, 1: 2.0})


@fault(first="class-weight-mismatch", verdict="raises", says=r"per position", variants=("arrays", "PyDataset"))
def class_weight_with_a_label_per_position(kind: str) -> Call:
    x = np.random.default_rng(0).random((48, 5, 4)).astype("float32")
    y = np.random.default_rng(1).integers(0, 3, (48, 5, 1))
    model = keras.Sequential([keras.Input((5, 4)), keras.layers.Dense(3, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return Call((x, y) if kind == "arrays" else Items(batches_of(x, y)), model, class_weight=FLAT)


@class_weight_with_two_outputs.sound
def weights_of_every_class() -> Call:
    return Call(_one("dataset"), classifier(), class_weight=FLAT, epochs=2)


@class_weight_with_two_outputs.sound
def a_weight_for_the_rare_class_alone() -> Call:
    return Call(_one("arrays"), classifier(), class_weight={2: 5.0}, epochs=2)


@class_weights_of_other_classes.sound
def class_weight_with_one_hot_rows() -> Call:
    x, y = labels()
    model = dense(3, loss="categorical_crossentropy", activation="softmax")
    return Call((x, np.eye(3, dtype="float32")[y]), model, class_weight=FLAT)


@class_weights_of_other_classes.sound
def a_class_that_does_not_occur_has_a_weight_too() -> Call:
    return Call(_one("PyDataset"), classifier(5), class_weight={**FLAT, 3: 2.0, 4: 9.0})


@class_weights_of_other_classes.sound
def class_weight_of_two_classes_under_a_sigmoid() -> Call:
    x, y = labels(classes=2)
    model = dense(1, loss="binary_crossentropy", activation="sigmoid")
    return Call(dataset(x, y[:, None].astype("float32")), model, class_weight={0: 1.0, 1: 4.0})


@fault(first="weights-shape", says=r"weights", variants=("generator", "dataset"))
def weights_of_samples_meet_the_columns(kind: str) -> Call:
    x = np.random.default_rng(0).normal(size=(24, 4, 4, 1)).astype("float32")
    w = np.tile(np.arange(1.0, 5.0, dtype="float32"), 6)
    source = generator(batches_of(x, x, w, size=4)) if kind == "generator" else dataset(x, x, w, size=4)
    return Call(source, _images())


@fault(first="weights-shape", verdict="raises", batch=0, says=r"missing axes", variants=("generator", "arrays"))
def weights_of_samples_for_a_loss_per_position(kind: str) -> Call:
    x = np.random.default_rng(0).normal(size=(24, 4, 4, 1)).astype("float32")
    w = np.linspace(1, 2, 24).astype("float32")
    return Call(generator(batches_of(x, x, w)) if kind == "generator" else (x, x, w), _images())


@weights_of_samples_meet_the_columns.sound
def weights_with_an_axis_per_position() -> Call:
    x = np.random.default_rng(0).normal(size=(24, 4, 4, 1)).astype("float32")
    w = np.tile(np.arange(1.0, 5.0, dtype="float32"), 6)[:, None, None]
    return Call(generator(batches_of(x, x, w, size=4)), _images())


@weights_of_samples_meet_the_columns.sound
def a_mask_as_weights() -> Call:
    x = np.random.default_rng(0).normal(size=(24, 4, 4, 1)).astype("float32")
    return Call(dataset(x, x, (x[..., 0] > 0).astype("float32"), size=4), _images())


@fault(first="negative-weights", batch=3, says=r"-1", variants=("generator", "PyDataset", "dataset"))
def a_weight_below_0(kind: str) -> Call:
    x, y = arrays()
    w = np.ones(48, "float32")
    w[26] = -1
    batches = batches_of(x, y, w)
    source = {"generator": generator(batches), "PyDataset": Items(batches)}.get(kind) or dataset(x, y, w)
    return Call(source, dense())


@a_weight_below_0.sound
def a_weight_of_0() -> Call:
    x, y = arrays()
    return Call(generator(batches_of(x, y, (np.arange(48) % 3 > 0).astype("float32"))), dense())


@a_weight_below_0.sound
def weights_below_1() -> Call:
    x, y = arrays()
    return Call((x, y, np.linspace(0.1, 0.9, 48)), dense(), epochs=2)


def _images() -> Any:
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(1, 1)])
    model.compile("sgd", "mse")
    return model


def _one(kind: str, *weights: Any) -> Any:
    parts = (*labels(), *weights)
    if kind == "arrays":
        return parts
    return dataset(*parts) if kind == "dataset" else Items(batches_of(*parts))


def _two(kind: str) -> Any:
    x, y = labels()
    if kind == "arrays":
        return x, {"a": y, "b": y}
    if kind == "dataset":
        return tf.data.Dataset.from_tensor_slices((x, {"a": y, "b": y})).batch(8)
    return Items([(a, {"a": b, "b": b}) for a, b in batches_of(x, y)])


def _two_heads() -> Any:
    given = keras.Input((4,))
    heads = {name: keras.layers.Dense(3, activation="softmax", name=name)(given) for name in "ab"}
    model = keras.Model(given, heads)
    model.compile("sgd", dict.fromkeys("ab", "sparse_categorical_crossentropy"))
    return model


@fault(
    first="weights-shape",
    verdict="raises",
    batch=0,
    says=(r"without 'b'", r"np\.ones"),
    variants=("PyDataset", "generator", "dataset"),
)
def weights_of_one_output_of_two(kind: str) -> Call:
    x, y = labels()
    batches = [(a, {"a": b, "b": b}, {"a": np.linspace(0.5, 1, len(b))}) for a, b in batches_of(x, y)]
    if kind == "dataset":
        parts = (x, {"a": y, "b": y}, {"a": np.linspace(0.5, 1, len(y))})
        return Call(tf.data.Dataset.from_tensor_slices(parts).batch(8), _two_heads())
    return Call(generator(batches) if kind == "generator" else Items(batches), _two_heads())


@weights_of_one_output_of_two.sound
def weights_of_both_outputs() -> Call:
    x, y = labels()
    batches = [(a, {"a": b, "b": b}, dict.fromkeys("ab", np.linspace(0.5, 1, len(b)))) for a, b in batches_of(x, y)]
    return Call(Items(batches), _two_heads())
