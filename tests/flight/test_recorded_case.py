"""What a recorded call is said to have done: how it ended, where it raised, and what else is worth a note."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import gendiag
from gendiag.batches.values import digest
from gendiag.errors import NotKeptError
from gendiag.flight.source_tap import FlightTap
from tests.support.flights import ROWS, STEPS, At, Items, Slow, batch, classifier, endless, finite, watched
from tests.support.models import linear

pytestmark = pytest.mark.filterwarnings("ignore:.*:UserWarning")


def halt(callback):
    callback.model.stop_training = True


def stumble(_):
    message = "the callback is broken"
    raise ValueError(message)


def interrupt(_):
    raise KeyboardInterrupt


def told(report):
    return " ".join(report.diagnosis.notes)


def raised(fit, match, kind=Exception):
    with gendiag.watch() as flight, pytest.raises(kind, match=match):
        fit()
    return flight.report


# ---------------------------------------------------------------------- how it ended
def test_a_fit_that_comes_to_its_end_is_said_to_have_finished():
    model = classifier()
    fit = {"epochs": 4, "initial_epoch": 2, "steps_per_epoch": 2, "verbose": 0}
    report = watched(lambda: model.fit(endless(), **fit)).report
    assert report.diagnosis.rehearsal.ended == "finished"
    assert report.diagnosis.rehearsal.epochs_run == 2
    assert told(report) == "Recorded from a live call of fit."


@pytest.mark.parametrize(
    ("hook", "step", "ended"), [("on_epoch_end", 0, "epochs"), ("on_train_batch_end", 1, "stopped")]
)
@pytest.mark.parametrize(("make", "steps"), [(endless, 4), (Items, None)])
def test_a_fit_that_a_callback_stops_is_told_by_whether_its_epoch_was_whole(make, steps, hook, step, ended):
    model = classifier()
    fit = {"epochs": 5, "steps_per_epoch": steps, "verbose": 0, "callbacks": [At(hook, halt, step)]}
    report = watched(lambda: model.fit(make(), **fit)).report
    assert report.diagnosis.rehearsal.ended == ended
    assert report.verdict == "trains"


@pytest.mark.parametrize(("step", "ended"), [(1, "stopped"), (3, "epochs")])
def test_without_steps_per_epoch_the_end_of_the_source_tells_whether_the_epoch_was_whole(step, ended):
    model = classifier()
    stopping = At("on_epoch_end", halt) if ended == "epochs" else At("on_train_batch_end", halt, step)
    report = watched(lambda: model.fit(finite(200), epochs=2, verbose=0, callbacks=[stopping])).report
    assert report.diagnosis.rehearsal.ended == ended


def test_a_fit_stopped_in_its_last_epoch_is_not_said_to_have_finished():
    model = classifier()
    stopping = At("on_train_batch_end", halt, 1)
    report = watched(lambda: model.fit(endless(), steps_per_epoch=20, verbose=0, callbacks=[stopping])).report
    assert (report.diagnosis.rehearsal.ended, len(report.deliveries)) == ("stopped", 2)


def test_what_raised_says_so():
    report = raised(lambda: classifier().fit(finite(4, bad=2), verbose=0), "label value of 7")
    assert told(report).startswith("Recorded from a live call of fit. It raised.")
    assert report.diagnosis.rehearsal.ended == "raised"


def test_an_interrupted_validation_counts_the_steps_that_were_complete():
    model = classifier()
    stop = At("on_test_batch_end", interrupt, 2)
    fit = {"validation_data": finite(9), "verbose": 0, "callbacks": [stop]}
    report = raised(lambda: model.fit(finite(4), **fit), "", KeyboardInterrupt)
    assert len(report.deliveries) == 4
    assert len(report.diagnosis.rehearsal.validation) == 2
    assert report.diagnosis.rehearsal.ended == "stopped"
    assert "interrupted" in told(report)


# ---------------------------------------------------------------------- where it raised
def broken(count):
    yield from finite(count)
    message = "disk gone"
    raise OSError(message)


@pytest.mark.parametrize(
    ("count", "steps_at_once", "trained"), [(0, 1, 0), (1, 1, 0), (2, 1, 2), (12, 1, 12), (6, 4, 4)]
)
def test_a_source_that_raises_is_named_by_the_batch_it_could_not_make(count, steps_at_once, trained):
    model = classifier(steps_per_execution=steps_at_once)
    report = raised(lambda: model.fit(broken(count), verbose=0), "disk gone")
    assert (report.verdict, report.fails_at) == ("raises", count)
    assert report.findings[0].rule == "source-raises"
    assert "disk gone" in report.findings[0].message
    assert len(report.deliveries) == trained
    assert told(report) == "Recorded from a live call of fit. It raised."
    assert report.profile.ended == "raised"
    assert report.diagnosis.rehearsal.failure.line == "OSError: disk gone"


def test_an_item_that_cannot_be_made_is_named_with_workers_too():
    class Broken(Items):
        def __getitem__(self, index):
            if index == 30:
                message = "disk gone"
                raise OSError(message)
            return super().__getitem__(index)

    model = classifier()
    report = raised(lambda: model.fit(Broken(workers=2), shuffle=False, verbose=0), "disk gone")
    assert (report.fails_at, report.findings[0].rule) == (30, "source-raises")


def test_a_dataset_of_tensorflow_that_raises_is_named_by_the_batch_it_could_not_make():
    def check(x, y):
        with tf.control_dependencies([tf.debugging.assert_less(y, tf.cast(7, y.dtype))]):
            return tf.identity(x), y

    x, y = (np.concatenate(parts) for parts in zip(*finite(10, bad=6), strict=True))
    data = tf.data.Dataset.from_tensor_slices((x, y)).batch(ROWS).map(check)
    report = raised(lambda: classifier().fit(data, verbose=0), "assertion failed")
    assert (report.fails_at, len(report.deliveries)) == (6, 6)


def test_a_batch_of_another_width_is_named_although_it_never_came_to_tensorflow():
    def source():
        yield from finite(7)
        yield np.ones((ROWS, 5), "float32"), np.zeros(ROWS, "int64")
        yield from endless()

    report = raised(lambda: classifier().fit(source(), steps_per_epoch=20, verbose=0), "")
    assert report.fails_at == 7
    assert report.findings[0].rule == "feature-shape-drift"


def test_labels_that_no_cast_can_make_numbers_of_are_refused_by_fit_itself():
    def source():
        yield from finite(5)
        yield batch(5)[0], np.full(ROWS, "a")
        yield from endless()

    report = raised(lambda: classifier().fit(source(), steps_per_epoch=9, verbose=0), "", tf.errors.OpError)
    assert (report.verdict, report.fails_at) == ("raises", 5)


def test_a_source_whose_first_batch_the_model_does_not_take_fails_at_batch_0():
    def source():
        for x, y in finite(5):
            yield x[:, :3], y

    report = raised(lambda: classifier().fit(source(), verbose=0), "")
    assert report.fails_at == 0
    assert len(report.deliveries) == 0


def widened(count):
    yield from finite(count)
    yield np.ones((ROWS, 5), "float32"), np.zeros(ROWS, "int64")


@pytest.mark.parametrize(
    ("source", "match", "steps_at_once"), [(broken, "disk gone", 1), (broken, "disk gone", 2), (widened, "", 1)]
)
def test_a_validation_source_that_raises_is_no_fault_of_a_batch_that_the_model_took(source, match, steps_at_once):
    model = classifier(steps_per_execution=steps_at_once)
    report = raised(lambda: model.fit(finite(6), validation_data=source(5), verbose=0), match)
    assert (report.verdict, report.fails_at) == ("raises", None)
    assert len(report.deliveries) == 6
    assert report.diagnosis.rehearsal.failed_in == "validation"
    assert not any(set(finding.batches) & set(range(5)) for finding in report.findings)


class Careful(keras.Sequential):
    """Takes no value above 5."""

    def call(self, x, **options):
        with tf.control_dependencies([tf.debugging.assert_less(x, 5.0, message="too large")]):
            return super().call(tf.identity(x), **options)


def test_a_validation_batch_that_the_model_alone_can_refuse_is_named():
    def source():
        for number, (x, y) in enumerate(finite(6)):
            yield (x + 9 if number == 3 else x), y

    model = Careful([keras.Input((4,)), keras.layers.Dense(3)])
    model.compile("sgd", "sparse_categorical_crossentropy")
    report = raised(lambda: model.fit(finite(4), validation_data=source(), verbose=0), "too large")
    assert [(finding.batches, finding.in_validation) for finding in report.findings[:1]] == [((3,), True)]


@pytest.mark.parametrize(
    ("hook", "call", "where"),
    [
        ("on_train_begin", 0, "(), before the first batch is trained on"),
        ("on_epoch_begin", 0, "(epoch=0), before the first batch is trained on"),
        ("on_epoch_begin", 1, "(epoch=1), after 4 training steps"),
        ("on_train_batch_begin", 2, "(batch=2), after 2 training steps"),
        ("on_train_batch_end", 2, "(batch=2), after 3 training steps"),
        ("on_test_begin", 0, "(), after 4 training steps"),
        ("on_test_end", 0, "(), in the validation"),
        ("on_epoch_end", 0, "(epoch=0), after 4 training steps"),
        ("on_train_end", 0, "(), after 8 training steps"),
    ],
)
def test_a_callback_that_raises_is_named_with_its_hook_and_no_batch_is_blamed(hook, call, where):
    model = classifier()
    fit = {"validation_data": finite(3), "epochs": 2, "steps_per_epoch": 4, "verbose": 0}
    fit |= {"callbacks": [At(hook, stumble, call)]}
    report = raised(lambda: model.fit(endless(), **fit), "callback is broken")
    assert report.fails_at is None
    assert not report.findings[0].batches
    assert f"The callback raises in At.{hook}{where}" in report.findings[0].message
    assert "the callback is broken" in str(report.diagnosis.rehearsal.failure)


def test_a_batch_that_is_not_held_is_named_by_its_step_and_said_not_to_be_replayed():
    size = sum(part.nbytes for part in batch(0))
    model = classifier()
    fit = {"verbose": 0}
    report = watched(lambda: model.fit(finite(9, bad=5), **fit), fails=True, keep_bytes=size - 1).report
    assert (report.verdict, report.fails_at) == ("raises", 5)
    assert "was not replayed: its batch is not held (keep_bytes)" in told(report)
    with pytest.raises(NotKeptError):
        report.profile.raw(5)


class Squares(keras.Model):
    """Overflows half precision; a copy has that only under the policy that it was made under."""

    def __init__(self, **options):
        super().__init__(**options)
        self.dense = keras.layers.Dense(1, kernel_initializer="ones")

    def call(self, x):
        return tf.debugging.check_numerics(keras.ops.square(self.dense(x)), "too large")


def test_a_failure_is_replayed_under_the_dtype_policy_of_the_call():
    def source():
        for number, (x, _) in enumerate(finite(6)):
            yield np.full_like(x, 100 if number == 4 else 0), np.zeros((ROWS, 1), "float32")

    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = Squares()
        model.compile("sgd", "mse")
        with gendiag.watch() as flight, pytest.raises(tf.errors.InvalidArgumentError, match="too large"):
            model.fit(source(), verbose=0)
    finally:
        keras.config.set_dtype_policy("float32")
    assert flight.report.fails_at == 4
    assert "outside of the batch" not in told(flight.report)
    assert keras.config.dtype_policy().name == "float32"


def test_of_several_steps_to_an_execution_none_is_named_where_none_is_held():
    model = classifier(steps_per_execution=4)
    with gendiag.watch(keep_bytes=1) as flight, pytest.raises(tf.errors.InvalidArgumentError):
        model.fit(endless(bad=5), steps_per_epoch=12, verbose=0)
    assert (flight.report.verdict, flight.report.fails_at) == ("raises", None)
    assert "its batch is not held (keep_bytes)" in told(flight.report)


def test_class_weight_is_a_part_of_the_replay():
    class Weightless(keras.Sequential):
        def train_step(self, data):
            x, y = data  # class_weight makes it three
            return super().train_step((x, y))

    model = Weightless([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", steps_per_execution=4)
    weights = {0: 1.0, 1: 2.0, 2: 1.0}
    report = raised(lambda: model.fit(Items(), class_weight=weights, verbose=0), "too many values")
    assert report.verdict == "raises"
    assert "none of these raises" not in told(report)
    assert report.fails_at is not None


# ---------------------------------------------------------------------- what else is said
@pytest.mark.parametrize("bad", [None, 5])
def test_what_the_model_was_trained_on_is_on_record_and_ends_where_it_raised(bad):
    def source():
        for number, (x, y) in enumerate(finite(7, bad=bad)):
            yield x, y, np.full(ROWS, -1.0 if number in {2, 6} else 1.0, "float32")

    report = watched(lambda: classifier().fit(source(), verbose=0), fails=bad is not None).report
    assert report.fails_at == bad
    assert [f.batches for f in report.findings if f.rule == "negative-weights"] == [(2,) if bad else (2, 6)]


def test_items_asked_for_in_any_order_are_on_record_by_their_index():
    report = watched(lambda: classifier().fit(Items(), shuffle=True, verbose=0)).report
    assert [each.index for each in report.profile.batches] == list(range(STEPS))
    assert sorted(report.profile.read_order) == list(range(STEPS)) != list(report.profile.read_order)


def test_where_keras_shuffles_what_its_adapter_hands_on_a_batch_is_known_by_its_content(monkeypatch):
    from keras.src.trainers.data_adapters.py_dataset_adapter import PyDatasetAdapter

    made = PyDatasetAdapter.get_tf_dataset
    monkeypatch.setattr(PyDatasetAdapter, "get_tf_dataset", lambda self: made(self).shuffle(8))  # as keras 3.5.0 does
    model = seeing()
    report = watched(lambda: model.fit(Items(), shuffle=False, verbose=0)).report
    yielded = [each.leaves[0].digest for each in report.profile.batches]
    assert [yielded[index] for index in report.deliveries.batch] == model.trained != yielded


class Seeing(keras.Sequential):
    def train_step(self, data):
        self.trained.append(digest(data[0].numpy()))
        return super().train_step(data)


def seeing():
    """Return a model that writes down what reaches its training steps."""
    model = Seeing([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    model.trained = []
    return model


def aligned(rows):
    """An empty x of so many rows at an address from which TensorFlow takes an array as it is, without a copy."""
    room = np.empty(rows * 4 + 16, "float32")
    start = -room.ctypes.data % 64 // 4
    return room[start : start + rows * 4].reshape(rows, 4)


class Refilled(keras.utils.PyDataset):
    def __init__(self, **options):
        super().__init__(**options)
        self.x = aligned(ROWS)

    def __len__(self):
        return 60

    def __getitem__(self, index):
        self.x[:], y = batch(index)
        return self.x, y


def refilled():
    x = aligned(ROWS)
    for number in range(60):
        x[:], y = batch(number)
        yield x, y


@pytest.mark.parametrize("make", [refilled, Refilled])
def test_a_buffer_that_is_filled_again_while_fit_reads_from_it_is_seen_by_what_arrives(make):
    model = seeing()
    report = watched(lambda: model.fit(make(), verbose=0, shuffle=False, callbacks=[Slow()])).report
    altered = [trained != digest(batch(number)[0]) for number, trained in enumerate(model.trained[:60])]
    assert report.verdict == ("trains on altered data" if any(altered) else "trains")
    assert any(report.deliveries.changed[2:]) == any(altered[2:])  # keras 3.5.0 copies what it has not peeked at
    assert report.findings[0].rule == "buffer-reuse"


def test_items_that_are_parts_of_one_array_are_known_by_their_order():
    class Parts(keras.utils.PyDataset):
        x, y = (np.concatenate(parts) for parts in zip(*map(batch, range(6)), strict=True))

        def __len__(self):
            return 6

        def __getitem__(self, index):
            part = slice(index * ROWS, (index + 1) * ROWS)
            return self.x[part], self.y[part]

    with gendiag.watch() as flight:
        classifier().fit(Parts(), shuffle=False, verbose=0)
    assert not flight._calls[0].train.by_content
    assert flight.report.verdict == "trains"


def test_a_loss_that_is_no_number_is_noted_with_its_first_epoch():
    def source():
        for number, (x, y) in enumerate(finite(12)):
            yield (x if number != 5 else x * np.nan), y

    model = classifier()
    report = watched(lambda: model.fit(source(), epochs=3, steps_per_epoch=4, verbose=0)).report
    assert report.findings[0].rule == "nan-inf"
    assert "The loss logged at the end of epoch 2 is nan." in told(report)
    assert "epoch 3 is nan" not in told(report)


def test_what_a_generator_hoards_is_on_record():
    def source():
        hoard = []
        for pair in finite(64):
            hoard.append(pair)
            yield pair

    report = watched(lambda: classifier().fit(source(), verbose=0)).report
    lengths = report.profile.growth["hoard"]
    assert len(lengths) > 1
    assert lengths == tuple(sorted(set(lengths)))


def test_a_recording_that_fails_is_noted_and_the_training_goes_on(monkeypatch):
    def delivered(*_, **__):
        message = "a bug of ours"
        raise RuntimeError(message)

    monkeypatch.setattr(FlightTap, "delivered", delivered)
    history = []
    report = watched(lambda: history.append(linear(features=4).fit(finite(6), verbose=0)), level="full").report
    assert len(history[0].epoch) == 1
    assert "A delivery was not recorded (RuntimeError: a bug of ours)." in told(report)


def test_random_states_are_as_before_a_report():
    flight = watched(lambda: classifier().fit(finite(3, bad=2), verbose=0), fails=True)
    np.random.seed(1)  # noqa: NPY002  (the global state is what is asked about)
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    assert flight.report.fails_at == 2
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


def test_one_tensor_given_for_two_items_is_not_guessed_to_be_one_of_them():
    class Same(Items):
        pair = tuple(map(tf.constant, batch(0)))

        def __getitem__(self, index):
            return self.pair

    report = watched(lambda: classifier().fit(Same(workers=2), shuffle=False, verbose=0)).report
    assert len(report.deliveries) == len(report.profile.batches)
    assert report.verdict == "trains"
    unknown = report.deliveries.batch.isna().sum()
    assert unknown
    assert f"Of {unknown} steps it is not known which batch they were." in told(report)


def test_the_deliveries_of_a_distributed_dataset_are_those_of_a_rehearsal_and_this_is_said():
    with tf.distribute.MirroredStrategy(["/cpu:0"]).scope():
        model = classifier()
    report = watched(lambda: model.fit(tf.data.Dataset.from_tensors(batch(0)).repeat(3), verbose=0)).report
    assert (report.verdict, len(report.deliveries)) == ("trains", 3)
    assert "What fit delivers of a distributed dataset is not recorded" in told(report)
