"""What is said of a tf.data pipeline that raises, freezes or leaks; and silence elsewhere."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gendiag.rules.evidence.dataset_errors import told
from tests.support.items import arrays
from tests.support.models import linear
from tests.support.rules import diagnosed, found


def slices():
    return tf.data.Dataset.from_tensor_slices(arrays())


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("Cannot add tensor to the batch: number of elements does not match.", "`batch`"),
        ("Unknown image file format. One of JPEG, PNG, GIF, BMP required.", "image"),
        ("Key: label.  Data types don't match. Data type: int64 but expected type: float", "'label'"),
        ("Feature: label (data type: float) is required but could not be found.", "'label'"),
        ("truncated record at 1234", "TFRecord"),
        ("something that nobody knows", None),
    ],
)
def test_an_error_of_the_pipeline_is_put_into_words(text, where):
    known = told(text)
    assert (known is None) if where is None else (where in known.where)


def test_an_exception_of_the_model_is_none_of_the_dataset():
    assert "dataset-raises" not in found(slices().batch(4), linear(features=5))


def test_a_batch_that_does_not_fit_the_model_is_no_unknown_shape():
    read = tf.data.Dataset.from_generator(
        lambda: ((np.ones((4, 3), "float32"), np.ones((4, 1), "float32")) for _ in range(6)),
        output_types=(tf.float32, tf.float32),
    )
    assert "unknown-shape" not in found(read, linear(features=5))


def test_a_cache_behind_the_shuffle_is_a_warning_and_a_fixed_shuffle_a_note():
    kept = slices().shuffle(24).batch(4).cache()
    fixed = slices().shuffle(24, reshuffle_each_iteration=False).batch(4)
    severities = [found(each, linear(), epochs=3)["never-reshuffled"].severity for each in (kept, fixed)]
    assert severities == ["warning", "note"]


@pytest.mark.parametrize(("positions", "severity"), [("window", "warning"), ("column", "note")])
def test_a_label_in_its_window_is_a_warning_and_a_copied_column_a_note(positions, severity):
    series = np.cumsum(np.random.default_rng(0).normal(size=60)).astype("float32") / 8
    x = np.stack([series[start : start + 3] for start in range(48)])
    if positions == "column":
        x = np.random.default_rng(1).normal(size=(48, 9)).astype("float32")
    assert found((x, x[:, 2]), linear(features=x.shape[1]))["label-leak"].severity == severity


def test_whole_labels_that_meet_a_column_are_no_leak():
    x = np.random.default_rng(0).integers(0, 3, (48, 3)).astype("float32")
    assert "label-leak" not in found((x, x[:, 0]), linear())


def test_an_error_of_the_generator_names_its_element():
    def samples():
        for number in range(24):
            if number == 13:
                msg = "no such sample"
                raise OSError(msg)
            yield np.ones(3, "float32"), np.ones(1, "float32")

    signature = (tf.TensorSpec((3,)), tf.TensorSpec((1,)))
    _, report = diagnosed(tf.data.Dataset.from_generator(samples, output_signature=signature).batch(4), linear())
    first = report.findings[0]
    assert (first.rule, first.batches) == ("dataset-raises", (3,))
    assert "element 13" in first.message
    assert "OSError: no such sample" in first.message


def test_a_dict_of_inputs_beside_its_targets_lacks_none():
    inputs = {"a": keras.Input((3,), name="a")}
    model = keras.Model(inputs, keras.layers.Dense(1)(inputs["a"]))
    model.compile("sgd", "mse")
    read = tf.data.Dataset.from_tensor_slices(({"a": arrays()[0]}, arrays()[1])).batch(4)
    assert "arity" not in found(read, model)
