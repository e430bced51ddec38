"""One-hot rows of steps that are all zeros: where that is said, and where it is meant."""

import keras

from tests.support.rules import diagnosed
from tests.truth.surface.build import batches_of, generator
from tests.truth.surface.padded_targets import sequences, tagger


def names(parts, model):
    return diagnosed(generator(batches_of(*parts)), model)[0]


def test_a_mask_leaves_the_padded_steps_out():
    x, y = sequences()
    x[:, 4:] = 0
    assert "steps-without-class" in names((x, y), tagger())
    assert "steps-without-class" not in names((x, y), tagger(keras.layers.Masking()))


def test_a_weight_of_0_leaves_them_out():
    x, y = sequences()
    weights = y.any(-1).astype("float32")
    assert "steps-without-class" not in names((x, y, weights), tagger())
    weights[0, 5] = 1
    assert "steps-without-class" in names((x, y, weights), tagger())


def test_several_classes_at_once_may_be_none():
    x, y = sequences()
    y[:, 0] = 1
    assert "steps-without-class" not in names((x, y), tagger())


def test_a_loss_of_its_own_may_mean_it():
    def masked(y, predicted):
        return keras.losses.categorical_crossentropy(y, predicted) * keras.ops.sum(y, -1)

    assert "steps-without-class" not in names(sequences(), tagger(loss=masked))
