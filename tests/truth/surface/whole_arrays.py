"""What is handed to fit as a whole: arrays alone and in structures, array-likes, lists."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import FEATURES, Items, arrays, batches_of, classifier, dataset, dense, labels
from tests.truth.surface.row import Call, fault


class ArrayLike:
    """Has a shape, a dtype, a length and slices, as an HDF5 dataset has."""

    def __init__(self, values: Any) -> None:
        self._values = values
        self.shape, self.dtype = values.shape, values.dtype

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, key: Any) -> Any:
        return self._values[key]

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array(self._values, dtype=dtype, copy=copy)


class OwnStep(keras.Model):
    """Reconstructs what it is given as a whole: data is x alone."""

    def train_step(self, data: Any) -> dict[str, Any]:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            loss = keras.ops.mean(keras.ops.square(self(data, training=True) - _first(data)))
        weights = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        return {"loss": loss}

    def test_step(self, data: Any) -> dict[str, Any]:
        return {"loss": keras.ops.mean(keras.ops.square(self(data) - _first(data)))}


class OwnStepOfATuple(OwnStep):
    """The same, of a tuple of one."""

    def train_step(self, data: Any) -> dict[str, Any]:
        (x,) = data
        return super().train_step(x)


class OwnLoss(keras.Model):
    """A loss of its own that needs no y."""

    def compute_loss(self, x: Any = None, y: Any = None, y_pred: Any = None, *_: Any, **__: Any) -> Any:
        del y
        return keras.ops.mean(keras.ops.square(y_pred - x))


def _first(data: Any) -> Any:
    return next(iter(data.values())) if isinstance(data, dict) else data


def auto(kind: Any, *, key: str = "") -> Any:
    """Make an autoencoder of x alone, or of a dict of it."""
    given = keras.Input((FEATURES,), name=key or None)
    model = kind({key: given} if key else given, keras.layers.Dense(FEATURES)(keras.layers.Dense(2)(given)))
    model.compile("sgd")
    return model


def _lists(kind: str) -> Call:
    x, y = arrays()
    made: dict[str, Any] = {
        "both": ((x.tolist(), y.tolist()), {}),
        "y alone": ((x, y[:, 0].tolist()), {}),
        "tuples": ((tuple(map(tuple, x.tolist())), y), {}),
        "rows": ((list(x), y), {}),
        "rows of y": ((x, list(y)), {}),
        "y as an argument": (x, {"y": y.tolist()}),
        "weights": ((x, y), {"sample_weight": [1.0] * len(x)}),
        "validation": ((x, y), {"validation_data": (x.tolist(), y.tolist())}),
        "validation y": ((x, y), {"validation_data": (x, y.tolist())}),
    }
    source, fit = made[kind]
    return Call(source, dense(), epochs=2, **fit)


LISTS = ("both", "y alone", "tuples", "rows", "rows of y", "y as an argument", "weights", "validation", "validation y")


@fault(
    first="list-for-array",
    verdict="raises",
    says=(r"\blist|tuple", r"np\.(array|stack)"),
    live=True,
    variants=LISTS,
)
def lists_for_arrays(kind: str) -> Call:
    return _lists(kind)


@lists_for_arrays.sound
def a_list_of_two_inputs() -> Call:
    one, two = keras.Input((FEATURES,)), keras.Input((FEATURES,))
    model = keras.Model([one, two], keras.layers.Dense(1)(keras.layers.Concatenate()([one, two])))
    model.compile("sgd", "mse")
    x, y = arrays()
    return Call(([x, x + 1], y), model, epochs=2)


@lists_for_arrays.sound
def array_likes() -> Call:
    return Call(tuple(map(ArrayLike, arrays())), dense(), epochs=2, batch_size=8, shuffle="batch")


@lists_for_arrays.sound
def validation_data_as_a_list() -> Call:
    x, y = arrays()
    return Call((x, y), dense(), epochs=2, validation_data=[x[:8] + 1, y[:8]])


@fault(first="arity", verdict="raises", batch=0, says=r"no y", variants=("arrays", "tf.data", "PyDataset"))
def x_alone_for_a_loss_on_y(kind: str) -> Call:
    x, _ = arrays()
    if kind == "arrays":
        return Call(x, dense(), epochs=2)
    return Call(dataset(x) if kind == "tf.data" else Items(batches_of(x)), dense(), epochs=2)


@x_alone_for_a_loss_on_y.sound
def an_array_alone_for_a_step_of_its_own() -> Call:
    return Call(arrays()[0], auto(OwnStep), epochs=2, batch_size=8)


@x_alone_for_a_loss_on_y.sound
def an_array_alone_for_a_loss_of_its_own() -> Call:
    return Call(arrays()[0], auto(OwnLoss), epochs=2, batch_size=10)


@x_alone_for_a_loss_on_y.sound
def an_array_alone_that_is_split() -> Call:
    return Call(arrays()[0], auto(OwnStep), epochs=2, validation_split=0.25)


@x_alone_for_a_loss_on_y.sound
def a_dict_alone() -> Call:
    return Call({"a": arrays()[0]}, auto(OwnStep, key="a"), epochs=2, validation_split=0.25)


@x_alone_for_a_loss_on_y.sound
def a_dataset_of_x_alone() -> Call:
    return Call(dataset(arrays()[0]), auto(OwnStep), epochs=2)


@x_alone_for_a_loss_on_y.sound
def items_that_are_arrays() -> Call:
    return Call(Items([x for (x,) in batches_of(arrays()[0])]), auto(OwnStepOfATuple), epochs=2)


@x_alone_for_a_loss_on_y.sound
def items_of_x_alone_with_workers() -> Call:
    return Call(Items(batches_of(arrays()[0]), workers=2), auto(OwnLoss), epochs=2)


@x_alone_for_a_loss_on_y.sound
def an_autoencoder_on_x_and_x() -> Call:
    x, _ = arrays()
    return Call((x, x), dense(FEATURES), epochs=2, validation_split=0.25)


@fault(first="xy-length-mismatch", verdict="raises", says=r"rows|samples")
def one_label_short_in_the_arrays() -> Call:
    x, y = arrays()
    return Call((x, y[:-1]), dense(), epochs=2)


@one_label_short_in_the_arrays.sound
def weights_beside_class_labels() -> Call:
    x, y = labels()
    return Call((x, y), classifier(), epochs=2, sample_weight=np.ones(len(x)), validation_split=0.25)


@one_label_short_in_the_arrays.sound
def class_weights_on_arrays() -> Call:
    x, y = labels()
    return Call((x, y), classifier(), epochs=2, class_weight={0: 1.0, 1: 2.0, 2: 1.0})


@one_label_short_in_the_arrays.sound
def a_stateful_layer_on_whole_batches() -> Call:
    layers = [keras.Input(batch_shape=(8, 2, 2)), keras.layers.GRU(2, stateful=True), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile("sgd", "mse")
    x, y = arrays()
    return Call((x.reshape(-1, 2, 2), y), model, epochs=2, batch_size=8, shuffle=False)
