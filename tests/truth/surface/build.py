"""Small sound sources and models that rows change in one point."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

ROWS, FEATURES, BATCHES = 8, 4, 6


def arrays(rows: int = ROWS * BATCHES, *, seed: int = 0) -> tuple[Any, Any]:
    """``x`` float32 ``(rows, 4)`` and ``y`` float32 ``(rows, 1)``, of the same scale and learnable."""
    x = np.random.default_rng(seed).normal(size=(rows, FEATURES)).astype("float32")
    return x, x[:, :1] * 2


def labels(rows: int = ROWS * BATCHES, *, classes: int = 3, seed: int = 0) -> tuple[Any, Any]:
    """``x`` as in ``arrays`` and class ids int64 ``(rows,)`` in random order."""
    x, _ = arrays(rows, seed=seed)
    return x, np.random.default_rng(seed + 1).integers(0, classes, rows)


def batches_of(*parts: Any, size: int = ROWS) -> list[tuple[Any, ...]]:
    """Cut arrays into batches."""
    return [tuple(part[start : start + size] for part in parts) for start in range(0, len(parts[0]), size)]


def generator(batches: list[Any], *, endless: bool = False) -> Callable[[], Iterator[Any]]:
    """Make a generator function that yields these."""

    def make_batches() -> Iterator[Any]:
        yield from batches
        while endless:
            yield from batches

    return make_batches


class Items(keras.utils.PyDataset):
    """A PyDataset of these batches."""

    def __init__(self, batches: list[Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.batches = batches

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> Any:
        return self.batches[index]


def dataset(*parts: Any, size: int = ROWS) -> Any:
    """Make a ``tf.data.Dataset`` of batches."""
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(parts if len(parts) > 1 else parts[0]).batch(size)


def source(kind: str, batches: list[Any]) -> Any:
    """The same batches as a ``generator``, a ``PyDataset`` or a ``tf.data.Dataset`` (batches of one signature)."""
    if kind == "generator":
        return generator(batches)
    if kind == "PyDataset":
        return Items(batches)
    import tensorflow as tf

    signature = tf.nest.map_structure(lambda a: tf.TensorSpec([None, *a.shape[1:]], a.dtype), batches[0])
    return tf.data.Dataset.from_generator(generator(batches), output_signature=signature)


KINDS = ("generator", "PyDataset", "tf.data")


def dense(units: int = 1, *, loss: Any = "mse", activation: str | None = None, **compiled: Any) -> Any:
    """A compiled model of one dense layer that takes ``x`` of ``arrays``."""
    model = keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(units, activation=activation)])
    model.compile(keras.optimizers.SGD(0.01), loss, **compiled)
    return model


def classifier(classes: int = 3, **compiled: Any) -> Any:
    """A softmax over class ids."""
    return dense(classes, loss="sparse_categorical_crossentropy", activation="softmax", **compiled)
