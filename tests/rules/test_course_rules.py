"""Rules about epochs, indices, concurrency, memory and arguments: the fault where it is, and silence elsewhere."""

import threading
import time

import keras
import numpy as np
import pytest
import tensorflow as tf

from gendiag import diagnose
from gendiag.rules.pipeline.leak import _steady_growth
from gendiag.sources.spot_check import check_spots
from tests.support.models import linear
from tests.support.versions import since

ROWS = 4


def arrays(rows=24):
    x = np.random.default_rng(0).normal(size=(rows, 3)).astype("float32")
    return x, x[:, :1] * 2


class Items(keras.utils.PyDataset):
    """Sound: 6 batches, made from the index."""

    length = 6

    def __init__(self, **options):
        super().__init__(**options)
        self.x, self.y = arrays()
        self.order = np.arange(len(self.x))

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        rows = self.order[index * ROWS : (index + 1) * ROWS]
        return self.x[rows], self.y[rows]


def found(source, **fit_args):
    """Names of the findings, and the report."""
    report = diagnose(source, linear(), progress=False, quiet_s=10.0, **fit_args)
    return [finding.rule for finding in report.findings], report


# ---------------------------------------------------------------------- epochs
@pytest.mark.slow
@pytest.mark.parametrize("steps", [2, pytest.param(3, marks=since("3.7")), 6, None])
def test_steps_that_divide_one_pass_are_no_mismatch(steps):
    assert "steps-mismatch" not in found(Items, epochs=4, steps_per_epoch=steps)[0]


@pytest.mark.slow
@pytest.mark.parametrize(("steps", "counts"), [(4, [4, 2, 4, 2]), (10, [6, 6, 6, 6])])
def test_steps_that_do_not_divide_one_pass_are_named_with_what_each_epoch_gets(steps, counts):
    _, report = found(Items, epochs=4, steps_per_epoch=steps)
    assert report.findings[0].rule == "steps-mismatch"
    assert report.findings[0].evidence["steps"] == counts


@pytest.mark.slow
def test_an_endless_dataset_has_no_steps_mismatch():
    endless = tf.data.Dataset.from_tensor_slices(arrays()).batch(ROWS).repeat()
    assert "steps-mismatch" not in found(endless, epochs=3, steps_per_epoch=10)[0]


@pytest.mark.slow
def test_a_dataset_over_one_generator_is_exhausted_and_no_steps_mismatch():
    spec = tuple(tf.TensorSpec((None, width), tf.float32) for width in (3, 1))
    once = ((x, x[:, :1]) for x in np.split(arrays()[0], 6))
    source = tf.data.Dataset.from_generator(lambda: once, output_signature=spec)
    assert "steps-mismatch" not in found(source, epochs=3, steps_per_epoch=6)[0]


# ---------------------------------------------------------------------- length
@pytest.mark.slow
@pytest.mark.parametrize("too_many", [1, 3])
def test_a_length_beyond_the_data_names_the_first_empty_item(too_many):
    class TooLong(Items):
        length = 6 + too_many

    _, report = found(TooLong, epochs=1, shuffle=False)
    assert report.findings[0].rule == "len-mismatch"
    assert report.findings[0].batches == tuple(range(6, 6 + too_many))


@pytest.mark.slow
def test_an_empty_item_in_the_middle_is_no_matter_of_length():
    class Gap(Items):
        def __getitem__(self, index):
            x, y = super().__getitem__(index)
            return (x[:0], y[:0]) if index == 3 else (x, y)

    names, _ = found(Gap, epochs=1)
    assert "empty-batch" in names
    assert "len-mismatch" not in names


@pytest.mark.slow
@pytest.mark.parametrize(("length", "severity"), [(5, "warning"), (4, "warning")])
def test_whole_batches_that_are_never_asked_for_are_a_warning(length, severity):
    class TooShort(Items):
        def __len__(self):
            return length

    _, report = found(TooShort, epochs=1)
    assert (report.findings[0].rule, report.findings[0].severity) == ("len-mismatch", severity)
    assert report.findings[0].evidence["rows"] == (6 - length) * ROWS


@pytest.mark.slow
def test_a_dropped_rest_is_only_noted():
    class Floored(Items):
        def __init__(self):
            super().__init__()
            self.order = np.arange(22)

        def __len__(self):
            return 22 // ROWS

    _, report = found(Floored, epochs=1)
    assert [(f.rule, f.severity) for f in report.findings if f.rule == "len-mismatch"] == [("len-mismatch", "note")]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["synthetic", "random", "wrapping"])
def test_a_source_with_an_item_for_every_index_has_no_length_mismatch(kind):
    class Anything(Items):
        def __getitem__(self, index):
            if kind == "wrapping":
                return super().__getitem__(index % 6)
            x = np.random.default_rng(index if kind == "synthetic" else None).normal(size=(ROWS, 3)).astype("float32")
            return x, x[:, :1]

    assert "len-mismatch" not in found(Anything, epochs=2)[0]


# ---------------------------------------------------------------------- state
@pytest.mark.slow
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

    names, _ = found(Random, epochs=3)
    assert "leftover-state" not in names
    assert "epoch-hook-early" not in names


@pytest.mark.slow
def test_a_counter_that_changes_nothing_is_no_early_hook():
    class Counting(Items):
        epoch = 0

        def __init__(self):
            super().__init__()
            self.epoch = 0

        def on_epoch_end(self):
            self.epoch += 1

    assert found(Counting, epochs=2)[0] == []


@pytest.mark.slow
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

    assert "epoch-hook-early" in found(Chunks, epochs=2)[0]


@pytest.mark.slow
def test_a_length_that_is_no_whole_number_is_named_with_its_type():
    class Rounded(Items):
        def __len__(self):
            return np.ceil(24 / ROWS)

    _, report = found(Rounded, epochs=2)
    assert report.verdict == "raises"
    assert report.findings[0].rule == "len-mismatch"
    assert "float64" in report.findings[0].message


def once(count):
    """Batches that differ, read once."""
    random = np.random.default_rng(1)
    for _ in range(count):
        x = random.normal(size=(ROWS, 3)).astype("float32")
        yield x, x[:, :1]


@pytest.mark.slow
@since("3.7")
def test_an_exhausted_generator_is_told_with_the_epochs_that_fit_prints():
    names, report = found(once(6), epochs=8, initial_epoch=5)
    assert names[0] == "exhausted"
    assert "from epoch 7 on" in report.findings[0].message
    _, counted = found(once(12), epochs=5, initial_epoch=2, steps_per_epoch=6)
    assert "nothing at all in epoch 5" in counted.findings[0].message or "epoch 5 on" in counted.findings[0].message
    assert "asks for 18 batches" in counted.findings[0].message


@pytest.mark.slow
def test_a_generator_that_ends_within_the_last_epoch_is_named_with_what_that_gets():
    names, report = found(once(15), epochs=5, initial_epoch=2, steps_per_epoch=6)
    assert names == ["steps-mismatch"]
    assert "in epoch 5, which gets 3 of its 6 steps" in report.findings[0].message
    assert found(once(18), epochs=5, initial_epoch=2, steps_per_epoch=6)[0] == []


@pytest.mark.slow
def test_only_a_cache_behind_the_shuffle_keeps_the_order():
    rows = tf.data.Dataset.from_tensor_slices(arrays())
    kept, drawn = rows.shuffle(24, seed=1).cache().batch(ROWS), rows.cache().shuffle(24, seed=1).batch(ROWS)
    assert found(kept, epochs=3)[0] == ["never-reshuffled"]
    assert found(drawn, epochs=3)[0] == found(rows.cache().batch(ROWS), epochs=3)[0] == []


# ---------------------------------------------------------------------- concurrency
@pytest.mark.slow
@pytest.mark.parametrize(("workers", "is_noted"), [(1, False), (3, True)])
def test_draws_from_the_global_state_are_noted_with_several_workers_only(workers, is_noted):
    class Augmented(Items):
        def __getitem__(self, index):
            x, y = super().__getitem__(index)
            return (x * np.random.uniform(0.5, 1.5)).astype("float32"), y  # noqa: NPY002  (the global state is the point)

    names, report = found(lambda: Augmented(workers=workers), epochs=2)
    assert ("order-nondeterministic" in names) == is_noted
    assert {finding.severity for finding in report.findings} <= {"note"}


@pytest.mark.slow
def test_a_lock_in_worker_threads_is_no_matter_of_pickling():
    class Locked(Items):
        def __init__(self):
            super().__init__(workers=2)
            self.lock = threading.Lock()

    assert "fork-pickle" not in found(Locked, epochs=1)[0]


@pytest.mark.slow
def test_a_source_that_waits_is_named_by_its_own_line():
    def stuck():
        yield from [Items()[index] for index in range(3)]
        threading.Event().wait(60)

    report = diagnose(stuck, linear(), progress=False, quiet_s=3.0)
    assert report.findings[0].rule == "no-answer"
    assert "threading.Event().wait(60)" in report.findings[0].message


# ---------------------------------------------------------------------- memory, time
def test_memory_that_grows_in_one_stretch_only_does_not_grow_steadily():
    cache = [min(step, 20) * 1e6 for step in range(60)]
    assert _steady_growth(cache) == 0
    assert _steady_growth([step * 1e6 for step in range(60)]) == pytest.approx(1e6)
    assert _steady_growth([5e6] * 60) == 0


@pytest.mark.slow
def test_a_cache_that_is_filled_in_the_first_epoch_is_no_leak():
    class Cached(Items):
        def __init__(self):
            super().__init__()
            self.cache = {}

        def __len__(self):
            return 20

        def __getitem__(self, index):
            if index not in self.cache:
                self.cache[index] = np.ones((ROWS, 2**18), "float32")
            return super().__getitem__(index % 6)

    assert "leak" not in found(Cached, epochs=3)[0]


@pytest.mark.slow
def test_large_batches_that_are_let_go_are_no_leak():
    def large():
        while True:
            x = np.ones((ROWS, 2**18), "float32")
            yield x[:, :3] * np.ones((1, 3), "float32"), x[:, :1].copy()

    assert "leak" not in found(large, epochs=3, steps_per_epoch=20)[0]


@pytest.mark.slow
@pytest.mark.parametrize(("pause_s", "is_noted"), [(0.0, False), (0.01, False), (0.08, True)])
def test_only_a_slow_source_is_said_to_be_slow(pause_s, is_noted):
    def slow():
        for index in range(6):
            time.sleep(pause_s)
            yield Items()[index]

    assert ("input-bound" in found(slow, epochs=1)[0]) == is_noted


# ---------------------------------------------------------------------- arguments
@pytest.mark.slow
@pytest.mark.parametrize(
    "argument",
    [{"y": np.zeros(24)}, {"sample_weight": np.ones(24)}, {"validation_split": 0.2}, {"workers": 4}, {"nb_epoch": 3}],
    ids=str,
)
def test_an_argument_that_fit_refuses_is_named(argument):
    def batches():
        yield from [Items()[index] for index in range(6)]

    _, report = found(batches, epochs=1, **argument)
    assert report.findings[0].rule == "unsupported-argument"
    assert report.findings[0].evidence["argument"] in argument
    assert report.verdict == "raises"


@pytest.mark.slow
def test_two_generators_of_one_function_are_not_shared():
    def batches():
        yield from [Items()[index] for index in range(6)]

    assert "shared-generator" not in found(batches(), validation_data=batches())[0]


@pytest.mark.slow
@pytest.mark.parametrize(("again", "expected"), [(True, ["validation-not-comparable"]), (False, [])])
def test_a_split_that_is_drawn_anew_validates_on_what_was_trained_on(again, expected):
    rows = tf.data.Dataset.from_tensor_slices(arrays()).shuffle(24, seed=1, reshuffle_each_iteration=again)
    names, report = found(rows.skip(8).batch(ROWS), epochs=3, validation_data=rows.take(8).batch(ROWS))
    assert names == expected
    assert all("were trained on" in finding.message for finding in report.findings)


@pytest.mark.slow
def test_two_generators_over_one_iterator_are_shared():
    def endless():
        while True:
            yield from once(6)

    def doubled(stream):
        for x, y in stream:
            yield x * 2, y

    stream = endless()
    names, report = found(
        doubled(stream), epochs=2, steps_per_epoch=4, validation_data=doubled(stream), validation_steps=2
    )
    assert names[0] == "shared-generator"
    assert "'stream'" in report.findings[0].message
    apart = found(
        doubled(endless()), epochs=2, steps_per_epoch=4, validation_data=doubled(endless()), validation_steps=2
    )
    assert "shared-generator" not in apart[0]


@pytest.mark.slow
def test_a_finite_generator_shared_with_validation_is_named_first():
    once = (Items()[index] for index in range(6))
    _, report = found(once, epochs=2, validation_data=once)
    assert report.findings[0].rule == "shared-generator"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("count", "expected"), [(2, []), pytest.param(3, ["note"], marks=since("3.7")), (7, ["warning"])]
)
def test_validation_on_other_batches_is_as_bad_as_the_order_shows(count, expected):
    def endless(number):
        while True:
            yield from [Items()[index % 6] if index < 6 else (arrays()[0][:ROWS] + 9, arrays()[1][:ROWS])
                        for index in range(number)]  # fmt: skip

    fit_args = {"epochs": 4, "steps_per_epoch": 6, "validation_steps": count if count < 7 else 3}
    _, report = found(endless(6), validation_data=endless(count), **fit_args)
    severities = [f.severity for f in report.findings if f.rule == "validation-not-comparable"]
    assert severities == expected


# ---------------------------------------------------------------------- the questions
def test_a_source_that_raises_when_it_is_asked_again_is_asked_no_more():
    class Once(Items):
        def __getitem__(self, index):
            raise OSError

    assert check_spots(Once(), 6).again == ()


def test_a_slow_source_is_asked_only_once(monkeypatch):
    monkeypatch.setattr("gendiag.sources.spot_check.SLOW_S", 0.0)
    assert len(check_spots(Items(), 6).again) == 1


def test_draws_are_named_by_the_state_that_they_move():
    class Drawing(Items):
        def __init__(self):
            super().__init__()
            self.rng = np.random.default_rng(0)

        def __getitem__(self, index):
            return super().__getitem__(index)[0] * self.rng.uniform() * np.random.uniform()  # noqa: NPY002  (the global state is the point)

    assert check_spots(Drawing(), 6).draws == ("np.random", "self.rng")
    assert check_spots(Items(), 6).draws == ()
