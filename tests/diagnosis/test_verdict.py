"""Which of several findings is the cause."""

import keras
import numpy as np
import pytest

import gendiag
from gendiag.diagnosis.verdict import _follows
from gendiag.records import Finding
from gendiag.rules.rule import sound
from tests.support.items import VIEWS, Views
from tests.support.rules import findings
from tests.support.streams import ROWS, rows_of


def test_what_came_out_of_next_is_one_finding():
    class Next(Views):
        def __init__(self):
            super().__init__()
            # Two are peeked at, so one item gets none; in whatever order fit asks, item 0 or 1 gets another part.
            self.parts = iter(np.split(rows_of((VIEWS + 1) * ROWS), VIEWS + 1))

        def __getitem__(self, index):
            part = next(self.parts)
            return part, part[:, :1]

    assert list(findings(Next)) == ["leftover-state"]


def test_a_nan_that_a_cast_made_a_number_of_is_one_finding():
    def source():
        for step, x in enumerate(np.split(rows_of(VIEWS * ROWS), VIEWS)):
            yield x, np.full(ROWS, np.nan) if step == 3 else np.arange(ROWS)

    assert [name for name in findings(source) if name in {"nan-inf", "silent-cast"}] == ["silent-cast"]


def finding(rule, leaf="x", batches=(3, 4), severity="warning"):
    return Finding(rule, severity, "", "", batches=batches, leaf=leaf)


def test_only_the_same_leaf_and_batches_make_a_consequence():
    cast = finding("silent-cast")
    assert _follows(finding("nan-inf"), cast)
    assert _follows(finding("nan-inf", batches=(4,)), cast)
    assert not _follows(finding("nan-inf", batches=(2, 3)), cast)
    assert not _follows(finding("nan-inf", leaf="y"), cast)
    assert not _follows(finding("nan-inf", severity="error"), cast)
    assert not _follows(cast, finding("nan-inf"))
    assert not _follows(finding("value-drift"), finding("unscaled", batches=()))


# ---------------------------------------------------------------------- trains to NaN
def steep(rate=2.0, **layer):
    """A model that a learning rate of 2 drives out of range within some thirty steps."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, **layer)])
    model.compile(keras.optimizers.SGD(rate), "mse")
    return model


def endless():
    while True:
        yield from sound(8, rows=8)


class InMemory(keras.utils.PyDataset):
    def __init__(self):
        super().__init__()
        self.batches = [*sound(8, rows=8)]

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, index):
        return self.batches[index]


def whole():
    return tuple(np.concatenate(part) for part in zip(*sound(8, rows=8), strict=True))


def judged(model, source=endless, epochs=30, **given):
    options = {"steps_per_epoch": 8} if source is endless else {}
    return gendiag.diagnose(source, model, epochs=epochs, rehearse_epochs=epochs, progress=False, **options | given)


@pytest.mark.parametrize(
    "source", [whole, *(pytest.param(one, marks=pytest.mark.proof) for one in (endless, InMemory))]
)
def test_a_training_that_diverges_in_a_later_epoch_trains_to_nan(source):
    report = judged(steep(), source)
    assert report.verdict == "trains to NaN"
    first = report.findings[0]
    assert (first.rule, "Training diverges: the loss grows" in first.message) == ("loss-not-finite", True)
    assert "learning rate" in first.fix


def test_the_same_training_at_a_small_rate_trains():
    assert judged(steep(0.01)).verdict == "trains"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_batch_that_is_not_finite_trains_to_nan(value):
    def source():
        for step, (x, y) in enumerate(sound()):
            x[0, 0] = value if step == 3 else x[0, 0]
            yield x, y

    report = judged(steep(0.01), source, epochs=1)
    assert report.verdict == "trains to NaN"
    assert report.findings[0].rule == "nan-inf"


class Floor(keras.layers.Layer):
    """Holds ``-inf`` on purpose, as masks of attention do."""

    def build(self, _shape):
        self.floor = self.add_weight(shape=(), initializer=keras.initializers.Constant(-np.inf), trainable=False)

    def call(self, x):
        return keras.ops.maximum(x, self.floor)


class NotANumber(keras.metrics.Mean):
    def update_state(self, *_args, **_kwargs):
        return super().update_state(np.float32("nan"))


def test_infinities_that_were_there_before_and_metrics_that_are_none_are_no_nan_of_training():
    model = keras.Sequential([keras.Input((3,)), Floor(), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.01), "mse", metrics=[NotANumber(name="odd")])
    assert judged(model, epochs=2).verdict == "trains"


@pytest.mark.proof
def test_two_batches_trained_on_again_and_again_may_diverge_too():
    report = judged(steep(1.2), lambda: sound(3, rows=8), epochs=90)
    assert [d.batch for d in report.diagnosis.rehearsal.deliveries][:7] == [0, 1, 2, 0, 1, 0, 1]
    assert report.verdict == "trains to NaN"
