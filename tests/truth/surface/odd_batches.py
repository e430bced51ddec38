"""One batch, or a stretch of them, that is unlike the others; one class; a type that a step of one's own refuses."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tests.truth.surface.build import Items, arrays, batches_of, dense, generator, source
from tests.truth.surface.row import Call, fault


@fault(first="batch-too-big", batch=3, says=r"times as large", variants=("generator", "PyDataset", "tf.data"))
def one_batch_of_all_that_was_left(kind: str) -> Call:
    x, y = arrays(400)
    small = batches_of(x[:48], y[:48])
    return Call(source(kind, [*small[:3], (x[48:], y[48:]), *small[3:]]), dense(), shuffle=False)


@one_batch_of_all_that_was_left.sound
def batches_of_sentences_by_length() -> Call:
    x, y = arrays(96)
    ends = np.cumsum([4, 8, 12, 16, 24, 32])
    return Call(
        generator([(x[e - n : e], y[e - n : e]) for n, e in zip((4, 8, 12, 16, 24, 32), ends, strict=True)]), dense()
    )


@one_batch_of_all_that_was_left.sound
def a_smaller_last_batch() -> Call:
    return Call(generator(batches_of(*arrays(44))), dense())


@fault(first="rank-drift", verdict="raises", batch=5, says=r"squeeze", variants=("generator", "PyDataset"))
def a_last_batch_of_one_that_is_squeezed(kind: str) -> Call:
    squeezed = [(x, y.squeeze()) for x, y in batches_of(*arrays(41))]
    return Call(generator(squeezed) if kind == "generator" else Items(squeezed), dense(), shuffle=False)


@fault(first="rank-drift", verdict="raises", batch=2, says=r"axis too many")
def an_axis_more_from_batch_two_on() -> Call:
    return Call(
        generator([(x[:, :, None] if i > 1 else x, y) for i, (x, y) in enumerate(batches_of(*arrays()))]), dense()
    )


@a_last_batch_of_one_that_is_squeezed.sound
def the_axis_that_is_squeezed_is_named() -> Call:
    return Call(generator([(x, y.squeeze(axis=1)) for x, y in batches_of(*arrays(41))]), dense())


@fault(first="value-drift", batch=4, says=r"level or scale", variants=("generator", "PyDataset", "tf.data"))
def another_unit_from_batch_four_on(kind: str) -> Call:
    moved = [(x * 40 if i > 3 else x, y) for i, (x, y) in enumerate(batches_of(*arrays(64)))]
    model = dense()
    model.compile(keras.optimizers.SGD(1e-5), "mse")
    return Call(source(kind, moved), model, shuffle=False)


@another_unit_from_batch_four_on.sound
def a_level_that_rises_slowly() -> Call:
    return Call(generator([(x + 0.1 * i, y) for i, (x, y) in enumerate(batches_of(*arrays(64)))]), dense())


@another_unit_from_batch_four_on.sound
def one_batch_of_another_unit_is_no_drift() -> Call:
    return Call(generator([(x * (2 if i == 4 else 1), y) for i, (x, y) in enumerate(batches_of(*arrays(64)))]), dense())


def softmax(classes: int = 3) -> Any:
    return dense(classes, loss="categorical_crossentropy", activation="softmax")


@fault(
    first="single-class", verdict="raises", batch=0, says=r"one class", variants=("generator", "PyDataset", "arrays"),
)  # fmt: skip
def one_column_of_ones(kind: str) -> Call:
    x, _ = arrays()
    ones = np.ones((48, 1), "float32")
    return Call((x, ones) if kind == "arrays" else source(kind, batches_of(x, ones)), softmax())


@one_column_of_ones.sound
def one_hot_rows_of_three_columns() -> Call:
    x, _ = arrays()
    return Call(generator(batches_of(x, np.eye(3)[np.random.default_rng(1).integers(0, 3, 48)])), softmax())


class OwnStep(keras.Model):
    """Computes with y as it comes."""

    def __init__(self) -> None:
        super().__init__()
        self.out = keras.layers.Dense(1)

    def call(self, x: Any) -> Any:
        return self.out(x)

    def train_step(self, data: Any) -> dict[str, Any]:
        x, y = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(self(x, training=True) - y))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        return {"loss": loss}


def own_step() -> Any:
    model = OwnStep()
    model.compile("sgd")
    return model


@fault(
    first="loss-dtype", verdict="raises", batch=0, says=r"astype\('float32'\)", variants=("int64", "float64", "int32")
)
def a_type_that_an_own_step_refuses(dtype: str) -> Call:
    x, y = arrays()
    return Call(generator(batches_of(x, (y * 10).astype(dtype))), own_step())


@a_type_that_an_own_step_refuses.sound
def an_own_step_on_floats() -> Call:
    return Call(generator(batches_of(*arrays())), own_step())
