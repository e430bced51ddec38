"""Calls of fit that come through without a training step, or without an evaluation."""

from __future__ import annotations

import tensorflow as tf

from tests.truth.surface.build import Items, arrays, batches_of, dataset, dense, generator
from tests.truth.surface.row import Call, fault

ALTERED = "trains on altered data"


@fault(
    first="no-steps",
    verdict=ALTERED,
    says=(r"initial_epoch=3", r"epochs="),
    variants=("generator", "arrays", "dataset"),
)
def initial_epoch_at_the_end(kind: str) -> Call:
    made = {
        "generator": lambda: generator(batches_of(*arrays())),
        "arrays": arrays,
        "dataset": lambda: dataset(*arrays()),
    }
    return Call(made[kind](), dense(), epochs=3, initial_epoch=3)


@fault(first="no-steps", verdict=ALTERED, says=r"initial_epoch=5 and epochs=2")
def more_epochs_given_as_their_number() -> Call:
    return Call(Items(batches_of(*arrays())), dense(), epochs=2, initial_epoch=5)


@fault(first="no-steps", verdict=ALTERED, says=r"epochs=0")
def no_epochs() -> Call:
    return Call(arrays(), dense(), epochs=0)


@initial_epoch_at_the_end.sound
def training_goes_on() -> Call:
    return Call(arrays(), dense(), epochs=4, initial_epoch=2)


@fault(first="no-steps", verdict=ALTERED, says=r"drop_remainder", variants=(1, 2))
def drop_remainder_drops_everything(epochs: int) -> Call:
    source = tf.data.Dataset.from_tensor_slices(arrays()).shuffle(8).batch(64, drop_remainder=True).prefetch(1)
    return Call(source, dense(), epochs=epochs)


@fault(first="no-steps", verdict=ALTERED, says=r"filter")
def a_filter_that_leaves_nothing() -> Call:
    source = tf.data.Dataset.from_tensor_slices(arrays()).filter(_is_large).batch(8)
    return Call(source, dense(), epochs=2)


@fault(first="no-steps", verdict=ALTERED, says=r"take\(0\)")
def take_of_nothing() -> Call:
    return Call(dataset(*arrays()).take(5 // 8), dense())


@fault(first="no-steps", verdict=ALTERED, says=r"0 rows")
def arrays_without_rows() -> Call:
    x, y = arrays()
    return Call((x[:0], y[:0]), dense())


@drop_remainder_drops_everything.sound
def drop_remainder_drops_a_rest() -> Call:
    return Call(tf.data.Dataset.from_tensor_slices(arrays(45)).batch(8, drop_remainder=True), dense())


@drop_remainder_drops_everything.sound
def a_filter_that_keeps_some() -> Call:
    source = tf.data.Dataset.from_tensor_slices(arrays()).filter(lambda x, _y: tf.reduce_sum(x) > 0).batch(8)
    return Call(source, dense(), epochs=2)


@fault(first="zero-length", verdict="raises", says=r"empty|length 0", variants=("generator", "PyDataset"))
def nothing_to_read(kind: str) -> Call:
    return Call(generator([]) if kind == "generator" else Items([]), dense(), epochs=2)


@nothing_to_read.sound
def one_batch_to_read() -> Call:
    return Call(Items(batches_of(*arrays(8))), dense(), epochs=2)


@fault(first="never-validated", says=r"validation_freq=5", variants=("arrays", "dataset"))
def validated_after_no_epoch(kind: str) -> Call:
    validation = arrays(16, seed=5) if kind == "arrays" else dataset(*arrays(16, seed=5))
    return Call(arrays(), dense(), validation_data=validation, validation_freq=5, epochs=3)


@fault(first="never-validated", says=r"drop_remainder")
def validation_data_dropped() -> Call:
    validation = tf.data.Dataset.from_tensor_slices(arrays(16, seed=5)).batch(32, drop_remainder=True)
    return Call(arrays(), dense(), validation_data=validation, epochs=2)


@fault(first="never-validated", says=r"0 rows")
def validation_arrays_without_rows() -> Call:
    x, y = arrays(16, seed=5)
    return Call(arrays(), dense(), validation_data=(x[:0], y[:0]), epochs=2)


@validated_after_no_epoch.sound
def validated_after_the_last_epoch() -> Call:
    return Call(arrays(), dense(), validation_data=arrays(16, seed=5), validation_freq=2, epochs=2)


@validated_after_no_epoch.sound
def a_validation_split_of_nothing() -> Call:
    return Call(arrays(), dense(), validation_split=0.0, epochs=2)


def _is_large(x, _y):
    return tf.reduce_max(x) > 1e6


@fault(first="never-validated", says=(r"sets no sample aside", r"validation_split=0\.2"), variants=(-0.2, -3))
def a_share_below_0(share: float) -> Call:
    return Call(arrays(), dense(), epochs=1, validation_split=share)
