"""On which scale numbers are, and which of them nobody wrote."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import KINDS, Items, arrays, batches_of, dense, generator, source
from tests.truth.surface.row import Call, fault, silent

L = keras.layers


def images(n: int = 48, channels: int = 1, seed: int = 0) -> Any:
    return np.random.default_rng(seed).random((n, 6, 6, channels)).astype("float32")


def bright(n: int = 48) -> Any:
    return np.random.default_rng(1).random((n, 1)).astype("float32")


def net(*first: Any, channels: int = 1) -> Any:
    model = keras.Sequential([keras.Input((6, 6, channels)), *first, L.Flatten(), L.Dense(1)])
    model.compile(keras.optimizers.SGD(1e-3), "mse")
    return model


def last_of(batches: list[Any], x: Any, *, rows: int = 3, y: Any = None) -> list[Any]:
    """Write over the last rows of the last batch."""
    given, target = batches[-1][0].copy(), batches[-1][1].copy()
    given[-rows:] = x
    if y is not None:
        target[-rows:] = y
    return [*batches[:-1], (given, target)]


@fault(first="unfilled-rows", batch=5, says=(r"3 rows of 8", r"n = 5|keep only the rows"), variants=KINDS)
def rows_of_zeros(kind: str) -> Call:
    return Call(source(kind, last_of(batches_of(*arrays()), 0, y=0)), dense(), shuffle=False)


@fault(first="unfilled-rows", batch=5, says=r"zeros in x", variants=("vectors", "images"))
def rows_of_zeros_in_x_alone(kind: str) -> Call:
    if kind == "images":
        return Call(generator(last_of(batches_of(images(), bright()), 0)), net())
    return Call(generator(last_of(batches_of(*arrays()), 0)), dense())


@fault(first="unfilled-rows", batch=5, says=r"size", variants=(1e12, 1e-40))
def rows_that_hold_whatever_was_in_memory(size: float) -> Call:
    odd = np.random.default_rng(5).random((3, 4)) * size
    model = dense()
    model.compile(keras.optimizers.SGD(1e-30 if size > 1 else 0.01), "mae")
    return Call(generator(last_of(batches_of(*arrays()), odd)), model)


@fault(first="unfilled-rows", batch=5, says=r"batch before")
def rows_of_the_batch_before() -> Call:
    batches = batches_of(*arrays())
    return Call(generator(last_of(batches, batches[-2][0][-3:], y=batches[-2][1][-3:])), dense())


@rows_of_zeros.sound
def a_short_last_batch() -> Call:
    return Call(generator(batches_of(*arrays(45))), dense())


@rows_of_zeros.sound
def rows_of_zeros_without_weight() -> Call:
    weights = np.ones(48, "float32")
    weights[-3:] = 0
    batches = last_of(batches_of(*arrays()), 0, y=0)
    return Call(generator([(x, y, w) for (x, y), (w,) in zip(batches, batches_of(weights), strict=True)]), dense())


@rows_of_zeros_in_x_alone.sound
def rows_of_zeros_anywhere() -> Call:
    x, y = arrays()
    x[::11] = 0
    x[-1] = 0
    return Call(generator(batches_of(x, y)), dense())


@rows_that_hold_whatever_was_in_memory.sound
def shares_that_are_next_to_nothing() -> Call:
    x, y = arrays()
    return Call(generator(batches_of(np.exp(x * 20 - 60), y)), dense())


@fault(first="blank-batches", batch=6, says=r"blank", variants=("generator", "PyDataset"))
def blank_from_the_second_epoch_on(kind: str) -> Call:
    batches = batches_of(images(), bright())
    if kind == "PyDataset":
        return Call(Erased(batches), net(), epochs=3, shuffle=False)

    def make_batches() -> Any:
        for epoch in range(3):
            yield from ((x * (epoch == 0), y) for x, y in batches)

    return Call(make_batches, net(), epochs=3, steps_per_epoch=6)


class Erased(Items):
    """Clears its images at the end of an epoch, and keeps the labels."""

    def __init__(self, batches: list[Any]) -> None:
        super().__init__(batches)
        self.ended = 0

    def on_epoch_end(self) -> None:
        self.ended += 1
        if self.ended > 1:  # the first comes before the first epoch
            self.batches = [(x * 0, y) for x, y in self.batches]


@blank_from_the_second_epoch_on.sound
def darker_from_epoch_to_epoch() -> Call:
    batches = batches_of(images(), bright())

    def make_batches() -> Any:
        for epoch in range(3):
            yield from ((x * 0.9**epoch, y) for x, y in batches)

    return Call(make_batches, net(), epochs=3, steps_per_epoch=6)


@blank_from_the_second_epoch_on.sound
def one_input_that_is_always_blank() -> Call:
    given = [keras.Input((4,)), keras.Input((3,))]
    model = keras.Model(given, L.Dense(1)(L.Concatenate()(given)))
    model.compile("sgd", "mse")
    return Call(generator([((x, np.zeros((8, 3), "float32")), y) for x, y in batches_of(*arrays())]), model)


@fault(first="double-scaled", batch=0, says=r"twice|again", variants=("255 255", "255 127", "127 127"))
def images_scaled_twice(kind: str) -> Call:
    x = np.random.default_rng(0).integers(0, 256, (48, 6, 6, 3)).astype("float32")
    once = x / 255 if kind.startswith("255") else x / 127.5 - 1
    twice = once / 255 if kind.endswith("255") else once / 127.5 - 1
    return Call(generator(batches_of(twice, bright())), net(channels=3))


@fault(first="double-scaled", batch=0, says=r"Rescaling", variants=(0, -1))
def images_scaled_in_the_model_too(offset: int) -> Call:
    scale = 1 / 255 if offset == 0 else 1 / 127.5
    return Call((images(), bright()), net(L.Rescaling(scale, offset=offset)), shuffle=False)


@images_scaled_twice.sound
def images_of_minus_one_to_one() -> Call:
    return Call((images() * 2 - 1, bright()), net())


@images_scaled_in_the_model_too.sound
def images_scaled_in_the_model_alone() -> Call:
    x = np.random.default_rng(0).integers(0, 256, (48, 6, 6, 1))
    return Call((x, bright()), net(L.Rescaling(1 / 127.5, offset=-1)))


@fault(first="unscaled", says=r"another scale", variants=("images", "vectors", "generator"))
def validation_on_minus_one_to_one(kind: str) -> Call:
    if kind == "vectors":
        x = np.random.default_rng(0).random((96, 4)).astype("float32")
        return Call((x, x[:, :1]), dense(), validation_data=(x * 2 - 1, x[:, :1]))
    data = (images(seed=3) * 2 - 1, bright())
    validation = data if kind == "images" else Items(batches_of(*data))
    return Call(generator(batches_of(images(), bright())), net(), validation_data=validation)


@validation_on_minus_one_to_one.sound
def validation_on_the_same_scale() -> Call:
    return Call((images(), bright()), net(), validation_data=(images(seed=3), bright()))


@validation_on_minus_one_to_one.sound
def validation_of_another_day() -> Call:
    x = np.random.default_rng(0).random((96, 4)).astype("float32")
    return Call((x, x[:, :1]), dense(), validation_data=(x * 1.1 - 0.2, x[:, :1]))


@silent(because="uint8 that ran over when it was subtracted is uint8 like any other")
def differences_that_ran_over() -> Call:
    x = np.random.default_rng(0).integers(0, 256, (48, 6, 6, 1)).astype("uint8")
    return Call((x - x[::-1], bright()), net(L.Rescaling(1 / 255)))


@silent(because="a feature that is always the same is a second bias, and does no harm")
def a_constant_feature() -> Call:
    x, y = arrays()
    x[:, 2] = 1
    return Call((x, y), dense())
