"""Layers that hold their inputs to something: ids, a vocabulary, a batch size, a height."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import KINDS, arrays, batches_of, dataset, dense, generator, source
from tests.truth.surface.row import Call, fault, silent

SIZE = 20
L = keras.layers


def stacked(*layers: Any, shape: tuple[int | None, ...] = (4,), dtype: str | None = None, loss: Any = "mse") -> Any:
    model = keras.Sequential([keras.Input(shape, dtype=dtype), *layers])
    model.compile(keras.optimizers.SGD(0.01), loss)
    return model


def embedding() -> Any:
    return stacked(L.Embedding(SIZE, 3), L.Flatten(), L.Dense(1), shape=(5,))


def ids(**at_19: int) -> tuple[Any, Any]:
    x = np.random.default_rng(0).integers(0, SIZE, (48, 5))
    x[19, 2] = at_19.get("odd", 0)
    return x, np.random.default_rng(1).random((48, 1)).astype("float32")


class Subclassed(keras.Model):
    """A model of which nothing is declared."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.flat, self.out = L.Embedding(SIZE, 3), L.Flatten(), L.Dense(1)

    def call(self, x: Any) -> Any:
        return self.out(self.flat(self.table(x)))


@fault(first="ids-out-of-range", verdict="raises", batch=2, says=r"Embedding\(26", variants=KINDS)
def an_id_too_large(kind: str) -> Call:
    return Call(source(kind, batches_of(*ids(odd=25))), embedding())


@fault(first="ids-out-of-range", verdict="raises", batch=2, says=(r"Embedding\(26", r"ids 0 to 19"))
def an_id_too_large_in_a_model_of_its_own() -> Call:
    model = Subclassed()
    model.compile("sgd", "mse")
    return Call(generator(batches_of(*ids(odd=25))), model)


@fault(first="ids-out-of-range", verdict="raises", batch=2, says=r"x\['words'\] holds ids")
def an_id_too_large_beside_large_floats() -> Call:
    x, y = ids(odd=25)
    price, words = keras.Input((4,), name="price"), keras.Input((5,), name="words", dtype="int32")
    both = L.Concatenate()([price, L.Flatten()(L.Embedding(SIZE, 3)(words))])
    model = keras.Model({"price": price, "words": words}, L.Dense(1)(both))
    model.compile(keras.optimizers.SGD(1e-6), "mse")
    batches = batches_of(arrays()[0] * 1000, x, y)
    return Call(generator([({"price": p, "words": w}, t) for p, w, t in batches]), model)


@an_id_too_large.sound
def the_largest_id() -> Call:
    return Call(generator(batches_of(*ids(odd=SIZE - 1))), embedding())


@an_id_too_large.sound
def whole_numbers_as_floats() -> Call:
    x, y = ids()
    return Call((x.astype("float32"), y), embedding())


@fault(first="ids-out-of-range", batch=2, says=(r"counted from the end", r"id 19"), variants=("generator", "PyDataset"))
def a_negative_id(kind: str) -> Call:
    return Call(source(kind, batches_of(*ids(odd=-1))), embedding())


@fault(first="ids-out-of-range", batch=0, says=r"cut off")
def fractions_for_ids() -> Call:
    x, y = ids()
    return Call((x * 0.5 + 0.25, y), embedding())


@fault(first="ids-out-of-range", batch=0, says=r"num_tokens=8")
def more_categories_than_tokens() -> Call:
    x = np.random.default_rng(0).integers(0, 8, (48, 1))
    x[0] = 7
    encoded = stacked(L.CategoryEncoding(num_tokens=6, output_mode="one_hot"), L.Dense(1), shape=(1,))
    return Call((x, arrays()[1]), encoded, shuffle=False)


@a_negative_id.sound
def padding_with_0_that_is_masked() -> Call:
    x, y = ids()
    x[:, 3:] = 0
    table = L.Embedding(SIZE, 3, mask_zero=True)
    return Call((x, y), stacked(table, L.LSTM(2), L.Dense(1), shape=(5,)))


@a_negative_id.sound
def hashed_ids_may_be_any() -> Call:
    x, y = ids(odd=10**6)
    return Call((x, y), stacked(L.Hashing(9), L.Embedding(9, 2), L.Flatten(), L.Dense(1), shape=(5,), dtype="int64"))


def words() -> tuple[Any, Any]:
    return np.array([["red"], ["green"], ["blue"]] * 16), arrays()[1]


def looked_up(*, adapted: bool) -> Any:
    lookup = L.StringLookup()
    if adapted:
        lookup.adapt(words()[0])
    return stacked(lookup, L.Embedding(9, 2), L.Flatten(), L.Dense(1), shape=(1,), dtype="string")


def vectorized() -> Any:
    layers = [L.TextVectorization(9, output_sequence_length=3), L.Embedding(9, 2), L.Flatten(), L.Dense(1)]
    return stacked(*layers, shape=(1,), dtype="string")


@fault(first="not-adapted", verdict="raises", says=r"adapt", variants=("StringLookup", "TextVectorization"))
def a_vocabulary_that_was_never_learned(kind: str) -> Call:
    return Call(dataset(*words()), looked_up(adapted=False) if kind == "StringLookup" else vectorized())


@a_vocabulary_that_was_never_learned.sound
def a_vocabulary_that_was_learned() -> Call:
    return Call(dataset(*words()), looked_up(adapted=True))


@fault(first="not-adapted", verdict="raises", says=r"bin_boundaries")
def bins_that_were_never_learned() -> Call:
    return Call(arrays(), stacked(L.Discretization(num_bins=4), L.Embedding(9, 2), L.Flatten(), L.Dense(1)))


@fault(first="not-adapted", says=(r"mean is 0", r"adapt"))
def a_normalization_that_was_never_adapted() -> Call:
    x, y = arrays()
    return Call((x * 5 + 70, y), stacked(L.Normalization(), L.Dense(1)))


@a_normalization_that_was_never_adapted.sound
def a_normalization_that_was_adapted() -> Call:
    x, y = arrays()
    layer = L.Normalization()
    layer.adapt(x * 5 + 70)
    return Call((x * 5 + 70, y), stacked(layer, L.Dense(1)))


@a_normalization_that_was_never_adapted.sound
def numbers_that_are_normal_already() -> Call:
    return Call(arrays(), stacked(L.Normalization(), L.Dense(1)))


def ones() -> Any:
    return keras.ops.ones((8, 1))


@fault(
    first="smaller-last-batch",
    verdict="raises",
    batch=5,
    says=(r"last one", r"\b8\b"),
    variants=("loss", "layer", "PyDataset"),
)
def a_batch_size_that_is_written_down(kind: str) -> Call:
    batches = batches_of(*arrays(45))
    if kind == "layer":
        return Call(generator(batches), stacked(L.Lambda(lambda x: keras.ops.reshape(x, (8, 4))), L.Dense(1)))
    weighed = dense(loss=lambda y, p: keras.ops.mean(keras.ops.square(y - p) * ones()))
    return Call(source("PyDataset" if kind == "PyDataset" else "generator", batches), weighed, shuffle=False)


@a_batch_size_that_is_written_down.sound
def full_batches_only() -> Call:
    weighed = dense(loss=lambda y, p: keras.ops.mean(keras.ops.square(y - p) * ones()))
    return Call(generator(batches_of(*arrays())), weighed)


@a_batch_size_that_is_written_down.sound
def a_size_taken_from_the_data() -> Call:
    layer = L.Lambda(lambda x: keras.ops.reshape(x, (-1, 4)))
    return Call(generator(batches_of(*arrays(45))), stacked(layer, L.Dense(1)))


@fault(first="input-mismatch", says=(r"without a word", r"\(9, 5, 1\)|\(9, 2\)"), variants=("image", "steps"))
def a_size_that_no_layer_trips_over(kind: str) -> Call:
    random = np.random.default_rng(0)
    if kind == "steps":
        return Call(
            (random.random((48, 9, 2)).astype("float32"), arrays()[1]), stacked(L.LSTM(2), L.Dense(1), shape=(5, 2))
        )
    layers = [L.Conv2D(2, 1), L.GlobalAveragePooling2D(), L.Dense(1)]
    return Call((random.random((48, 9, 5, 1)).astype("float32"), arrays()[1]), stacked(*layers, shape=(6, 6, 1)))


@a_size_that_no_layer_trips_over.sound
def any_size_is_declared() -> Call:
    layers = [L.Conv2D(2, 1), L.GlobalAveragePooling2D(), L.Dense(1)]
    x = np.random.default_rng(0).random((48, 9, 5, 1)).astype("float32")
    return Call((x, arrays()[1]), stacked(*layers, shape=(None, None, 1)))


@fault(first="input-mismatch", verdict="raises", says=r"channels first")
def channels_first_for_channels_last() -> Call:
    layers = [L.Conv2D(2, 1), L.GlobalAveragePooling2D(), L.Dense(1)]
    x = np.random.default_rng(0).random((48, 3, 6, 6)).astype("float32")
    return Call((x, arrays()[1]), stacked(*layers, shape=(6, 6, 3)))


@silent(because="of images as high as they have channels nothing tells which axis is which")
def channels_first_where_all_sizes_agree() -> Call:
    layers = [L.Conv2D(2, 1), L.GlobalAveragePooling2D(), L.Dense(1)]
    x = np.random.default_rng(0).random((48, 3, 3, 3)).astype("float32")
    return Call((x, arrays()[1]), stacked(*layers, shape=(3, 3, 3)))


@silent(because="whether a step of zeros is padding is known to nobody but who made it")
def a_mask_value_that_never_occurs() -> Call:
    x = np.random.default_rng(0).random((48, 5, 2)).astype("float32")
    return Call((x, arrays()[1]), stacked(L.Masking(-1.0), L.LSTM(2), L.Dense(1), shape=(5, 2)))
