"""Which of several findings is the cause, and where a fault is in sources that are read in any order, or often."""

import inspect

import keras
import numpy as np
import pytest

from gendiag import diagnose
from gendiag.diagnosis.verdict import _follows
from gendiag.records import Batch, Finding, Leaf, Rehearsal
from gendiag.rehearsal.profile import Profile
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.pipeline.buffer_reuse import BufferReuse
from gendiag.rules.validation.shared_generator import SharedGenerator
from gendiag.sources import recognise
from tests.support.models import linear
from tests.support.versions import since

pytestmark = pytest.mark.slow
COUNT, ROWS = 6, 8


def rows_of(number, columns=3):
    return np.random.default_rng(0).normal(size=(number, columns)).astype("float32")


class Items(keras.utils.PyDataset):
    """Sound: 6 batches, each a view of the data."""

    def __init__(self, **options):
        super().__init__(**options)
        self.x = rows_of(COUNT * ROWS)

    def __len__(self):
        return COUNT

    def __getitem__(self, index):
        part = self.x[index * ROWS : (index + 1) * ROWS]
        return part, part[:, :1]


def findings(source, model=None, **fit_args):
    report = diagnose(source, model or linear(), progress=False, quiet_s=10.0, **fit_args)
    return {finding.rule: finding for finding in report.findings}


# ---------------------------------------------------------------------- memory
def test_items_that_are_views_of_the_data_are_no_reused_buffer_in_any_order():
    assert "buffer-reuse" not in findings(Items, epochs=3)


def test_an_item_that_comes_again_from_a_cache_is_no_buffer_written_over():
    kept, other = (Leaf("x", "x", "array", digest=digest, shared=digest == "kept") for digest in ("kept", "other"))
    batches = tuple(Batch(i, 0, "array", 1, (leaf,)) for i, leaf in enumerate([other, kept, kept]))
    seen = Evidence(recognise(Items()), Profile(batches=batches, read_order=(2, 1, 0)), Rehearsal())
    assert list(BufferReuse().check(seen)) == []


@pytest.mark.parametrize(("workers", "severity"), [(1, "note"), (3, "warning")])
def test_a_buffer_is_a_fault_of_an_indexed_source_where_several_threads_fill_it(workers, severity):
    batches = tuple(Batch(i, 0, "array", 1, (Leaf("x", "x", "array", digest=str(i), shared=i > 1),)) for i in range(4))
    seen = Evidence(recognise(Items(workers=workers)), Profile(batches=batches, read_order=(0, 1, 2, 3)), Rehearsal())
    (found,) = BufferReuse().check(seen)
    assert found.severity == severity
    assert found.batches == (1, 2, 3)
    assert found.message.startswith("Batches 1-3 of 4 are the same x array")


@pytest.mark.parametrize("size", [ROWS, ROWS + 3])
def test_windows_that_overlap_in_memory_are_no_reused_buffer(size):
    x = rows_of(80)
    assert "buffer-reuse" not in findings(lambda: ((x[i : i + size], x[i : i + size, :1]) for i in range(0, 60, 4)))


def test_a_buffer_filled_for_every_item_is_found_in_any_order():
    class Filling(Items):
        def __getitem__(self, index):
            self.buffer = self.__dict__.get("buffer", np.empty((ROWS, 3), "float32"))
            self.buffer[:] = self.x[index * ROWS : (index + 1) * ROWS]
            return self.buffer, np.ones((ROWS, 1))

    assert len(findings(Filling, epochs=2)["buffer-reuse"].batches) >= 2 * COUNT - 1, "all but the first one read"


def test_memory_that_grows_is_found_in_a_source_asked_in_any_order():
    class Keeping(Items):
        def __init__(self):
            super().__init__()
            self.kept = []

        def __len__(self):
            return 12

        def __getitem__(self, index):
            self.kept.append(np.ones(2**20, "uint8"))
            return super().__getitem__(index % COUNT)

    assert "kept" in findings(Keeping, epochs=3)["leak"].message


# ---------------------------------------------------------------------- values
def drift(levels, epochs=1):
    parts = [
        part + level for part, level in zip(np.split(rows_of(len(levels) * ROWS), len(levels)), levels, strict=True)
    ]
    return findings(
        lambda: ((x, x[:, :1] * 0) for _ in range(epochs) for x in parts), epochs=epochs, steps_per_epoch=len(levels)
    )


def test_a_drift_that_every_pass_brings_again_is_named_in_the_first():
    found = drift([0] * 5 + [50] * 4, epochs=3)["value-drift"]
    assert found.batches == (5, 6, 7, 8)
    assert "in the first pass" in found.message


def test_values_that_grow_from_batch_to_batch_do_not_drift():
    assert "value-drift" not in drift([0, 0, 0, 0, 5, 40, 100, 200, 300])
    assert "value-drift" in drift([0, 0, 0, 0, 200, 210, 190, 200, 300])


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


@pytest.mark.parametrize(("high", "by", "is_twice"), [(1, 1 / 255, True), (255, 1 / 255, False), (1, 2.0, False)])
def test_a_rescaling_layer_over_scaled_images_divides_them_twice(high, by, is_twice):
    x = np.random.default_rng(0).random((48, 6, 6, 3)) * high
    layers = [keras.Input((6, 6, 3)), keras.layers.Rescaling(by), keras.layers.Flatten(), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile("sgd", "mse")
    found = findings(lambda: ((part, part[:, 0, 0, :1]) for part in np.split(x, COUNT)), model)
    assert ("double-scaled" in found) == is_twice


# ---------------------------------------------------------------------- overlap
def sliced(size, by, count=6):
    x = rows_of(count * by + size)
    return lambda: ((x[i * by : i * by + size], x[i * by : i * by + size, :1]) for i in range(count))


@pytest.mark.parametrize("too_many", [1, 3])
def test_rows_that_come_again_in_the_next_batch_are_counted(too_many):
    found = findings(sliced(ROWS + too_many, ROWS))["overlapping-batches"]
    assert found.evidence["rows"] == too_many
    assert found.batches == tuple(range(1, 6))


def test_batches_that_only_share_time_steps_or_repeat_do_not_overlap():
    series = rows_of(200, columns=1)[:, 0]
    windows = np.stack([series[i : i + 3] for i in range(190)])
    assert "overlapping-batches" not in findings(
        lambda: ((windows[i : i + 8], series[i : i + 8]) for i in range(0, 80, 8))
    )
    assert "overlapping-batches" not in findings(sliced(ROWS, ROWS))
    ones = np.ones((ROWS, 3), "float32")
    assert "overlapping-batches" not in findings(lambda: ((ones, ones[:, :1]) for _ in range(6)))


# ---------------------------------------------------------------------- exceptions
@since("3.7")
def test_an_item_that_raises_in_a_later_epoch_is_named_by_its_epoch_and_index():
    class Later(Items):
        passes = -1

        def on_epoch_end(self):
            self.passes += 1

        def __getitem__(self, index):
            return {}["gone"] if self.passes and index == 4 else super().__getitem__(index)

    message = findings(Later, epochs=3, shuffle=False)["source-raises"].message
    assert "batch 10 (epoch 2/3)" in message
    assert "__getitem__(4)" in message


def test_a_hook_that_raises_is_named_by_its_own_line():
    class Hooked(Items):
        def on_epoch_end(self):
            self.order.sort()

    found = findings(Hooked, epochs=2)
    assert list(found) == ["source-raises"]
    assert "in on_epoch_end" in found["source-raises"].message
    assert "AttributeError" in found["source-raises"].message


# ---------------------------------------------------------------------- causes
def test_what_came_out_of_next_is_one_finding():
    class Next(Items):
        def __init__(self):
            super().__init__()
            self.parts = iter(np.split(self.x, COUNT))

        def __getitem__(self, index):
            part = next(self.parts)
            return part, part[:, :1]

    assert list(findings(Next)) == ["leftover-state"]


def test_a_nan_that_a_cast_made_a_number_of_is_one_finding():
    def source():
        for step, x in enumerate(np.split(rows_of(COUNT * ROWS), COUNT)):
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


def test_each_fit_of_a_lesson_has_a_generator_of_its_own():
    rule = SharedGenerator()
    one = rule.broken()
    assert rule.fit_args["validation_data"] is one
    next(one)
    other = rule.fit_args["validation_data"]
    assert other is not one
    assert rule.broken() is other
    assert inspect.getgeneratorstate(other) == inspect.GEN_CREATED
