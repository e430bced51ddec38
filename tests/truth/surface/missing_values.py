"""NaN and infinity, and the values beneath a mask: where they do harm, and where they are meant."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import FEATURES, KINDS, arrays, batches_of, dense, generator, source
from tests.truth.surface.row import Call, fault

BAD = 3
NOT_THERE = -9999.0


def spoilt(role: str, value: float, *, every: bool = False) -> list[Any]:
    """Batches in which one value of x or y is something else: in batch 3, or in every one."""
    batches = [tuple(part.copy() for part in batch) for batch in batches_of(*arrays())]
    for batch in batches if every else batches[BAD : BAD + 1]:
        batch["xy".index(role)][2, 0] = value
    return batches


@fault(first="nan-inf", verdict="trains to NaN", batch=BAD, says=(r"NaN", r"drop|nan_to_num"), variants=KINDS)
def nan_in_x(kind: str) -> Call:
    return Call(source(kind, spoilt("x", np.nan)), dense(), shuffle=False)


@fault(first="nan-inf", verdict="trains to NaN", batch=BAD, says=(r"NaN", r"label"), variants=KINDS)
def nan_in_y(kind: str) -> Call:
    return Call(source(kind, spoilt("y", np.nan)), dense(), shuffle=False)


@fault(first="nan-inf", verdict="trains to NaN", batch=BAD, says=(r"\binf", r"division|clip"), variants=("x", "y"))
def infinity(role: str) -> Call:
    return Call(generator(spoilt(role, np.inf)), dense())


@fault(first="nan-inf", verdict="trains to NaN", batch=0, says=r"NaN")
def nan_in_an_array() -> Call:
    x, y = arrays()
    x[3, 1] = np.nan
    return Call((x, y), dense(), batch_size=8, shuffle=False)


class Fill(keras.layers.Layer):
    """Puts 0 and a flag in the place of NaN."""

    def call(self, x: Any) -> Any:
        gap = keras.ops.isnan(x)
        return keras.ops.concatenate([keras.ops.where(gap, 0.0, x), keras.ops.cast(gap, "float32")], axis=-1)


def filling() -> Any:
    model = keras.Sequential([keras.Input((FEATURES,)), Fill(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def masked(y: Any, predicted: Any) -> Any:
    known = keras.ops.logical_not(keras.ops.isnan(y))
    error = keras.ops.square(keras.ops.where(known, y, 0.0) - predicted)
    return keras.ops.where(known, error, 0.0)


@nan_in_x.sound
def nan_filled_in_the_model() -> Call:
    return Call(generator(spoilt("x", np.nan, every=True)), filling())


@nan_in_x.sound
def nan_filled_in_the_model_arrays() -> Call:
    x, y = arrays()
    x[::5, 1] = np.nan
    return Call((x, y), filling(), epochs=2, batch_size=8, validation_split=0.25)


@nan_in_y.sound
def unknown_labels_left_out_by_the_loss() -> Call:
    return Call(source("tf.data", spoilt("y", np.nan, every=True)), dense(loss=masked))


@nan_in_y.sound
def one_unknown_label_left_out_by_the_loss() -> Call:
    return Call(source("PyDataset", spoilt("y", np.nan)), dense(loss=masked), epochs=2)


@fault(first="mask-lost", verdict="trains on altered data", batch=BAD, says=(r"mask", r"filled"), variants=KINDS[:2])
def a_masked_array(kind: str) -> Call:
    batches = spoilt("x", NOT_THERE)
    return Call(source(kind, [(np.ma.masked_equal(x, NOT_THERE), y) for x, y in batches]), dense(), shuffle=False)


@fault(first="mask-lost", verdict="trains on altered data", batch=BAD, says=r"filled")
def a_masked_target() -> Call:
    batches = spoilt("y", NOT_THERE)
    return Call(generator([(x, np.ma.masked_equal(y, NOT_THERE)) for x, y in batches]), dense())


@a_masked_array.sound
def a_masked_array_with_nothing_masked() -> Call:
    return Call(generator([(np.ma.masked_equal(x, NOT_THERE), y) for x, y in batches_of(*arrays())]), dense())


@a_masked_array.sound
def a_masked_array_that_is_filled() -> Call:
    batches = [(np.ma.masked_equal(x, NOT_THERE).filled(0), y) for x, y in spoilt("x", NOT_THERE)]
    return Call(generator(batches), dense())
