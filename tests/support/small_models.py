"""Small compiled models of every kind that must come through a trial untouched, and batches for them."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
import tensorflow as tf

ROWS, WIDTH = 8, 4


def pairs(number: int, *, width: int = WIDTH) -> list[Any]:
    rng = np.random.default_rng(7)
    return [(rng.random((ROWS, width), "float32"), rng.random((ROWS, 1), "float32")) for _ in range(number)]


def labelled(number: int) -> list[Any]:
    rng = np.random.default_rng(7)
    return [(rng.random((ROWS, WIDTH), "float32"), rng.integers(0, 3, ROWS)) for _ in range(number)]


def many(number: int) -> list[Any]:
    rng = np.random.default_rng(7)
    return [
        (
            {"left": rng.random((ROWS, WIDTH), "float32"), "right": rng.random((ROWS, 2), "float32")},
            {"size": rng.random((ROWS, 1), "float32"), "kind": rng.integers(0, 3, ROWS)},
        )
        for _ in range(number)
    ]


def dense(loss: str = "mse", units: int = 1, **options: Any) -> Any:
    model = keras.Sequential(
        [keras.Input((WIDTH,)), keras.layers.Dense(3, activation="relu"), keras.layers.Dense(units)]
    )
    model.compile("adam", loss, **options)
    return model


def functional() -> Any:
    x = keras.Input((WIDTH,))
    hidden = keras.layers.Dropout(0.5)(keras.layers.BatchNormalization()(keras.layers.Dense(8)(x)))
    model = keras.Model(x, keras.layers.Dense(1)(hidden))
    rate = keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)
    metrics = [keras.metrics.MeanAbsoluteError(), "mse"]
    model.compile(keras.optimizers.Adam(rate, clipnorm=1.0), keras.losses.Huber(delta=0.3), metrics=metrics)
    return model


class Counting(keras.Model):
    """No copy of this can be made: its arguments are not on record, and it counts its steps in Python."""

    def __init__(self, *units: int) -> None:
        super().__init__()
        self.hidden = [keras.layers.Dense(count, activation="relu") for count in units]
        self.drop = keras.layers.Dropout(0.3)
        self.out = keras.layers.Dense(1)
        self.seen = 0
        self.mean = keras.metrics.Mean(name="loss")

    def call(self, x: Any, training: bool = False) -> Any:  # noqa: FBT001, FBT002  (Keras's signature)
        for layer in self.hidden:
            x = layer(x)
        return self.out(self.drop(x, training=training))

    def train_step(self, data: Any) -> dict[str, Any]:
        self.seen += 1
        x, y = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self(x, training=True) - y) ** 2)
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        self.mean.update_state(loss)
        return {"loss": self.mean.result()}


def counting() -> Any:
    model = Counting(8, 4)
    model.compile(keras.optimizers.RMSprop(0.01))
    return model


class TwoNets(keras.Model):
    """Two optimizers of its own and a compile of its own, as GANs have; never built by Keras's book."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = keras.layers.Dense(1), keras.Sequential([keras.layers.Dense(1)])

    def compile(self, first: Any, second: Any) -> None:
        super().compile()
        self.first, self.second = first, second

    def train_step(self, data: Any) -> dict[str, Any]:
        x, y = data
        losses = {}
        for net, optimizer, name in ((self.one, self.first, "one_loss"), (self.two, self.second, "two_loss")):
            with tf.GradientTape() as tape:
                losses[name] = tf.reduce_mean((net(x) - y) ** 2)
            grads = tape.gradient(losses[name], net.trainable_variables)
            optimizer.apply_gradients(zip(grads, net.trainable_variables, strict=True))
        return losses


def two_nets() -> Any:
    model = TwoNets()
    model.compile(keras.optimizers.Adam(0.01), keras.optimizers.SGD(0.01, momentum=0.9))
    return model


def branching() -> Any:
    left, right = keras.Input((WIDTH,), name="left"), keras.Input((2,), name="right")
    joined = keras.layers.Concatenate()([keras.layers.Dense(4, activation="relu")(left), right])
    outputs = {"size": keras.layers.Dense(1, name="size")(joined), "kind": keras.layers.Dense(3, name="kind")(joined)}
    model = keras.Model({"left": left, "right": right}, outputs)
    losses = {"size": "mse", "kind": keras.losses.SparseCategoricalCrossentropy(from_logits=True)}
    model.compile("adamw", losses, loss_weights={"size": 2.0, "kind": 0.5}, metrics={"kind": ["accuracy"]})
    return model


class Described(keras.Model):
    """Subclassed, with a config: a copy can be made."""

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.hidden, self.out = keras.layers.Dense(units, activation="relu"), keras.layers.Dense(1)

    def call(self, inputs: Any) -> Any:
        return self.out(self.hidden(inputs))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


def described() -> Any:
    model = Described(5)
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True), "mse", metrics=["mae"])
    return model


def halved() -> Any:
    policy = keras.DTypePolicy("mixed_float16")
    layers = [keras.layers.Dense(6, activation="relu", dtype=policy), keras.layers.Dropout(0.2, dtype=policy)]
    model = keras.Sequential([keras.Input((WIDTH,)), *layers, keras.layers.Dense(1, dtype="float32")])
    model.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.01)), "mse")
    return model


def unbuilt() -> Any:
    model = keras.Sequential(
        [keras.layers.Dense(3, activation="relu"), keras.layers.Dropout(0.5), keras.layers.Dense(1)]
    )
    model.compile("adam", "mse", metrics=[keras.metrics.MeanAbsoluteError()])
    return model


def lambdas() -> Any:
    layers = [keras.Input((WIDTH,)), keras.layers.Lambda(lambda x: x * 2), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.Adam(0.01), lambda y, z: tf.reduce_mean((y - z) ** 2))
    return model


def accumulating() -> Any:
    model = keras.Sequential([keras.Input((WIDTH,)), keras.layers.Dense(1)])
    model.compile(
        keras.optimizers.Adam(0.05, gradient_accumulation_steps=2, use_ema=True), "mse", steps_per_execution=2
    )
    return model


class Case(NamedTuple):
    """How to make a model and its batches, and whether its stand-in is a ``copy`` or the model ``itself``."""

    make: Callable[[], Any]
    batches: Callable[[int], list[Any]]
    stand_in: str


MODELS = {
    "dense": Case(dense, pairs, "copy"),
    "functional": Case(functional, pairs, "copy"),
    "own train_step": Case(counting, pairs, "itself"),
    "own compile": Case(two_nets, pairs, "itself"),
    "branching": Case(branching, many, "copy"),
    "described": Case(described, pairs, "copy"),
    "mixed precision": Case(halved, pairs, "copy"),
    "unbuilt": Case(unbuilt, pairs, "copy"),
    "lambdas": Case(lambdas, pairs, "itself"),
    "accumulating": Case(accumulating, pairs, "copy"),
}


QUICK = ("dense", "own train_step", "unbuilt")  # the others of these tests run with the proofs
EACH = [pytest.param(name, marks=[] if name in QUICK else [pytest.mark.proof]) for name in MODELS]


class Hanging(keras.Sequential):
    """Waits in its second step until ``release`` is set."""

    release: Any = None
    steps = 0

    def train_step(self, data: Any) -> dict[str, Any]:
        type(self).steps += 1
        if type(self).steps > 1:
            self.release.wait(60)
        return super().train_step(data)


def state(model: Any) -> list[Any]:
    optimizers = [each for each in vars(model).values() if isinstance(each, keras.optimizers.Optimizer)]
    owners = [model, *optimizers, *model.metrics]
    return [variable.numpy() for owner in owners for variable in owner.variables]
