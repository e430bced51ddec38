"""Which array is given to which input, and what a step of one's own unpacks."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import KINDS, arrays, batches_of, dataset, dense, generator, source
from tests.truth.surface.row import Call, fault


def keyed(*keys: str, n: int = 48) -> tuple[dict[str, Any], Any]:
    return {key: arrays(n, seed=seed)[0] for seed, key in enumerate(keys)}, arrays(n)[1]


def cut(x: dict[str, Any], y: Any, size: int = 8) -> list[Any]:
    return [({k: v[i : i + size] for k, v in x.items()}, y[i : i + size]) for i in range(0, len(y), size)]


def model_of(*keys: str) -> Any:
    given = {key: keras.Input((4,), name=key) for key in keys}
    joined = keras.layers.Concatenate()(list(given.values())) if len(keys) > 1 else given[keys[0]]
    model = keras.Model(given, keras.layers.Dense(1)(joined))
    model.compile(keras.optimizers.SGD(0.01), "mse")
    return model


@fault(first="input-count", verdict="raises", batch=0, says=(r"'sample_no'", r"drop"), variants=KINDS)
def a_key_that_no_input_has(kind: str) -> Call:
    x, y = keyed("window")
    x["sample_no"] = np.arange(48.0)
    return Call(source(kind, cut(x, y)), model_of("window"))


@fault(first="input-count", batch=0, says=(r"'a'", r"given to the input 'window'"), variants=("arrays", "tf.data"))
def a_key_that_takes_the_place_of_an_input(kind: str) -> Call:
    x, y = keyed("window", "a")
    return Call((x, y) if kind == "arrays" else dataset(x, y), model_of("window"))


@fault(first="input-count", verdict="raises", batch=0, says=r"nothing is yielded for 'b'", variants=("less", "other"))
def a_key_that_is_missing(kind: str) -> Call:
    return Call(generator(cut(*keyed("a", *(["c"] if kind == "other" else [])))), model_of("a", "b"))


@a_key_that_takes_the_place_of_an_input.sound
def a_key_too_many_that_is_left_out() -> Call:
    return Call(dataset(*keyed("window", "z")), model_of("window"))


@a_key_that_takes_the_place_of_an_input.sound
def inputs_that_are_taken_by_name() -> Call:
    given = [keras.Input((4,), name=key) for key in ("left", "right")]
    model = keras.Model(given, keras.layers.Dense(1)(keras.layers.Add()(given)))
    model.compile(keras.optimizers.SGD(0.01), "mse")
    return Call(generator(cut(*keyed("right", "left", "a"))), model)


@fault(first="target-structure", verdict="raises", batch=0, says=r"give it `y\['", variants=KINDS)
def y_as_a_dict_for_one_output(kind: str) -> Call:
    return Call(source(kind, [(x, {"label": y}) for x, y in batches_of(*arrays())]), dense())


@y_as_a_dict_for_one_output.sound
def y_as_a_dict_for_outputs_of_these_names() -> Call:
    given = keras.Input((4,))
    model = keras.Model(given, {name: keras.layers.Dense(1, name=name)(given) for name in ("low", "high")})
    model.compile("sgd", "mse")
    return Call(generator([(x, {"low": y, "high": y}) for x, y in batches_of(*arrays())]), model)


class Two(keras.Model):
    """Unpacks two parts."""

    def train_step(self, data: Any) -> Any:
        x, y = data
        return super().train_step((x, y))


class Three(keras.Model):
    """Unpacks three parts."""

    def train_step(self, data: Any) -> Any:
        x, y, weights = data
        return super().train_step((x, y, weights))


class Any3(keras.Model):
    """Unpacks what comes."""

    def train_step(self, data: Any) -> Any:
        return super().train_step(keras.utils.unpack_x_y_sample_weight(data))


def own(kind: Any) -> Any:
    given = keras.Input((4,))
    model = kind(given, keras.layers.Dense(1)(given))
    model.compile(keras.optimizers.SGD(0.01), "mse")
    return model


@fault(
    first="step-unpacks",
    verdict="raises",
    batch=0,
    says=(r"train_step", r"unpack_x_y"),
    variants=("weights", "none", "x"),
)
def a_step_that_unpacks_another_number(kind: str) -> Call:
    x, y = arrays()
    if kind == "weights":
        return Call(generator(batches_of(x, y, np.ones(48))), own(Two))
    return Call(generator(batches_of(x, y)), own(Three)) if kind == "none" else Call(dataset(x), own(Two))


@a_step_that_unpacks_another_number.sound
def a_step_that_unpacks_what_comes() -> Call:
    return Call(generator(batches_of(*arrays(), np.ones(48))), own(Any3))


@a_step_that_unpacks_another_number.sound
def a_step_that_unpacks_two_of_two() -> Call:
    return Call(generator(batches_of(*arrays())), own(Two))
