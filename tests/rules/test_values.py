"""Rules about values: silent on sound sources, and right about where the fault is."""

import keras
import numpy as np
import pytest

from gendiag import diagnose
from tests.support.items import VIEWS
from tests.support.rules import alarms, findings, found, named
from tests.support.streams import BATCHES, ROWS, mixture, random, rows_of, stream, target


def rare_positives(r, _step):
    return r.normal(size=(ROWS, 3)), (r.random(ROWS) < 0.02).astype("int64")


def tiny_batches(r, _step):
    return r.normal(size=(2, 3)), r.integers(0, 2, 2)


def balanced_halves(r, _step):
    return r.normal(size=(ROWS, 3)), np.repeat([0.0, 1.0], ROWS // 2)


def two_identities_per_batch(r, _step):
    return r.normal(size=(ROWS, 3)), np.repeat(r.choice(500, 2, replace=False), ROWS // 2)


def sorted_quantities(_r, step):
    y = np.arange(step * ROWS, (step + 1) * ROWS, dtype="float32")
    return np.stack([y, y / 2, y / 3], axis=1) / 100, y[:, None] / 100


def bag_of_words(r, _step):
    return (r.random((ROWS, 20)) < 0.02).astype("float32"), r.integers(0, 2, ROWS)


def one_hot_text(r, _step):
    return np.eye(400, dtype="uint8")[r.integers(0, 400, (ROWS, 10))], r.integers(0, 2, ROWS)


def small_masks(r, _step):
    x = r.random((ROWS, 8, 8, 1)).astype("float32")
    return x, (x > 0.999).astype("uint8")


def augmented(r, _step):
    x = r.random((ROWS, 8, 8, 3)) * r.uniform(0.5, 1.5) + r.uniform(-0.2, 0.2)
    return x.astype("float32"), target(r)


def dark_or_bright(r, step):
    return r.random((ROWS, 8, 8, 1)) * (0.05 if step % 3 else 1.0), target(r)


def first_state_of_a_decoder(r, _step):
    return {"text": r.integers(1, 50, (ROWS, 5)), "state": np.zeros((ROWS, 16), "float32")}, target(r)


def one_graph_with_weights(r, _step):
    fixed = np.random.default_rng(1).normal(size=(ROWS, 3))
    return fixed, fixed[:, :1], r.integers(0, 2, ROWS).astype("float32")


def padded_last_batch_of_weight_zero(r, step):
    x, y, w = r.normal(size=(ROWS, 3)), r.normal(size=(ROWS, 1)), np.ones(ROWS)
    if step == BATCHES - 1:
        x[5:], y[5:], w[5:] = 0, 0, 0
    return x, y, w


def a_row_that_is_zero(r, step):
    x, y = r.normal(size=(ROWS, 3)), r.integers(0, 2, (ROWS, 1))
    if step in {2, 5}:
        x[-1], y[-1] = 0, 0
    return x, y


def drawn_with_replacement(r, _step):
    x = np.arange(30.0).reshape(10, 3)[r.integers(0, 10, 4)] / 7
    return x, x[:, :1]


def lengths_vary(r, _step):
    return r.integers(1, 50, (ROWS, int(r.integers(3, 30)))), target(r)


def heavy_tails(r, _step):
    return r.lognormal(0, 2, (ROWS, 3)), r.lognormal(0, 2, (ROWS, 1))


def a_trend(r, step):
    return r.normal(size=(ROWS, 3)) + step / 2, r.normal(size=(ROWS, 1)) + step / 2


def one_number_per_batch(_r, step):
    x = np.full((4, 4), step / 12, "float32")
    return x, x[:, :1]


SOUND = (
    mixture, rare_positives, tiny_batches, balanced_halves, two_identities_per_batch, sorted_quantities, bag_of_words,
    one_hot_text, small_masks, augmented, dark_or_bright, first_state_of_a_decoder, one_graph_with_weights,
    padded_last_batch_of_weight_zero, a_row_that_is_zero, drawn_with_replacement, lengths_vary, heavy_tails, a_trend,
    one_number_per_batch,
)  # fmt: skip


@pytest.mark.parametrize("draw", SOUND, ids=[draw.__name__ for draw in SOUND])
def test_a_sound_source_gives_no_alarm(draw):
    assert alarms(lambda: stream(draw, 3 * BATCHES), epochs=3, steps_per_epoch=BATCHES) == set()


@pytest.mark.parametrize("at", [1, 4, 8])
def test_a_blank_batch_is_named_wherever_it_is(at):
    assert named("blank-batches", lambda r, k: (r.random((ROWS, 3)) * (k != at), target(r))) == (at,)


@pytest.mark.parametrize("at", [4, 6])
def test_a_drift_is_named_where_it_begins_and_only_if_it_stays(at):
    stays = named("value-drift", lambda r, k: (r.normal(size=(ROWS, 3)) + 9 * (k >= at), target(r)))
    assert stays == tuple(range(at, BATCHES))
    assert named("value-drift", lambda r, k: (r.normal(size=(ROWS, 3)) + 9 * (k == at), target(r))) is None


def test_data_divided_in_place_again_in_the_second_epoch_are_changed_in_place():
    def source():
        data = random().uniform(0, 255, (40, 3))
        for _ in range(3):
            for part in np.split(data, 5):
                np.divide(part, 255, out=part)
                yield part.copy(), np.ones((8, 1))

    assert found(source, epochs=3, steps_per_epoch=5)["changed-in-place"].batches[0] == 5


@pytest.mark.parametrize(("factor", "expected"), [(1.5, {"changed-in-place"}), (1.0, set())])
def test_data_multiplied_in_place_in_each_pass_are_told_and_a_copy_is_not(factor, expected):
    class Views(keras.utils.PyDataset):
        def __init__(self):
            super().__init__()
            self.x = random().random((40, 3)).astype("float32")

        def __len__(self):
            return 5

        def __getitem__(self, index):
            part = self.x[8 * index : 8 * index + 8]
            part *= np.float32(factor)
            return part.copy(), np.ones((8, 1))

    assert alarms(Views, epochs=4) == expected


def test_images_divided_twice_are_told_and_other_small_numbers_are_not():
    def draw(r, _step):
        return r.random((ROWS, 6, 6, 3)) / 255, target(r)

    assert named("double-scaled", draw) == tuple(range(BATCHES))
    assert named("double-scaled", lambda r, _: (r.normal(size=(ROWS, 6, 6, 3)) / 255, target(r))) is None
    assert named("double-scaled", lambda r, _: (r.random((ROWS, 50)) / 255, target(r))) is None


def test_batches_on_two_scales_are_told_apart():
    odd = (2, 6)
    assert named("unscaled", lambda r, k: (r.random((ROWS, 4)) * (255 if k in odd else 1), target(r))) == odd
    alone = found(lambda: stream(lambda r, k: (r.random((ROWS, 4)) * (255 if k == 2 else 1), target(r))))["unscaled"]
    assert alone.message.startswith("In batch 2 x spans")


def test_validation_on_another_scale_is_told_of_sources_and_arrays_but_not_where_both_are_alike():
    def source(scale):
        return stream(lambda r, _: (r.random((ROWS, 3)) * scale, target(r)))

    x, y = random().random((50, 3)), random().random((50, 1))
    assert "unscaled" in found(lambda: source(1), validation_data=(x * 255, y))
    assert "unscaled" in found(lambda: source(255), validation_data=(x, y))
    assert "unscaled" in found(lambda: source(1), validation_data=source(255))
    assert found(lambda: source(1), validation_data=(x, y)) == {}
    assert found(lambda: source(255), validation_data=(x * 255, y)) == {}


def test_raw_images_are_a_note_and_none_where_the_model_scales_them():
    def draw(r, _step):
        return r.integers(0, 256, (ROWS, 6, 6, 1)).astype("uint8"), target(r)

    def model(*first):
        layers = [keras.Input((6, 6, 1)), *first, keras.layers.Flatten(), keras.layers.Dense(1)]
        built = keras.Sequential(layers)
        built.compile("sgd", "mse")
        return built

    assert found(lambda: stream(draw), model())["unscaled"].severity == "note"
    assert found(lambda: stream(draw), model(keras.layers.Rescaling(1 / 255))) == {}
    assert found(lambda: stream(draw)) == {}


@pytest.mark.parametrize("stale", [False, True])
def test_rows_that_were_never_written_are_counted(stale):
    data = random().normal(size=(30, 4))

    def source():
        x, y = np.zeros((8, 4)), np.zeros((8, 1))
        for i in range(0, 30, 8):
            part = data[i : i + 8]
            if not stale:
                x, y = np.zeros((8, 4)), np.zeros((8, 1))
            x[: len(part)], y[: len(part)] = part, part[:, :1]
            yield x.copy(), y.copy()

    finding = found(source)["unfilled-rows"]
    assert finding.batches == (3,)
    assert "2 rows of 8" in finding.message


def test_nan_in_a_later_epoch_says_that_the_first_was_sound():
    def source():
        for k, (x, y) in enumerate(stream(mixture, 12)):
            yield np.where(k == 9, np.nan, x), y

    finding = diagnose(source, epochs=3, steps_per_epoch=4, progress=False).findings[0]
    assert finding.rule == "nan-inf"
    assert "Epochs 1-2 were sound" in finding.message


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


@pytest.mark.parametrize(("high", "by", "is_twice"), [(1, 1 / 255, True), (255, 1 / 255, False), (1, 2.0, False)])
def test_a_rescaling_layer_over_scaled_images_divides_them_twice(high, by, is_twice):
    x = np.random.default_rng(0).random((48, 6, 6, 3)) * high
    layers = [keras.Input((6, 6, 3)), keras.layers.Rescaling(by), keras.layers.Flatten(), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile("sgd", "mse")
    found = findings(lambda: ((part, part[:, 0, 0, :1]) for part in np.split(x, VIEWS)), model)
    assert ("double-scaled" in found) == is_twice
