"""One-hot targets of sequences and masks, whose rows are zeros in some places."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import KINDS, batches_of, generator, source
from tests.truth.surface.row import Call, fault

STEPS, CLASSES = 6, 3
CATEGORICAL = "categorical_crossentropy"


def sequences(*, filled: int = 4, blank: bool = False) -> tuple[Any, Any]:
    """``x`` ``(48, 6, 2)`` and one-hot ``y`` ``(48, 6, 3)`` that is empty from step ``filled`` on, or of class 0."""
    random = np.random.default_rng(0)
    x = random.normal(size=(48, STEPS, 2)).astype("float32")
    y = np.eye(CLASSES, dtype="float32")[random.integers(0, CLASSES, (48, STEPS))]
    y[:, filled:] = [1, 0, 0] if blank else 0
    return x, y


def tagger(*before: Any, loss: Any = CATEGORICAL, activation: str = "softmax", **compiled: Any) -> Any:
    last = keras.layers.Dense(CLASSES, activation=activation)
    model = keras.Sequential([keras.Input((STEPS, 2)), *before, last])
    model.compile("sgd", loss, **compiled)
    return model


@fault(
    first="steps-without-class",
    batch=0,
    says=(r"96 of 288 one-hot rows", r"y\[0, 4\]", r"all zeros", r"accuracy takes it for class 0", r"weighted_metrics"),
    variants=KINDS,
)
def padded_steps_have_no_class(kind: str) -> Call:
    return Call(source(kind, batches_of(*sequences())), tagger(metrics=["accuracy"]), shuffle=False)


@fault(first="steps-without-class", says=(r"48 of 288", r"mean\."))
def one_step_in_arrays_has_none() -> Call:
    return Call(sequences(filled=5), tagger(keras.layers.LSTM(4, return_sequences=True)), epochs=2, batch_size=8)


@fault(first="steps-without-class", batch=3, says=(r"of 288", r"y\[2, 1\] of batch 3"))
def one_sample_is_cut_short() -> Call:
    x, y = sequences(filled=STEPS)
    y[26, 1:] = 0
    return Call(generator(batches_of(x, y)), tagger(loss=keras.losses.CategoricalFocalCrossentropy()))


@fault(first="steps-without-class", says=r"label_smoothing the categorical_crossentropy teaches every class alike")
def padded_steps_under_smoothed_labels() -> Call:
    return Call(sequences(), tagger(loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.1)), epochs=1)


@fault(first="steps-without-class", batch=0, says=(r"one-hot row", r"weights, one for each position"))
def pixels_have_no_class() -> Call:
    random = np.random.default_rng(0)
    x = random.normal(size=(48, 4, 4, 2)).astype("float32")
    y = np.eye(CLASSES, dtype="float32")[random.integers(0, CLASSES, (48, 4, 4))]
    y[:, 0] = 0
    model = keras.Sequential([keras.Input((4, 4, 2)), keras.layers.Conv2D(CLASSES, 1, activation="softmax")])
    model.compile("sgd", CATEGORICAL, metrics=["accuracy"])
    return Call(generator(batches_of(x, y)), model)


@padded_steps_have_no_class.sound
def padding_is_a_class_of_its_own() -> Call:
    return Call(generator(batches_of(*sequences(blank=True))), tagger(metrics=["accuracy"]))
