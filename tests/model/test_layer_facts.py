"""Which layers mask steps, and which normalize over the samples of a batch alone."""

from __future__ import annotations

import inspect

import keras
import pytest

from gendiag.model.reader import read_model

L = keras.layers


def facts(*layers, shape):
    return read_model(keras.Sequential([keras.Input(shape), *layers]))


@pytest.mark.parametrize(
    ("layer", "shape", "value"),
    [
        (L.Masking(-1.0), (5, 2), -1.0),
        (L.Embedding(9, 2, mask_zero=True), (5,), 0.0),
        (L.Embedding(9, 2), (5,), None),
        (L.LSTM(2), (5, 2), None),
    ],
)
def test_the_value_by_which_a_step_is_masked(layer, shape, value):
    assert facts(layer, shape=shape).inputs[0].masked == value


def test_a_mean_over_the_samples_alone_is_told_from_one_over_positions_too():
    assert facts(L.BatchNormalization(name="own"), shape=(4,)).over_rows == ("own",)
    assert facts(L.BatchNormalization(name="one"), shape=(1, 1, 3)).over_rows == ("one",)
    assert facts(L.BatchNormalization(), shape=(4, 4, 3)).over_rows == ()
    assert facts(L.BatchNormalization(), shape=(None, 3)).over_rows == ()


@pytest.mark.skipif("renorm" not in inspect.signature(L.BatchNormalization).parameters, reason="newer Keras")
def test_a_layer_that_goes_by_its_moving_mean_takes_none():
    assert facts(L.BatchNormalization(renorm=True), shape=(4,)).over_rows == ()


def test_a_way_around_the_layer_is_told():
    assert facts(L.Dense(3), L.BatchNormalization(name="own"), L.Dense(1), shape=(4,)).only_ways == ("own",)
    given = keras.Input((4,))
    beside = L.BatchNormalization(name="beside")(given)
    model = keras.Model(given, L.BatchNormalization(name="last")(L.Concatenate()([given, beside])))
    assert read_model(model).over_rows == ("beside", "last")
    assert read_model(model).only_ways == ("last",)


def test_a_frozen_layer_takes_no_mean_over_the_batch():
    assert facts(L.BatchNormalization(trainable=False), shape=(4,)).over_rows == ()
