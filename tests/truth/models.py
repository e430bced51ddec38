"""The model of a scenario, the same for every call."""

from __future__ import annotations

from typing import Any

import keras

from tests.truth.batches import CLASSES
from tests.truth.scenario import Scenario

SLOW = 1e-3  # batches hold their number as a value, so a larger step may diverge


class OwnStep(keras.Model):
    """A subclass with its own ``train_step``, unbuilt until it sees data."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.flat, self.dense = keras.layers.Flatten(), keras.layers.Dense(1)

    def call(self, x: Any) -> Any:
        return self.dense(self.flat(x))

    def train_step(self, data: Any) -> dict[str, Any]:
        import tensorflow as tf

        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x=x, y=y, y_pred=self(x, training=True))
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        return {"loss": loss}


def make_model(scenario: Scenario) -> Any:
    """Build and compile it, with a fixed seed."""
    keras.utils.set_random_seed(scenario.seed % 2**31)
    model = _built(scenario)
    optimizer = {"sgd": keras.optimizers.SGD, "adam": keras.optimizers.Adam}[scenario.optimizer](scenario.rate or SLOW)
    model.compile(optimizer, scenario.loss, run_eagerly=scenario.eagerly, steps_per_execution=scenario.per_execution)
    return model


def _built(scenario: Scenario) -> Any:
    if scenario.model == "own step":
        return OwnStep()
    inputs = keras.Input(scenario.shape, name="a")
    if scenario.model in {"sequential", "unbuilt"}:
        first = [inputs] if scenario.model == "sequential" else []
        return keras.Sequential([*first, keras.layers.Flatten(), _head(scenario)])
    if scenario.model == "two outputs":
        flat = keras.layers.Flatten()(inputs)
        return keras.Model(inputs, (keras.layers.Dense(1)(flat), keras.layers.Dense(1)(flat)))
    if scenario.model == "embedding":
        return keras.Sequential([inputs, keras.layers.Embedding(12, 2), keras.layers.Flatten(), _head(scenario)])
    other = keras.Input(scenario.shape, name="b")
    both = keras.layers.Concatenate()([keras.layers.Flatten()(inputs), keras.layers.Flatten()(other)])
    taken = {"a": inputs, "b": other} if scenario.structure == "dict" else (inputs, other)
    return keras.Model(taken, _head(scenario)(both))


def _head(scenario: Scenario) -> Any:
    activations = {"mse": None, "binary_crossentropy": "sigmoid"}
    size = CLASSES if "categorical" in scenario.loss else 1
    return keras.layers.Dense(size, activation=activations.get(scenario.loss, "softmax"))
