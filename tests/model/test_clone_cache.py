"""A stand-in that is kept from trial to trial tells the same as a new one."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gendiag.model.batch_trial import try_batch
from gendiag.model.clone_cache import CloneCache
from tests.support.small_models import MODELS, ROWS, dense, functional, pairs, state


def tried(model, batch, clones=None):
    return try_batch(model, 3, first=pairs(2), delivered=batch, yielded=batch, clones=clones)


def told(trial):
    inside = trial.inside
    return (
        trial.outcome, trial.loss, trial.grad_norm, trial.error, trial.steps[0].loss, inside.sample_losses,
        inside.update_norm, [(layer.name, layer.low, layer.grad_norm) for layer in inside.layers],
    )  # fmt: skip


def batches():
    x, y = pairs(1)[0]
    bad = x.copy()
    bad[2, 1] = np.nan
    return [pairs(3)[2], (bad, y), pairs(4)[3], (x, y[:5]), (x[:5], y[:5]), pairs(5)[4]]


@pytest.mark.parametrize("make", [dense, pytest.param(functional, marks=pytest.mark.proof)])
def test_trials_on_a_kept_stand_in_tell_what_trials_on_new_ones_do(make):
    keras.utils.set_random_seed(1)
    model, clones = make(), CloneCache()
    before = state(model)
    for batch in batches():
        one, other = told(tried(model, batch, clones)), told(tried(model, batch))
        assert repr(one) == repr(other)
    assert all(map(np.array_equal, state(model), before))


class Traced(keras.Sequential):
    """Counts how often its step is traced."""

    traces = 0

    def train_step(self, data):
        type(self).traces += not tf.executing_eagerly()
        return super().train_step(data)


def test_no_trial_after_the_first_traces_the_model_again():
    model, clones = Traced([keras.Input((4,)), keras.layers.Dense(1)]), CloneCache()
    model.compile("adam", "mse")
    tried(model, pairs(1)[0], clones)
    assert Traced.traces > 0
    Traced.traces = 0
    assert tried(model, pairs(3)[2], clones).outcome == "trains"
    assert Traced.traces == 0


def test_the_model_is_met_as_it_is_now():
    model, clones = dense(), CloneCache()
    batch = pairs(3)[2]
    losses = [tried(model, batch, clones).loss]
    model.layers[1].bias.assign([5.0])
    losses.append(tried(model, batch, clones).loss)
    model.fit(iter_of(pairs(2)), verbose=0)
    losses.append(tried(model, batch, clones).loss)
    model.compile("sgd", "mae")
    losses.append(tried(model, batch, clones).loss)
    expected = float(np.abs(model.predict(batch[0], verbose=0) - batch[1]).mean())
    assert losses[3] == pytest.approx(expected, rel=1e-4)
    assert len(set(losses)) == 4


def test_another_model_gets_another_stand_in():
    clones, batch = CloneCache(), pairs(3)[2]
    one, other = dense(), dense("mae")
    tried(one, batch, clones)
    assert tried(other, batch, clones).loss == pytest.approx(tried(other, batch).loss, rel=1e-5)


def test_what_cannot_be_copied_is_never_kept():
    model, clones = MODELS["own train_step"].make(), CloneCache()
    assert tried(model, pairs(3)[2], clones).outcome == "trains"
    with clones.stand_in(model) as other:
        assert other is model


def test_who_finds_the_bench_taken_gets_a_stand_in_of_its_own():
    model, clones = dense(), CloneCache()
    with clones.stand_in(model) as one, clones.stand_in(model) as other:
        assert one is not other
        assert other is not model
        assert other.predict(pairs(1)[0][0], verbose=0).shape == (ROWS, 1)


def iter_of(given):
    return (each for each in given)
