"""Rules about how a batch is packed: named first, with the remedy that fits."""

import keras
import pandas as pd
import pytest

from gendiag import diagnose
from tests.support.models import linear
from tests.support.rules import first
from tests.support.streams import KINDS, X, Y, times
from tests.support.versions import since

layers = keras.layers


def heads(*, named=False):
    given = keras.Input((3,))
    outputs = [layers.Dense(1, name="age")(given), layers.Dense(4, activation="softmax", name="kind")(given)]
    model = keras.Model(given, {"age": outputs[0], "kind": outputs[1]} if named else outputs)
    model.compile("sgd", {"age": "mse", "kind": "sparse_categorical_crossentropy"})
    return model


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
@pytest.mark.parametrize("name", TARGETS)
def test_targets_that_do_not_meet_the_outputs_are_told_with_keys_and_numbers(name):
    make, targets, words = TARGETS[name]
    finding = first(times((X, targets)), make())
    assert finding.rule == "target-structure"
    assert all(word in finding.message for word in words)


def test_targets_that_meet_the_outputs_are_no_matter_how_they_are_nested():
    for targets in ((Y, KINDS), {"age": Y, "kind": KINDS}, {"kind": KINDS, "age": Y}):
        for named in (False, True):
            report = diagnose(times((X, targets)), heads(named=named), progress=False)
            assert "target-structure" not in {finding.rule for finding in report.findings}


def test_a_list_of_single_samples_is_to_be_stacked_and_not_made_a_tuple():
    finding = first(times((X, list(Y))), linear())
    assert finding.rule == "list-of-inputs"
    assert "one per sample" in finding.message
    assert "np.stack(y)" in finding.fix


def test_x_alone_lacks_the_targets():
    finding = first(times((X,)), linear())
    assert finding.rule == "arity"
    assert "there is no y" in finding.message
    assert "yield x, x" in finding.fix


@since("3.15")  # 3.10 and older refuse them before anything is read, in other words
def test_a_data_frame_or_an_iterator_in_the_place_of_an_array_is_told_as_such():
    frame = first(times((pd.DataFrame(X), Y)), linear())
    assert (frame.rule, "to_numpy" in frame.fix) == ("python-list-leaf", True)
    iterator = first(lambda: ((X, map(float, Y)) for _ in range(3)), linear())
    assert (iterator.rule, "type map" in iterator.message) == ("python-list-leaf", True)
