"""The replay says, step by step, what the real fit does with chosen batches."""

import warnings

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from gendiag.model.clone import stand_in  # noqa: E402  (TensorFlow may be missing)
from gendiag.model.finite_values import all_finite  # noqa: E402  (as above)
from gendiag.model.replay import FitSettings, through_fit  # noqa: E402  (as above)
from gendiag.runtime.task import Pulse  # noqa: E402  (as above)
from tests.support.small_models import MODELS, dense, pairs, state  # noqa: E402  (as above)


def nan_batch():
    x, y = pairs(1)[0]
    return np.full_like(x, np.nan), y


def test_the_losses_are_those_of_each_batch_alone():
    model, batches = dense(), pairs(3)
    replay = through_fit(model, batches)
    expected = [float(np.mean((model.predict(x, verbose=0) - y) ** 2)) for x, y in batches]
    assert replay.steps == 3
    assert replay.failure is None
    assert replay.losses == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("name", ["functional", "mixed precision", "accumulating"])
def test_at_learning_rate_0_the_weights_stay(name):
    with stand_in(MODELS[name].make()) as model:
        before = [variable.numpy() for variable in model.trainable_variables]
        assert through_fit(model, pairs(4)).steps == 4
        assert all(
            np.array_equal(variable, was) for variable, was in zip(model.trainable_variables, before, strict=True)
        )


def test_with_its_learning_rate_the_model_learns():
    model = dense()
    before = state(model)[0]
    through_fit(model, pairs(2), learning_rate_zero=False)
    assert not np.array_equal(state(model)[0], before)


def test_the_failing_step_is_exact_even_where_several_steps_make_one_execution():
    x, y = pairs(1)[0]
    replay = through_fit(dense(steps_per_execution=4), [*pairs(3), (x, y[:3])])
    assert replay.steps == 3
    assert "Incompatible shapes" in replay.failure.line


def test_each_batch_is_judged_by_itself_at_learning_rate_0():
    replay = through_fit(dense(), [pairs(1)[0], nan_batch(), *pairs(2), nan_batch()])
    assert replay.non_finite == (1, 4)
    assert replay.first_non_finite == 1


def test_while_learning_weights_that_turned_nan_stay_nan():
    replay = through_fit(dense(), [pairs(1)[0], nan_batch(), *pairs(2)], learning_rate_zero=False)
    assert replay.non_finite == (1, 2, 3)


def test_a_stop_ends_it_before_the_next_step():
    pulse = Pulse()
    pulse.stop.set()
    replay = through_fit(dense(), pairs(3), pulse=pulse)
    assert (replay.steps, replay.failure, replay.answered) == (0, None, True)


def test_the_pulse_of_the_caller_is_beaten():
    pulse = Pulse()
    pulse._last -= 1000
    through_fit(dense(), pairs(2), pulse=pulse)
    assert pulse.quiet_s < 100


def test_a_source_that_cannot_be_made_is_a_failure():
    def broken(batches):
        raise KeyError(len(batches))

    replay = through_fit(dense(), pairs(2), FitSettings(broken))
    assert replay.failure.type == "KeyError"
    assert replay.failure.line == "KeyError: 2"


def test_no_warning_of_keras_reaches_the_user():
    counts = [(x, np.ones((8, 1), "int32")) for x, _ in pairs(2)]
    cast = (counts[0][0], np.full((8, 1), np.nan))  # NumPy warns of this one.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert through_fit(dense(), [*counts, cast]).failure is None


def test_infinity_is_not_finite_and_integers_are():
    assert all_finite([np.float32(1), 3, np.arange(4)])
    assert not all_finite([np.float32("inf")])
    assert not all_finite([1.0, np.array([0, np.nan], "float16")])
