"""A live fit that loses its weights is reported with the batch, or at least the epoch; others as by ``diagnose``."""

import keras
import numpy as np
import pytest

import gendiag
from gendiag.flight import weights_watch
from tests.support.flights import Items, batch, classifier, finite, watched

pytestmark = pytest.mark.filterwarnings("ignore:.*:UserWarning")


def diverging(rate=1e18, *, declared=True):
    keras.utils.set_random_seed(0)
    first = [keras.Input((4,))] if declared else []
    model = keras.Sequential([*first, keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(rate), "mse")
    return model


def test_the_batch_at_which_training_turns_nan_is_that_of_a_run_again_from_the_epochs_beginning():
    report = watched(lambda: diverging(1e9).fit(Items(), epochs=3, shuffle=False, verbose=0)).report
    model = diverging(1e9)
    expected = gendiag.diagnose(Items(), model, epochs=3, shuffle=False, progress=False)
    assert (report.verdict, report.findings[0].rule) == ("trains to NaN", "loss-not-finite")
    assert report.findings[0].batches == expected.findings[0].batches


@pytest.mark.parametrize("cause", ["large", "not built"])
def test_the_epoch_is_named_where_the_weights_of_its_beginning_are_not_held(monkeypatch, cause):
    if cause == "large":
        monkeypatch.setattr(weights_watch, "MOST_BYTES", 0)
    model = diverging(declared=cause == "large")
    report = watched(lambda: model.fit(finite(12), epochs=2, steps_per_epoch=6, verbose=0)).report
    assert report.verdict == "trains to NaN"
    assert "In epoch 1/2 the loss or a weight turned NaN or infinite" in report.findings[0].message
    assert "alone" not in report.findings[0].message


def test_after_weights_were_lost_a_trial_meets_those_of_before_and_the_model_keeps_its_own():
    model = diverging()
    report = watched(lambda: model.fit(finite(6), verbose=0)).report
    lost = model.get_weights()
    assert report.trial(0).outcome == "trains"
    for mine, theirs in zip(model.get_weights(), lost, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert not all(np.isfinite(weight).all() for weight in lost)


def test_weights_that_were_nan_before_the_fit_are_said_to_be():
    model = classifier()
    model.layers[-1].bias.assign([np.nan, 0, 0])
    report = watched(lambda: model.fit(finite(6), verbose=0)).report
    assert [finding.rule for finding in report.findings] == ["nan-weights"]


def test_failing_samples_are_sought_with_the_weights_of_the_failure():
    model = diverging(1e-3)
    model.layers[-1].kernel.assign(np.full((4, 1), 1e30))

    def source():
        yield batch(0)
        yield batch(1)
        raise OSError

    with gendiag.watch() as flight, pytest.raises(Exception, match="OSError"):
        model.fit(source(), verbose=0)
    model.layers[-1].kernel.assign(np.zeros((4, 1)))
    seen = []
    report = flight.report
    with report._judged.case.observer.weights():
        seen.append(float(np.abs(model.layers[-1].kernel.numpy()).max()))
    assert seen[0] > 1
    assert report.shrink(0, max_trials=4).batch == 0


def test_stop_iteration_in_an_item_is_named_with_its_batch():
    class Short(Items):
        def __getitem__(self, index):
            return batch(index) if index != 3 else next(iter(()))

    with gendiag.watch() as flight, pytest.raises(Exception, match="StopIteration"):
        classifier().fit(Short(), shuffle=False, verbose=0)
    assert (flight.report.fails_at, flight.report.findings[0].rule) == (3, "source-raises")


def test_weights_made_of_class_weight_are_a_part_of_what_is_delivered():
    weights = {0: 1.0, 1: 2.0, 2: 0.5}
    report = watched(lambda: classifier().fit(Items(), class_weight=weights, verbose=0)).report
    assert all("sample_weight" in dtypes for dtypes in report.deliveries["dtypes"])
    assert not any(report.deliveries.changed)


def test_a_mask_is_known_of_batches_that_are_still_held():
    def source():
        for x, y in finite(4):
            yield np.ma.masked_greater(x, 0.5), y

    report = watched(lambda: classifier().fit(source(), verbose=0)).report
    assert (report.verdict, report.findings[0].rule) == ("trains on altered data", "mask-lost")
