"""A stand-in that is kept from trial to trial tells the same as a new one."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gendiag.model.batch_trial import try_batch
from gendiag.model.clone_cache import Bench
from tests.support.small_models import MODELS, ROWS, dense, functional, pairs, state


def tried(model, batch, bench=None):
    return try_batch(model, 3, first=pairs(2), delivered=batch, yielded=batch, bench=bench)


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
    model, bench = make(), Bench()
    before = state(model)
    for batch in batches():
        one, other = told(tried(model, batch, bench)), told(tried(model, batch))
        assert repr(one) == repr(other)
    assert all(map(np.array_equal, state(model), before))


class Traced(keras.Sequential):
    """Counts how often its step is traced."""

    traces = 0

    def train_step(self, data):
        type(self).traces += not tf.executing_eagerly()
        return super().train_step(data)


def test_no_trial_after_the_first_traces_the_model_again():
    model, bench = Traced([keras.Input((4,)), keras.layers.Dense(1)]), Bench()
    model.compile("adam", "mse")
    tried(model, pairs(1)[0], bench)
    assert Traced.traces > 0
    Traced.traces = 0
    assert tried(model, pairs(3)[2], bench).outcome == "trains"
    assert Traced.traces == 0


def test_the_model_is_met_as_it_is_now():
    model, bench = dense(), Bench()
    batch = pairs(3)[2]
    losses = [tried(model, batch, bench).loss]
    model.layers[1].bias.assign([5.0])
    losses.append(tried(model, batch, bench).loss)
    model.fit(iter_of(pairs(2)), verbose=0)
    losses.append(tried(model, batch, bench).loss)
    model.compile("sgd", "mae")
    losses.append(tried(model, batch, bench).loss)
    expected = float(np.abs(model.predict(batch[0], verbose=0) - batch[1]).mean())
    assert losses[3] == pytest.approx(expected, rel=1e-4)
    assert len(set(losses)) == 4


def test_another_model_gets_another_stand_in():
    bench, batch = Bench(), pairs(3)[2]
    one, other = dense(), dense("mae")
    tried(one, batch, bench)
    assert tried(other, batch, bench).loss == pytest.approx(tried(other, batch).loss, rel=1e-5)


def test_what_cannot_be_copied_is_never_kept():
    model, bench = MODELS["own train_step"].make(), Bench()
    assert tried(model, pairs(3)[2], bench).outcome == "trains"
    with bench.stand_in(model) as other:
        assert other is model


def test_who_finds_the_bench_taken_gets_a_stand_in_of_its_own():
    model, bench = dense(), Bench()
    with bench.stand_in(model) as one, bench.stand_in(model) as other:
        assert one is not other
        assert other is not model
        assert other.predict(pairs(1)[0][0], verbose=0).shape == (ROWS, 1)


def iter_of(given):
    return (each for each in given)
