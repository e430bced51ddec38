"""Sound PyDatasets whose hooks shuffle, count or choose."""

from __future__ import annotations

import time
from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import arrays, dense
from tests.truth.surface.lengths import a_length_short_of_the_data
from tests.truth.surface.pydataset_methods import a_hook_of_another_name, a_stage_that_begins_at_its_second
from tests.truth.surface.row import Call
from tests.truth.surface.worker_threads import a_stage_that_workers_overtake


class Drawn(keras.utils.PyDataset):
    """Takes its samples in an order of its own."""

    def __init__(self, length: int = 6, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.x, self.y = arrays()
        self.order, self.length, self.epoch = np.arange(48), length, 0

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Any:
        rows = self.order[index * 8 : index * 8 + 8]
        return self.x[rows], self.y[rows]


class Shuffled(Drawn):
    """Draws another order after each epoch, and counts."""

    def on_epoch_end(self) -> None:
        self.epoch += 1
        np.random.shuffle(self.order)  # noqa: NPY002  (as published)


@a_length_short_of_the_data.sound
def short_epochs_of_samples_drawn_anew() -> Call:
    return Call(Shuffled(3), dense(), epochs=3)


@a_stage_that_begins_at_its_second.sound
def an_order_and_a_count() -> Call:
    return Call(Shuffled(), dense(), epochs=3)


@a_stage_that_begins_at_its_second.sound
def a_seed_that_counts() -> Call:
    class Made(Drawn):
        def on_epoch_end(self) -> None:
            self.epoch += 1
            self.x = np.random.default_rng(self.epoch).normal(size=(48, 4)).astype("float32")
            self.y = self.x[:, :1]

    return Call(Made(), dense(), epochs=3)


@a_stage_that_workers_overtake.sound
def a_seed_that_workers_overtake() -> Call:
    class Seeded(Drawn):
        def on_epoch_begin(self) -> None:
            time.sleep(0.03)
            self.epoch += 1

        def __getitem__(self, index: int) -> Any:
            x, y = super().__getitem__(index)
            return x + np.random.default_rng([self.epoch, index]).normal(size=x.shape).astype("float32") / 10, y

    return Call(Seeded(workers=3), dense(), epochs=2)


@a_hook_of_another_name.sound
def a_loop_around_fit_calls_the_hook() -> Call:
    class Started(Drawn):
        def on_epoch_start(self) -> None:
            self.order = np.random.default_rng(0).permutation(48)

    source = Started()
    source.on_epoch_start()
    return Call(source, dense(), epochs=1)


@a_stage_that_begins_at_its_second.sound
def parts_of_the_data_that_come_round_again() -> Call:
    class Parts(Drawn):
        def __init__(self) -> None:
            super().__init__()
            self.parts, self.part = [arrays(seed=seed) for seed in range(4)], 0

        def __getitem__(self, index: int) -> Any:
            x, y = self.parts[self.part]
            return x[index * 8 : index * 8 + 8], y[index * 8 : index * 8 + 8]

        def on_epoch_end(self) -> None:
            self.part = (self.part + 1) % 4

    return Call(Parts(), dense(), epochs=8)
