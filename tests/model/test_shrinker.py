"""A failing batch is reduced to the samples that make it fail, and the model stays as it was."""

import threading
from dataclasses import replace

import numpy as np
import pytest

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")

from gendiag import diagnose  # noqa: E402  (TensorFlow may be missing)
from gendiag.batches.samples import count_rows, take  # noqa: E402  (as above)
from gendiag.diagnosis.failing_samples import said, with_samples  # noqa: E402  (as above)
from gendiag.errors import BadArgumentError, BadModelError, NotKeptError  # noqa: E402  (as above)
from gendiag.model.delta_debugging import EnoughError, SampleSearch, Step  # noqa: E402  (as above)
from gendiag.model.replay import FitSettings  # noqa: E402  (as above)
from gendiag.model.shrinker import shrink  # noqa: E402  (as above)
from gendiag.records import CulpritValue, Finding, Shrunk, Trial  # noqa: E402  (as above)
from gendiag.runtime.task import Task  # noqa: E402  (as above)
from gendiag.views import trial_card  # noqa: E402  (as above)
from tests.support.small_models import MODELS, Counting, dense, functional, state, unbuilt  # noqa: E402  (as above)

ROWS, BATCHES, CLASSES = 256, 40, 10


class NanAbove(keras.losses.Loss):
    """Not finite for targets above 50: no value is wrong at first sight."""

    def call(self, y_true, y_pred):
        bad = tf.where(y_true > 50.0, np.nan, 1.0)
        return tf.reduce_mean(bad * (y_true - y_pred) ** 2, axis=-1)


class NanInPairs(keras.losses.Loss):
    """Not finite as soon as two targets are above 50."""

    def call(self, y_true, y_pred):
        many = tf.reduce_sum(tf.cast(y_true > 50.0, tf.float32)) > 1.5
        return tf.where(many, np.nan, 1.0) * tf.reduce_mean((y_true - y_pred) ** 2, axis=-1)


def classes_of(count=CLASSES):
    layers = [keras.Input((4,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(count)]
    model = keras.Sequential([*layers, keras.layers.Softmax()])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def with_loss(loss):
    model = dense()
    model.compile("adam", loss)
    return model


def test_what_the_sound_samples_hold_is_said_of_integers_too():
    """The loss of a sample is not finite for no value that is odd by itself."""
    model = with_loss(NanAbove())
    x = np.random.default_rng(3).random((8, 4), "float32")
    told = shrink(model, 3, (x, np.array([[1], [2], [60], [3], [1], [2], [3], [1]])))
    assert told.samples == (2,)
    assert [(value.path, value.why) for value in told.values] == [("y", "the samples that train hold 1 to 3")]


def labels(batches=BATCHES):
    rng = np.random.default_rng(3)
    return [(rng.random((ROWS, 4), "float32"), rng.integers(0, CLASSES, ROWS)) for _ in range(batches)]


def targets(rows=ROWS):
    rng = np.random.default_rng(3)
    return rng.random((rows, 4), "float32"), rng.random((rows, 1), "float32")


def planted(values, rows, bad):
    values = values.copy()
    values[list(rows)] = bad
    return values


# ---------------------------------------------------------------------- what it is for
def test_a_planted_label_is_named_by_its_sample_in_the_finding():
    batches = labels()
    batches[23][1][77] = CLASSES
    report = diagnose(lambda: iter_of(batches), classes_of(), progress=False)
    shrunk = report.diagnosis.shrunk[23]
    assert (shrunk.samples, shrunk.minimal, shrunk.rest) == ((77,), True, "trains")
    assert shrunk.trials <= 30
    assert report.findings[0].rule == "labels-out-of-range"
    assert report.findings[0].evidence["samples"] == (77,)
    told = "Sample 77 of batch 23 raises alone; the other 255 train. y[77] is 10: the model has 10 classes (0-9)."
    assert told in report.findings[0].message
    assert " ".join(repr(report).split()).count(told) == 1, "with the finding, and not with the trial again"
    assert report.shrink(23) is shrunk


def test_two_planted_rows_of_nan_are_both_named():
    batches = labels()
    for row in (5, 201):
        batches[7][0][row, 3] = np.nan
    report = diagnose(lambda: iter_of(batches), classes_of(), progress=False)
    shrunk = report.diagnosis.shrunk[7]
    assert (shrunk.samples, shrunk.minimal, shrunk.outcome) == ((5, 201), True, "non-finite")
    assert shrunk.trials <= 30
    assert [(value.sample, value.path, value.place, value.proven) for value in shrunk.values] == [
        (5, "x", (3,), True), (201, "x", (3,), True),
    ]  # fmt: skip
    assert report.findings[0].evidence["samples"] == (5, 201)


@pytest.mark.parametrize("seed", range(8))
def test_samples_that_nothing_gives_away_are_found_wherever_they_stand(seed):
    rng = np.random.default_rng(seed)
    rows = sorted(rng.choice(ROWS, size=1 + seed % 2, replace=False).tolist())
    x, y = targets()
    shrunk = shrink(with_loss(NanAbove()), 4, (x, planted(y, rows, 60.0)), max_trials=30)
    assert (list(shrunk.samples), shrunk.minimal, shrunk.alone) == (rows, True, True)
    assert [value.sample for value in shrunk.values if value.proven and value.path == "y"] == rows


def test_samples_that_fail_only_together_are_said_to():
    x, y = targets()
    shrunk = shrink(with_loss(NanInPairs()), 4, (x, planted(y, [9, 140], 60.0)))
    assert (shrunk.samples, shrunk.alone, shrunk.minimal) == ((9, 140), False, True)
    assert said(shrunk) == (
        "Samples 9 and 140 of batch 4 give NaN or infinity together, not each alone; the other 254 train."
    )


def test_where_every_sample_fails_alone_none_is_blamed():
    rng = np.random.default_rng(0)
    shrunk = shrink(dense(), 4, (rng.random((ROWS, 5)), rng.random((ROWS, 1))))
    assert (shrunk.every, shrunk.samples, shrunk.minimal) == (True, (), True)
    assert said(shrunk).startswith("Each of 8 samples of batch 4 tried alone raises: likely none of the 256 is")
    few = shrink(dense(), 4, (rng.random((5, 5)), rng.random((5, 1))))
    assert said(few) == "Every sample of batch 4 raises alone: none is to blame, but the batch as a whole."


def test_an_id_beyond_an_embedding_is_named_with_its_place():
    rng = np.random.default_rng(0)
    model = keras.Sequential([keras.Input((6,)), keras.layers.Embedding(50, 4), keras.layers.Flatten()])
    model.add(keras.layers.Dense(1))
    model.compile("sgd", "mse")
    ids = rng.integers(0, 50, (ROWS, 6))
    ids[60, 2] = 50
    shrunk = shrink(model, 4, (ids, rng.random((ROWS, 1))))
    assert [str(value) for value in shrunk.values] == ["x[60, 2] is 50"]
    assert shrunk.values[0].why == "the model takes 0 to 49 there"


def test_what_the_others_do_without_the_samples_is_said():
    x, y = labels(1)[0]
    x[8, 0] = np.nan
    shrunk = shrink(classes_of(), 4, (x, planted(y, [3], 99)))
    assert (shrunk.samples, shrunk.rest) == ((3,), "non-finite")
    assert "the other 255 still give NaN or infinity" in said(shrunk)
    assert not any(value.proven for value in shrunk.values), "nothing sound to compare with"


# ---------------------------------------------------------------------- where there is nothing to say
def test_a_batch_that_trains_is_not_reduced():
    shrunk = shrink(dense(), 4, targets())
    assert (shrunk.outcome, shrunk.samples, shrunk.trials) == ("trains", (), 1)
    assert "there is nothing to reduce" in said(shrunk)


def test_a_batch_whose_arrays_differ_in_length_is_not_cut():
    x, y = targets()
    shrunk = shrink(dense(), 4, (x, y[:-1]))
    assert (shrunk.outcome, shrunk.samples, shrunk.every) == ("raises", (), False)
    assert "no common number of samples" in said(shrunk)


def test_a_batch_for_a_model_of_one_batch_size_is_not_cut():
    given = keras.Input(batch_shape=(8, 4))
    model = keras.Model(given, keras.layers.Dense(1)(keras.ops.reshape(given, (8, 4))))
    model.compile("sgd", "mse")
    x, y = targets(8)
    assert "no other number of samples than 8" in said(shrink(model, 4, (planted(x, [2], np.nan), y)))


# ---------------------------------------------------------------------- bounds
@pytest.mark.parametrize("most", [1, 4, 9])
def test_trials_are_bounded_and_what_is_known_by_then_is_kept(most):
    x, y = targets()
    shrunk = shrink(with_loss(NanAbove()), 4, (x, planted(y, [140], 60.0)), max_trials=most)
    assert (shrunk.trials, shrunk.minimal) == (most, False)
    assert most == 1 or 140 in shrunk.samples
    assert f"ended after {most} trials" in said(shrunk)


def test_a_stop_ends_it_with_the_smallest_set_so_far(monkeypatch):
    tasks = []
    monkeypatch.setattr("gendiag.model.shrinker.Task", lambda work: tasks.append(Task(work)) or tasks[-1])
    x, y = targets()

    def stop(trials):
        if trials >= 5:
            tasks[-1].pulse.stop.set()

    class Slow(NanAbove):
        def call(self, y_true, y_pred):
            threading.Event().wait(0.1)
            return super().call(y_true, y_pred)

    shrunk = shrink(with_loss(Slow()), 4, (x, planted(y, [140], 60.0)), on_progress=stop)
    assert not shrunk.minimal
    assert 140 in shrunk.samples
    assert len(shrunk.samples) < ROWS
    assert "stopped" in said(shrunk)


def test_a_step_that_hangs_ends_it():
    release = threading.Event()

    class Hanging(keras.losses.Loss):
        def call(self, y_true, y_pred):  # noqa: ARG002  (Keras's signature)
            release.wait(20)
            return y_pred

    try:
        shrunk = shrink(with_loss(Hanging()), 4, targets(), settings=FitSettings(quiet_s=1.0))
    finally:
        release.set()
    assert (shrunk.outcome, shrunk.note, shrunk.minimal) == ("not tried", "no answer in 1 s", False)


def test_there_is_no_time_for_a_trial_beyond_the_budget():
    assert shrink(dense(), 4, targets(), budget_s=-1.0).trials == 0


# ---------------------------------------------------------------------- the model


LARGE = [pytest.param(name, marks=pytest.mark.proof) for name in ("functional", "branching", "mixed precision")]


@pytest.mark.parametrize("name", ["dense", "own train_step", "described", *LARGE])
def test_training_after_shrinking_equals_training_without_it(name):
    def trained(*, shrinking):
        keras.backend.clear_session()
        keras.utils.set_random_seed(5)
        model, batches = MODELS[name].make(), MODELS[name].batches(5)
        model.fit(iter_of(batches[:2]), verbose=0)
        if shrinking:
            shrunk = shrink(model, 3, with_nan(batches[3], row=6))
            assert (shrunk.samples, shrunk.minimal) == ((6,), True)
        return model.fit(iter_of(batches), verbose=0).history, state(model)

    one, other = trained(shrinking=True), trained(shrinking=False)
    assert one[0] == other[0]
    assert all(sum(values) > 0 for values in one[0].values()), "no loss, no proof"
    assert all(map(np.array_equal, one[1], other[1]))


def with_nan(batch, *, row):
    x, y = batch
    if isinstance(x, dict):
        return {**x, "left": planted(x["left"], [row], np.nan)}, y
    return planted(x, [row], np.nan), y


def iter_of(batches):
    return (each for each in batches)


@pytest.mark.parametrize("make", [unbuilt, functional, lambda: compiled(Counting(4, 3))])
def test_a_row_of_nan_is_named_in_models_of_all_kinds(make):
    x, y = targets(32)
    assert shrink(make(), 0, (planted(x, [7], np.nan), y)).samples == (7,)


def compiled(model):
    model.compile("sgd")
    return model


def test_an_unbuilt_model_stays_unbuilt():
    model = unbuilt()
    x, y = targets(32)
    shrink(model, 0, (planted(x, [7], np.nan), y))
    assert not model.built
    assert not model.optimizer.built


def test_of_a_report_what_is_not_there_is_refused():
    report = diagnose(lambda: iter_of(labels(2)), classes_of(), progress=False)
    with pytest.raises(NotKeptError):
        report.shrink(5)
    with pytest.raises(BadArgumentError, match="max_trials=0"):
        report.shrink(0, max_trials=0)
    with pytest.raises(BadModelError, match="no model was given"):
        diagnose(lambda: iter_of(labels(2)), progress=False).shrink(0)


# ---------------------------------------------------------------------- the search alone, without a model
def search(rows, bad, *, together=1, most=1000, hypotheses=()):
    tried = []

    def step(chosen):
        tried.append(tuple(chosen))
        if len(tried) > most:
            msg = "enough"
            raise EnoughError(msg)
        return Step(len(set(chosen) & set(bad)) >= together, "raises")

    found = SampleSearch(rows, step)
    found.search(hypotheses)
    return found, tried


@pytest.mark.parametrize("seed", range(40))
def test_whichever_samples_fail_alone_are_found(seed):
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(9, 300))
    bad = sorted(rng.choice(rows, size=int(rng.integers(1, 5)), replace=False).tolist())
    found, tried = search(rows, bad)
    assert (list(found.samples), found.alone, found.done) == (bad, True, True)
    assert len(tried) <= 10 + len(bad) * (np.log2(rows) + 3)


@pytest.mark.parametrize("seed", range(10))
def test_samples_that_fail_only_together_are_found(seed):
    rng = np.random.default_rng(seed)
    bad = sorted(rng.choice(100, size=3, replace=False).tolist())
    found, tried = search(100, bad, together=3)
    assert (sorted(found.joint), found.culprits, found.done) == (bad, [], True)
    assert len(tried) <= 40


def test_a_hypothesis_that_holds_takes_a_trial_for_each_sample_and_one_for_the_others():
    found, tried = search(256, [3, 17], hypotheses=[[3, 17]])
    assert (found.samples, len(tried)) == ((3, 17), 3)


def test_a_suspect_that_is_innocent_is_not_blamed():
    found, _ = search(256, [3, 17], hypotheses=[[3, 17, 40]])
    assert (found.samples, found.done) == ((3, 17), True)


def test_a_hypothesis_that_explains_only_a_part_is_gone_beyond():
    found, _ = search(256, [3, 17, 200], hypotheses=[[17]])
    assert (found.samples, found.done) == ((3, 17, 200), True)


def test_where_only_all_samples_together_fail_none_is_blamed():
    found = SampleSearch(16, lambda rows: Step(len(rows) == 16, "raises"))
    with pytest.raises(EnoughError, match="whichever they are"):
        found.search([])
    assert found.samples == ()


# ---------------------------------------------------------------------- what is said
GUILTY = CulpritValue(7, "x['<b>']", (1,), "NaN", proven=True)
SHRUNK = Shrunk(3, "raises", (7,), rest="trains", rows=8, tried_alone=1, values=(GUILTY,), minimal=True)


def test_samples_stand_escaped_in_the_page_and_in_the_text():
    html = trial_card.to_html(Trial(3, "raises"), SHRUNK)
    assert "Sample 7 of batch 3 raises alone; the other 7 train. x[&#x27;&lt;b&gt;&#x27;][7, 1] is NaN." in html
    assert "<b>'" not in html
    assert said(SHRUNK) == "Sample 7 of batch 3 raises alone; the other 7 train. x['<b>'][7, 1] is NaN."


def test_samples_are_named_in_the_first_finding_that_is_about_them():
    note = Finding("other", "note", "", "A note.", batches=(3,))
    elsewhere = Finding("other", "error", "", "Elsewhere.", batches=(2,))
    other_leaf = Finding("other", "error", "", "Another leaf.", batches=(3,), leaf="y")
    about = Finding("other", "error", "", "Here.", batches=(3,), leaf="x['<b>']", evidence={"high": 1})
    named = with_samples((note, elsewhere, other_leaf, about), {3: SHRUNK})
    assert named[:3] == (note, elsewhere, other_leaf)
    assert named[3].message == f"Here. {said(SHRUNK)}"
    assert named[3].evidence == {"high": 1, "sample_batch": 3, "samples": (7,)}
    not_finite = replace(SHRUNK, outcome="non-finite")
    assert with_samples((note, about), {3: not_finite})[0] == note
    assert with_samples((about,), {3: replace(SHRUNK, rest="raises")}) == (about,), "something else is wrong too"


def test_what_was_not_tried_to_the_end_is_said_to_be_likely_only():
    guess = replace(GUILTY, proven=False)
    partly = replace(SHRUNK, samples=(5, 7), alone=False, minimal=False, note="stopped", values=(guess,))
    assert said(partly) == (
        "Samples 5 and 7 of batch 3 raise together; the other 6 train. More was not tried: stopped. "
        "Likely because x['<b>'][7, 1] is NaN."
    )


# ---------------------------------------------------------------------- rows
def test_all_leaves_are_cut_by_the_same_rows_and_keep_their_nesting():
    raw = ({"a": np.arange(6).reshape(3, 2), "b": tf.constant([1.0, 2.0, 3.0])}, np.array([7, 8, 9]), None)
    assert count_rows(raw) == 3
    x, y, weight = take(raw, [2, 0])
    assert x["a"].tolist() == [[4, 5], [0, 1]]
    assert np.asarray(x["b"]).tolist() == [3.0, 1.0]
    assert (y.tolist(), weight) == ([9, 7], None)


def test_what_cannot_be_cut_has_no_rows():
    assert count_rows((np.zeros((3, 2)), np.zeros(4))) is None
    assert count_rows((np.zeros((3, 2)), np.float32(1))) is None
    assert count_rows((tf.ragged.constant([[1], [2, 3]]), np.zeros(2))) is None
