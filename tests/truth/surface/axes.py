"""How many axes and rows an array has."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import Items, arrays, batches_of, dense, generator, labels
from tests.truth.surface.row import Call, fault


def sliced(*parts: Any, count: int = 7, size: int = 8) -> list[Any]:
    """Slices of lists, the last of them past the end."""
    return [tuple(np.array(part[i * size : (i + 1) * size]) for part in parts) for i in range(count)]


@fault(first="empty-batch", verdict="raises", batch=5, says=(r"0 rows", r"\(0,\)"))
def slices_of_lists_past_the_end() -> Call:
    x, y = arrays(40)
    return Call(generator(sliced(list(x), list(y))), dense())


@fault(first="empty-batch", batch=5, says=r"0 rows")
def slices_of_arrays_past_the_end() -> Call:
    return Call(generator(sliced(*arrays(40))), dense())


@fault(first="empty-batch", verdict="raises", batch=5, says=r"0 rows")
def no_images_left_for_a_convolution() -> Call:
    x = np.random.default_rng(0).random((40, 6, 6, 1)).astype("float32")
    layers = [keras.layers.Conv2D(2, 3), keras.layers.Flatten(), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((6, 6, 1)), *layers])
    model.compile("sgd", "mse")
    return Call(generator(sliced(x, arrays(40)[1])), model)


@slices_of_lists_past_the_end.sound
def slices_up_to_the_end() -> Call:
    x, y = arrays(40)
    return Call(generator(sliced(list(x), list(y), count=5)), dense())


@slices_of_lists_past_the_end.sound
def a_last_slice_of_one_row() -> Call:
    return Call(generator(sliced(*arrays(41), count=6)), dense())


@fault(
    first="missing-batch-axis",
    verdict="raises",
    batch=0,
    says=r"batch axis",
    variants=("generator", "PyDataset", "model"),
)
def a_row_in_place_of_a_batch_of_one(kind: str) -> Call:
    rows = list(zip(*arrays(), strict=True))
    if kind == "PyDataset":
        return Call(Items(rows), dense(), shuffle=False)
    given = keras.Input((4,))
    functional = keras.Model(given, keras.layers.Dense(1)(given))
    functional.compile("sgd", "mse")
    return Call(generator(rows), functional if kind == "model" else dense())


@a_row_in_place_of_a_batch_of_one.sound
def batches_of_one_row() -> Call:
    return Call(generator([(x[None], y[None]) for x, y in zip(*arrays(), strict=True)]), dense())


@fault(first="label-shape", batch=0, says=r"broadcast", variants=("columns", "steps"))
def y_that_is_broadcast_to_the_output(kind: str) -> Call:
    x, y = arrays()
    if kind == "columns":
        return Call(generator(batches_of(x, y)), dense(3))
    return Call(generator(batches_of(x, y[:, None, :])), dense(2))


@y_that_is_broadcast_to_the_output.sound
def one_axis_less_or_more_is_brought_to_one() -> Call:
    x, y = arrays()
    return Call(generator(batches_of(x, y[:, :, None])), dense())


@y_that_is_broadcast_to_the_output.sound
def labels_of_one_axis() -> Call:
    return Call(labels(classes=2), dense(loss="binary_crossentropy", activation="sigmoid"))
