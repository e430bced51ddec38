"""Rules about validation data, which are held to the rules of training data too."""

import inspect

import numpy as np
import pytest
import tensorflow as tf

import gendiag
from gendiag.rules.rule import dense
from gendiag.rules.validation.shared_generator import SharedGenerator
from tests.support.items import Items, arrays
from tests.support.models import linear, softmax
from tests.support.rules import diagnosed, findings, first
from tests.support.streams import FEW, KINDS, X, once, times
from tests.support.versions import since


def wrong_at(place, bad):
    return lambda: ((X, KINDS) if step != place else bad for step in range(4))


VALIDATION = {
    "a class too many": ("labels-out-of-range", wrong_at(2, (X, KINDS + 1)), 2, "0 to 3"),
    "a class too many, in arrays": ("labels-out-of-range", (np.tile(X, (8, 1)), np.tile(KINDS, 8) + 1), 0, "0 to 3"),
    "one-hot": ("labels-vs-loss", times((X, np.eye(4)[KINDS])), 0, "one-hot rows"),
    "another width": ("input-mismatch", times((np.ones((8, 5), "float32"), KINDS)), 0, "(8, 5)"),
    "another width, in arrays": ("input-mismatch", (np.ones((8, 5), "float32"), KINDS), 0, "(8, 5)"),
    "a width that changes": ("feature-shape-drift", wrong_at(3, (np.ones((8, 5), "float32"), KINDS)), 3, "(8, 5)"),
    "lengths": ("xy-length-mismatch", wrong_at(2, (X, KINDS[1:])), 2, "7 rows"),
    "no labels": ("none-in-batch", wrong_at(0, (X, None)), 0, "None"),
    "a list": ("list-of-inputs", times((X, list(KINDS[:, None]))), 0, "one per sample"),
}


@pytest.mark.parametrize("name", VALIDATION)
def test_a_fault_of_the_validation_data_is_named_like_one_of_the_training_data(name):
    rule, data, index, words = VALIDATION[name]
    if callable(data):
        data = data()
    finding = first(times((X, KINDS)), softmax(), validation_data=data)
    assert (finding.rule, finding.batches[0], finding.in_validation) == (rule, index, True)
    assert finding.message.startswith("In validation_data: ")
    assert words in finding.message


def test_training_that_fails_first_is_not_blamed_on_the_validation_data():
    finding = first(wrong_at(2, (X, KINDS + 1)), softmax(), validation_data=times((X, np.eye(4)[KINDS]))())
    assert (finding.rule, finding.in_validation) == ("labels-out-of-range", False)


def test_two_generators_of_one_function_are_not_shared():
    def batches():
        yield from [Items()[index] for index in range(6)]

    assert "shared-generator" not in diagnosed(batches(), validation_data=batches())[0]


@pytest.mark.parametrize(("again", "expected"), [(True, ["split-reshuffled"]), (False, [])])
def test_a_split_that_is_drawn_anew_validates_on_what_was_trained_on(again, expected):
    rows = tf.data.Dataset.from_tensor_slices(arrays()).shuffle(24, seed=1, reshuffle_each_iteration=again)
    names, report = diagnosed(rows.skip(8).batch(FEW), linear(), epochs=3, validation_data=rows.take(8).batch(FEW))
    assert names == expected
    assert all("were trained on" in finding.message for finding in report.findings)


def test_two_generators_over_one_iterator_are_shared():
    def endless():
        while True:
            yield from once(6)

    def doubled(stream):
        for x, y in stream:
            yield x * 2, y

    stream = endless()
    names, report = diagnosed(
        doubled(stream), epochs=2, steps_per_epoch=4, validation_data=doubled(stream), validation_steps=2
    )
    assert names[0] == "shared-generator"
    assert "'stream'" in report.findings[0].message
    apart = diagnosed(
        doubled(endless()), epochs=2, steps_per_epoch=4, validation_data=doubled(endless()), validation_steps=2
    )
    assert "shared-generator" not in apart[0]


def test_a_finite_generator_shared_with_validation_is_named_first():
    once = (Items()[index] for index in range(6))
    _, report = diagnosed(once, epochs=2, validation_data=once)
    assert report.findings[0].rule == "shared-generator"


# How far fit reads ahead differs from run to run; the finding does not hang on it.
@pytest.mark.parametrize(
    ("count", "epochs", "expected"),
    [(2, 4, []), pytest.param(3, 3, ["note"], marks=since("3.7")), (7, 4, ["warning"])],
)
def test_a_validation_generator_that_goes_on_is_a_warning_and_a_note_where_every_pass_is_whole(count, epochs, expected):
    def endless(number):
        while True:
            yield from [Items()[index % 6] if index < 6 else (arrays()[0][:FEW] + 9, arrays()[1][:FEW])
                        for index in range(number)]  # fmt: skip

    fit_args = {"epochs": epochs, "steps_per_epoch": 6, "validation_steps": count if count < 7 else 3}
    _, report = diagnosed(endless(6), rehearse_epochs=epochs, validation_data=endless(count), **fit_args)
    severities = [f.severity for f in report.findings if f.rule == "validation-not-comparable"]
    assert severities == expected


def test_each_fit_of_a_lesson_has_a_generator_of_its_own():
    rule = SharedGenerator()
    one = rule.broken()
    assert rule.fit_args["validation_data"] is one
    next(one)
    other = rule.fit_args["validation_data"]
    assert other is not one
    assert rule.broken() is other
    assert inspect.getgeneratorstate(other) == inspect.GEN_CREATED


@pytest.mark.parametrize(
    ("data", "rule"),
    [((np.ones((8, 5), "float32"), KINDS), "input-mismatch"), ((X, np.eye(4)[KINDS]), "labels-vs-loss")],
)
def test_a_live_fit_that_raises_before_a_validation_batch_is_recorded_says_what_differs(data, rule):
    with gendiag.watch() as flight, pytest.raises(Exception, match=r"."):
        softmax().fit(times((X, KINDS))(), validation_data=data, verbose=0)
    found = flight.report.findings[0]
    assert (found.rule, found.in_validation) == (rule, True)


@pytest.mark.parametrize(("units", "columns"), [(6, 4), (6, 5)])
def test_advice_on_the_columns_of_validation_labels_leaves_the_model_alone(units, columns):
    x = np.random.default_rng(0).normal(size=(24, 3)).astype("float32")
    model = dense(units, loss="categorical_crossentropy", activation="softmax")
    validation = (x[:8] + 1, np.eye(columns, dtype="float32")[np.arange(8) % columns])
    _, report = diagnosed((x, np.eye(units, dtype="float32")[np.arange(24) % units]), model, validation_data=validation)
    assert [finding.rule for finding in report.findings] == ["validation-differs"]
    assert f"num_classes={units}" in report.findings[0].fix


def test_samples_that_were_copied_before_the_split_are_noted():
    order = np.random.default_rng(2).permutation(96)
    x = np.random.default_rng(0).normal(size=(48, 4)).astype("float32")
    x = np.concatenate([x, x])[order]
    found = findings((x, x[:, :1]), validation_split=0.25)
    assert found["validation-overlap"].severity == "note"


def test_so_many_equal_samples_as_twins_in_training_let_expect_are_silent():
    x = np.random.default_rng(0).integers(0, 2, (96, 4)).astype("float32")
    assert "validation-overlap" not in findings((x[24:], x[24:, :1]), validation_data=(x[:24], x[:24, :1]))
