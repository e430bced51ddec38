"""``watch`` records what really happened, names the failing batch, and leaves everything as it was."""

import pkgutil
import re
import threading
import time
import warnings
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
import tensorflow as tf

import gendiag
from gendiag.batches.measure import measure
from gendiag.batches.values import digest
from gendiag.errors import BadArgumentError, NothingRecordedError, StillTrainingError
from gendiag.flight.fast_measure import Later, quick, shared
from tests.support.flights import (
    AT,
    BAD,
    CLASSES,
    ROWS,
    STEPS,
    Items,
    Slow,
    batch,
    classifier,
    endless,
    finite,
    watched,
)
from tests.support.models import linear
from tests.support.small_models import EACH, MODELS, state

pytestmark = pytest.mark.filterwarnings("ignore:.*:UserWarning")


# ---------------------------------------------------------------------- the failing batch
@pytest.mark.parametrize("level", ["light", "full"])
@pytest.mark.parametrize("steps_per_execution", [1, 4])
def test_a_generator_that_fails_in_epoch_2_is_named_by_its_step_and_held(steps_per_execution, level):
    model = classifier(steps_per_execution=steps_per_execution)
    fit = {"epochs": 3, "steps_per_epoch": STEPS, "verbose": 0, "callbacks": [Slow()]}
    flight = watched(lambda: model.fit(endless(BAD), **fit), fails=True, level=level)
    report = flight.report
    assert (report.verdict, report.fails_at) == ("raises", BAD)
    assert report.findings[0].rule == "labels-out-of-range"
    assert report.profile.raw(BAD)[1][3] == 7
    assert "label value of 7" in report.trial(BAD).error


@pytest.mark.parametrize("shuffle", [True, False])
def test_a_dataset_with_two_workers_is_named_by_the_item_and_its_pass(shuffle):
    model = classifier()
    source = Items(AT, workers=2)
    flight = watched(lambda: model.fit(source, epochs=3, shuffle=shuffle, verbose=0, callbacks=[Slow()]), fails=True)
    report = flight.report
    assert (report.verdict, report.fails_at) == ("raises", BAD)
    assert "label value of 7" in report.trial(BAD).error
    if not shuffle:
        assert report.deliveries.batch.tolist() == list(range(BAD))


@pytest.mark.parametrize("kind", ["arrays", "tf.data"])
def test_what_has_no_yield_of_its_own_is_named_by_its_step(kind):
    x, y = (np.concatenate(parts) for parts in zip(*finite(10, bad=7), strict=True))
    data = {"x": x, "y": y, "batch_size": ROWS, "shuffle": False}
    if kind == "tf.data":
        data = {"x": tf.data.Dataset.from_tensor_slices((x, y)).batch(ROWS)}
    model = classifier()
    report = watched(lambda: model.fit(**data, verbose=0), fails=True).report
    assert (report.fails_at, report.deliveries.batch.tolist()) == (7, list(range(7)))


def test_an_exception_of_a_callback_is_blamed_on_no_batch():
    class Broken(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, **_):
            if batch == 5:
                message = "the callback is broken"
                raise ValueError(message)

    model = classifier()
    with gendiag.watch() as flight, pytest.raises(ValueError, match="callback is broken"):
        model.fit(endless(), steps_per_epoch=10, verbose=0, callbacks=[Broken()])
    assert flight.report.fails_at is None
    assert "The callback raises in Broken.on_train_batch_end(batch=5), after 6 training steps" in repr(flight.report)


def test_the_trial_meets_the_weights_of_the_failure_whatever_is_trained_later():
    model = classifier()
    flight = watched(lambda: model.fit(finite(10, bad=6), verbose=0), fails=True)
    failed = [variable.numpy() for variable in model.trainable_variables]
    model.fit(finite(10), verbose=0)
    later = [variable.numpy() for variable in model.trainable_variables]
    with flight.report._judged.case.observer.weights():
        for mine, theirs in zip(model.trainable_variables, failed, strict=True):
            np.testing.assert_array_equal(mine, theirs)
    assert flight.report.fails_at == 6
    for mine, theirs in zip(model.trainable_variables, later, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_batch_that_the_evaluation_does_not_take_is_one_of_the_validation_data():
    model = classifier()
    report = watched(lambda: model.fit(finite(5), validation_data=finite(6, bad=4), verbose=0), fails=True).report
    assert report.findings[0].in_validation
    assert report.findings[0].batches == (4,)


# ---------------------------------------------------------------------- what fit takes
def test_deliveries_are_those_that_fit_trains_on():
    seen = []

    class Seeing(keras.Sequential):
        def train_step(self, data):
            seen.append(tuple(part.numpy() for part in data))
            return super().train_step(data)

    for source, fit in (
        (lambda: finite(6), {"epochs": 3}),
        (endless, {"epochs": 2, "steps_per_epoch": 4}),
        (lambda: Items(workers=2), {"epochs": 2}),
        (Items, {"epochs": 2, "steps_per_epoch": 25}),
    ):
        seen.clear()
        model = Seeing([keras.Input((4,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse", run_eagerly=True)
        flight = watched(lambda: model.fit(source(), verbose=0, **fit))  # noqa: B023  (called at once)
        trained, report = [*seen], flight.report  # a report runs this step too, on a copy
        batches = {each.index: [leaf.digest for leaf in each.leaves] for each in report.profile.batches}
        assert len(trained) == len(report.deliveries)
        for delivered, index in zip(trained, report.deliveries.batch, strict=True):
            assert [digest(part) for part in delivered] == batches[index]


def test_a_dataset_is_recorded_in_an_evaluation_and_as_validation_data_item_by_item():
    model = classifier()
    with gendiag.watch() as flight:
        model.evaluate(Items(), verbose=0)
        model.fit(finite(3), validation_data=Items(workers=2), verbose=0)
    evaluated, validated = (report.diagnosis for report in flight.reports)
    assert [d.batch for d in evaluated.rehearsal.deliveries] == list(range(STEPS))
    assert [d.batch for d in validated.rehearsal.validation] == list(range(STEPS))
    assert [each.index for each in validated.validation.batches] == list(range(STEPS))


def test_silent_casts_and_reused_buffers_are_seen():
    def cast():
        for number, (x, y) in enumerate(finite(8)):
            yield x, y + 0.3 if number == 5 else y

    report = watched(lambda: linear(features=4).fit(cast(), verbose=0)).report
    assert (report.verdict, report.findings[0].rule) == ("trains on altered data", "silent-cast")
    assert report.deliveries.changed[5] == {"y": 8}

    def reused():
        buffer = np.empty((ROWS, 4), "float32")
        for x, y in finite(8):
            buffer[:] = x
            yield buffer, y

    report = watched(lambda: classifier().fit(reused(), verbose=0)).report
    assert report.findings[0].rule == "buffer-reuse"
    assert report.deliveries.changed[0]


def test_worker_processes_are_recorded_where_their_batches_come_in():
    model = linear(features=4)
    report = watched(lambda: model.fit(Items(workers=2, use_multiprocessing=True), shuffle=False, verbose=0)).report
    assert len(report.profile.batches) == len(report.deliveries) == STEPS
    assert report.profile.batches[5].leaves[0].digest == digest(batch(5)[0])
    assert report.deliveries.batch.tolist() == list(range(STEPS))


# ---------------------------------------------------------------------- everything as it was
def test_afterwards_nothing_is_patched():
    def attributes():
        from keras.src.backend.tensorflow import trainer

        owners = (keras.Model, tf.data.Dataset, trainer.TFEpochIterator)
        return [dict(vars(owner)) for owner in owners] + [warnings.showwarning, keras.Model.fit]

    before, model = attributes(), classifier()
    made = set(vars(model))
    watched(lambda: model.fit(finite(4, bad=2), verbose=0), fails=True)
    with gendiag.watch(), gendiag.watch() as inner:
        assert keras.Model.fit is not before[-1]
        model.fit(finite(4), verbose=0)
    assert len(inner.reports) == 1
    assert attributes() == before
    unwatched = classifier()
    unwatched.fit(finite(4), verbose=0)
    assert set(vars(model)) - made <= set(vars(unwatched)) - made | {"stop_training"}
    assert "fit" not in vars(model)


@pytest.mark.parametrize("name", EACH)
def test_training_under_watch_is_bit_for_bit_training_without(name):
    def trained(context):
        keras.utils.set_random_seed(3)
        model = MODELS[name].make()
        batches = MODELS[name].batches(6)
        with context:
            history = model.fit((each for each in batches), steps_per_epoch=3, epochs=2, verbose=0).history
        return history, state(model)

    plain, watching = trained(threading.Lock()), trained(gendiag.watch())
    assert plain[0] == watching[0]
    for one, other in zip(plain[1], watching[1], strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("kind", ["arrays", "tf.data", "PyDataset"])
def test_shuffled_sources_are_trained_on_in_the_same_order_under_watch(kind):
    def trained(context):
        keras.utils.set_random_seed(3)
        x, y = (np.concatenate(parts) for parts in zip(*finite(10), strict=True))
        data = {"x": x, "y": y, "validation_split": 0.2}
        if kind == "tf.data":
            data = {"x": tf.data.Dataset.from_tensor_slices((x, y)).shuffle(80).batch(ROWS)}
        if kind == "PyDataset":
            data = {"x": Items()}
        model = classifier()
        with context:
            history = model.fit(**data, epochs=2, verbose=0).history
        return history, state(model)

    plain, watching = trained(threading.Lock()), trained(gendiag.watch())
    assert plain[0] == watching[0]
    for one, other in zip(plain[1], watching[1], strict=True):
        np.testing.assert_array_equal(one, other)


# ---------------------------------------------------------------------- reports at any time
def test_there_is_a_report_after_an_interrupt():
    class Interrupting(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, **_):
            if batch == 5:
                raise KeyboardInterrupt

    model = classifier()
    with gendiag.watch() as flight, pytest.raises(KeyboardInterrupt):
        model.fit(finite(20), verbose=0, callbacks=[Interrupting()])
    assert flight.report.verdict == "trains"
    assert len(flight.report.deliveries) in {4, 5}
    assert "interrupted" in " ".join(flight.report.diagnosis.notes)


def test_a_callback_that_ends_training_with_the_last_epoch_cuts_nothing_short():
    def endings(at):
        stop = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, _: setattr(model, "stop_training", epoch == at)
        )
        model = classifier()
        fit = {"epochs": 2, "steps_per_epoch": 4, "verbose": 0, "callbacks": [stop]}
        return watched(lambda: model.fit(endless(), **fit)).report.diagnosis.rehearsal.ended

    assert [endings(0), endings(1)] == ["epochs", "finished"]


def test_there_is_a_report_while_fit_runs_in_another_thread_and_the_model_is_left_alone():
    model = classifier()
    with gendiag.watch() as flight:
        fit = threading.Thread(target=lambda: model.fit(endless(), steps_per_epoch=100_000, verbose=0))
        fit.start()
        while not flight._calls or len(flight._calls[0].train.epochs) < 20:
            time.sleep(0.02)
        report = flight.report
        with pytest.raises(StillTrainingError, match="still running"):
            report.trial(0)
        model.stop_training = True
        fit.join()
    assert "still running" in " ".join(report.diagnosis.notes)
    assert "trains so far" in repr(report)
    assert "so far" not in repr(flight.report)
    assert 19 <= len(report.deliveries) < len(flight.report.deliveries)


def test_every_call_has_its_report_and_that_of_the_failure_comes_first():
    model = classifier()
    with gendiag.watch() as flight:
        with pytest.raises(tf.errors.InvalidArgumentError):
            model.fit(finite(6, bad=4), verbose=0)
        model.evaluate(finite(3), verbose=0)
        model.fit(finite(2), verbose=0)
    assert [len(report.deliveries) for report in flight.reports] == [4, 3, 2]
    assert flight.report.fails_at == 4


class Pair(NamedTuple):
    x: Any
    y: Any


@pytest.mark.parametrize("level", ["light", "full"])
def test_named_tuples_train_under_watch_as_without(level):
    with gendiag.watch(level=level) as flight:
        classifier().fit((Pair(*batch(number)) for number in range(5)), verbose=0)
    assert (flight.report.verdict, len(flight.report.diagnosis.rehearsal.deliveries)) == ("trains", 5)


def test_fit_raises_what_it_raises_without_where_x_is_missing():
    y = np.zeros((8, 1), "float32")
    refusals = (ValueError, AttributeError)  # keras 3.5.0 stumbles over it
    with pytest.raises(refusals) as plain:
        linear(3).fit(None, y, verbose=0)
    with gendiag.watch() as flight, pytest.raises(refusals) as watched:
        linear(3).fit(None, y, verbose=0)
    assert watched.type is plain.type
    told = [re.sub(r"_\d+", "", str(caught.value))[:60] for caught in (watched, plain)]  # tensors are counted
    assert told[0] == told[1]
    assert flight.report.verdict == "raises"


def test_what_cannot_be_recorded_is_trained_on_all_the_same(monkeypatch):
    monkeypatch.setattr("gendiag.flight.call.Call.opened", lambda _call: 1 / 0)
    with gendiag.watch() as flight, pytest.warns(UserWarning, match="does not record this fit: ZeroDivisionError"):
        history = classifier().fit(finite(3), verbose=0)
    assert len(history.history["loss"]) == 1
    with pytest.raises(NothingRecordedError):
        _ = flight.report


OURS = {
    "quick": "gendiag.flight.source_tap.shared",
    "general": "gendiag.rehearsal.recording.measure",
    "holding": "gendiag.flight.source_tap.FlightTap._hold",
    "peeking": "gendiag.rehearsal.recording.measure",
    "stream": "gendiag.flight.elements.Stream._note",
    "handing": "gendiag.flight.handover.transform",
    "arriving": "gendiag.flight.feed.is_shuffled",
    "closing": "gendiag.flight.call.Call._close",
}


@pytest.mark.parametrize("where", OURS)
def test_a_failure_of_ours_in_the_midst_of_a_fit_ends_the_record_and_not_the_fit(where, monkeypatch):
    source = Items if where in {"handing", "peeking"} else lambda: finite(20)
    plain = classifier()
    expected = plain.fit(source(), verbose=0).history
    model, called = classifier(), []

    def fails(*_args, **_kwargs):
        called.append(where)
        if len(called) == 1 and where in {"quick", "general", "holding", "stream"}:
            return original(*_args, **_kwargs)
        msg = "no more of it"
        raise MemoryError(msg)

    owner, _, name = OURS[where].rpartition(".")
    original = getattr(pkgutil.resolve_name(owner), name)
    monkeypatch.setattr(OURS[where], fails)
    with gendiag.watch(level="full" if where == "general" else "light") as flight:
        history = model.fit(source(), verbose=0).history
    assert called
    assert history == expected
    assert all(map(np.array_equal, model.get_weights(), plain.get_weights()))
    assert flight.reports == ()
    with pytest.raises(NothingRecordedError, match=r"recording failed within fit \(MemoryError: no more of it\)"):
        _ = flight.report


@pytest.mark.parametrize("feed", ["train", "test"])
def test_nothing_is_said_of_a_record_that_was_given_up(feed):
    with gendiag.watch() as flight:
        classifier().fit(finite(3), validation_data=finite(2), verbose=0)
    (call,) = flight._calls
    call.state = "running"
    assert flight.look() is not None
    getattr(call, feed).tap.give_up(MemoryError("no room"))
    assert (flight.look(), flight.reports) == (None, ())


def test_an_odd_container_of_the_source_is_nothing_to_fail_over():
    class Odd(list):
        def __len__(self):
            msg = "count me not"
            raise TypeError(msg)

    def source():
        held = Odd()
        for number in range(20):
            yield batch(number)
        held.clear()

    with gendiag.watch() as flight:
        classifier().fit(source(), verbose=0)
    assert flight.report.verdict == gendiag.diagnose(source(), classifier()).verdict == "trains"


# ---------------------------------------------------------------------- what is found out afterwards
def test_the_batches_held_get_all_their_figures_once_fit_is_over():
    rng = np.random.default_rng(0)
    source = ((np.stack([rng.random(8), 255 * rng.random(8)], 1), rng.random((8, 1))) for _ in range(30))
    with gendiag.watch(keep_bytes=10 * (8 * 3 * 8)) as flight:  # ten of the thirty
        linear(2).fit(source, verbose=0)
    batches = flight.report.profile.batches
    complete = [batch.index for batch in batches if batch.leaves[0].std is not None]
    assert (len(batches), complete) == (30, [0, 1, *range(22, 30)])
    assert all(batch.leaves[0].low is not None for batch in batches)


def test_of_many_batches_held_the_first_two_and_the_newest_get_all_their_figures(monkeypatch):
    monkeypatch.setattr("gendiag.flight.full_measure.MOST", 4)
    with gendiag.watch() as flight:
        classifier().fit(finite(20), verbose=0)
    batches = flight.report.profile.batches
    assert [batch.index for batch in batches if batch.leaves[0].std is not None] == [0, 1, 18, 19]


def test_what_was_peeked_at_is_what_was_yielded_where_fit_died_before_it_asked_again():
    class OneHotWanted(keras.utils.PyDataset):
        def __len__(self):
            return 3

        def __getitem__(self, index):
            return batch(index)

    model = classifier()
    model.compile("sgd", "categorical_crossentropy")
    with gendiag.watch() as flight, pytest.raises(ValueError, match="rank"):
        model.fit(OneHotWanted(), verbose=0)
    report = flight.report
    assert (report.fails_at, report.findings[0].rule) == (0, "labels-vs-loss")


@pytest.mark.parametrize("kind", ["tf.data", "arrays"])
def test_data_that_fail_while_the_step_is_traced_are_read_once_more(kind):
    x, y = np.zeros((6, 8, 4), "float32"), np.zeros((6, 1), "float32")
    data = (tf.data.Dataset.from_tensor_slices((x, y)).batch(2),) if kind == "tf.data" else (x[:, :, :3], y)
    with gendiag.watch() as flight, pytest.raises(ValueError, match="shape"):
        linear(5).fit(*data, verbose=0)
    report = flight.report
    assert (report.fails_at, report.findings[0].rule, report.findings[0].severity) == (0, "model-rejects", "error")
    assert "its data were read once more, in a rehearsal" in " ".join(str(report).split())


def test_a_model_that_is_built_on_the_first_batch_is_what_fails_there():
    model = keras.Sequential([keras.layers.Dense(CLASSES), keras.layers.Reshape((7,))])
    model.compile("sgd", "mse")
    with gendiag.watch() as flight, pytest.raises(ValueError, match=r"reshape|shape"):
        model.fit(finite(3), verbose=0)
    assert (flight.report.fails_at, flight.report.findings[0].rule) == (0, "model-rejects")


def test_an_argument_that_fit_does_not_know_is_named():
    with gendiag.watch() as flight, pytest.raises(TypeError, match="workers"):
        classifier().fit(finite(3), workers=4)
    assert flight.report.findings[0].rule == "unsupported-argument"
    assert "workers" in flight.report.findings[0].message


def test_how_long_fit_waits_for_its_source_is_told():
    def slow():
        for number in range(12):
            time.sleep(0.05)
            yield batch(number)

    with gendiag.watch() as flight:
        classifier().fit(slow(), verbose=0)
    finding = next(f for f in flight.report.findings if f.rule == "input-bound")
    assert finding.evidence["wait_s"] >= 0.05 > finding.evidence["step_s"] > 0


def test_the_report_is_that_of_the_last_fit_where_none_raised():
    model = classifier()
    with gendiag.watch() as flight:
        model.fit(finite(4), verbose=0)
        model.fit(finite(2), verbose=0)
        model.evaluate(finite(3), verbose=0)
        model.predict(np.ones((ROWS, 4)), verbose=0)
    assert len(flight.report.deliveries) == 2
    assert [report.diagnosis.model is None for report in flight.reports] == [False, False, True, True]
    assert flight.report is flight.reports[1]


def test_a_flight_says_what_was_called_and_how_it_ended():
    model = classifier()
    with gendiag.watch() as flight:
        assert repr(flight) == "<Flight: nothing recorded; see .report>"
        model.fit(finite(2), verbose=0)
        with pytest.raises(tf.errors.InvalidArgumentError):
            model.fit(finite(2, bad=1), verbose=0)
    assert repr(flight) == "<Flight: fit: finished, fit: raised; see .report>"


def test_a_flight_shows_the_steps_taken_and_judges_nothing_for_it():
    model, seen = classifier(), []
    look = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: seen.append(str(flight)))
    with gendiag.watch() as flight:
        model.fit(finite(2), verbose=0, callbacks=[look])
    assert re.search(r"running +not judged yet +1 of 1 +2 ", seen[0])
    for shown in (str(flight), " ".join(re.sub("<[^>]*>", " ", flight._repr_html_()).split())):
        assert re.search(r"finished +not judged yet +1 of 1 +2 ", shown), "Keras began a third step"
    assert not flight._reports
    assert flight.report
    assert "✔ trains" in str(flight)


def test_without_a_call_there_is_no_report():
    with gendiag.watch() as flight:
        pass
    with pytest.raises(NothingRecordedError, match=r"model\.fit"):
        flight.report  # noqa: B018  (it raises)


@pytest.mark.parametrize("options", [{"keep_bytes": 0}, {"level": "much"}])
def test_bad_options_are_refused(options):
    with pytest.raises(BadArgumentError):
        gendiag.watch(**options)


def test_the_bytes_held_are_bounded_and_the_newest_are_among_them():
    size = sum(part.nbytes for part in batch(0))
    model = classifier()
    report = watched(lambda: model.fit(finite(60, bad=50), verbose=0), fails=True, keep_bytes=30 * size).report
    store = report.profile.store
    assert store.nbytes <= 30 * size
    assert report.fails_at == 50
    assert {0, 1, 50} <= set(store)
    assert len(report.profile.batches) > 50


def test_a_user_s_own_fit_is_recorded_once():
    class Own(keras.Sequential):
        def fit(self, source):
            return super().fit(source, verbose=0)

    model = Own([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    flight = watched(lambda: model.fit(finite(4)))
    assert [len(report.deliveries) for report in flight.reports] == [4]


def test_what_reaches_the_step_is_measured_in_full_at_the_full_level_alone():
    model = classifier()
    for level, told in [("light", False), ("full", True)]:
        report = watched(lambda: model.fit(finite(3), verbose=0), level=level).report
        for leaf in report.diagnosis.rehearsal.deliveries[2].leaves:
            assert (leaf.mean is not None) == told


# ---------------------------------------------------------------------- while it runs
class Looking(keras.callbacks.Callback):
    """Asks the flight how far it is, once, in the middle of a step."""

    def __init__(self, flight, at, ask):
        super().__init__()
        self.flight, self.at, self.ask, self.answers, self.steps = flight, at, ask, [], 0

    def on_train_batch_end(self, *_, **__):
        if self.steps == self.at:
            self.answers.append(self.ask(self.flight))
        self.steps += 1

    on_test_batch_end = on_predict_batch_end = on_train_batch_end


def test_while_fit_runs_it_is_said_how_far_it_is_and_what_was_found():
    model = classifier()
    with gendiag.watch() as flight:
        assert flight.look() is None
        looking = Looking(flight, 6, lambda flight: (flight.stand(), flight.look()))
        model.fit(finite(8, bad=None), epochs=2, steps_per_epoch=4, verbose=0, callbacks=[looking])
        assert (flight.stand(), flight.look()) == (None, None)
    stand, diagnosis = looking.answers[0]
    assert stand[:-1] == ("fit", 1, 2, 2, 4, 6, 8), "two of the four steps of the second epoch, six of eight in all"
    assert 0 < stand.seconds < flight.report.diagnosis.rehearsal.seconds
    assert len(diagnosis.rehearsal.deliveries) == 6


def test_nothing_is_said_of_a_fit_before_its_first_step():
    seen = []

    class Beginning(keras.callbacks.Callback):
        def on_train_begin(self, *_, **__):
            seen.append(flight.look())

    with gendiag.watch() as flight:
        classifier().fit(finite(3), verbose=0, callbacks=[Beginning()])
    assert seen == [None]


@pytest.mark.parametrize("method", ["evaluate", "predict"])
def test_an_evaluation_and_a_prediction_say_how_far_they_are_without_epochs(method):
    model = classifier()
    source = finite(4) if method == "evaluate" else ((x,) for x, _ in finite(4))
    with gendiag.watch() as flight:
        looking = Looking(flight, 2, lambda flight: flight.stand())
        getattr(model, method)(source, verbose=0, callbacks=[looking])
    assert (looking.answers[0].method, looking.answers[0].steps) == (method, 2)
    assert [len(report.deliveries) for report in flight.reports] == [4]
    assert flight.report.verdict == "trains"
    assert flight.report.diagnosis.rehearsal.epochs_run == 1


@pytest.mark.parametrize("method", ["fit", "evaluate", "predict"])
def test_what_is_stopped_ends_after_its_step_and_says_so(method):
    model = classifier()
    source = ((x,) for x, _ in endless()) if method == "predict" else endless()
    steps = "steps_per_epoch" if method == "fit" else "steps"
    with gendiag.watch() as flight:
        assert not flight.stop()
        looking = Looking(flight, 3, lambda flight: (flight.stop(), flight.stop()))
        getattr(model, method)(source, verbose=0, callbacks=[looking], **{steps: 50})
        assert not flight.stop()
    assert looking.answers == [(True, False)]  # told once: the next interrupt breaks it off
    assert len(flight.report.deliveries) == 4
    assert "It was stopped." in " ".join(flight.report.diagnosis.notes)
    assert flight.report.diagnosis.rehearsal.ended == "stopped"


def test_a_fit_that_is_told_to_stop_before_it_trains_makes_one_step():
    class Early(keras.callbacks.Callback):
        def on_train_begin(self, *_, **__):
            flight.stop()

    model = classifier()
    with gendiag.watch() as flight:
        model.fit(endless(), steps_per_epoch=50, verbose=0, callbacks=[Early()])
    assert len(flight.report.deliveries) == 1


def test_warnings_are_on_the_record_of_the_call_under_way_and_are_shown_as_always(recwarn):
    class Doubting(keras.callbacks.Callback):
        def on_epoch_end(self, *_, **__):
            warnings.warn("the plateau is near", RuntimeWarning, stacklevel=1)

    model = classifier()
    with gendiag.watch() as flight:
        model.fit(finite(2), verbose=0, callbacks=[Doubting()])
        warnings.warn("afterwards", RuntimeWarning, stacklevel=1)
    warned = flight.report.diagnosis.rehearsal.warnings
    assert "RuntimeWarning: the plateau is near" in warned
    assert not any("afterwards" in text for text in warned)
    assert {"the plateau is near", "afterwards"} <= {str(each.message) for each in recwarn}


# ---------------------------------------------------------------------- loops of one's own
def test_a_loop_of_one_s_own_is_recorded_and_its_failing_batch_named():
    def loop(source):
        for number, _ in enumerate(source):
            if number == 4:
                message = "the loop is broken"
                raise ValueError(message)

    with pytest.raises(ValueError, match="loop is broken"), gendiag.watch() as flight:
        loop(flight.wrap(finite(8)))
    assert (flight.report.verdict, flight.report.fails_at) == ("raises", 4)
    np.testing.assert_array_equal(flight.report.profile.raw(4)[0], batch(4)[0])


def test_a_loop_that_ends_or_is_left_by_break_is_sound():
    with gendiag.watch() as flight:
        assert len(list(flight.wrap(finite(5)))) == 5
        for number, _ in enumerate(flight.wrap(finite(5))):
            if number == 2:
                break
    assert [report.verdict for report in flight.reports] == ["trains", "trains"]
    assert [len(report.deliveries) for report in flight.reports] == [5, 3]
    assert flight.report.diagnosis.notes[0] == "Recorded from a live loop over the batches."


def test_what_the_source_of_a_loop_raises_is_its_own():
    def broken():
        yield from finite(3)
        message = "disk gone"
        raise OSError(message)

    with gendiag.watch() as flight, pytest.raises(OSError, match="disk gone"):
        list(flight.wrap(broken()))
    assert (flight.report.fails_at, flight.report.findings[0].rule) == (3, "source-raises")
    assert flight.report.deliveries.batch.tolist() == [0, 1, 2]


# ---------------------------------------------------------------------- the cheap measurement
@pytest.mark.parametrize(
    "raw",
    [
        batch(3),
        (np.array([[1.0, np.nan]]), np.array([2, 2, 2], "uint8"), np.array([0.5, np.inf])),
        (np.array([True, False]),),
        (np.arange(12.0).reshape(3, 4)[:, ::2], np.zeros((3, 1), "float16")),
        (np.array([[-60000.0, 60000.0]], "float16"), np.zeros((2, 2), "bool")),
    ],
    ids=["plain", "not finite", "one", "strided", "half"],
)
def test_the_quick_measurement_gives_the_same_records(raw):
    known = measure(raw, index=2, epoch=1, wait_s=0.5, full=False)
    none, all_of_it = (False,) * len(raw), (True,) * len(raw)
    assert repr(quick(raw, Later(2, 2, 1, 0.5, known.rss_bytes, none))) == repr(known)
    assert all(leaf.shared for leaf in quick(raw, Later(3, 3, 1, 0.5, 0, all_of_it)).leaves)


def test_the_quick_measurement_knows_a_buffer_again():
    x, y = batch(4)
    view, window = x[:], np.arange(64.0).reshape(16, 4)
    for before, expected in [
        ((x, y), (True, True)),
        ((view, y.copy()), (True, False)),
        ((x.copy(),), (False, False)),
        ({"x": x}, (False, False)),
        ((list(x), y), (False, True)),
    ]:
        assert shared((x, y), before) == expected, before
    assert shared((window[:8],), (window[:8],)) == (True,)
    assert shared((window[:8],), (window[2:10],)) == (False,)


def test_a_prediction_on_bare_arrays_is_told_to_yield_tuples_of_one():
    with gendiag.watch() as flight, pytest.raises(ValueError, match="must return a tuple"):
        linear().predict((x for x, _ in endless()), verbose=0)
    found = flight.report.findings[0]
    assert found.rule == "not-a-tuple"
    assert "(x,)" in found.message
    assert "`yield (x,)`" in found.fix


def test_what_raises_is_called_by_its_name():
    with gendiag.watch() as flight, pytest.raises(ValueError, match="compile"):
        keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)]).evaluate(np.ones((4, 4)), np.ones(4), verbose=0)
    assert flight.report.findings[0].message.startswith("evaluate raises before it has done one batch")


def test_a_validation_generator_that_is_spent_is_said_to_be_one():
    spent = finite(3)
    model = classifier()
    model.evaluate(spent, verbose=0)
    with gendiag.watch() as flight, pytest.raises(ValueError, match="at least one batch"):
        model.fit(finite(3), validation_data=spent, verbose=0)
    found = flight.report.findings[0]
    assert found.rule == "zero-length"
    assert found.message.startswith("The generator in validation_data yields no batch: it had been read to its end")


def test_a_prediction_is_not_asked_about_labels_that_it_does_not_read():
    with gendiag.watch() as flight:
        classifier().predict(((x, np.zeros(3)) for x, _ in finite(3)), verbose=0)
    assert flight.report.findings == ()


def test_a_source_that_is_not_at_its_start_any_more_is_not_read_again_to_say_where_fit_raised():
    good = (np.zeros((8, 3), "float32"), np.zeros((8, 1), "float32"))
    left = iter([np.zeros((8, 3), "float32"), good, good, None])
    spec = (tf.TensorSpec((None, 3)), tf.TensorSpec((None, 1)))
    batches = tf.data.Dataset.from_generator(lambda: left, output_signature=spec)
    with pytest.raises(tf.errors.InvalidArgumentError), gendiag.watch() as flight:
        linear().fit(batches, verbose=0)
    assert flight.report.fails_at == 0
    assert "None" not in flight.report.findings[0].message
