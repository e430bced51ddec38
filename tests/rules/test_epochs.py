"""Rules about epochs, lengths and what one pass leaves to the next: the fault where it is, and silence elsewhere."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.items import Items, arrays
from tests.support.models import classifier, linear
from tests.support.rules import alarms, diagnosed, findings, found
from tests.support.streams import FEW, ROWS, mixture, once, rows_of, stream
from tests.support.versions import since


@pytest.mark.parametrize("steps", [2, pytest.param(3, marks=since("3.7")), 6, None])
def test_steps_that_divide_one_pass_are_no_mismatch(steps):
    assert "steps-mismatch" not in diagnosed(Items, epochs=4, steps_per_epoch=steps)[0]


@pytest.mark.parametrize(("steps", "counts"), [(4, [4, 2, 4, 2]), (10, [6, 6, 6, 6])])
def test_steps_that_do_not_divide_one_pass_are_named_with_what_each_epoch_gets(steps, counts):
    _, report = diagnosed(Items, epochs=4, steps_per_epoch=steps)
    assert report.findings[0].rule == "steps-mismatch"
    assert report.findings[0].evidence["steps"] == counts


def test_an_endless_dataset_has_no_steps_mismatch():
    endless = tf.data.Dataset.from_tensor_slices(arrays()).batch(FEW).repeat()
    assert "steps-mismatch" not in diagnosed(endless, epochs=3, steps_per_epoch=10)[0]


def test_a_dataset_over_one_generator_is_exhausted_and_no_steps_mismatch():
    spec = tuple(tf.TensorSpec((None, width), tf.float32) for width in (3, 1))
    once = ((x, x[:, :1]) for x in np.split(arrays()[0], 6))
    source = tf.data.Dataset.from_generator(lambda: once, output_signature=spec)
    assert "steps-mismatch" not in diagnosed(source, epochs=3, steps_per_epoch=6)[0]


@pytest.mark.parametrize("too_many", [1, 3])
def test_a_length_beyond_the_data_names_the_first_empty_item(too_many):
    class TooLong(Items):
        length = 6 + too_many

    _, report = diagnosed(TooLong, epochs=1, shuffle=False)
    assert report.findings[0].rule == "len-mismatch"
    assert report.findings[0].batches == tuple(range(6, 6 + too_many))


def test_an_empty_item_in_the_middle_is_no_matter_of_length():
    class Gap(Items):
        def __getitem__(self, index):
            x, y = super().__getitem__(index)
            return (x[:0], y[:0]) if index == 3 else (x, y)

    names, _ = diagnosed(Gap, epochs=1)
    assert "empty-batch" in names
    assert "len-mismatch" not in names


@pytest.mark.parametrize(("length", "severity"), [(5, "warning"), (4, "warning")])
def test_whole_batches_that_are_never_asked_for_are_a_warning(length, severity):
    class TooShort(Items):
        def __len__(self):
            return length

    _, report = diagnosed(TooShort, epochs=1)
    assert (report.findings[0].rule, report.findings[0].severity) == ("len-mismatch", severity)
    assert report.findings[0].evidence["rows"] == (6 - length) * FEW


def test_a_dropped_rest_is_only_noted():
    class Floored(Items):
        def __init__(self):
            super().__init__()
            self.order = np.arange(22)

        def __len__(self):
            return 22 // FEW

    _, report = diagnosed(Floored, epochs=1)
    assert [(f.rule, f.severity) for f in report.findings if f.rule == "len-mismatch"] == [("len-mismatch", "note")]


@pytest.mark.parametrize("kind", ["synthetic", "random", "wrapping"])
def test_a_source_with_an_item_for_every_index_has_no_length_mismatch(kind):
    class Anything(Items):
        def __getitem__(self, index):
            if kind == "wrapping":
                return super().__getitem__(index % 6)
            x = np.random.default_rng(index if kind == "synthetic" else None).normal(size=(FEW, 3)).astype("float32")
            return x, x[:, :1]

    assert "len-mismatch" not in diagnosed(Anything, epochs=2)[0]


@pytest.mark.parametrize("kind", ["shuffled rows", "shuffled batches", "augmented", "drawn batches"])
def test_a_source_that_is_random_is_not_said_to_ignore_its_index(kind):
    class Random(Items):
        def __init__(self):
            super().__init__()
            self.rng, self.turn = np.random.default_rng(1), np.arange(6)

        def on_epoch_end(self):
            self.rng.shuffle(self.order if kind == "shuffled rows" else self.turn)

        def __getitem__(self, index):
            if kind == "shuffled batches":
                return super().__getitem__(self.turn[index])
            if kind == "drawn batches":
                return super().__getitem__([0, 3, 1, 3, 3, 5, 0, 2, 2, 4, 4, 1][self.rng.integers(12)])
            x, y = super().__getitem__(index)
            return (x * self.rng.uniform(0.5, 1.5)).astype("float32") if kind == "augmented" else x, y

    names, _ = diagnosed(Random, epochs=3)
    assert "leftover-state" not in names
    assert "epoch-hook-early" not in names


def test_a_counter_that_changes_nothing_is_no_early_hook():
    class Counting(Items):
        epoch = 0

        def __init__(self):
            super().__init__()
            self.epoch = 0

        def on_epoch_end(self):
            self.epoch += 1

    assert diagnosed(Counting, linear(), epochs=2)[0] == []


@since("3.7")
def test_a_counter_that_comes_round_to_where_it_began_is_an_early_hook_all_the_same():
    class Chunks(Items):
        chunk = 0

        def __init__(self):
            super().__init__()
            self.chunk = 0

        def __getitem__(self, index):
            x, y = super().__getitem__(index)
            return x + self.chunk, y

        def on_epoch_end(self):
            self.chunk = (self.chunk + 1) % 3

    assert "epoch-hook-early" in diagnosed(Chunks, epochs=2)[0]


def test_a_length_that_is_no_whole_number_is_named_with_its_type():
    class Rounded(Items):
        def __len__(self):
            return np.ceil(24 / FEW)

    _, report = diagnosed(Rounded, epochs=2)
    assert report.verdict == "raises"
    assert report.findings[0].rule == "unusable-length"
    assert "float64" in report.findings[0].message


@since("3.7")
def test_an_exhausted_generator_is_told_with_the_epochs_that_fit_prints():
    names, report = diagnosed(once(6), epochs=8, initial_epoch=5)
    assert names[0] == "exhausted"
    assert "from epoch 7 on" in report.findings[0].message
    _, counted = diagnosed(once(12), epochs=5, initial_epoch=2, steps_per_epoch=6)
    assert "nothing at all in epoch 5" in counted.findings[0].message or "epoch 5 on" in counted.findings[0].message
    assert "asks for 18 batches" in counted.findings[0].message


def test_a_generator_that_ends_within_the_last_epoch_is_named_with_what_that_gets():
    names, report = diagnosed(once(15), linear(), epochs=5, initial_epoch=2, steps_per_epoch=6)
    assert names == ["steps-mismatch"]
    assert "in epoch 5, which gets 3 of its 6 steps" in report.findings[0].message
    assert diagnosed(once(18), linear(), epochs=5, initial_epoch=2, steps_per_epoch=6)[0] == []


def test_only_a_cache_behind_the_shuffle_keeps_the_order():
    rows = tf.data.Dataset.from_tensor_slices(arrays())
    kept, drawn = rows.shuffle(24, seed=1).cache().batch(FEW), rows.cache().shuffle(24, seed=1).batch(FEW)
    assert diagnosed(kept, linear(), epochs=3)[0] == ["never-reshuffled"]
    for source in (drawn, rows.cache().batch(FEW)):
        assert diagnosed(source, linear(), epochs=3)[0] == []


@pytest.mark.parametrize("count", [4, 5, 7])
def test_small_data_again_in_every_epoch_give_no_alarm(count):
    def source():
        while True:
            yield from stream(mixture, count)

    assert alarms(source, classifier(), epochs=3, steps_per_epoch=count, shuffle=True) == set()
    assert "never-reshuffled" in found(source, classifier(), epochs=3, steps_per_epoch=count, shuffle=True)


@pytest.mark.parametrize("period", [2, 3])
def test_data_that_begin_again_within_an_epoch_are_no_duplicates(period):
    def source():
        while True:
            yield from stream(mixture, period)

    assert "duplicate-batches" not in found(source, epochs=2, steps_per_epoch=6)


def test_an_index_that_is_halved_repeats_every_batch():
    class Halved(keras.utils.PyDataset):
        def __len__(self):
            return 8

        def __getitem__(self, i):
            x = np.random.default_rng(i // 2).normal(size=(4, 3))
            return x, x[:, :1]

    finding = found(Halved(), shuffle=True)["duplicate-batches"]
    assert finding.batches == (1, 3, 5, 7)


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


@pytest.mark.parametrize(
    ("name", "is_named"), [("on_epoch_start", True), ("on_epoch_ends", True), ("epoch_size", False)]
)
def test_a_hook_of_another_name_is_named_if_nothing_calls_it(name, is_named):
    def turn(self):
        self.order = self.order[::-1]

    named = type("Named", (Items,), {name: turn})
    assert ("hook-never-called" in diagnosed(named, epochs=2)[0]) == is_named


def test_a_first_item_that_comes_again_as_the_last_is_told_from_a_turned_order():
    class Below(Items):
        def __getitem__(self, index):
            return super().__getitem__((index - 1) % 6)

    class Longer(Below):
        length = 7

    assert "duplicate-batches" in diagnosed(Longer)[0]
    assert "duplicate-batches" not in diagnosed(Below)[0]


def test_samples_multiplied_again_are_found_in_any_order_and_bright_ones_are_not():
    def source(*, in_place):
        x, random = rows_of(ROWS * 6) + 3, np.random.default_rng(0)
        while True:
            for rows in np.split(random.permutation(len(x)), 6):
                part = x[rows] * (0.5 if in_place else random.uniform(0.4, 0.6, (len(rows), 1)))
                if in_place:
                    x[rows] = part
                yield part.astype("float32"), np.ones((len(rows), 1), "float32")

    assert "changed-in-place" in found(lambda: source(in_place=True), epochs=3, steps_per_epoch=6)
    assert "changed-in-place" not in found(lambda: source(in_place=False), epochs=3, steps_per_epoch=6)
