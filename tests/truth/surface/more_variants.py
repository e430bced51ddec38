"""Kinds that stand in other areas with one example: other positions, structures and kinds of source."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import FEATURES, Items, arrays, batches_of, dataset, dense, generator, labels, source
from tests.truth.surface.row import Call, fault


class Bare(keras.utils.PyDataset):
    """Leaves Keras's constructor out, and keeps the options that it is given."""

    def __init__(self, batches: list[Any], **options: Any) -> None:
        self.batches, self.options = batches, options

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> Any:
        return self.batches[index]


class Whole(Items):
    """Calls Keras's constructor with its options."""


@fault(first="super-not-called", says=("super", "workers"), variants=("workers", "use_multiprocessing"))
def options_that_never_reach_keras(name: str) -> Call:
    return Call(Bare(batches_of(*arrays()), **{name: 3 if name == "workers" else True}), dense(), epochs=2)


@options_that_never_reach_keras.sound
def options_that_reach_keras() -> Call:
    return Call(Whole(batches_of(*arrays()), workers=2), dense(), epochs=2)


@options_that_never_reach_keras.sound
def items_without_options() -> Call:
    return Call(Items(batches_of(*arrays())), dense(), epochs=2)


@fault(first="extra-axis", verdict="raises", batch=0, says=r"batch", variants=("generator", "PyDataset"))
def batches_of_one_batch(kind: str) -> Call:
    return Call(source(kind, [(x[None], y[None]) for x, y in batches_of(*arrays())]), dense())


@batches_of_one_batch.sound
def one_more_axis_for_a_model_that_takes_it() -> Call:
    model = keras.Sequential([keras.Input((None, FEATURES)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return Call(Items([(x[None], y[None]) for x, y in batches_of(*arrays())]), model)


def _two_inputs() -> Any:
    given = [keras.Input((FEATURES,)), keras.Input((FEATURES,))]
    model = keras.Model(given, keras.layers.Dense(1)(keras.layers.Concatenate()(given)))
    model.compile("sgd", "mse")
    return model


@fault(first="list-of-inputs", verdict="raises", says=r"tuple", variants=("endless", "weights", "PyDataset"))
def inputs_in_a_list(kind: str) -> Call:
    ones = np.ones(8, "float32")
    batches = [([x, x + 1], y, *([ones] if kind == "weights" else [])) for x, y in batches_of(*arrays())]
    if kind == "PyDataset":
        return Call(Items(batches), _two_inputs())
    return Call(generator(batches, endless=kind == "endless"), _two_inputs(), steps_per_epoch=len(batches))


@inputs_in_a_list.sound
def inputs_in_a_dict_of_items() -> Call:
    model = _two_inputs()
    return Call(
        Items([(dict(zip(model.input_names, (x, x), strict=True)), y) for x, y in batches_of(*arrays())]), model
    )


@inputs_in_a_list.sound
def inputs_in_a_list_of_arrays() -> Call:
    x, y = arrays()
    return Call(([x, x + 1], y), _two_inputs())


@fault(first="batches-shuffled-whole", says=r"before", variants=(4, 8))
def shuffled_behind_the_batches(size: int) -> Call:
    x, y = labels(96)
    model = dense(3, loss="sparse_categorical_crossentropy", activation="softmax")
    return Call(dataset(x, y, size=size).shuffle(100), model, epochs=2)


@shuffled_behind_the_batches.sound
def shuffled_before_the_batches() -> Call:
    x, y = labels(96)
    model = dense(3, loss="sparse_categorical_crossentropy", activation="softmax")
    return Call(dataset(x, y).unbatch().shuffle(96).batch(8), model, epochs=2)


def _following(**mode: Any) -> list[Any]:
    return [keras.callbacks.EarlyStopping(monitor="bias", patience=9, **mode)]


def bias(y: Any, predicted: Any) -> Any:
    return predicted - y


@fault(first="monitor-direction", verdict="raises", says=r"more or less", variants=("arrays", "PyDataset", "generator"))
def a_metric_of_its_own_that_is_followed(kind: str) -> Call:
    given: Any = arrays() if kind == "arrays" else source(kind, batches_of(*arrays()))
    return Call(given, dense(metrics=[bias]), epochs=1, callbacks=_following())


@a_metric_of_its_own_that_is_followed.sound
def a_mode_that_is_given() -> Call:
    return Call(arrays(), dense(metrics=[bias]), epochs=2, callbacks=_following(mode="min"))


@a_metric_of_its_own_that_is_followed.sound
def the_loss_that_is_followed() -> Call:
    return Call(arrays(), dense(metrics=[bias]), epochs=2, callbacks=[keras.callbacks.EarlyStopping("loss")])


@fault(first="none-in-batch", verdict="raises", batch=3, says=r"None")
def a_batch_that_is_none_later_on() -> Call:
    batches: list[Any] = batches_of(*arrays())
    batches[3] = (None, batches[3][1])
    return Call(Items(batches), dense(), shuffle=False)


@fault(first="none-in-batch", verdict="raises", says=(r"sample_weight", r"`return x, y`"), variants=(1, 2))
def none_in_the_place_of_weights(epochs: int) -> Call:
    batches = [(x, y, None) for x, y in batches_of(*arrays())]
    return Call(Items(batches), dense(), shuffle=False, epochs=epochs)


@none_in_the_place_of_weights.sound
def none_in_the_place_of_weights_of_a_generator() -> Call:
    return Call(generator([(x, y, None) for x, y in batches_of(*arrays())]), dense())


@a_batch_that_is_none_later_on.sound
def none_for_an_epoch_of_validation() -> Call:
    return Call(arrays(), dense(), validation_data=None)
