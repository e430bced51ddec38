"""Windows over a series, and the target of each."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import arrays, batches_of, dense, generator
from tests.truth.surface.row import Call, fault

STEPS = 10
SERIES = (np.cumsum(np.random.default_rng(0).normal(size=200)) / 8).astype("float32")


def windows(data: Any, targets: Any, **told: Any) -> Any:
    told = {"sequence_length": STEPS, "batch_size": 16} | told
    return keras.utils.timeseries_dataset_from_array(data, targets, **told)


def forecaster(features: int = 1, units: int = 1) -> Any:
    model = keras.Sequential([keras.Input((STEPS, features)), keras.layers.Flatten(), keras.layers.Dense(units)])
    model.compile(keras.optimizers.SGD(0.001), "mse")
    return model


def two_columns() -> Any:
    return np.stack([SERIES, np.roll(SERIES, 7) * 0.5 + 1], 1)


@fault(
    first="label-leak",
    says=("own window", "behind its window"),
    variants=("last", "first", "shuffled", "two columns", "strided"),
)
def the_target_is_in_its_window(how: str) -> Call:
    column = SERIES[:, None]
    if how == "two columns":
        both = two_columns()
        return Call(windows(both, both[STEPS - 1 :]), forecaster(2, 2))
    made = {
        "last": lambda: windows(column, SERIES[STEPS - 1 :]),
        "first": lambda: windows(column, SERIES),
        "shuffled": lambda: windows(column, SERIES[STEPS - 1 :], shuffle=True, seed=1),
        "strided": lambda: windows(column, SERIES[STEPS - 1 :], sequence_stride=2),
    }
    return Call(made[how](), forecaster(), epochs=2)


@the_target_is_in_its_window.sound
def the_target_stands_behind() -> Call:
    return Call(windows(SERIES[:-STEPS, None], SERIES[STEPS:], shuffle=True, seed=1), forecaster(), epochs=2)


@the_target_is_in_its_window.sound
def the_target_stands_far_behind() -> Call:
    return Call(windows(SERIES[:-20, None], SERIES[20:]), forecaster(), epochs=2)


@the_target_is_in_its_window.sound
def an_autoencoder_of_windows() -> Call:
    both = windows(SERIES[:, None], None).map(lambda x: (x, x))
    model = keras.Sequential([keras.Input((None, 1)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.001), "mse")
    return Call(both, model, epochs=2)


@the_target_is_in_its_window.sound
def each_step_predicts_the_next() -> Call:
    moved = windows(SERIES[:, None], None, sequence_length=STEPS + 1).map(lambda x: (x[:, :-1], x[:, 1:]))
    model = keras.Sequential([keras.Input((None, 1)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.001), "mse")
    return Call(moved, model, epochs=2)


@the_target_is_in_its_window.sound
def a_series_that_mostly_stands_still() -> Call:
    still = np.repeat(SERIES[::5], 5)
    return Call(windows(still[:-STEPS, None], still[STEPS:]), forecaster(), epochs=2)


@fault(first="label-leak", says=("own input", r"x\[:, 2\]"), variants=("generator", "arrays"))
def a_column_is_the_target(kind: str) -> Call:
    x = np.random.default_rng(0).normal(size=(48, 12)).astype("float32")
    model = keras.Sequential([keras.Input((12,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return Call((x, x[:, 2:3]) if kind == "arrays" else generator(batches_of(x, x[:, 2:3])), model)


@a_column_is_the_target.sound
def a_column_is_twice_the_target() -> Call:
    return Call(arrays(), dense())


@fault(first="arity", verdict="raises", batch=0, says=("no y", "targets="))
def windows_without_targets() -> Call:
    return Call(windows(SERIES[:, None], None), forecaster())


@fault(first="input-mismatch", verdict="raises", batch=0, says=r"12")
def windows_of_another_length() -> Call:
    return Call(windows(SERIES[:-12, None], SERIES[12:], sequence_length=12), forecaster())
