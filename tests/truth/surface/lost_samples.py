"""Passes that are permutations but for a sample, and streams that are none by design."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import ROWS, arrays, dense
from tests.truth.surface.row import Call, fault

COUNT = 48


def drawn(ids: Iterator[int]) -> Iterator[Any]:
    x, y = arrays()
    while True:
        rows = [next(ids) for _ in range(ROWS)]
        yield x[rows], y[rows]


def shuffled_before_the_last() -> Iterator[int]:
    random, place = np.random.default_rng(0), 0
    order = random.permutation(COUNT)
    while True:
        row, place = order[place], place + 1
        if place == COUNT:
            random.shuffle(order)
            row, place = order[place - 1], 0
        yield int(row)


def drawn_anew_at_the_last() -> Iterator[int]:
    random = np.random.default_rng(3)
    while True:
        yield from map(int, random.permutation(COUNT)[:-1])
        yield int(random.integers(COUNT))


def shuffled_at_the_end() -> Iterator[int]:
    random = np.random.default_rng(0)
    while True:
        yield from map(int, random.permutation(COUNT))


class ShufflesInTheLastItem(keras.utils.PyDataset):
    """Makes the next order when the last item is asked for, and that item of it."""

    def __init__(self) -> None:
        super().__init__()
        self.x, self.y = arrays()
        self.order, self.random = np.arange(COUNT), np.random.default_rng(0)

    def __len__(self) -> int:
        return 6

    def __getitem__(self, index: int) -> Any:
        if index == 5:
            self.random.shuffle(self.order)
        rows = self.order[index * ROWS : index * ROWS + ROWS]
        return self.x[rows], self.y[rows]


SAYS = (r"twice", r"1 that other epochs have does not come", r"epoch 1", r"order\[position\]")


@fault(first="sample-twice", batch=5, says=SAYS, variants=(shuffled_before_the_last, drawn_anew_at_the_last))
def an_order_made_anew_too_early(ids: Any) -> Call:
    return Call(lambda: drawn(ids()), dense(), epochs=3, steps_per_epoch=6)


@fault(first="sample-twice", batch=5, says=r"twice")
def a_dataset_over_such_a_generator() -> Call:
    import tensorflow as tf

    signature = (tf.TensorSpec((None, 4), "float32"), tf.TensorSpec((None, 1), "float32"))
    source = tf.data.Dataset.from_generator(lambda: drawn(shuffled_before_the_last()), output_signature=signature)
    return Call(source, dense(), epochs=3, steps_per_epoch=6)


@fault(first="sample-twice", batch=5, says=r"twice")
def the_last_item_is_of_the_next_order() -> Call:
    return Call(ShufflesInTheLastItem(), dense(), epochs=4, shuffle=False)


@an_order_made_anew_too_early.sound
def an_order_made_anew_at_the_end() -> Call:
    return Call(lambda: drawn(shuffled_at_the_end()), dense(), epochs=3, steps_per_epoch=6)


@an_order_made_anew_too_early.sound
def samples_drawn_with_replacement() -> Call:
    def ids() -> Iterator[int]:
        random = np.random.default_rng(0)
        while True:
            yield int(random.integers(COUNT))

    return Call(lambda: drawn(ids()), dense(), epochs=3, steps_per_epoch=6)


@an_order_made_anew_too_early.sound
def a_buffer_that_goes_on_behind_the_end() -> Call:
    def ids() -> Iterator[int]:
        random, endless = np.random.default_rng(1), shuffled_at_the_end()
        buffer = [next(endless) for _ in range(3)]
        for one in endless:
            place = random.integers(3)
            yield buffer[place]
            buffer[place] = one

    return Call(lambda: drawn(ids()), dense(), epochs=4, steps_per_epoch=6)


@an_order_made_anew_too_early.sound
def a_dataset_that_repeats_and_then_shuffles() -> Call:
    import tensorflow as tf

    source = tf.data.Dataset.from_tensor_slices(arrays()).repeat().shuffle(4).batch(ROWS)
    return Call(source, dense(), epochs=3, steps_per_epoch=6)


@an_order_made_anew_too_early.sound
def a_record_that_is_in_the_data_twice() -> Call:
    x, y = arrays()
    x[7], y[7] = x[20], y[20]

    def batches() -> Iterator[Any]:
        ids = shuffled_at_the_end()
        while True:
            rows = [next(ids) for _ in range(ROWS)]
            yield x[rows], y[rows]

    return Call(batches, dense(), epochs=3, steps_per_epoch=6)


@an_order_made_anew_too_early.sound
def a_last_batch_filled_up_from_the_first() -> Call:
    x, y = arrays(45)

    def batches() -> Iterator[Any]:
        random = np.random.default_rng(0)
        while True:
            order = random.permutation(45)
            for start in range(0, 48, ROWS):
                rows = np.take(order, range(start, start + ROWS), mode="wrap")
                yield x[rows], y[rows]

    return Call(batches, dense(), epochs=3, steps_per_epoch=6)
