"""A PyDataset whose items a generator hands on: fit knows nothing of its hooks."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tests.truth.surface.build import FEATURES, arrays, dense
from tests.truth.surface.row import Call, fault

SIGNATURE = (tf.TensorSpec((None, FEATURES), tf.float32), tf.TensorSpec((None, 1), tf.float32))
STEPS = 6


class Shuffled(keras.utils.PyDataset):
    """Draws a new order at the end of each epoch."""

    def __init__(self, *, shuffle: bool = True) -> None:
        super().__init__()
        self.x, self.y = arrays()
        self.shuffle, self.random = shuffle, np.random.default_rng(0)
        self.order = np.arange(len(self.x))

    def __len__(self) -> int:
        return STEPS

    def __getitem__(self, index: int) -> Any:
        if index >= STEPS:
            raise IndexError
        rows = self.order[index * 8 : index * 8 + 8]
        return self.x[rows], self.y[rows]

    def on_epoch_end(self) -> None:
        if self.shuffle:
            self.random.shuffle(self.order)


class Staged(Shuffled):
    """Goes on to a harder stage at the beginning of each epoch."""

    stage = 0

    def on_epoch_begin(self) -> None:
        self.stage += 1

    def on_epoch_end(self) -> None:
        """Leave the order."""

    def __getitem__(self, index: int) -> Any:
        x, y = super().__getitem__(index)
        return x * (1 + self.stage / 4), y


def _endless(items: Any) -> Any:
    while True:
        for index in range(len(items)):
            yield items[index]


def _in_turn(items: Any) -> Any:
    while True:
        yield from iter(items)


def _calling(items: Any) -> Any:
    while True:
        for index in range(len(items)):
            yield items[index]
        items.on_epoch_end()


SAME = (r"never calls its `on_epoch_end`", r"the same 6 batches", r"PyDataset itself")


@fault(first="hook-never-called", says=SAME, variants=(_endless, _in_turn))
def a_generator_over_items(make: Any) -> Call:
    return Call(make(Shuffled()), dense(), epochs=3, steps_per_epoch=STEPS)


@fault(first="hook-never-called", says=SAME)
def a_generator_function_over_items() -> Call:
    items = Shuffled()

    def make_batches() -> Any:
        return _endless(items)

    return Call(make_batches, dense(), epochs=3, steps_per_epoch=STEPS)


@fault(first="hook-never-called", says=(*SAME, "from_generator"), variants=("index", "iter", "lambda"))
def from_generator_over_items(kind: str) -> Call:
    items = Shuffled()

    def by_index() -> Any:
        for index in range(len(items)):
            yield items[index]

    def by_iterator() -> Any:
        yield from iter(items)

    make = {"index": by_index, "iter": by_iterator, "lambda": lambda: (items[index] for index in range(STEPS))}[kind]
    return Call(tf.data.Dataset.from_generator(make, output_signature=SIGNATURE).prefetch(2), dense(), epochs=3)


@fault(first="hook-never-called", says=(r"`on_epoch_begin`", r"before each pass"))
def stages_that_never_come() -> Call:
    return Call(_endless(Staged()), dense(), epochs=3, steps_per_epoch=STEPS)


@a_generator_over_items.sound
def items_given_to_fit() -> Call:
    return Call(Shuffled(), dense(), epochs=3)


@a_generator_over_items.sound
def a_generator_that_calls_the_hook() -> Call:
    return Call(_calling(Shuffled()), dense(), epochs=3, steps_per_epoch=STEPS)


@a_generator_over_items.sound
def items_that_are_not_to_be_shuffled() -> Call:
    return Call(_endless(Shuffled(shuffle=False)), dense(), epochs=3, steps_per_epoch=STEPS)


@from_generator_over_items.sound
def a_dataset_that_shuffles_the_items() -> Call:
    items = Shuffled()
    dataset = tf.data.Dataset.from_generator(lambda: iter(items), output_signature=SIGNATURE)
    return Call(dataset.unbatch().shuffle(48).batch(8), dense(), epochs=3)
