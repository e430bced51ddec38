"""A recorded call is given what the user gave, and gives back what it borrowed."""

import time
from contextlib import nullcontext

import keras
import numpy as np
import pytest
import tensorflow as tf

import gendiag
from tests.support.flights import AT, CLASSES, ROWS, Items, classifier, finite, watched

pytestmark = pytest.mark.filterwarnings("ignore:.*:UserWarning")


def arrays(count, bad=None):
    return tuple(np.concatenate(parts) for parts in zip(*finite(count, bad=bad), strict=True))


class Counting(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.steps = 0

    def on_train_batch_end(self, *_, **__):
        self.steps += 1


@pytest.mark.parametrize("given", ["one", "a tuple", "a list of Keras"])
def test_callbacks_are_called_in_whatever_form_they_are_given(given, capsys):
    counting, model = Counting(), classifier()
    form = {"one": counting, "a tuple": (counting,)}.get(given)
    lent = None
    if form is None:
        form = lent = keras.callbacks.CallbackList([counting], model=model, epochs=1, add_history=True)
    before = None if lent is None else list(lent.callbacks)
    capsys.readouterr()
    report = watched(lambda: model.fit(finite(5), verbose=0 if lent is None else 2, callbacks=form)).report
    assert not capsys.readouterr().out  # Keras adds no progress bar to a list of its own kind
    assert counting.steps == len(report.deliveries) == 5
    assert lent is None or lent.callbacks == before


def test_arrays_are_one_source_with_their_labels():
    x, y = arrays(6, bad=4)
    model = classifier()
    report = watched(lambda: model.fit(x, y, batch_size=ROWS, shuffle=False, verbose=0), fails=True).report
    assert [leaf.path for leaf in report.profile.batches[0].leaves] == ["x", "y"]
    assert set(report.diagnosis.fit_args) == {"batch_size", "shuffle", "verbose"}
    assert report.fails_at == 4
    assert report.trial(4).outcome == "raises"
    assert [repair.verified for repair in report.repairs()] == [True]


def test_a_tuple_of_inputs_is_given_on_whole():
    inputs = [keras.Input((4,)), keras.Input((4,))]
    model = keras.Model(inputs, keras.layers.Add()(inputs))
    x = np.ones((ROWS, 4), "float32")
    with gendiag.watch() as flight:
        given = model.predict((x, 2 * x), verbose=0)
    np.testing.assert_array_equal(given, 3 * x)
    assert len(flight.report.deliveries) == 1


def test_labels_beside_a_generator_are_among_the_arguments_that_fit_refuses():
    with gendiag.watch() as flight, pytest.raises(ValueError, match="`y`"):
        classifier().fit(finite(2), y=np.zeros(ROWS), verbose=0)
    assert (flight.report.verdict, flight.report.fails_at) == ("raises", None)
    assert set(flight.report.diagnosis.fit_args) == {"y", "verbose"}


def test_validation_arrays_are_left_to_fit():
    x, y = arrays(3)
    model = classifier()
    report = watched(lambda: model.fit(finite(4), validation_data=(x + 1, y), verbose=0)).report
    assert (report.verdict, len(report.deliveries)) == ("trains", 4)
    assert report.findings == ()
    assert [d.leaves[0].shape for d in report.diagnosis.rehearsal.validation] == [(3 * ROWS, 4)]


def test_validation_that_comes_to_its_end_is_recorded_epoch_by_epoch():
    model = classifier()
    fit = {"epochs": 2, "steps_per_epoch": 3, "validation_steps": 2, "verbose": 0}
    report = watched(lambda: model.fit(finite(6), validation_data=finite(4), **fit)).report
    rehearsal = report.diagnosis.rehearsal
    assert [d.epoch for d in rehearsal.validation] == [0, 0, 1, 1]
    assert (len(rehearsal.deliveries), rehearsal.epochs_run, rehearsal.ended) == (6, 2, "finished")
    assert [d.step for d in rehearsal.deliveries] == [0, 1, 2] * 2
    assert [d.epoch for d in rehearsal.deliveries] == [0] * 3 + [1] * 3


def test_a_dataset_that_raised_is_not_sent_to_the_workers_of_later_fits():
    from keras.src.trainers.data_adapters import py_dataset_adapter

    source = Items(AT, workers=2)
    watched(lambda: classifier().fit(source, epochs=2, verbose=0), fails=True)
    sent = py_dataset_adapter._SHARED_SEQUENCES.values()
    assert not any(each is source or getattr(each, "recorded_for", None) is source for each in sent)


def test_the_time_that_it_took_is_that_of_the_call():
    model = classifier()
    with gendiag.watch() as flight:
        began = time.monotonic()
        model.fit(finite(2), verbose=0)
        after = time.monotonic() - began
        time.sleep(0.1)
    assert after / 2 < flight.report.diagnosis.rehearsal.seconds <= after


@pytest.mark.parametrize("source", [[1, 2], "text", None, 3])
def test_what_fit_refuses_is_refused_as_without_the_recorder(source):
    messages = []
    for context in (gendiag.watch(), nullcontext()):
        with context, pytest.raises(Exception) as caught:  # noqa: PT011  (the two are compared)
            classifier().fit(source, verbose=0)
        messages.append((type(caught.value), str(caught.value)))
    assert messages[0] == messages[1]


def test_a_wrong_argument_is_refused_in_keras_words():
    with gendiag.watch() as flight, pytest.raises(TypeError, match="no_such_argument"):
        classifier().fit(finite(2), no_such_argument=1)
    assert flight.report.findings[0].rule == "unsupported-argument"


@pytest.mark.parametrize(
    ("args", "kwargs", "words"), [((1,) * 30, {}, "positional"), ((1,), {"x": 2}, "multiple values")]
)
def test_arguments_that_no_call_could_take_are_refused_and_not_recorded(args, kwargs, words):
    with gendiag.watch() as flight, pytest.raises(TypeError, match=words):
        classifier().fit(*args, **kwargs)
    assert "nothing recorded" in repr(flight)


def test_sparse_batches_pass_as_they_are():
    sparse = tf.sparse.from_dense(np.eye(ROWS, 4, dtype="float32"))
    labels = np.arange(ROWS) % CLASSES
    data = tf.data.Dataset.from_tensors((sparse, labels)).repeat(3)
    report = watched(lambda: classifier().fit(data, verbose=0)).report
    assert (report.verdict, len(report.deliveries)) == ("trains", 3)
    assert [leaf.kind for leaf in report.profile.batches[1].leaves] == ["sparse", "array"]


def test_what_else_makes_a_dataset_meanwhile_is_not_recorded():
    read = []

    class Reading(keras.callbacks.Callback):
        def on_epoch_begin(self, *_, **__):
            spec = tf.TensorSpec((2,), tf.float32)
            other = tf.data.Dataset.from_generator(lambda: iter([np.ones(2)] * 3), output_signature=spec)
            read.extend(other.as_numpy_iterator())

    model = classifier()
    report = watched(lambda: model.fit(finite(6), epochs=2, steps_per_epoch=3, verbose=0, callbacks=[Reading()])).report
    assert len(read) == 6
    assert report.deliveries.batch.tolist() == list(range(6))
    assert report.diagnosis.rehearsal.validation == ()
    delivered = {leaf.shape for delivery in report.diagnosis.rehearsal.deliveries for leaf in delivery.leaves}
    assert delivered == {(ROWS, 4), (ROWS,)}
