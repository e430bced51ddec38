"""Validation data that were never batched, in each form in which they can be given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tests.truth.surface.build import Items, arrays, batches_of, dataset, dense, generator
from tests.truth.surface.row import Call, fault

SAID = (r"validation_data", r"one sample|single sample", r"batch axis, the first one, is missing")
FORMS = ("dataset", "generator", "PyDataset", "arrays")


def images(rows: int, seed: int = 0) -> tuple[Any, Any]:
    x = np.random.default_rng(seed).normal(size=(rows, 6, 5, 3)).astype("float32")
    return x, np.arange(rows) % 2


def convolution(*, built: bool) -> Any:
    layers = [keras.layers.Conv2D(2, 3), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(1, "sigmoid")]
    model = keras.Sequential([*([keras.Input((6, 5, 3))] if built else []), *layers])
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    return model


def unbatched(form: str, x: Any, y: Any) -> Any:
    samples = list(zip(x, y, strict=True))
    if form == "generator":
        return generator(samples)()
    if form == "arrays":
        return x[0], y[0]
    return Items(samples) if form == "PyDataset" else tf.data.Dataset.from_tensor_slices((x, y))


@fault(first="missing-batch-axis", verdict="raises", says=(*SAID, r"\.batch\(32\)"), variants=(True, False))
def images_of_a_dataset_never_batched(built: bool) -> Call:  # noqa: FBT001  (a variant)
    validation = unbatched("dataset", *images(16, 5)).prefetch(1)
    return Call(dataset(*images(32)), convolution(built=built), epochs=2, validation_data=validation)


@fault(first="missing-batch-axis", verdict="raises", says=(*SAID, r"np\.stack|\[None\]"), variants=FORMS[1:3])
def images_that_come_one_by_one(form: str) -> Call:
    validation = unbatched(form, *images(16, 5))
    return Call(Items(batches_of(*images(32))), convolution(built=False), epochs=1, validation_data=validation)


@fault(first="missing-batch-axis", verdict="raises", says=(*SAID, r"np\.stack|\[None\]"), variants=FORMS[1:3])
def images_one_by_one_for_a_built_model(form: str) -> Call:
    validation = unbatched(form, *images(16, 5))
    return Call(generator(batches_of(*images(32))), convolution(built=True), epochs=1, validation_data=validation)


@fault(first="missing-batch-axis", verdict="raises", says=SAID, variants=FORMS[:3])
def rows_that_come_one_by_one(form: str) -> Call:
    return Call(arrays(), dense(), epochs=1, validation_data=unbatched(form, *arrays(16, seed=5)))


@fault(first="validation-form", verdict="raises", says=(*SAID, r"x_val\[0\]"), variants=("images", "rows"))
def one_sample_as_arrays(kind: str) -> Call:
    if kind == "rows":
        return Call(generator(batches_of(*arrays())), dense(), validation_data=unbatched("arrays", *arrays(16, seed=5)))
    return Call(images(32), convolution(built=False), validation_data=unbatched("arrays", *images(16, 5)))


@images_of_a_dataset_never_batched.sound
def batches_of_one_image() -> Call:
    validation = tf.data.Dataset.from_tensor_slices(images(8, 5)).batch(1)
    return Call(dataset(*images(32)), convolution(built=False), epochs=1, validation_data=validation)


@images_of_a_dataset_never_batched.sound
def one_value_a_sample() -> Call:
    x = np.random.default_rng(0).normal(size=(48, 1)).astype("float32")
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")

    def flat() -> Iterator[Any]:
        for start in range(8):
            yield x[start : start + 1, 0] + 1, x[start : start + 1] * 2 + 2

    return Call((x, x * 2), model, epochs=1, validation_data=flat())


@images_that_come_one_by_one.sound
def longer_texts_in_batches() -> Call:
    x, y = np.random.default_rng(0).integers(0, 9, (48, 20)), np.arange(48) % 2
    layers = [keras.layers.Embedding(9, 3), keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(1, "sigmoid")]
    model = keras.Sequential([keras.Input((None,)), *layers])
    model.compile("sgd", "mse")
    longer = np.random.default_rng(1).integers(0, 9, (20, 30)), np.arange(20) % 2
    return Call(dataset(x, y), model, epochs=1, validation_data=dataset(*longer, size=20))
