"""The three generators of the tour: each is said to fail in a certain way, and fit does otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

ROWS, FEATURES, BATCH = 100, 10, 10
EPOCHS = 10

Batches = Iterator[tuple[Any, Any]]


def rows() -> tuple[Any, Any]:
    """100 samples of 10 features, and labels 0 or 1 (int64) that depend on them."""
    x = np.random.default_rng(7).normal(size=(ROWS, FEATURES)).astype("float32")
    return x, (x[:, 0] > 0).astype("int64")


def short_batches() -> Batches:
    """Every third batch is one sample short; for ever."""
    x, y = rows()
    while True:
        for start in range(0, ROWS, BATCH):
            stop = start + BATCH - (start % 3 == 0)
            yield x[start:stop], y[start:stop]


def float_labels() -> Batches:
    """Labels become float64 "now and then": the condition holds for every start that is a multiple of ten."""
    x, y = rows()
    while True:
        for start in range(0, ROWS, BATCH):
            labels = y[start : start + BATCH]
            yield x[start : start + BATCH], labels.astype("float64") if start % 5 == 0 else labels


def one_pass() -> Batches:
    """The "correct" one: a single pass over the data."""
    x, y = rows()
    for start in range(0, ROWS, BATCH):
        yield x[start : start + BATCH], y[start : start + BATCH]


def make_model() -> Any:
    """One sigmoid unit, compiled."""
    import keras

    model = keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(1, activation="sigmoid")])
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model


STEPS = ROWS // BATCH
TOUR: tuple[tuple[str, Callable[[], Batches], dict[str, Any]], ...] = (
    ("Batches of different sizes", short_batches, {"epochs": EPOCHS, "steps_per_epoch": STEPS}),
    ("Labels of two dtypes", float_labels, {"epochs": EPOCHS, "steps_per_epoch": STEPS}),
    ("A single pass, trained for ten epochs", one_pass, {"epochs": EPOCHS}),
)
