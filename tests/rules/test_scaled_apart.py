"""Sets that are scaled each on its own: where that is said, and what only looks like it."""

import numpy as np
import pytest

from tests.support.rules import found
from tests.truth.surface.build import FEATURES
from tests.truth.surface.scalers import between, centred, parts


def said(train, validation):
    return "scaled-apart" in found(train, validation_data=validation, epochs=1)


@pytest.mark.parametrize("scale", [between, centred])
def test_one_scaler_for_both_is_sound(scale):
    assert said(*parts(scale, apart=True))
    assert not said(*parts(scale, apart=False))


def test_a_scaler_of_all_rows_is_sound():
    x = np.random.default_rng(0).uniform(0, 100, (72, FEATURES))
    x = between(x, x).astype("float32")
    assert not said((x[:48], x[:48, :1]), (x[48:], x[48:, :1]))


def test_values_that_are_cut_off_at_both_ends_are_sound():
    x = np.clip(np.random.default_rng(0).normal(0.5, 0.5, (72, FEATURES)), 0, 1).astype("float32")
    assert not said((x[:48], x[:48, :1]), (x[48:], x[48:, :1]))


def test_ones_and_zeros_are_sound():
    x = np.random.default_rng(0).integers(0, 2, (72, FEATURES)).astype("float32")
    assert not said((x[:48], x[:48, :1]), (x[48:], x[48:, :1]))


def test_windows_that_are_scaled_each_on_its_own_are_sound():
    x = np.random.default_rng(0).normal(size=(72, 9, FEATURES))
    x = ((x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)).astype("float32")
    assert not said((x[:48], x[:48, 0]), (x[48:], x[48:, 0]))


def test_windows_over_rows_scaled_apart_are_told():
    windows = [np.stack([x[i : i + 5] for i in range(len(x) - 4)]) for x, _ in parts(between, apart=True)]
    assert said(*((each, each[:, 0]) for each in windows))
