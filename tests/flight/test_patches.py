"""What is put around Keras is for the calls inside the block alone, and never in anybody's way."""

import inspect
import threading
import warnings

import keras
import pytest
import tensorflow as tf

import gendiag
from tests.support.flights import classifier, finite

pytestmark = pytest.mark.filterwarnings("ignore:.*:UserWarning")


def test_inside_the_block_fit_is_documented_as_always():
    known = inspect.signature(keras.Model.fit), keras.Model.fit.__doc__, keras.Model.fit.__name__
    with gendiag.watch():
        assert (inspect.signature(keras.Model.fit), keras.Model.fit.__doc__, keras.Model.fit.__name__) == known


def test_the_patches_of_somebody_else_stay_and_call_what_was_there():
    original, called = keras.Model.fit, []

    with gendiag.watch() as flight:
        ours = keras.Model.fit

        def theirs(self, *args, **kwargs):
            called.append("theirs")
            return ours(self, *args, **kwargs)

        keras.Model.fit = theirs
    try:
        assert keras.Model.fit is theirs
        classifier().fit(finite(2), verbose=0)
        assert called == ["theirs"]
        with pytest.raises(gendiag.GendiagError, match="no call of fit"):
            flight.report  # noqa: B018  (it raises)
    finally:
        keras.Model.fit = original


def test_flights_may_end_in_any_order_and_each_has_its_own_record():
    first, second, model = gendiag.watch(), gendiag.watch(), classifier()
    before = keras.Model.fit
    first.__enter__()
    second.__enter__()
    model.fit(finite(3), verbose=0)
    first.__exit__(None, None, None)
    model.fit(finite(2), verbose=0)
    second.__exit__(None, None, None)
    assert keras.Model.fit is before
    assert [len(report.deliveries) for report in first.reports] == [3]
    assert [len(report.deliveries) for report in second.reports] == [3, 2]
    assert {report.diagnosis.rehearsal.ended for report in (*first.reports, *second.reports)} == {"finished"}
    assert first.report.profile.batches[2].leaves[0].digest == second.reports[0].profile.batches[2].leaves[0].digest


def test_a_fit_within_a_fit_has_its_own_record():
    inner = keras.callbacks.LambdaCallback(on_epoch_begin=lambda *_: classifier().fit(finite(3), verbose=0))
    with gendiag.watch() as flight:
        classifier().fit(finite(5), verbose=0, callbacks=[inner])
    assert [report.deliveries.batch.tolist() for report in flight.reports] == [list(range(5)), list(range(3))]
    assert [call.train.by_content for call in flight._calls] == [False, False]


def test_the_calls_of_two_threads_are_told_apart():
    models, lengths = [classifier(), classifier()], (4, 7)
    with gendiag.watch() as flight:
        fits = [
            threading.Thread(target=lambda model=model, count=count: model.fit(finite(count), verbose=0))
            for model, count in zip(models, lengths, strict=True)
        ]
        for fit in fits:
            fit.start()
        for fit in fits:
            fit.join()
    assert sorted(len(report.deliveries) for report in flight.reports) == [4, 7]
    assert sorted(len(report.profile.batches) for report in flight.reports) == [4, 7]


def test_a_fit_after_one_that_raised_is_recorded_by_itself():
    model = classifier()
    with gendiag.watch() as flight:
        with pytest.raises(tf.errors.InvalidArgumentError):
            model.fit(finite(6, bad=3), verbose=0)
        spec = (tf.TensorSpec((None, 4), tf.float32), tf.TensorSpec((None,), tf.int64))
        data = tf.data.Dataset.from_generator(lambda: finite(5), output_signature=spec)
        assert len(list(data)) == 5  # made outside of any fit
        model.fit(finite(4), verbose=0)
    counts = [len(report.profile.batches) for report in flight.reports]
    assert 4 <= counts[0] <= 6, "as far as fit read ahead"
    assert counts[1] == 4
    assert flight.reports[1].deliveries.batch.tolist() == [0, 1, 2, 3]


def test_warnings_are_shown_as_they_were_when_the_block_is_left(capsys):
    shown = warnings.showwarning
    with gendiag.watch():
        warnings.warn_explicit("seen by the user", RuntimeWarning, "file.py", 3)
    assert warnings.showwarning is shown
    assert capsys.readouterr().err.count("seen by the user") <= 1
