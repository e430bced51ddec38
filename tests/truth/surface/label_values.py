"""What the labels hold: rows without a class, classes that the loss does not know, targets that it does not measure."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import arrays, batches_of, classifier, dense, generator, labels, source
from tests.truth.surface.row import Call, fault, silent

CATEGORICAL = "categorical_crossentropy"


def one_hot(y: Any, width: int) -> Any:
    """As ``tf.one_hot`` makes it: zeros for a class without a column."""
    return (y[:, None] == np.arange(width)).astype("float32")


def softmax(width: int = 3, loss: Any = CATEGORICAL, **compiled: Any) -> Any:
    return dense(width, loss=loss, activation="softmax", **compiled)


@fault(
    first="rows-without-class",
    batch=0,
    says=(r"all zeros", r"num_classes"),
    variants=("generator", "PyDataset", "tf.data"),
)
def a_depth_one_too_small(kind: str) -> Call:
    x, y = labels(classes=4)
    return Call(source(kind, batches_of(x, one_hot(y, 3))), softmax())


@fault(first="rows-without-class", says=r"-1")
def a_class_minus_one_in_arrays() -> Call:
    x, y = labels(classes=4)
    return Call((x, one_hot(y - 1, 3)), softmax(), epochs=2)


@fault(first="rows-without-class", batch=3)
def only_one_batch_has_them() -> Call:
    x, y = labels()
    y[26] = 3
    return Call(generator(batches_of(x, one_hot(y, 3))), softmax(loss=keras.losses.CategoricalFocalCrossentropy()))


@a_depth_one_too_small.sound
def several_classes_at_once_may_be_none() -> Call:
    x, _ = labels()
    y = np.random.default_rng(3).integers(0, 2, (48, 3))
    y[::5] = 0
    return Call((x, y), dense(3, loss="binary_crossentropy", activation="sigmoid"))


@a_depth_one_too_small.sound
def rows_without_a_class_have_no_weight() -> Call:
    x, y = labels(classes=4)
    return Call(generator(batches_of(x, one_hot(y, 3), (y < 3).astype("float32"))), softmax())


@a_depth_one_too_small.sound
def steps_of_a_sequence_are_padded() -> Call:
    x = np.random.default_rng(0).normal(size=(48, 5, 2)).astype("float32")
    y = np.eye(3, dtype="float32")[np.random.default_rng(1).integers(0, 3, (48, 5))]
    y[:, 3:] = 0
    model = keras.Sequential([keras.Input((5, 2)), keras.layers.Dense(3, activation="softmax")])
    model.compile("sgd", CATEGORICAL)
    return Call(generator(batches_of(x, y)), model)


@a_depth_one_too_small.sound
def mixed_labels_add_up_to_one() -> Call:
    x, y = labels()
    mixed = 0.7 * one_hot(y, 3) + 0.3 * one_hot(y[::-1], 3)
    return Call((x, mixed), softmax())


@fault(first="labels-out-of-range", verdict="raises", batch=2, says=r"0 to 2", variants=(-1, 3, 7))
def a_class_that_the_loss_does_not_know(label: int) -> Call:
    x, y = labels()
    y[20] = label
    return Call(generator(batches_of(x, y)), classifier())


@a_class_that_the_loss_does_not_know.sound
def minus_one_is_left_out() -> Call:
    x, y = labels()
    y[20] = -1
    return Call(generator(batches_of(x, y)), softmax(loss=keras.losses.SparseCategoricalCrossentropy(ignore_class=-1)))


@a_class_that_the_loss_does_not_know.sound
def one_unit_more_than_classes() -> Call:
    x, y = labels()
    return Call(generator(batches_of(x, y + 1)), classifier(4))


@fault(first="labels-out-of-range", verdict="raises", says=r"y - 1")
def classes_counted_from_one() -> Call:
    x, y = labels()
    return Call((x, y + 1), classifier(3))


@fault(
    first="labels-out-of-range", batch=0, says=r"between 0 and 1", variants=("binary_crossentropy", "dice", "tversky")
)
def a_mask_of_0_and_255(loss: str) -> Call:
    x = np.random.default_rng(0).random((48, 6, 6, 1)).astype("float32")
    model = keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Conv2D(1, 1, activation="sigmoid")])
    model.compile("sgd", loss)
    return Call(generator(batches_of(x, (x > 0.5) * 255.0)), model)


@a_mask_of_0_and_255.sound
def a_mask_of_shares() -> Call:
    call = a_mask_of_0_and_255_made("binary_crossentropy")
    x = np.random.default_rng(0).random((48, 6, 6, 1)).astype("float32")
    return Call(generator(batches_of(x, x**2)), call.model)


def a_mask_of_0_and_255_made(loss: str) -> Call:
    model = keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Conv2D(1, 1, activation="sigmoid")])
    model.compile("sgd", loss)
    return Call(None, model)


@a_mask_of_0_and_255.sound
def an_image_of_0_to_255_for_a_linear_output() -> Call:
    x = np.random.default_rng(0).random((48, 6, 6, 1)).astype("float32")
    model = keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Conv2D(1, 1)])
    model.compile(keras.optimizers.SGD(1e-4), "mse")
    return Call(generator(batches_of(x, x * 255)), model)


@fault(
    first="labels-out-of-range", says=r"\(y \+ 1\) / 2", variants=("binary_crossentropy", "binary_focal_crossentropy")
)
def minus_one_and_one_for_a_sigmoid(loss: str) -> Call:
    x, y = labels(classes=2)
    return Call(generator(batches_of(x, y * 2 - 1)), dense(1, loss=loss, activation="sigmoid"))


@minus_one_and_one_for_a_sigmoid.sound
def minus_one_and_one_for_hinge() -> Call:
    x, y = labels(classes=2)
    return Call(generator(batches_of(x, y * 2 - 1)), dense(1, loss="hinge", activation="tanh"))


@minus_one_and_one_for_a_sigmoid.sound
def zero_and_one_for_hinge_which_converts_them() -> Call:
    x, y = labels(classes=2)
    return Call(generator(batches_of(x, y)), dense(1, loss="squared_hinge", activation="tanh"))


@fault(first="labels-out-of-range", says=r"at least 0", variants=("poisson", "mean_squared_logarithmic_error"), batch=0)
def targets_below_0(loss: str) -> Call:
    return Call(generator(batches_of(*arrays())), dense(1, loss=loss, activation="softplus"))


@targets_below_0.sound
def counts() -> Call:
    x, y = labels(classes=5)
    return Call(generator(batches_of(x, y)), dense(1, loss="poisson", activation="softplus"))


@targets_below_0.sound
def amounts() -> Call:
    x, y = arrays()
    return Call((x, np.abs(y) * 100), dense(1, loss="mean_squared_logarithmic_error", activation="softplus"))


@fault(first="zero-targets", says=(r"divides", r"mae"), variants=("generator", "tf.data"))
def zeros_under_a_loss_in_percent(kind: str) -> Call:
    x, y = arrays()
    y = np.abs(y)
    y[::9] = 0
    return Call(source(kind, batches_of(x, y)), dense(1, loss="mean_absolute_percentage_error"))


@zeros_under_a_loss_in_percent.sound
def no_zeros_under_a_loss_in_percent() -> Call:
    x, y = arrays()
    return Call((x, np.abs(y) + 1), dense(1, loss="mean_absolute_percentage_error"))


@zeros_under_a_loss_in_percent.sound
def zeros_without_weight() -> Call:
    x, y = arrays()
    y = np.abs(y) + 0.5
    y[::9] = 0
    weights = (y[:, 0] != 0).astype("float32")
    return Call(generator(batches_of(x, y, weights)), dense(1, loss="mean_absolute_percentage_error"))


@silent(because="ids made by resizing a mask of ids with interpolation are ids like any other")
def ids_between_the_classes() -> Call:
    y = np.random.default_rng(0).choice([0, 1, 2], (48, 4, 4))
    x = y[..., None].astype("float32")
    y[:, ::2] = (y[:, ::2] + y[:, 1::2]) // 2
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(3, 1, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return Call(generator(batches_of(x, y)), model)


@fault(first="rounded-in-model", says=r"whole class numbers", batch=0)
def fractions_between_the_classes() -> Call:
    y = np.random.default_rng(0).choice([0.0, 1.0, 2.0], (48, 4, 4))
    x = y[..., None].astype("float32")
    y[:, 1] = (y[:, 0] + y[:, 1]) / 2
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(3, 1, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return Call(generator(batches_of(x, y)), model)
