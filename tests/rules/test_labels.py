"""Rules about labels: the class that is too many, the classes that come in order, the pairs that are torn."""

import keras
import numpy as np
import pytest

from gendiag import diagnose
from tests.support.models import classifier, dense, linear, pooled, softmax
from tests.support.rules import alarms, findings, found
from tests.support.streams import FEW, ROWS, drawn, images, normal, random, rows_of, stream, whole


@pytest.mark.parametrize("at", [0, 1, 2, 5])
def test_a_class_beyond_the_outputs_is_found_where_it_is(at):
    draws = [normal(3), lambda random, step: np.full(FEW, 3 if step == at else random.integers(0, 3))]
    report = diagnose(lambda: drawn(*draws), dense(3, "sparse_categorical_crossentropy", "softmax"), progress=False)
    assert (report.findings[0].rule, report.fails_at) == ("labels-out-of-range", at)
    assert report.findings[0].batches == (at,)
    assert "the classes 0 to 2" in report.findings[0].message


def test_a_size_that_the_model_takes_is_not_blamed_for_a_failure_of_the_loss():
    model = pooled(3, "categorical_crossentropy", (6, 6, 3))
    assert set(found(lambda: drawn(images(side=9), whole(0, 3)), model)) == {"labels-vs-loss"}


def test_a_quantity_that_is_sorted_is_no_class():
    y = np.repeat(np.arange(4.0), 24)
    x = random().normal(size=(96, 3))
    batches = [(x[i : i + 8], y[i : i + 8]) for i in range(0, 96, 8)]
    assert alarms(lambda: (b for b in batches), linear()) == set()
    assert alarms(lambda: (b for b in batches), classifier(classes=4)) == {"constant-labels"}


def test_shuffled_classes_after_sorted_ones_are_no_alarm_and_one_hot_counts_as_class():
    y = np.eye(3)[np.repeat(np.arange(3), 32)]
    x, p = random().normal(size=(96, 3)), random().permutation(96)
    model = softmax(3, "categorical_crossentropy")
    parts = np.split(np.arange(96), 12)
    assert alarms(lambda: ((x[i], y[i]) for i in parts), model) == {"constant-labels"}
    assert alarms(lambda: ((x[p[i]], y[p[i]]) for i in parts), model) == set()


def test_one_class_in_all_is_told_of_a_model_for_several():
    def draw(r, _step):
        return r.normal(size=(ROWS, 3)), np.ones(ROWS, "int64")

    assert alarms(lambda: stream(draw), classifier()) == {"constant-labels"}
    assert alarms(lambda: stream(draw), linear()) == set()


@pytest.mark.parametrize("classes", [True, False])
def test_labels_left_behind_by_a_shuffle_are_found_in_the_epoch_where_it_begins(classes):
    class Torn(keras.utils.PyDataset):
        def __init__(self, together):
            super().__init__()
            r, self.together, self.epoch = random(), together, 0
            self.x = r.normal(size=(40, 3))
            self.y = r.integers(0, 3, 40) if classes else self.x[:, :1] * 2

        def __len__(self):
            return 5

        def __getitem__(self, i):
            return self.x[8 * i : 8 * i + 8], self.y[8 * i : 8 * i + 8]

        def on_epoch_end(self):
            order = np.random.default_rng(self.epoch).permutation(40)
            self.epoch += 1
            self.x = self.x[order]
            if self.together:
                self.y = self.y[order]

    assert found(lambda: Torn(together=False), epochs=3)["torn-pairs"].batches[0] == 5
    assert set(found(lambda: Torn(together=True), epochs=3)) <= {"epoch-hook-early"}


def test_ids_that_come_again_with_another_label_are_not_torn():
    def source():
        r = random()
        while True:
            x = r.permutation(60)[:48].reshape(6, 8, 1)
            yield from ((part, r.integers(0, 2, 8)) for part in x)

    assert alarms(source, epochs=3, steps_per_epoch=6) == set()


def test_noisy_targets_are_not_torn():
    def source():
        r = random()
        x = r.normal(size=(6, 8, 3))
        while True:
            yield from ((part, part[:, :1] + r.normal(size=(8, 1))) for part in x)

    assert alarms(source, epochs=3, steps_per_epoch=6) == set()


def test_labels_in_the_order_of_time_are_right_for_a_layer_that_carries_its_state_on():
    y = np.repeat([0.0, 1.0, 0.0, 1.0], 40)
    parts = [(rows_of(160)[i : i + 4, None], y[i : i + 4]) for i in range(0, 160, 4)]

    def model(*, stateful):
        inputs = keras.Input(batch_shape=(4, 1, 3))
        out = keras.layers.Dense(1, activation="sigmoid")(keras.layers.LSTM(2, stateful=stateful)(inputs))
        built = keras.Model(inputs, out)
        built.compile("sgd", "binary_crossentropy")
        return built

    assert "constant-labels" in findings(lambda: (part for part in parts), model(stateful=False))
    assert "constant-labels" not in findings(lambda: (part for part in parts), model(stateful=True))
