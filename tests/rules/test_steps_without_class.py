"""One-hot rows of steps that are all zeros: where that is said, and where it is meant."""

import keras
import numpy as np
import pytest

from tests.support.rules import diagnosed, findings
from tests.truth.surface.build import batches_of, generator
from tests.truth.surface.padded_targets import sequences, tagger


def names(parts, model):
    return diagnosed(generator(batches_of(*parts)), model)[0]


def test_a_mask_leaves_the_padded_steps_out():
    x, y = sequences()
    x[:, 4:] = 0
    assert "steps-without-class" in names((x, y), tagger())
    assert "steps-without-class" not in names((x, y), tagger(keras.layers.Masking()))


@pytest.mark.parametrize("width", [1, 6])
def test_a_weight_of_0_leaves_them_out(width):
    x, y = sequences()
    if width == 1:
        y[::2] = np.eye(3)[0]
        y[1::2] = 0
    weights = y.any(-1).astype("float32")
    given = (x, y, weights[:, :width])
    assert "steps-without-class" not in names(given, tagger())
    assert "steps-without-class" in names((x, y, np.ones_like(given[2])), tagger())


def test_several_classes_at_once_may_be_none():
    x, y = sequences()
    assert "steps-without-class" not in names((x, y), tagger(loss="binary_crossentropy", activation="sigmoid"))
    y[:, 0] = 1
    assert "steps-without-class" not in names((x, y), tagger())


def test_a_loss_of_its_own_may_mean_it():
    def masked(y, predicted):
        return keras.losses.categorical_crossentropy(y, predicted) * keras.ops.sum(y, -1)

    assert "steps-without-class" not in names(sequences(), tagger(loss=masked))
