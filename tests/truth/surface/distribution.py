"""Models made in the scope of a ``tf.distribute`` strategy, of one device and of two replicas.

Two replicas need two devices, which must be there before TensorFlow begins: where this module comes too late, the rows
about them are not registered.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tests.truth.surface.build import ROWS, Items, arrays, batches_of, classifier, dataset, dense, generator
from tests.truth.surface.execution import bad_label
from tests.truth.surface.row import Call, fault

LONG = 16 * ROWS  # samples: more batches than are read ahead
with suppress(RuntimeError):  # TensorFlow has begun
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
    )
HAS_TWO = len(tf.config.list_logical_devices("CPU")) > 1


def shared(make: Callable[[], Any], *, replicas: int = 1) -> Any:
    """A model made in the scope of a strategy."""
    if replicas == 1:
        strategy = tf.distribute.OneDeviceStrategy("/cpu:0")
    else:
        devices = [f"CPU:{number}" for number in range(replicas)]
        strategy = tf.distribute.MirroredStrategy(devices, tf.distribute.ReductionToOneDevice())
    with strategy.scope():
        return make()


def normalized() -> Any:
    """Keeps a mean of what each replica is given."""
    normal = keras.layers.BatchNormalization()
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8), normal, keras.layers.Dense(1)])
    model.compile("adam", "mse")
    return model


SIZES = (1, 2) if HAS_TWO else (1,)


@fault(
    first="lost-batches",
    verdict="trains on altered data",
    says=(r"never trained on", r"before its first step", r"from_generator"),
    variants=SIZES,
)
def a_generator_under_a_strategy(replicas: int) -> Call:
    return Call(generator(batches_of(*arrays(LONG))), shared(dense, replicas=replicas))


@a_generator_under_a_strategy.sound
def a_dataset_under_a_strategy() -> Call:
    return Call(dataset(*arrays()), shared(dense), epochs=2)


@a_generator_under_a_strategy.sound
def items_under_a_strategy() -> Call:
    return Call(Items(batches_of(*arrays())), shared(dense), epochs=2)


@a_generator_under_a_strategy.sound
def arrays_under_a_strategy() -> Call:
    return Call(arrays(), shared(dense), epochs=2)


@a_generator_under_a_strategy.sound
def a_generator_read_anew_by_a_dataset() -> Call:
    specs = (tf.TensorSpec((None, 4), tf.float32), tf.TensorSpec((None, 1), tf.float32))
    source = tf.data.Dataset.from_generator(generator(batches_of(*arrays())), output_signature=specs)
    return Call(source, shared(dense))


@fault(
    first="lost-batches",
    verdict="trains on altered data",
    says=r"never trained on",
    live="on a busy machine fit may have read nothing ahead by then, and loses nothing",
)
def an_endless_generator_under_a_strategy() -> Call:
    source = generator(batches_of(*arrays(LONG)), endless=True)
    return Call(source, shared(dense), steps_per_epoch=12)


@fault(first="labels-out-of-range", verdict="raises", batch=3, says=r"Sample 2 of batch 3")
def a_label_that_is_none_under_a_strategy() -> Call:
    return Call(Items(bad_label(3)), shared(classifier), shuffle=False)


if HAS_TWO:

    @fault(
        first="empty-batch",
        verdict="trains to NaN",
        batch=4,
        says=(r"1 sample for 2 replicas", r"drop_remainder|no rest"),
        variants=("dataset", "arrays", "items"),
    )
    def a_last_batch_of_fewer_samples_than_replicas(kind: str) -> Call:
        x, y = arrays(33)
        model = shared(normalized, replicas=2)
        if kind == "arrays":
            return Call((x, y), model, batch_size=8, shuffle=False, epochs=2)
        return Call(dataset(x, y) if kind == "dataset" else Items(batches_of(x, y)), model, shuffle=False, epochs=2)

    @a_last_batch_of_fewer_samples_than_replicas.sound
    def a_last_batch_of_as_many_samples() -> Call:
        return Call(dataset(*arrays(34)), shared(normalized, replicas=2), epochs=2)

    @a_last_batch_of_fewer_samples_than_replicas.sound
    def one_sample_too_few_without_normalization() -> Call:
        return Call(dataset(*arrays(33)), shared(dense, replicas=2), epochs=2)

    @a_last_batch_of_fewer_samples_than_replicas.sound
    def the_rest_is_dropped() -> Call:
        return Call(dataset(*arrays(33)).unbatch().batch(8, drop_remainder=True), shared(normalized, replicas=2))

    @a_last_batch_of_fewer_samples_than_replicas.sound
    def several_epochs_of_arrays_over_two_replicas() -> Call:
        return Call(arrays(), shared(normalized, replicas=2), epochs=3, batch_size=16)

    @fault(first="nan-inf", verdict="trains to NaN", batch=2)
    def one_nan_over_two_replicas() -> Call:
        x, y = (part.copy() for part in arrays())
        x[2 * ROWS + 1] = np.nan
        return Call(dataset(x, y), shared(dense, replicas=2))
