"""Targets beyond what the last activation can give."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import arrays, batches_of, dense, generator, source
from tests.truth.surface.row import Call, fault

L = keras.layers


def of(*layers: Any, loss: Any = "mse", features: Any = (4,)) -> Any:
    model = keras.Sequential([keras.Input(features), *layers])
    model.compile(keras.optimizers.SGD(1e-3), loss)
    return model


@fault(
    first="labels-out-of-range", batch=0, says=(r"relu gives nothing below 0", r"activation=None"),
    variants=("arrays", "generator", "PyDataset", "tf.data", "mae", "huber", "ReLU", "Activation"),
)  # fmt: skip
def negative_targets_under_a_relu(kind: str) -> Call:
    layer = {"ReLU": L.ReLU(), "Activation": L.Activation("relu")}.get(kind)
    layers = [L.Dense(1), layer] if layer is not None else [L.Dense(1, activation="relu")]
    model = of(*layers, loss=kind if kind in ("mae", "huber") else "mse")
    is_kind = kind in ("generator", "PyDataset", "tf.data")
    return Call(source(kind, batches_of(*arrays())) if is_kind else arrays(), model, shuffle=False)


@negative_targets_under_a_relu.sound
def targets_of_at_least_zero_under_a_relu() -> Call:
    x, y = arrays()
    return Call((x, np.abs(y)), of(L.Dense(1, activation="relu")))


@negative_targets_under_a_relu.sound
def hidden_relus_and_a_linear_output() -> Call:
    return Call(arrays(), of(L.Dense(4, activation="relu"), L.Dense(1)))


@negative_targets_under_a_relu.sound
def a_leaky_output() -> Call:
    return Call(arrays(), of(L.Dense(1, activation="leaky_relu")))


@negative_targets_under_a_relu.sound
def two_outliers_below_zero() -> Call:
    x, y = arrays(96)
    y = np.abs(y)
    y[[7, 50]] = -0.8
    return Call((x, y), of(L.Dense(1, activation="relu")))


@negative_targets_under_a_relu.sound
def minus_one_for_what_is_missing_without_weight() -> Call:
    x, y = arrays()
    gone = np.arange(48) % 3 == 0
    target, weights = np.where(gone[:, None], -1.0, np.abs(y)), (~gone).astype("float32")
    return Call(generator(batches_of(x, target.astype("float32"), weights)), of(L.Dense(1, activation="relu")))


@fault(
    first="labels-out-of-range", says=r"can never reach them",
    variants=("sigmoid", "tanh", "softmax", "hard_sigmoid", "softsign"),
)  # fmt: skip
def targets_beyond_an_activation_of_two_ends(kind: str) -> Call:
    x, _ = arrays()
    return Call((x, x[:, :3] * 3), dense(3, activation=kind))


@targets_beyond_an_activation_of_two_ends.sound
def soft_labels_under_a_cross_entropy() -> Call:
    x, y = arrays()
    y = 1 / (1 + np.exp(-y))
    return Call((x, y), dense(loss="binary_crossentropy", activation="sigmoid"))


@targets_beyond_an_activation_of_two_ends.sound
def a_loss_of_ones_own() -> Call:
    def scaled(y: Any, predicted: Any) -> Any:
        return keras.ops.square(y - 10 * (predicted - 0.5))

    return Call(arrays(), dense(loss=scaled, activation="sigmoid"))


@targets_beyond_an_activation_of_two_ends.sound
def an_activation_that_is_scaled_up_behind() -> Call:
    return Call(arrays(), of(L.Dense(1, activation="tanh"), L.Rescaling(10.0)))


@fault(first="labels-out-of-range", says=r"tanh gives -1 to 1", variants=("LSTM", "GRU", "SimpleRNN"))
def targets_beyond_a_recurrent_last_layer(kind: str) -> Call:
    x, y = arrays()
    layer = getattr(L, kind)(1)
    return Call(generator(batches_of(x[:, :, None], y * 3 + 4)), of(layer, features=(4, 1)))


@targets_beyond_a_recurrent_last_layer.sound
def a_dense_layer_behind_the_recurrent_one() -> Call:
    x, y = arrays()
    return Call(generator(batches_of(x[:, :, None], y * 3 + 4)), of(L.LSTM(2), L.Dense(1), features=(4, 1)))


@targets_beyond_a_recurrent_last_layer.sound
def scaled_targets_of_a_recurrent_last_layer() -> Call:
    x, y = arrays()
    return Call(generator(batches_of(x[:, :, None], np.tanh(y) * 1.01)), of(L.LSTM(1), features=(4, 1)))
