"""Memory that is filled again, kept for ever, or never filled."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.truth.surface.build import FEATURES, ROWS, Items, arrays, batches_of, dense
from tests.truth.surface.row import Call, fault

MIB = 2**20


def refilled(count: int) -> Any:
    """A generator that fills ``count`` arrays in turn."""
    x, y = arrays()

    def make_batches() -> Any:
        buffers = [np.empty((ROWS, FEATURES), "float32") for _ in range(count)]
        for at in range(6):
            rows = slice(at * ROWS, (at + 1) * ROWS)
            buffers[at % count][:] = x[rows]
            yield buffers[at % count], y[rows]

    return make_batches


@fault(
    first="buffer-reuse",
    verdict="trains on altered data",
    says=("written over", "copy"),
    live="which batches are torn, and whether any, differs from run to run",
)
def one_buffer() -> Call:
    return Call(refilled(1), dense())


@one_buffer.sound
def a_new_array_for_each_batch() -> Call:
    x, y = arrays()

    def make_batches() -> Any:
        for at in range(6):
            batch = np.empty((ROWS, FEATURES), "float32")
            batch[:] = x[at * ROWS : (at + 1) * ROWS]
            yield batch, y[at * ROWS : (at + 1) * ROWS]

    return Call(make_batches, dense())


@one_buffer.sound
def views_of_one_array() -> Call:
    return Call(Items(batches_of(*arrays())), dense(), epochs=2)


@fault(first="leak", says=("memory grows", "kept"), variants=("generator", "PyDataset"))
def a_list_that_is_never_emptied(kind: str) -> Call:
    batches = batches_of(*arrays())

    def make_batches() -> Any:
        kept = []
        while True:
            for batch in batches:
                kept.append(np.ones(2 * MIB, "uint8"))
                yield batch

    class Keeping(Items):
        def __init__(self) -> None:
            super().__init__(batches * 2)
            self.kept: list[Any] = []

        def __getitem__(self, index: int) -> Any:
            self.kept.append(np.ones(2 * MIB, "uint8"))
            return self.batches[index]

    if kind == "PyDataset":
        return Call(Keeping(), dense(), epochs=3)
    return Call(make_batches, dense(), epochs=3, steps_per_epoch=12)


@a_list_that_is_never_emptied.sound
def a_cache_filled_in_the_first_epoch() -> Call:
    class Cached(Items):
        def __init__(self) -> None:
            super().__init__(batches_of(*arrays()))
            self.cache: dict[int, Any] = {}

        def __len__(self) -> int:
            return 12

        def __getitem__(self, index: int) -> Any:
            if index not in self.cache:
                x, y = arrays(ROWS, seed=index)
                self.cache[index] = (x, y, np.ones(2 * MIB, "uint8"))
            return self.cache[index][:2]

    return Call(Cached(), dense(), epochs=4)


@a_list_that_is_never_emptied.sound
def a_list_emptied_for_each_batch() -> Call:
    batches = batches_of(*arrays())

    def make_batches() -> Any:
        while True:
            for batch in batches:
                kept = [np.ones(2 * MIB, "uint8")]
                yield batch
                kept.clear()

    return Call(make_batches, dense(), epochs=3, steps_per_epoch=12)


@fault(first="unfilled-rows", batch=5, says=("all zeros", "last"), variants=("generator", "PyDataset"))
def a_last_batch_of_full_size(kind: str) -> Call:
    batches = batches_of(*arrays())
    x, y = (part.copy() for part in batches[5])
    x[3:], y[3:] = 0, 0
    batches[5] = x, y
    return Call(Items(batches) if kind == "PyDataset" else lambda: (batch for batch in batches), dense())


@a_last_batch_of_full_size.sound
def a_last_batch_that_is_shorter() -> Call:
    return Call(Items(batches_of(*arrays(43))), dense())


@a_last_batch_of_full_size.sound
def padded_rows_without_weight() -> Call:
    batches: list[Any] = [(x, y, np.ones(ROWS, "float32")) for x, y in batches_of(*arrays())]
    x, y, weights = (part.copy() for part in batches[5])
    x[3:], y[3:], weights[3:] = 0, 0, 0
    batches[5] = x, y, weights
    return Call(Items(batches), dense())


@fault(first="blank-batches", batch=2, says=("blank",), variants=("generator", "PyDataset"))
def a_read_that_gave_zeros(kind: str) -> Call:
    batches = batches_of(*arrays())
    batches[2] = np.zeros_like(batches[2][0]), batches[2][1]
    return Call(Items(batches) if kind == "PyDataset" else lambda: (batch for batch in batches), dense())


@fault(first="blank-batches", says=("blank",))
def blank_from_the_second_epoch_on() -> Call:
    batches = batches_of(*arrays())

    def make_batches() -> Any:
        for epoch in range(3):
            for x, y in batches:
                yield (x if epoch == 0 else np.zeros_like(x)), y

    return Call(make_batches, dense(), epochs=3, steps_per_epoch=6)


@a_read_that_gave_zeros.sound
def sparse_features() -> Call:
    x = (np.random.default_rng(0).random((48, FEATURES)) < 0.02).astype("float32")
    return Call(Items(batches_of(x, arrays()[1])), dense())
