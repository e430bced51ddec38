"""``diagnose`` end to end: what it says is what the real fit does."""

import itertools
import re
import threading
import time

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from gendiag import GendiagError, diagnose
from gendiag.commands.demo import TOUR, float_labels, make_model, one_pass
from gendiag.diagnosis import model_run, verdict
from gendiag.errors import BadArgumentError, BadModelError, BadSourceError, NotKeptError, SourceSpentError
from gendiag.model.replay import Replay, through_fit
from gendiag.rules.rule import sound
from tests.support.models import classifier, linear, recording
from tests.support.small_models import MODELS, state
from tests.support.versions import AFTER_ITS_END

RAGGED = 43  # rows; the last batch of 8 has 3


def rows(count=RAGGED):
    x = np.random.default_rng(0).normal(size=(count, 3)).astype("float32")
    return x, x[:, :1] * 2


def ragged_batches():
    x, y = rows()
    for start in range(0, RAGGED, 8):
        yield x[start : start + 8], y[start : start + 8]


class Items(keras.utils.PyDataset):
    """Six batches, the last one of 3 rows."""

    def __init__(self, **options):
        super().__init__(**options)
        self.pairs = list(ragged_batches())

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, index):
        return self.pairs[index]


def alarms(report):
    return [finding for finding in report.findings if finding.severity != "note"]


def quickly(source, model=None, **options):
    return diagnose(source, model, progress=False, **options)


# ---------------------------------------------------------------------- the three generators of the tour
def test_labels_converted_under_a_condition_that_always_holds_do_not_drift():
    report = quickly(float_labels, make_model(), epochs=2, steps_per_epoch=10)
    assert set(report.profile.frame.query("leaf == 'y'")["dtype"]) == {"float64"}
    assert report.findings == ()
    assert report.verdict == "trains"
    assert "; x is float32, y is float64 in all" in report.diagnosis.headline


def test_a_single_pass_over_ten_epochs_trains_on_two_batches_from_the_second_on():
    report = quickly(one_pass, make_model(), epochs=10)
    assert report.verdict == "trains on altered data"
    assert report.findings[0].rule == "exhausted"
    assert per_epoch(report) == [list(range(10)), *(AFTER_ITS_END * 9)]


def test_the_deliveries_are_those_of_an_instrumented_fit():
    model = make_model()
    seen = recording(model)
    model.fit(one_pass(), epochs=10, verbose=0)
    yielded = [x.tobytes() for x, _ in one_pass()]
    report = quickly(one_pass, make_model(), epochs=10)
    assert report.deliveries["batch"].tolist() == [yielded.index(x.tobytes()) for x, _ in seen]


def per_epoch(report):
    return [group["batch"].tolist() for _, group in report.deliveries.groupby("epoch")]


# ---------------------------------------------------------------------- faults at a batch
def test_a_label_cast_from_a_fraction_is_found_with_its_batch_leaf_and_count():
    def source():
        for step, (x, y) in enumerate(sound(8)):
            labels = (y[:, 0] > 0).astype("int64")
            yield x, np.where([True, False, True, False], 0.7, labels) if step == 4 else labels

    report = quickly(source, classifier())
    finding = report.findings[0]
    assert report.verdict == "trains on altered data"
    assert (finding.rule, finding.batches, finding.leaf) == ("silent-cast", (4,), "y")
    assert finding.evidence["changed"] == 2
    assert finding.evidence["example"] == "0.7 -> 0"
    assert report.deliveries["changed"].tolist() == [{"y": 2} if step == 4 else {} for step in range(8)]


def test_another_feature_dimension_raises_at_its_batch():
    def source():
        for step, (x, y) in enumerate(sound(8)):
            yield (np.pad(x, ((0, 0), (0, 1))) if step == 5 else x), y

    report = quickly(source, linear())
    assert (report.verdict, report.fails_at, report.findings[0].rule) == ("raises", 5, "feature-shape-drift")
    assert len(report.profile.batches) == 8, "profiled on behind it"
    assert tuple(batch.index for batch in report.profile.batches)[report.fails_at + 1 :] == (6, 7)


def test_a_label_too_few_raises_at_its_batch_and_the_trial_says_why_in_one_line():
    def source():
        for step, (x, y) in enumerate(sound(8)):
            yield x, y[:-1] if step == 4 else y

    report = quickly(source, linear())
    assert (report.verdict, report.fails_at, report.findings[0].rule) == ("raises", 4, "xy-length-mismatch")
    error = report.trial(4).error
    assert re.search(r"[\[(]3, ?1[\])]", error), error
    assert re.search(r"[\[(]4, ?1[\])]", error), error
    assert "\n" not in error


def test_a_label_outside_the_classes_is_found_though_every_batch_looks_alike():
    def source():
        for step, (x, y) in enumerate(sound(12)):
            labels = (y[:, 0] > 0).astype("int64")
            labels[2] = 7 if step == 9 else labels[2]
            yield x, labels

    report = quickly(source, classifier())
    assert (report.verdict, report.fails_at, report.findings[0].rule) == ("raises", 9, "labels-out-of-range")
    assert "7" in report.findings[0].message


def test_a_source_that_raises_late_is_rehearsed_as_long_as_it_is_quick():
    def source():
        for step in itertools.count():
            x, y = next(sound(1))
            yield x / (step - 18 or {}["broken"]), y

    report = quickly(source, linear(), epochs=6, steps_per_epoch=5)
    assert (report.verdict, report.fails_at) == ("raises", 18)
    assert "KeyError" in report.findings[0].message
    assert report.profile.error.__traceback__ is not None


def test_what_stopped_fit_comes_before_a_fault_that_fit_never_came_to():
    def source():
        for step, (x, y) in enumerate(sound(8)):
            yield (x[0] if step == 6 else x), (y[:-1] if step == 3 else y)

    report = quickly(source, linear())
    assert (report.fails_at, [f.rule for f in alarms(report)]) == (3, ["xy-length-mismatch", "rank-drift"])


def test_the_models_own_refusal_is_not_hidden_by_a_fault_that_fit_never_came_to():
    def source():
        for step, (x, y) in enumerate(sound(8)):
            labels = (y[:, 0] > 0).astype("int64")
            yield (x[0] if step == 6 else x), np.where(step == 3, 9, labels)

    report = quickly(source, classifier())
    assert report.fails_at == 3
    assert 3 in report.findings[0].batches


def test_an_empty_validation_source_fails_in_the_validation():
    report = quickly(lambda: sound(4), linear(), validation_data=lambda: sound(0))
    assert (report.verdict, report.fails_at) == ("raises", None)
    assert report.diagnosis.rehearsal.failed_in == "validation"
    assert report.findings[0].in_validation


def test_a_list_that_only_a_dataset_may_return_is_no_fault():
    class Listed(Items):
        def __getitem__(self, index):
            x, y = super().__getitem__(index)
            return [x, y.tolist()] if index == 3 else (x, y)

    report = quickly(Listed, linear(), shuffle=False)
    assert (report.verdict, alarms(report)) == ("trains", [])


def test_a_source_is_read_on_behind_the_failure_only_as_long_as_there_is_time():
    def source():
        for step, (x, y) in enumerate(sound(500)):
            if step > 5:
                threading.Event().wait(0.05)
            yield (np.pad(x, ((0, 0), (0, 1))) if step == 3 else x), y

    report = quickly(source, linear(), budget_s=3.0)
    assert (report.verdict, report.fails_at) == ("raises", 3)
    assert 3 < len(report.profile.batches) < 400  # all 500 would take 25 s


def test_an_argument_that_fit_refuses_is_quoted():
    report = quickly(sound, linear(), epochs="ten")
    assert (report.verdict, report.findings[0].severity) == ("raises", "error")


def test_a_rule_that_fails_does_not_cost_the_report(monkeypatch):
    def fails(_seen):
        return {}["of the rule"]

    monkeypatch.setattr(verdict.RULES[-1], "check", fails)
    report = quickly(one_pass, make_model(), epochs=3)
    assert report.findings[0].rule == "exhausted"
    failed = report.findings[-1]
    assert (failed.severity, failed.title) == ("note", verdict.RULE_FAILED)
    assert "of the rule" in failed.message
    assert "test_report.py" in failed.evidence["traceback"]


def test_a_fault_of_the_model_with_a_validation_batch_is_found_there():
    def validation():
        for step, (x, y) in enumerate(sound(4)):
            yield x, y[:-1] if step == 2 else y

    report = quickly(lambda: sound(4), linear(), validation_data=validation)
    finding = report.findings[0]
    assert (report.verdict, report.fails_at, finding.rule) == ("raises", None, "xy-length-mismatch")
    assert (finding.in_validation, finding.batches) == (True, (2,))


def test_what_a_validation_split_sets_aside_is_tried_on_the_model():
    x, y = rows()[0], np.arange(RAGGED) % 3
    y[-1] = 7
    report = quickly((x, y), classifier(classes=3), validation_split=0.2)
    assert (report.verdict, report.fails_at) == ("raises", None)
    assert (report.findings[0].rule, report.findings[0].in_validation) == ("labels-out-of-range", True)
    y[-1] = 0
    assert quickly((x, y), classifier(classes=3), validation_split=0.2).verdict == "trains"


def test_validation_arrays_that_the_model_does_not_take_are_found():
    x, y = rows()
    report = quickly(lambda: sound(4), linear(), validation_data=(np.pad(x, ((0, 0), (0, 1))), y))
    assert (report.verdict, report.findings[0].in_validation) == ("raises", True)


def test_a_source_that_raises_behind_the_batch_fit_refused_is_not_blamed():
    def source():
        for step, (x, y) in enumerate(sound(8)):
            yield (np.pad(x, ((0, 0), (0, 1))) if step == 3 else x) / (step - 5 or {}["late"]), y

    report = quickly(source, linear())
    assert (report.fails_at, [f.rule for f in alarms(report)]) == (3, ["feature-shape-drift"])


def test_replays_are_seen_though_the_epoch_is_as_long_as_the_first():
    report = quickly(lambda: sound(3), linear(), epochs=3, steps_per_epoch=2)
    assert per_epoch(report) == [[0, 1], [2], *AFTER_ITS_END]
    assert (report.verdict, report.findings[0].rule) == ("trains on altered data", "exhausted")


def test_a_dataset_that_augments_at_random_is_held_as_it_was_trained_on():
    class Augmented(Items):
        def __getitem__(self, index):
            x, y = super().__getitem__(index)
            return x + np.random.normal(size=x.shape).astype("float32"), y  # noqa: NPY002  (as people do)

    report = quickly(Augmented, linear(), epochs=2)
    assert (report.verdict, alarms(report)) == ("trains", [])
    assert all(changed == {} for changed in report.deliveries["changed"])


@pytest.mark.proof
@pytest.mark.parametrize("name", ["dense", "functional", "own train_step", "described"])
def test_training_after_all_the_work_on_a_report_equals_training_without_it(name):
    def trained(*, diagnosed):
        keras.backend.clear_session()
        keras.utils.set_random_seed(5)
        model, batches = MODELS[name].make(), MODELS[name].batches(5)
        model.fit((each for each in batches[:2]), verbose=0)
        if diagnosed:
            x, y = batches[3]
            spoiled = np.where(np.arange(len(x))[:, None] == 6, np.nan, x).astype("float32")
            report = quickly(lambda: iter_of([*batches[:3], (spoiled, y), batches[4]]), model)
            assert report.findings[0].rule == "nan-inf"
            assert report.trial(4).outcome == "trains"
            assert report.shrink(3).samples == (6,)
            assert any(repair.verified for repair in report.repairs())
        return model.fit(iter_of(batches), verbose=0).history, state(model)

    one, other = trained(diagnosed=True), trained(diagnosed=False)
    assert one[0] == other[0]
    assert all(sum(values) > 0 for values in one[0].values()), "no loss, no proof"
    assert all(map(np.array_equal, one[1], other[1]))


def iter_of(batches):
    return (each for each in batches)


# ---------------------------------------------------------------------- sound sources of each kind
def tf_dataset():
    return tf.data.Dataset.from_tensor_slices(rows()).batch(8)


SOUND = {
    "generator": ragged_batches,
    "PyDataset": Items,
    "PyDataset, two workers": lambda: Items(workers=2),
    "PyDataset, two processes": lambda: Items(workers=2, use_multiprocessing=True),
    "tf.data.Dataset": tf_dataset,
    "arrays": rows,
    "dict of arrays": lambda: ({"a": rows()[0]}, rows()[1]),
    "tensors": lambda: tuple(tf.constant(part) for part in rows()),
    "pandas": lambda: tuple(pd.DataFrame(part) for part in rows()),
}


@pytest.mark.parametrize("kind", SOUND)
def test_a_sound_source_trains_without_an_alarm(kind):
    model = by_name() if kind == "dict of arrays" else linear()
    epochs = 1 if kind == "generator" else 2
    report = quickly(SOUND[kind], model, epochs=epochs)
    assert report.verdict == "trains"
    assert alarms(report) == []
    assert len(report.deliveries) == epochs * -(
        -RAGGED // (8 if kind not in {"arrays", "dict of arrays", "tensors", "pandas"} else 32)
    )


def by_name():
    inputs = keras.Input((3,), name="a")
    model = keras.Model({"a": inputs}, keras.layers.Dense(1)(inputs))
    model.compile("sgd", "mse")
    return model


def test_a_sound_torch_loader_trains_without_an_alarm():
    data = pytest.importorskip("torch.utils.data", reason="torch is no dependency; its loaders are recognised by name")
    torch = pytest.importorskip("torch")
    pairs = data.TensorDataset(*(torch.tensor(part) for part in rows()))
    report = quickly(data.DataLoader(pairs, batch_size=8), linear(), epochs=2)
    assert (report.verdict, alarms(report), per_epoch(report)) == ("trains", [], [list(range(6)), list(range(6, 12))])


def test_an_item_of_a_shuffled_dataset_keeps_its_index():
    report = quickly(Items(), linear(), epochs=2)
    raw = [report.profile.raw(batch)[0] for batch in range(6)]
    assert all(np.array_equal(have, want) for have, (want, _) in zip(raw, ragged_batches(), strict=True))
    assert [sorted(epoch) for epoch in per_epoch(report)] == [list(range(6)), list(range(6, 12))]


# ---------------------------------------------------------------------- bad input: clear words, and nothing lost
@pytest.mark.parametrize("nothing", [None, 3, 2.5, "folder/"])
def test_what_cannot_be_a_source_is_refused_with_its_value(nothing):
    with pytest.raises(BadSourceError, match=repr(nothing)):
        diagnose(nothing, linear())


def test_a_function_without_return_is_told_so():
    with pytest.raises(BadSourceError, match="lack a `return`"):
        diagnose(lambda: None, linear())


def test_a_function_with_arguments_is_told_how_to_pass_it():
    def batches(folder, size):
        yield folder, size

    with pytest.raises(BadSourceError, match=r"diagnose\(lambda: batches\(folder, size\)\)"):
        diagnose(batches, linear())


@pytest.mark.parametrize(
    ("batches", "rule"),
    [
        ([], "zero-length"),
        ([None] * 4, "none-in-batch"),
        ([([[1, 2], [3]], [1, 0])] * 4, "python-list-leaf"),
        ([(np.array([["a", "b"], ["c", "d"]]), np.array([0, 1]))] * 4, "object-or-string-dtype"),
    ],
    ids=["empty", "None", "ragged lists", "text"],
)
def test_a_generator_of_nonsense_gets_a_finding(batches, rule):
    report = quickly(lambda: (batch for batch in batches), linear(2))
    assert (report.verdict, report.findings[0].rule) == ("raises", rule)


def test_a_huge_batch_is_measured_but_not_held():
    def source():
        for _ in range(2):
            yield np.zeros((2**16, 2**9), "float32"), np.zeros((2**16, 1), "float32")  # 128 MiB

    report = quickly(source, linear(2**9), keep_bytes=2**20)
    assert report.verdict == "trains"
    with pytest.raises(NotKeptError, match="keep_bytes"):
        report.trial(0)


def test_a_batch_that_was_never_read_is_refused_with_what_is_held():
    report = quickly(ragged_batches, linear())
    with pytest.raises(NotKeptError, match=r"batch 99 was never read; 6 batches were\. Held are 0-5"):
        report.trial(99)


def test_an_uncompiled_model_is_refused_before_anything_is_read():
    batches = ragged_batches()
    model = keras.Sequential([keras.layers.Dense(1)])
    with pytest.raises(BadModelError, match=r"model\.compile"):
        diagnose(batches, model)
    assert len(list(batches)) == 6, "nothing lost"


@pytest.mark.parametrize("model", ["model", object(), keras.layers.Dense(1)])
def test_what_is_no_model_is_refused(model):
    with pytest.raises(BadModelError, match=r"no keras\.Model"):
        diagnose(ragged_batches, model)


def test_another_backend_is_refused_with_what_to_set(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(BadModelError, match="KERAS_BACKEND=tensorflow"):
        diagnose(ragged_batches, linear())


@pytest.mark.parametrize("option", ["max_batches", "budget_s", "quiet_s", "keep_bytes", "rehearse_epochs"])
def test_a_limit_of_nothing_is_refused(option):
    with pytest.raises(BadArgumentError, match=f"{option}=0"):
        diagnose(ragged_batches, linear(), **{option: 0})


def test_every_error_on_purpose_is_a_gendiag_error():
    assert all(
        issubclass(kind, GendiagError) for kind in (BadSourceError, BadModelError, NotKeptError, SourceSpentError)
    )


# ---------------------------------------------------------------------- one-shot sources, limits, stops
def test_a_generator_object_is_read_once_and_said_to_be_spent():
    batches = ragged_batches()
    report = quickly(batches, linear())
    assert any("spent" in note and "diagnose(ragged_batches" in note for note in report.diagnosis.notes)
    with pytest.raises(SourceSpentError, match="already read"):
        diagnose(batches, linear())


def test_a_finite_source_longer_than_the_limit_is_not_called_endless():
    report = quickly(lambda: sound(200), linear(), max_batches=50)
    assert report.verdict == "trains"
    assert alarms(report) == []
    assert any("max_batches" in told for told in report.diagnosis.left_out)


def test_exactly_as_many_epochs_are_rehearsed_as_asked():
    report = quickly(one_pass, make_model(), epochs=10, rehearse_epochs=2)
    assert per_epoch(report) == [list(range(10)), *AFTER_ITS_END]
    assert any("epochs 3-10" in told for told in report.diagnosis.left_out)


def test_validation_data_may_be_a_function_whatever_it_makes():
    for made in (rows, ragged_batches, Items):
        report = quickly(ragged_batches, linear(), validation_data=made)
        assert report.verdict == "trains", made
        assert {finding.rule for finding in report.findings} <= {"validation-overlap"}, "it is the training data"
        assert report.diagnosis.rehearsal.validation


def test_an_interrupt_keeps_what_was_rehearsed():
    def source():
        for step, batch in enumerate(sound(1000)):
            if step == 20:
                threading.Timer(0.1, lambda: __import__("_thread").interrupt_main()).start()
            if step > 20:
                threading.Event().wait(0.05)
            yield batch

    report = quickly(source, None)
    assert report.diagnosis.rehearsal.ended == "stopped"
    assert 20 <= len(report.profile.batches) < 200
    assert any("stopped" in told for told in report.diagnosis.left_out)


# ---------------------------------------------------------------------- nothing is changed
def test_the_random_states_are_as_before():
    def source():
        for x, y in sound():
            np.random.random(3)  # noqa: NPY002  (the state that must be kept)
            yield x, y

    keras.utils.set_random_seed(5)
    expected = np.random.random(3)  # noqa: NPY002  (the state that must be kept)
    keras.utils.set_random_seed(5)
    quickly(source, linear_unseeded())
    assert np.array_equal(np.random.random(3), expected)  # noqa: NPY002  (the state that must be kept)


def linear_unseeded():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    keras.utils.set_random_seed(5)
    return model


def test_training_after_a_diagnosis_equals_training_without_one():
    losses = []
    for diagnosed in (True, False):
        model = linear(optimizer="adam")
        if diagnosed:
            report = quickly(ragged_batches, model, epochs=3)
            assert report.trial(2).loss > 0, "a trial without a gradient would prove nothing"
        history = model.fit(ragged_batches(), epochs=1, verbose=0)
        losses.append((history.history["loss"], [w.tolist() for w in model.get_weights()]))
    assert losses[0] == losses[1]


def test_the_users_callbacks_are_not_set_off():
    calls = []
    callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: calls.append(1))
    report = quickly(ragged_batches, linear(), callbacks=[callback], verbose=2)
    assert (report.verdict, calls) == ("trains", [])


def test_a_dataset_with_class_weights_is_still_recognised_batch_by_batch():
    class Labelled(Items):
        def __getitem__(self, index):
            x, y = super().__getitem__(index)
            return x, (y[:, 0] > 0).astype("int64")

    report = quickly(Labelled, classifier(), class_weight={0: 1.0, 1: 3.0}, shuffle=False)
    assert (report.verdict, alarms(report), per_epoch(report)) == ("trains", [], [list(range(6))])


# ---------------------------------------------------------------------- how it shows itself
def test_the_report_is_text_html_and_a_widget():
    report = quickly(TOUR[2][1], make_model(), epochs=3)
    bundle = report._repr_mimebundle_()
    assert {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"} <= set(bundle)
    assert "exhausted" in repr(report)


def test_a_saved_report_is_one_page_that_needs_nothing_else(tmp_path):
    path = quickly(TOUR[2][1], make_model(), epochs=3).save(tmp_path / "report.html")
    html = path.read_text(encoding="utf-8")
    assert html.startswith("<!doctype html>")
    assert "<script" not in html
    elsewhere = r"""(?:src|href)=(?!["']?(?:data:|#))|url\(|@import|https?://(?!www\.w3\.org)"""
    assert not re.search(elsewhere, html)
    for reference in ('<img src="a.png">', "<a href=//a.b>", "url(a.png)", "https://a.b"):
        assert re.search(elsewhere, reference)


def test_a_run_of_the_copy_that_does_not_answer_is_repeated_once(monkeypatch):
    answers = iter([Replay(answered=False)])
    monkeypatch.setattr(
        model_run, "through_fit", lambda *given, **named: next(answers, None) or through_fit(*given, **named)
    )

    def source():
        for step, (x, y) in enumerate(sound(8)):
            yield x, y[:-1] if step == 4 else y

    assert quickly(source, linear()).fails_at == 4


def test_validation_data_that_fit_refuses_are_no_fault_of_a_training_batch():
    foreign = zip([1], [2], strict=True)
    report = diagnose(ragged_batches, linear(), validation_data=foreign, steps_per_epoch=5)
    assert (report.verdict, report.fails_at) == ("raises", None)
    assert [(finding.rule, finding.batches) for finding in report.findings] == [("not-iterable", ())]


def test_class_weight_on_a_dataset_that_trains_is_no_fault():
    x, y = rows()
    dataset = tf.data.Dataset.from_tensor_slices((x, (y[:, 0] > 0).astype("int64"))).batch(8)
    model = classifier()
    report = diagnose(dataset, model, class_weight={0: 1.0, 1: 2.0, 2: 1.0}, epochs=2, progress=False)
    assert (report.verdict, alarms(report)) == ("trains", [])
    assert report.trial(2).outcome == "trains"


def test_of_items_that_workers_answer_in_another_order_the_lowest_is_the_one_that_fit_could_not_take():
    class SlowAndBare(Items):
        def __getitem__(self, index):
            x, y = super().__getitem__(index)
            if index != 2:
                return x, y
            time.sleep(0.3)  # the other worker answers item 3 meanwhile
            return x

    report = diagnose(SlowAndBare(workers=2), linear(), shuffle=False, progress=False)
    assert (report.verdict, report.fails_at, report.findings[0].rule) == ("raises", 2, "structure-drift")


@pytest.mark.parametrize("eagerly", [False, True])
@pytest.mark.parametrize("name", ["loss", "per feature"])
def test_a_step_may_log_what_is_no_single_number(name, eagerly):
    class Telling(keras.Sequential):
        def train_step(self, data):
            return {**super().train_step(data), name: tf.reduce_mean(data[0], axis=0)}

    model = Telling([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=eagerly)
    report = diagnose(Items(), model, progress=False)
    assert (report.verdict, alarms(report)) == ("trains", [])
    assert [step.outcome for step in report.trial(1).steps] == ["trains"] * 3


def test_batches_that_cannot_be_told_apart_do_not_shift_the_failing_one():
    class EmptyAndBare(keras.utils.PyDataset):
        def __len__(self):
            return 6

        def __getitem__(self, index):
            time.sleep(0.3 if index == 1 else 0)  # the next worker is at item 3 by then, which is empty too
            rows = 0 if index else 4
            pair = np.ones((rows, 3), "float32"), np.ones((rows, 1), "float32")
            return pair[0] if index == 2 else pair

    report = diagnose(EmptyAndBare(workers=2), linear(), shuffle=False, progress=False)
    assert (report.verdict, report.fails_at) == ("raises", 2)


def test_a_model_that_raises_before_the_source_falls_silent_raises():
    class NoneBehindAFault(Items):
        def __getitem__(self, index):
            x, y = super().__getitem__(index)
            return None if index == 4 else (x, y[:-1] if index == 2 else y)

    report = diagnose(NoneBehindAFault(workers=2), linear(), shuffle=False, progress=False, quiet_s=3)
    assert (report.verdict, report.fails_at) == ("raises", 2)
    assert [f.rule for f in alarms(report)] == ["xy-length-mismatch", "none-in-batch"]


def test_class_weight_makes_sample_weights_that_the_model_s_own_step_meets():
    class Step(keras.Sequential):
        def train_step(self, data):
            x, y = data  # class_weight adds a third
            return super().train_step((x, y))

    model = Step([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    report = diagnose(Items(), model, shuffle=False, progress=False, class_weight={0: 1.0, 1: 2.0})
    assert (report.verdict, report.fails_at) == ("raises", 0)
    assert "too many values to unpack" in report.findings[0].message
    assert "too many values to unpack" in report.trial(3).error
    assert diagnose(Items(), model, progress=False).verdict == "trains"
