"""Labels that the loss leaves out: all of them, or a class whose number is that of the padding."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import KINDS, arrays, batches_of, dense, labels, source
from tests.truth.surface.row import Call, fault

LONGEST, TAGS = 10, 5


def left_out(ignored: int, classes: int = 3) -> Any:
    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=ignored)
    return dense(classes, loss=loss, activation="softmax")


@fault(first="ignored-labels", says=(r"Every label of y is -1", r"learns nothing"), variants=KINDS)
def labels_that_are_all_left_out(kind: str) -> Call:
    x, _ = arrays()
    return Call(source(kind, batches_of(x, np.full(48, -1))), left_out(-1))


@fault(first="ignored-labels", says=r"Every label of y is 0", variants=((48,), (48, 1)))
def class_0_alone_and_left_out(shape: tuple[int, ...]) -> Call:
    return Call((arrays()[0], np.zeros(shape, "int64")), left_out(0), epochs=2)


def sentences(shift: int = 0) -> tuple[Any, Any]:
    """Words 1..50, filled up with 0; ten words to a tag."""
    random = np.random.default_rng(0)
    x = random.integers(1, 51, (48, LONGEST))
    x[np.arange(LONGEST) >= random.integers(4, LONGEST, 48)[:, None]] = 0
    return x, np.where(x > 0, (x - 1) // 10 + shift, 0)


def tagger(ignored: int = 0) -> Any:
    layers = [keras.Input((LONGEST,), dtype="int64"), keras.layers.Embedding(51, 4), keras.layers.Dense(51)]
    model = keras.Sequential(layers)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=ignored))
    return model


@fault(first="ignored-labels", says=(r"also at \d+ of the \d+ places", r"ignore_class=-1"), variants=KINDS)
def a_tag_with_the_number_of_the_padding(kind: str) -> Call:
    return Call(source(kind, batches_of(*sentences())), tagger())


@labels_that_are_all_left_out.sound
def some_labels_left_out() -> Call:
    x, y = labels()
    return Call((x, np.where(y == 1, -1, y)), left_out(-1))


@labels_that_are_all_left_out.sound
def tags_that_begin_with_1() -> Call:
    return Call(source("PyDataset", batches_of(*sentences(1))), tagger())


@labels_that_are_all_left_out.sound
def the_next_word_of_a_text() -> Call:
    x, _ = sentences()
    return Call(source("generator", batches_of(x, np.pad(x, ((0, 0), (0, 1)))[:, 1:])), tagger())
