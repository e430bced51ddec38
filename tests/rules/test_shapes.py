"""Rules about shapes: the fault where it is, as grave as fit takes it, and no other one beside it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gendiag import diagnose
from tests.support.models import linear, net, pooled, softmax
from tests.support.rules import alarms, first, found, named
from tests.support.streams import FEW, KINDS, X, Y, drawn, iter_of, normal, times

layers = keras.layers


@pytest.mark.parametrize(("rest", "severity"), [(1, "warning"), (2, "error"), (3, "error")])
def test_a_rest_for_a_stateful_layer_is_found_also_where_it_is_broadcast(rest, severity):
    def source():
        for step in range(4):
            rows = rest if step == 3 else FEW
            yield np.ones((rows, 5, 2), "float32"), np.ones((rows, 1), "float32")

    model = net(None, layers.LSTM(2, stateful=True), layers.Dense(1), batch_shape=(FEW, 5, 2))
    finding = found(source, model)["static-batch"]
    assert (finding.severity, finding.batches) == (severity, (3,))


def test_a_fixed_batch_size_without_state_is_not_enforced_and_no_finding():
    def source():
        for rows in (4, 4, 4, 1):
            yield np.ones((rows, 5, 2), "float32"), np.ones((rows, 1), "float32")

    assert alarms(source, net(None, layers.LSTM(2), layers.Dense(1), batch_shape=(FEW, 5, 2))) == set()


def test_a_dataset_that_was_never_batched_or_batched_twice_is_told_so():
    x, y = np.ones((24, 8, 8, 3), "float32"), np.zeros(24, "int64")
    data = tf.data.Dataset.from_tensor_slices((x, y))
    for source, rule in ((data, "missing-batch-axis"), (data.batch(4).batch(2), "extra-axis")):
        finding = found(source, pooled(shape=(8, 8, 3)))[rule]
        assert finding.severity == "error"
        assert ".batch(" in finding.fix


def one_window():
    return ((x[0, :, None], x[0, :1]) for (x,) in drawn(normal(5)))


def without_channel():
    return ((x, x[:, :1]) for (x,) in drawn(normal(5)))


def test_one_window_that_is_taken_for_a_batch_is_named_and_rows_without_the_last_axis_are_not():
    model = net((5, 1), layers.LSTM(2), layers.Dense(1))
    assert found(one_window, model)["missing-batch-axis"].severity == "warning"
    assert found(without_channel, model) == {}


def test_a_batch_refused_for_its_rank_is_not_blamed_for_its_lengths():
    batches = [(X, Y), (X, Y), (X, Y), (X[0], Y[:1])]
    report = diagnose(lambda: iter_of(batches), linear(), progress=False)
    assert {finding.rule for finding in report.findings if finding.severity == "error"} == {"rank-drift"}


def test_grey_images_batched_twice_are_told_so():
    images = np.ones((1, 4, 6, 6, 1), "float32")
    model = keras.Sequential([keras.Input((6, 6, 1)), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    finding = first(times((images, np.ones((1, 4, 1)))), model)
    assert (finding.rule, "batched twice" in finding.message) == ("extra-axis", True)


def test_weights_of_another_number_are_to_be_one_per_sample():
    finding = first(times((X, KINDS, np.ones(4))), softmax())
    assert finding.rule == "xy-length-mismatch"
    assert "one weight per sample" in finding.fix
    assert "one weight per sample" not in first(times((X, KINDS[1:], np.ones(8))), softmax()).fix


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


def test_a_lost_axis_behind_the_rows_is_not_called_the_batch_axis():
    kept = first(lambda: iter_of([(X, Y), (X, Y), (X, Y[:, 0])]), linear())
    assert (kept.rule, "The batch axis is there" in kept.message) == ("rank-drift", True)
    lost = first(lambda: iter_of([(X, Y), (X, Y), (X[:1], Y[:1].squeeze())]), linear())
    assert (lost.rule, "The batch axis is gone" in lost.message) == ("rank-drift", True)


def test_sizes_that_vary_are_to_be_padded_and_not_declared():
    model = keras.Sequential([keras.Input((6, 2)), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    varying = [(np.ones((4, length, 2), "float32"), Y[:4]) for length in (5, 7, 6, 5)]
    finding = first(lambda: iter_of(varying), model)
    assert finding.rule == "input-mismatch"
    assert "Pad or crop x to (6, 2) in every batch" in finding.fix


def test_a_dataset_is_held_to_no_signature_of_the_first_two_batches():
    model = keras.Sequential([keras.Input((6, 2)), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    spec = (tf.TensorSpec((None, None, 2), tf.float32), tf.TensorSpec((None, 1), tf.float32))
    varying = [(np.ones((4, length, 2), "float32"), Y[:4]) for length in (5, 5, 6, 7)]
    dataset = tf.data.Dataset.from_generator(lambda: iter_of(varying), output_signature=spec)
    report = diagnose(dataset, model, progress=False)
    assert {finding.rule for finding in report.findings if finding.severity == "error"} == {"input-mismatch"}


@pytest.mark.parametrize("at", [0, 3, 5])
def test_a_batch_many_times_larger_is_named(at):
    sizes = [4, 5, 4, 6, 4, 5, 4, 3, 4]
    sizes[at] = 120
    assert named("batch-too-big", lambda r, k: (r.random((sizes[k], 3)), r.random((sizes[k], 1)))) == (at,)
