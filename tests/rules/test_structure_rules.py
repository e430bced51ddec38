"""Rules about how a batch is packed: named first, with the remedy that fits; and the same for validation data."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from gendiag import diagnose
from gendiag.model.reader import read_model
from tests.support.models import linear
from tests.support.versions import since

layers = keras.layers
X = np.random.default_rng(0).random((8, 3)).astype("float32")
Y = X[:, :1] * 2


def first(source, model, **fit_args):
    report = diagnose(source, model, progress=False, **fit_args)
    assert report.verdict == "raises"
    return report.findings[0]


def times(batch, count=5):
    return lambda: (batch for _ in range(count))


def heads(*, named=False):
    given = keras.Input((3,))
    outputs = [layers.Dense(1, name="age")(given), layers.Dense(4, activation="softmax", name="kind")(given)]
    model = keras.Model(given, {"age": outputs[0], "kind": outputs[1]} if named else outputs)
    model.compile("sgd", {"age": "mse", "kind": "sparse_categorical_crossentropy"})
    return model


def softmax(units=4, loss="sparse_categorical_crossentropy"):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(units, activation="softmax")])
    model.compile("sgd", loss)
    return model


KINDS = np.arange(8) % 4

TARGETS = {
    "one array for two outputs": (heads, Y, ["1 array", "2 outputs", "'kind'"]),
    "a key that no output has": (heads, {"age": Y, "sort": KINDS}, ["No output is named 'sort'", "'kind'"]),
    "a key that no output has, outputs in a dict": (
        lambda: heads(named=True), {"age": Y, "sort": KINDS}, ["No output is named 'sort'", "'kind'"],
    ),
    "a dict for one output": (linear, {"price": Y}, ["y['price']", "1 output"]),
    "two arrays for one output": (linear, (Y, Y), ["2 arrays", "1 output"]),
}  # fmt: skip


@since("3.8")  # older versions train on some of these
@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_targets_that_do_not_meet_the_outputs_are_told_with_keys_and_numbers(name):
    make, targets, words = TARGETS[name]
    finding = first(times((X, targets)), make())
    assert finding.rule == "target-structure"
    assert all(word in finding.message for word in words)


@pytest.mark.slow
def test_targets_that_meet_the_outputs_are_no_matter_how_they_are_nested():
    for targets in ((Y, KINDS), {"age": Y, "kind": KINDS}, {"kind": KINDS, "age": Y}):
        for named in (False, True):
            report = diagnose(times((X, targets)), heads(named=named), progress=False)
            assert "target-structure" not in {finding.rule for finding in report.findings}


@pytest.mark.slow
def test_a_list_of_single_samples_is_to_be_stacked_and_not_made_a_tuple():
    finding = first(times((X, list(Y))), linear())
    assert finding.rule == "list-of-inputs"
    assert "one per sample" in finding.message
    assert "np.stack(y)" in finding.fix


@pytest.mark.slow
def test_x_alone_lacks_the_targets():
    finding = first(times((X,)), linear())
    assert finding.rule == "arity"
    assert "there is no y" in finding.message
    assert "yield x, x" in finding.fix


@pytest.mark.slow
@since("3.15")  # 3.10 and older refuse them before anything is read, in other words
def test_a_data_frame_or_an_iterator_in_the_place_of_an_array_is_told_as_such():
    frame = first(times((pd.DataFrame(X), Y)), linear())
    assert (frame.rule, "to_numpy" in frame.fix) == ("python-list-leaf", True)
    iterator = first(lambda: ((X, map(float, Y)) for _ in range(3)), linear())
    assert (iterator.rule, "type map" in iterator.message) == ("python-list-leaf", True)


@pytest.mark.slow
def test_text_has_the_wrong_dtype_and_not_a_missing_batch_axis():
    model = keras.Sequential([keras.Input((6,)), layers.Embedding(9, 2), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    report = diagnose(times((np.array(["one", "two", "six"] * 2), X[:6, :1])), model, progress=False)
    assert {finding.rule for finding in report.findings if finding.severity == "error"} == {"object-or-string-dtype"}


@pytest.mark.slow
def test_a_batch_refused_for_its_rank_is_not_blamed_for_its_lengths():
    batches = [(X, Y), (X, Y), (X, Y), (X[0], Y[:1])]
    report = diagnose(lambda: iter_of(batches), linear(), progress=False)
    assert {finding.rule for finding in report.findings if finding.severity == "error"} == {"rank-drift"}


def iter_of(batches):
    yield from batches


@pytest.mark.slow
def test_grey_images_batched_twice_are_told_so():
    images = np.ones((1, 4, 6, 6, 1), "float32")
    model = keras.Sequential([keras.Input((6, 6, 1)), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    finding = first(times((images, np.ones((1, 4, 1)))), model)
    assert (finding.rule, "batched twice" in finding.message) == ("extra-axis", True)


@pytest.mark.slow
def test_fractions_under_a_loss_for_class_numbers_are_cut_off():
    shares = np.linspace(0, 3, 8)
    report = diagnose(times((X, shares)), softmax(), progress=False)
    finding = next(finding for finding in report.findings if finding.rule == "rounded-in-model")
    assert "int64" in finding.message
    assert "whole class numbers" in finding.fix
    whole = diagnose(times((X, KINDS.astype("float32"))), softmax(), progress=False)
    assert "rounded-in-model" not in {finding.rule for finding in whole.findings}


def test_the_activation_is_read_through_time_distributed():
    last = layers.TimeDistributed(layers.Dense(1, activation="softmax"))
    model = keras.Sequential([keras.Input((5, 2)), last])
    model.compile("sgd", "mse")
    assert read_model(model).outputs[0].activation == "softmax"


# ------------------------------------------------------------------ validation data
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


@pytest.mark.slow
@pytest.mark.parametrize("name", VALIDATION)
def test_a_fault_of_the_validation_data_is_named_like_one_of_the_training_data(name):
    rule, data, index, words = VALIDATION[name]
    if callable(data):
        data = data()
    finding = first(times((X, KINDS)), softmax(), validation_data=data)
    assert (finding.rule, finding.batches[0], finding.in_validation) == (rule, index, True)
    assert finding.message.startswith("In validation_data: ")
    assert words in finding.message


@pytest.mark.slow
def test_training_that_fails_first_is_not_blamed_on_the_validation_data():
    finding = first(wrong_at(2, (X, KINDS + 1)), softmax(), validation_data=times((X, np.eye(4)[KINDS]))())
    assert (finding.rule, finding.in_validation) == ("labels-out-of-range", False)


@pytest.mark.slow
def test_weights_of_another_number_are_to_be_one_per_sample():
    finding = first(times((X, KINDS, np.ones(4))), softmax())
    assert finding.rule == "xy-length-mismatch"
    assert "one weight per sample" in finding.fix
    assert "one weight per sample" not in first(times((X, KINDS[1:], np.ones(8))), softmax()).fix


@pytest.mark.slow
def test_lengths_that_train_are_told_apart_from_those_that_fit_raises_at():
    def lengths():
        for rows in (8, 8, 1, 8, 5, 1):  # mse broadcasts a y of one row
            yield X, np.zeros((rows, 1), "float32")

    report = diagnose(lengths, linear(X.shape[1]), progress=False)
    told = {f.severity: f for f in report.findings if f.rule == "xy-length-mismatch"}
    assert (report.fails_at, told["error"].batches, told["warning"].batches) == (4, (4, 5), (2,))
    assert told["error"].message.startswith("In batch 4 ")
    assert told["warning"].message.startswith("In batch 2 ")
    assert "fit does not raise" in told["warning"].message


@pytest.mark.slow
def test_a_lost_axis_behind_the_rows_is_not_called_the_batch_axis():
    kept = first(lambda: iter_of([(X, Y), (X, Y), (X, Y[:, 0])]), linear())
    assert (kept.rule, "The batch axis is there" in kept.message) == ("rank-drift", True)
    lost = first(lambda: iter_of([(X, Y), (X, Y), (X[:1], Y[:1].squeeze())]), linear())
    assert (lost.rule, "The batch axis is gone" in lost.message) == ("rank-drift", True)


@pytest.mark.slow
def test_sizes_that_vary_are_to_be_padded_and_not_declared():
    model = keras.Sequential([keras.Input((6, 2)), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    varying = [(np.ones((4, length, 2), "float32"), Y[:4]) for length in (5, 7, 6, 5)]
    finding = first(lambda: iter_of(varying), model)
    assert finding.rule == "input-mismatch"
    assert "Pad or crop x to (6, 2) in every batch" in finding.fix


@pytest.mark.slow
def test_a_dataset_is_held_to_no_signature_of_the_first_two_batches():
    model = keras.Sequential([keras.Input((6, 2)), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    spec = (tf.TensorSpec((None, None, 2), tf.float32), tf.TensorSpec((None, 1), tf.float32))
    varying = [(np.ones((4, length, 2), "float32"), Y[:4]) for length in (5, 5, 6, 7)]
    dataset = tf.data.Dataset.from_generator(lambda: iter_of(varying), output_signature=spec)
    report = diagnose(dataset, model, progress=False)
    assert {finding.rule for finding in report.findings if finding.severity == "error"} == {"input-mismatch"}
