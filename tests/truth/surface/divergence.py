"""Training that turns NaN: by itself, by the data, or because the weights were lost before."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import Items, arrays, batches_of, dense, generator, labels, source
from tests.truth.surface.row import Call, fault


def _model(rate: float, *, built: bool = True, loss: Any = "mse", **compiled: Any) -> Any:
    first = [keras.Input((4,))] if built else []
    model = keras.Sequential([*first, keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(rate), loss, **compiled)
    return model


@fault(
    first="loss-not-finite",
    verdict="trains to NaN",
    says=(r"NaN or infinite", r"learning rate"),
    variants=("generator", "PyDataset", "tf.data"),
)
def a_learning_rate_far_too_high(kind: str) -> Call:
    return Call(source(kind, batches_of(*arrays())), _model(1e18), shuffle=False)


@a_learning_rate_far_too_high.sound
def a_high_learning_rate_that_holds() -> Call:
    return Call(generator(batches_of(*arrays())), _model(0.3))


@a_learning_rate_far_too_high.sound
def a_loss_that_is_large() -> Call:
    x, y = arrays()
    return Call((x, y * 1e8), _model(1e-3), epochs=2)


@fault(first="loss-not-finite", verdict="trains to NaN", says=(r"diverges: the loss grows", r"clipnorm"))
def it_grows_for_an_epoch_and_is_lost_in_a_later_one() -> Call:
    return Call(generator(batches_of(*arrays()), endless=True), _model(9.0), epochs=6, steps_per_epoch=6)


@fault(first="loss-not-finite", verdict="trains to NaN", says=r"NaN or infinite")
def it_is_lost_in_a_later_epoch_of_arrays() -> Call:
    return Call(arrays(), _model(1e18), epochs=3, batch_size=24, shuffle=False)


@fault(first="loss-not-finite", verdict="trains to NaN", says=r"NaN or infinite", variants=(2, 3))
def several_steps_to_an_execution(steps: int) -> Call:
    return Call(generator(batches_of(*arrays())), _model(1e18, steps_per_execution=steps))


@fault(first="loss-not-finite", verdict="trains to NaN", says=r"NaN or infinite")
def a_model_without_a_declared_input() -> Call:
    return Call(generator(batches_of(*arrays())), _model(1e18, built=False))


def _log_of(y: Any, predicted: Any) -> Any:
    return keras.ops.mean(keras.ops.log(predicted) - y)


@fault(first="loss-not-finite", verdict="trains to NaN", batch=0, says=r"the loss does not")
def a_logarithm_of_what_is_negative() -> Call:
    return Call(generator(batches_of(*arrays())), _model(0.01, loss=_log_of))


@fault(first="nan-inf", verdict="trains to NaN", batch=3, variants=("generator", "PyDataset", "tf.data"))
def one_nan_in_one_batch(kind: str) -> Call:
    batches = batches_of(*(part.copy() for part in arrays()))
    batches[3][0][2, 1] = np.nan
    return Call(source(kind, batches), dense(), shuffle=False)


def _lost(place: int) -> Any:
    model = keras.Sequential([keras.Input((4,)), keras.layers.BatchNormalization(), keras.layers.Dense(3)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    weight = model.weights[place]
    weight.assign(np.full(weight.shape, np.nan, "float32"))
    return model


@fault(first="nan-weights", verdict="trains to NaN", says=(r"before the first step", r"model anew"), variants=(0, 4, 5))
def weights_that_are_nan_already(place: int) -> Call:
    return Call(generator(batches_of(*labels())), _lost(place))


@fault(first="nan-weights", verdict="trains to NaN", says=r"before the first step")
def weights_that_an_earlier_fit_destroyed() -> Call:
    model = _model(1e18)
    model.fit(*arrays(), epochs=4, verbose=0)
    return Call(Items(batches_of(*arrays())), model)


class Masking(keras.layers.Layer):
    """Adds a fixed mask of ``-inf``, as attention does, before a softmax."""

    def build(self, shape: Any) -> None:
        del shape
        mask = keras.initializers.Constant(np.array([0, 0, 0, -np.inf], "float32"))
        self.mask = self.add_weight(shape=(4,), initializer=mask, trainable=False)

    def call(self, x: Any) -> Any:
        return keras.ops.softmax(x + self.mask)


@weights_that_are_nan_already.sound
def a_mask_of_minus_infinity() -> Call:
    model = keras.Sequential([keras.Input((4,)), Masking(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return Call(generator(batches_of(*arrays())), model)


@weights_that_are_nan_already.sound
def a_model_that_is_trained_on() -> Call:
    model = _model(0.01)
    model.fit(*arrays(), verbose=0)
    return Call(generator(batches_of(*arrays())), model)
