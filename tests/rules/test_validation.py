"""Rules about validation data, which are held to the rules of training data too."""

import inspect

import numpy as np
import pytest
import tensorflow as tf

from gendiag.rules.validation.shared_generator import SharedGenerator
from tests.support.items import Items, arrays
from tests.support.models import linear, softmax
from tests.support.rules import diagnosed, first
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


# How far fit reads ahead differs from run to run; over 12 epochs it is not a multiple of 3 in one at least.
@pytest.mark.parametrize(
    ("count", "epochs", "expected"),
    [(2, 4, []), pytest.param(3, 12, ["note"], marks=since("3.7")), (7, 4, ["warning"])],
)
def test_validation_on_other_batches_is_as_bad_as_the_order_shows(count, epochs, expected):
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
