"""Elements that a dataset drops in silence, masks that were resized, and batch sizes that a state was built for."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import arrays, batches_of, dense, generator
from tests.truth.surface.row import Call, fault, silent

L = keras.layers


def above(least: float, *, after_batch: bool = False, drop_remainder: bool = False) -> Any:
    """A dataset that drops the samples whose first value is lower."""
    import tensorflow as tf

    def checked(x: Any, y: Any) -> Any:
        with tf.control_dependencies([tf.debugging.assert_greater(tf.reduce_max(x[..., 0]), least)]):
            return tf.identity(x), y

    dataset = tf.data.Dataset.from_tensor_slices(arrays())
    if after_batch:
        return dataset.batch(4).map(checked).ignore_errors()
    return dataset.map(checked).ignore_errors().batch(8, drop_remainder=drop_remainder).prefetch(1)


@fault(
    first="errors-ignored",
    says=(r"drops (at least )?\d+ of (48 elements|12 batches)", r"read the error"),
    variants=("samples", "batches", "full batches"),
)
def most_elements_raise(kind: str) -> Call:
    least = 1.2 if kind == "batches" else 0.7
    dataset = above(least, after_batch=kind == "batches", drop_remainder=kind == "full batches")
    return Call(dataset, dense(), epochs=2)


@most_elements_raise.sound
def a_few_elements_raise() -> Call:
    return Call(above(-1.0), dense(), epochs=2)


@most_elements_raise.sound
def no_element_raises() -> Call:
    return Call(above(-9.0), dense(), epochs=2)


def records(*, cut: int, ignored: bool = False) -> Any:
    """A dataset of a file that ends so many bytes into its record 30."""
    import tensorflow as tf

    path = Path(tempfile.mkdtemp()) / "samples.tfrecord"
    with tf.io.TFRecordWriter(str(path)) as writer:
        for row in np.hstack(arrays()):
            writer.write(row.tobytes())
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 48 * 30 + cut])

    def parsed(record: Any) -> Any:
        row = tf.ensure_shape(tf.io.decode_raw(record, "float32"), [5])
        return row[:4], row[4:]

    dataset = tf.data.TFRecordDataset(str(path)).map(parsed)
    return (dataset.ignore_errors() if ignored else dataset).batch(8)


@fault(first="dataset-raises", verdict="raises", batch=3, says=(r"TFRecord", r"damaged"), variants=(20, 30))
def a_file_of_records_that_is_cut_short(cut: int) -> Call:
    return Call(records(cut=cut), dense(), epochs=2)


@silent(
    because="a file that ends where a record ends, or within the 12 bytes before one, is a whole file to TensorFlow"
)
def a_file_of_records_that_is_cut_between_two() -> Call:
    return Call(records(cut=8), dense(), epochs=2)


@silent(because="how many records a file was to hold is known to nobody but who wrote it")
def a_cut_file_under_ignore_errors() -> Call:
    return Call(records(cut=30, ignored=True), dense(), epochs=2)


def segmented(mask: Any, *, kind: str = "arrays") -> Call:
    x = np.random.default_rng(0).random((16, 4, 4, 1)).astype("float32")
    model = keras.Sequential([keras.Input((4, 4, 1)), L.Conv2D(3, 1, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return Call((x, mask) if kind == "arrays" else generator(batches_of(x, mask)), model)


def mask(*values: float) -> Any:
    return np.random.default_rng(1).choice(values, (16, 4, 4)).astype("float32")


@fault(first="rounded-in-model", says=(r"float32 to int64", r"method='nearest'"), variants=("arrays", "generator"))
def a_mask_that_was_resized_with_interpolation(kind: str) -> Call:
    return segmented(mask(0, 1, 2, 0.5, 1.5, 0.25), kind=kind)


@a_mask_that_was_resized_with_interpolation.sound
def a_mask_of_whole_numbers_as_floats() -> Call:
    return segmented(mask(0, 1, 2))


def stateful(**fit: Any) -> Call:
    x = np.random.default_rng(0).normal(size=(45, 5, 1)).astype("float32")
    layers = [keras.Input(batch_shape=(8, 5, 1)), L.LSTM(2, stateful=True), L.Dense(1)]
    model = keras.Sequential(layers)
    model.compile("sgd", "mse")
    return Call((x, x[:, 0]), model, shuffle=False, **fit)


@fault(first="static-batch", verdict="raises", batch=0, says=(r"Batch 0 has 32", r"batch_size=8", r"x\[:n\]"))
def the_default_batch_size_under_a_state_of_8() -> Call:
    return stateful()


@fault(first="static-batch", verdict="raises", batch=5, says=(r"the last one", r"fix|whole number of batches"))
def a_rest_of_the_arrays_under_a_state() -> Call:
    return stateful(batch_size=8)
