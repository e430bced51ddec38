"""What one pass over the data does to the next, and how often a sample comes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.truth.surface.build import ROWS, Items, arrays, batches_of, classifier, dense, labels
from tests.truth.surface.row import Call, fault

COUNT = 48


def in_place(kind: str) -> Any:
    """A source that halves its data whenever it makes a batch of them."""
    x, y = arrays()
    x = x * 10

    def in_order() -> Any:
        while True:
            for at in range(0, COUNT, ROWS):
                part = x[at : at + ROWS]
                part *= 0.5
                yield part, y[at : at + ROWS]

    def in_any_order() -> Any:
        random = np.random.default_rng(0)
        while True:
            for rows in np.split(random.permutation(COUNT), 6):
                x[rows] *= 0.5
                yield x[rows], y[rows]

    class Halving(Items):
        def __getitem__(self, index: int) -> Any:
            part = x[index * ROWS : (index + 1) * ROWS]
            part *= 0.5
            return part, y[index * ROWS : (index + 1) * ROWS]

    return {"in order": in_order, "in any order": in_any_order}.get(kind) or Halving(batches_of(x, y))


@fault(first="changed-in-place", says=("in place", "0.5", "copy"), variants=("in order", "in any order", "PyDataset"))
def data_that_shrink_with_each_pass(kind: str) -> Call:
    steps = {} if kind == "PyDataset" else {"steps_per_epoch": 6}
    return Call(in_place(kind), dense(), epochs=3, **steps)


@fault(first="changed-in-place", says=("in place", "1/255"), variants=(2, 3))
def bytes_scaled_again_in_each_epoch(epochs: int) -> Call:
    x = np.random.default_rng(0).integers(0, 256, (COUNT, 4)).astype("float32")
    y = x[:, :1] / 255

    class Scaling(Items):
        def __getitem__(self, index: int) -> Any:
            part = x[index * ROWS : (index + 1) * ROWS]
            part /= 255
            return part, y[index * ROWS : (index + 1) * ROWS]

    return Call(Scaling(batches_of(x, y)), dense(), epochs=epochs)


@fault(first="changed-in-place", says=("set to 0", "copy"))
def patches_cut_out_of_the_data_themselves() -> Call:
    import keras

    x = np.random.default_rng(0).random((COUNT, 8, 8, 1)).astype("float32") + 0.1
    y, random = x.mean((1, 2, 3))[:, None], np.random.default_rng(1)

    class Cutting(Items):
        def __getitem__(self, index: int) -> Any:
            part = x[index * ROWS : (index + 1) * ROWS]
            for image in part:
                top, left = random.integers(0, 6, 2)
                image[top : top + 3, left : left + 3] = 0
            return part, y[index * ROWS : (index + 1) * ROWS]

    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return Call(Cutting(batches_of(x, y)), model, epochs=4)


@data_that_shrink_with_each_pass.sound
def brightness_drawn_anew() -> Call:
    x, y = arrays()

    class Bright(Items):
        random = np.random.default_rng(0)

        def __getitem__(self, index: int) -> Any:
            rows = slice(index * ROWS, (index + 1) * ROWS)
            return (x[rows] * self.random.uniform(0.5, 1.5, (ROWS, 1))).astype("float32"), y[rows]

    return Call(Bright(batches_of(x, y)), dense(), epochs=4)


@data_that_shrink_with_each_pass.sound
def a_stage_that_grows_on_purpose() -> Call:
    class Growing(Items):
        def __init__(self) -> None:
            super().__init__(batches_of(*arrays()))
            self.scale = 0.5

        def on_epoch_begin(self) -> None:
            self.scale = min(1.0, self.scale * 1.1)

        def __getitem__(self, index: int) -> Any:
            x, y = self.batches[index]
            return (x * self.scale).astype("float32"), y

    return Call(Growing(), dense(), epochs=4)


@data_that_shrink_with_each_pass.sound
def a_copy_that_is_changed() -> Call:
    x, y = arrays()

    def make_batches() -> Any:
        while True:
            for at in range(0, COUNT, ROWS):
                part = x[at : at + ROWS].copy()
                part *= 0.5
                yield part, y[at : at + ROWS]

    return Call(make_batches, dense(), epochs=3, steps_per_epoch=6)


@fault(first="duplicate-batches", says=("identical",), variants=("generator", "PyDataset"))
def a_position_set_back_each_time(kind: str) -> Call:
    batches = batches_of(*arrays())

    def make_batches() -> Any:
        for _ in range(6):
            yield batches[0]

    class First(Items):
        def __getitem__(self, index: int) -> Any:
            return self.batches[0]

    return Call(make_batches if kind == "generator" else First(batches), dense())


@a_position_set_back_each_time.sound
def a_small_set_that_begins_again() -> Call:
    batches = batches_of(*arrays(24))

    def make_batches() -> Any:
        while True:
            yield from batches

    return Call(make_batches, dense(), epochs=2, steps_per_epoch=6)


@fault(first="overlapping-batches", says=("again at the beginning", "slice"), variants=("generator", "PyDataset"))
def slices_that_end_too_late(kind: str) -> Call:
    x, y = arrays(COUNT + 1)
    batches = [(x[at : at + ROWS + 1], y[at : at + ROWS + 1]) for at in range(0, COUNT, ROWS)]
    return Call(Items(batches) if kind == "PyDataset" else lambda: (batch for batch in batches), dense())


@slices_that_end_too_late.sound
def windows_that_overlap_in_time() -> Call:
    series = np.random.default_rng(0).normal(size=80).astype("float32")
    windows = np.stack([series[at : at + 4] for at in range(COUNT)])
    return Call(Items(batches_of(windows, series[4 : COUNT + 4, None])), dense())


def sorted_by_class(kind: str) -> Any:
    x, y = labels()
    order = np.argsort(y)
    batches = batches_of(x[order], y[order])

    def make_batches() -> Any:
        while True:
            yield from batches

    return make_batches if kind == "generator" else Items(batches)


@fault(first="never-reshuffled", says=("shuffle=True is ignored", "sorted"))
def a_sorted_generator_with_shuffle() -> Call:
    return Call(sorted_by_class("generator"), classifier(), epochs=3, steps_per_epoch=6, shuffle=True)


@a_sorted_generator_with_shuffle.sound
def samples_shuffled_in_the_source() -> Call:
    x, y = labels()

    def make_batches() -> Any:
        random = np.random.default_rng(0)
        while True:
            order = random.permutation(len(x))
            yield from batches_of(x[order], y[order])

    return Call(make_batches, classifier(), epochs=3, steps_per_epoch=6, shuffle=True)
