"""Inputs and targets that are far from the size that a layer without scaling can meet."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import arrays, batches_of, dense, source
from tests.truth.surface.row import Call, fault

L = keras.layers


def net(*layers: Any, loss: str = "mse", rate: float = 1e-3, features: Any = (4,)) -> Any:
    model = keras.Sequential([keras.Input(features), *layers])
    model.compile(keras.optimizers.Adam(rate), loss)
    return model


def hidden(units: int = 1, **last: Any) -> Any:
    return [L.Dense(8, activation="relu"), L.Dense(units, **last)]


def prices(low: float = 1e5, high: float = 1e6) -> Any:
    x, _ = arrays()
    return x, np.random.default_rng(2).uniform(low, high, (48, 1)).astype("float32")


@fault(
    first="values-too-large", batch=0, says=(r"no layer of the model scales", r"y / 1e\+06"),
    variants=("arrays", "generator", "tf.data", "mae", "tanh"),
)  # fmt: skip
def targets_of_prices(kind: str) -> Call:
    x, y = prices()
    layers = [L.Dense(8, activation="tanh"), L.Dense(1)] if kind == "tanh" else hidden()
    given = source(kind, batches_of(x, y)) if kind in ("generator", "tf.data") else (x, y)
    return Call(given, net(*layers, loss="mae" if kind == "mae" else "mse"), epochs=1 if kind == "generator" else 2)


@fault(first="values-too-large", says=r"1e\+08")
def a_power_of_an_input_that_is_not_scaled() -> Call:
    x = np.arange(-100, 100, 4.0).reshape(-1, 1)
    return Call((x, x**4), net(L.Dense(8, activation="sigmoid"), L.Dense(1), features=(1,)), epochs=3)


@targets_of_prices.sound
def logs_of_prices() -> Call:
    x, y = prices()
    return Call((x, np.log1p(y)), net(*hidden()))


@targets_of_prices.sound
def targets_in_hundreds() -> Call:
    return Call(prices(100, 600), net(*hidden()), epochs=2)


@targets_of_prices.sound
def large_targets_that_plain_descent_learns() -> Call:
    x, y = arrays()
    return Call((x, y * 1e4), dense(), epochs=30)


@targets_of_prices.sound
def answers_that_are_scaled_up_in_the_model() -> Call:
    return Call(prices(), net(*hidden(), L.Rescaling(1e6)))


@fault(first="values-too-large", says=(r"in column 2", r"Normalization"), variants=("mse", "binary_crossentropy"))
def timestamps_beside_other_features(loss: str) -> Call:
    x, y = arrays()
    x[:, 2] = 1.6e9 + np.arange(48) * 86400.0
    is_binary = loss != "mse"
    last = {"activation": "sigmoid"} if is_binary else {}
    return Call((x, (y > 0).astype("float32") if is_binary else y), net(*hidden(**last), loss=loss))


@fault(first="values-too-large", says=r"in column 0")
def raw_ids_as_a_feature() -> Call:
    x, y = arrays()
    x[:, 0] = np.random.default_rng(4).permutation(48) * 1000 + 100_000
    return Call((x, y), net(*hidden()))


@timestamps_beside_other_features.sound
def timestamps_behind_an_adapted_layer() -> Call:
    x, y = arrays()
    x[:, 2] = 1e6 + np.arange(48) * 86400.0
    scaling = L.Normalization()
    scaling.adapt(x)
    return Call((x, y), net(scaling, *hidden()))


@timestamps_beside_other_features.sound
def large_numbers_behind_batch_normalization() -> Call:
    x, y = arrays()
    return Call((x * 1e5, y), net(L.BatchNormalization(), *hidden()))


@raw_ids_as_a_feature.sound
def ids_of_an_embedding() -> Call:
    x = np.random.default_rng(0).integers(0, 50_000, (48, 4))
    return Call((x, arrays()[1]), net(L.Embedding(50_000, 2), L.Flatten(), L.Dense(1)))


@raw_ids_as_a_feature.sound
def pixels_that_are_scaled_in_the_model() -> Call:
    x = np.random.default_rng(0).integers(0, 256, (48, 4))
    return Call((x, arrays()[1]), net(L.Rescaling(1 / 255), *hidden()))


@targets_of_prices.sound
def two_large_targets_among_small_ones() -> Call:
    x, y = arrays()
    y[[3, 20]] = 4e3
    return Call((x, y), net(*hidden(), loss="mae"), shuffle=False, batch_size=8)
