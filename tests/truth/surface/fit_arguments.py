"""Values of fit's arguments that fit cannot work with, or takes for something else."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import Items, arrays, batches_of, classifier, dataset, dense, generator, labels
from tests.truth.surface.row import Call, fault

NAMED = "no argument"


@fault(
    first="impossible-argument",
    verdict="raises",
    says=(r"steps_per_epoch=6\.0 is a float", NAMED, r"`steps_per_epoch=6`"),
    variants=("arrays", "generator", "dataset", "PyDataset"),
)
def steps_per_epoch_from_a_division(kind: str) -> Call:
    made = {
        "arrays": arrays,
        "generator": lambda: generator(batches_of(*arrays())),
        "dataset": lambda: dataset(*arrays()),
    }
    source = made[kind]() if kind in made else Items(batches_of(*arrays()))
    return Call(source, dense(), steps_per_epoch=48 / 8)


@fault(first="impossible-argument", verdict="raises", says=(r"steps_per_epoch=2\.5 is a float", r"`steps_per_epoch=3`"))
def steps_per_epoch_of_half_a_batch() -> Call:
    return Call(generator(batches_of(*arrays()), endless=True), dense(), steps_per_epoch=20 / 8, epochs=2)


@fault(first="impossible-argument", verdict="raises", says=r"steps_per_epoch='6' is a str")
def steps_per_epoch_as_text() -> Call:
    return Call(dataset(*arrays()), dense(), steps_per_epoch="6")


@fault(
    first="impossible-argument",
    verdict="raises",
    says=r"validation_steps=2\.0 is a float",
    variants=("arrays", "dataset"),
)
def validation_steps_from_a_division(kind: str) -> Call:
    validation = arrays(16, seed=5)
    validation = validation if kind == "arrays" else dataset(*validation)
    return Call(generator(batches_of(*arrays())), dense(), validation_data=validation, validation_steps=16 / 8)


@fault(first="impossible-argument", verdict="raises", says=r"validation_freq=0")
def validation_freq_of_0() -> Call:
    return Call(arrays(), dense(), validation_data=arrays(16, seed=5), validation_freq=0, epochs=2)


@fault(first="impossible-argument", verdict="raises", says=r"epochs=2\.0 is a float")
def epochs_as_a_float() -> Call:
    return Call(dataset(*arrays()), dense(), epochs=2.0)


@fault(first="impossible-argument", verdict="raises", says=r"batch_size=8\.0 is a float")
def batch_size_as_a_float() -> Call:
    return Call(arrays(), dense(), batch_size=8.0)


@fault(first="impossible-argument", verdict="raises", says=r"steps_per_epoch=-1 is below 0")
def steps_per_epoch_below_0_with_arrays() -> Call:
    return Call(arrays(), dense(), steps_per_epoch=-1)


@steps_per_epoch_from_a_division.sound
def steps_per_epoch_of_numpy() -> Call:
    return Call(generator(batches_of(*arrays())), dense(), steps_per_epoch=np.int64(48) // 8)


@steps_per_epoch_from_a_division.sound
def a_list_of_epochs_to_validate_after() -> Call:
    return Call(arrays(), dense(), validation_data=arrays(16, seed=5), validation_freq=[1, 3], epochs=3)


@fault(
    first="unsupported-argument",
    verdict="raises",
    says="validation_split",
    variants=("generator", "PyDataset", "dataset"),
)
def validation_split_without_arrays(kind: str) -> Call:
    batches = batches_of(*arrays())
    source = {"generator": generator(batches), "PyDataset": Items(batches)}.get(kind) or dataset(*arrays())
    return Call(source, dense(), validation_split=0.2)


@fault(
    first="unsupported-argument", verdict="raises", says="sample_weight", variants=("generator", "PyDataset", "dataset")
)
def sample_weight_beside_a_source_of_batches(kind: str) -> Call:
    batches = batches_of(*arrays())
    source = {"generator": generator(batches), "PyDataset": Items(batches)}.get(kind) or dataset(*arrays())
    return Call(source, dense(), sample_weight=np.ones(48))


@fault(first="unsupported-argument", verdict="raises", says=r"yield x, y, class_weights\[y\]")
def class_weight_with_a_generator() -> Call:
    return Call(generator(batches_of(*labels())), classifier(), class_weight={0: 1.0, 1: 2.0, 2: 2.0})


@validation_split_without_arrays.sound
def validation_split_of_arrays() -> Call:
    return Call(arrays(), dense(), validation_split=0.2)


@validation_split_without_arrays.sound
def a_batch_size_beside_arrays() -> Call:
    return Call(arrays(), dense(), batch_size=16, validation_split=0.25, validation_batch_size=4)


@fault(first="stateful-shuffled", says=(r"stateful", r"shuffle=False"), variants=("arrays", "PyDataset"))
def a_stateful_layer_on_shuffled_samples(kind: str) -> Call:
    x = np.random.default_rng(0).normal(size=(48, 5, 1)).astype("float32")
    y = x[:, 0] * 2
    return Call((x, y) if kind == "arrays" else Items(batches_of(x, y)), _stateful(), epochs=2, **_size(kind))


@fault(first="stateful-shuffled", says=r"shuffle=False")
def a_stateful_layer_told_to_shuffle() -> Call:
    x = np.random.default_rng(0).normal(size=(48, 5, 1)).astype("float32")
    return Call((x, x[:, 0] * 2), _stateful(), batch_size=8, shuffle=True)


@a_stateful_layer_on_shuffled_samples.sound
def a_stateful_layer_in_order() -> Call:
    x = np.random.default_rng(0).normal(size=(48, 5, 1)).astype("float32")
    return Call((x, x[:, 0] * 2), _stateful(), batch_size=8, shuffle=False, epochs=2)


@a_stateful_layer_on_shuffled_samples.sound
def a_stateful_layer_on_a_dataset() -> Call:
    x = np.random.default_rng(0).normal(size=(48, 5, 1)).astype("float32")
    return Call(dataset(x, x[:, 0] * 2), _stateful(), epochs=2)


@a_stateful_layer_on_shuffled_samples.sound
def a_layer_without_state() -> Call:
    x = np.random.default_rng(0).normal(size=(48, 5, 1)).astype("float32")
    model = keras.Sequential([keras.Input((5, 1)), keras.layers.SimpleRNN(2), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return Call((x, x[:, 0] * 2), model)


@fault(
    first="unseen-classes", says=(r"sorted by class", r"class 2", r"permutation"), variants=("ids", "one-hot", "column")
)
def a_split_of_sorted_arrays(form: str) -> Call:
    x, _ = arrays(96)
    y = np.arange(96) * 3 // 96
    if form == "one-hot":
        one_hot = dense(3, loss="categorical_crossentropy", activation="softmax")
        return Call((x, np.eye(3, dtype="float32")[y]), one_hot, validation_split=0.34)
    return Call((x, y if form == "ids" else y[:, None]), classifier(), validation_split=0.34)


@fault(first="unseen-classes", says=r"never validated on")
def a_split_within_the_last_class() -> Call:
    x, _ = arrays(96)
    y = (np.arange(96) >= 60).astype("float32")[:, None]
    return Call((x, y), dense(1, loss="binary_crossentropy", activation="sigmoid"), validation_split=0.3)


@a_split_of_sorted_arrays.sound
def a_split_of_shuffled_arrays() -> Call:
    return Call(labels(96), classifier(), validation_split=0.34)


@a_split_of_sorted_arrays.sound
def a_rare_class_that_chance_left_out() -> Call:
    x, y = labels(96, classes=3)
    y[y == 2] = 0
    y[5] = 2
    return Call((x, y), classifier(), validation_split=0.25)


@a_split_of_sorted_arrays.sound
def a_split_of_a_sorted_regression() -> Call:
    x, _ = arrays(96)
    return Call((x, np.arange(96).astype("float32")[:, None] / 96), dense(), validation_split=0.25)


@a_split_of_sorted_arrays.sound
def many_classes_with_few_samples_each() -> Call:
    x, _ = arrays(96)
    return Call((x, np.random.default_rng(3).permutation(96) % 48), classifier(48), validation_split=0.25)


def _size(kind: str) -> dict[str, int]:
    return {"batch_size": 8} if kind == "arrays" else {}


def _stateful() -> Any:
    layers = [keras.Input(batch_shape=(8, 5, 1)), keras.layers.SimpleRNN(2, stateful=True), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile("sgd", "mse")
    return model
