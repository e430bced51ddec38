"""What a dataset knows of its shapes, and how often it is batched."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import arrays, batches_of, classifier, dataset, dense, generator, labels
from tests.truth.surface.folders import SIZE
from tests.truth.surface.row import Call, fault


def doubled(array: Any) -> Any:
    return array * 2


def mapped(*, shaped: bool, eager: bool = False) -> Any:
    """Batches of which x goes through Python."""
    import tensorflow as tf

    through = tf.py_function if eager else tf.numpy_function

    def change(x: Any, y: Any) -> Any:
        x = through(doubled, [x], tf.float32)
        if shaped:
            x.set_shape((None, 4))
        return x, y

    return dataset(*arrays()).map(change)


@fault(
    first="unknown-shape", verdict="raises", batch=0, variants=("numpy_function", "py_function"),
    says=("unknown rank", "set_shape|ensure_shape", "as it is, the batch trains"),
)  # fmt: skip
def python_function_forgets_shapes(through: str) -> Call:
    return Call(mapped(shaped=False, eager=through == "py_function"), dense())


@python_function_forgets_shapes.sound
def python_function_with_set_shape() -> Call:
    return Call(mapped(shaped=True), dense())


@python_function_forgets_shapes.sound
def unknown_rank_that_the_model_reshapes() -> Call:
    import tensorflow as tf

    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.weight = self.add_weight(shape=(4, 1))

        def call(self, x: Any) -> Any:
            return tf.matmul(tf.ensure_shape(x, (None, 4)), self.weight)

        def build(self, _shape: Any) -> None:
            self.built = True

    model = Own()
    model.build((None, 4))
    model.compile("sgd", "mse")
    return Call(mapped(shaped=True), model)


@fault(first="unknown-shape", verdict="raises", batch=0, says=("unknown rank", r"y\b.*set_shape|ensure_shape\(y"))
def the_labels_go_through_python() -> Call:
    import tensorflow as tf

    def parity(number: Any) -> Any:
        return np.float32(number % 2)

    def sample(number: Any) -> Any:
        return tf.ones((4,)), tf.numpy_function(parity, [number], tf.float32)

    return Call(tf.data.Dataset.range(24).map(sample).batch(6), dense())


@fault(
    first="unknown-shape",
    verdict="raises",
    batch=0,
    says=("output_types", "output_signature"),
    variants=("table", "images"),
)
def output_types_without_shapes(what: str) -> Call:
    import tensorflow as tf

    x, y = arrays() if what == "table" else (np.ones((24, SIZE, SIZE, 3), "float32"), np.ones((24, 1), "float32"))
    layers = [keras.Input(x.shape[1:]), keras.layers.Flatten(), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile("sgd", "mse")
    read = tf.data.Dataset.from_generator(generator(batches_of(x, y)), output_types=(tf.float32, tf.float32))
    return Call(read, model)


@fault(first="unknown-shape", verdict="raises", batch=0, says=(r"\(None, None\)", "output_signature"))
def a_free_axis_that_the_layer_needs() -> Call:
    import tensorflow as tf

    signature = (tf.TensorSpec((None, None)), tf.TensorSpec((None, 1)))
    read = tf.data.Dataset.from_generator(generator(batches_of(*arrays())), output_signature=signature)
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return Call(read, model)


@a_free_axis_that_the_layer_needs.sound
def a_free_axis_of_sequences() -> Call:
    import tensorflow as tf

    signature = (tf.TensorSpec((None, None, 4)), tf.TensorSpec((None, 1)))
    x, y = arrays()
    batches = [(np.repeat(a[:, None], 3 + number % 2, axis=1), b) for number, (a, b) in enumerate(batches_of(x, y))]
    read = tf.data.Dataset.from_generator(generator(batches), output_signature=signature)
    model = keras.Sequential([keras.Input((None, 4)), keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return Call(read, model)


@fault(
    first="unknown-shape",
    verdict="raises",
    says=("validation_data", "unknown rank", "set_shape"),
    live="watch sees no batch of it",
)
def validation_without_shapes() -> Call:
    return Call(dataset(*arrays()), dense(), validation_data=mapped(shaped=False))


@fault(first="missing-batch-axis", verdict="raises", batch=0, says=r"\.batch\(", variants=("slices", "unbatched"))
def never_batched(how: str) -> Call:
    import tensorflow as tf

    x, y = labels()
    samples = tf.data.Dataset.from_tensor_slices((x, y))
    return Call(samples if how == "slices" else samples.batch(8).unbatch(), classifier())


@never_batched.sound
def batched_by_one() -> Call:
    return Call(dataset(*labels(), size=1), classifier())


@fault(first="extra-axis", verdict="raises", batch=0, says=("twice", "unbatch"))
def batched_twice() -> Call:
    return Call(dataset(*arrays()).batch(2), dense())


@batched_twice.sound
def batches_of_another_size() -> Call:
    return Call(dataset(*arrays()).unbatch().batch(12), dense())


@fault(
    first="ragged-tensor",
    verdict="raises",
    batch=0,
    says=("RaggedTensor", "padded_batch"),
    variants=("batch", "slices"),
)
def samples_of_unequal_length(how: str) -> Call:
    import tensorflow as tf

    if how == "batch":
        samples = tf.data.Dataset.range(48).map(lambda number: (tf.ones((1 + number % 4,)), tf.ones((1,))))
        return Call(samples.ragged_batch(8), dense())
    ragged = tf.ragged.constant([[1.0] * (1 + number % 4) for number in range(48)])
    return Call(dataset(ragged, arrays()[1]), dense())


@samples_of_unequal_length.sound
def ragged_made_dense() -> Call:
    import tensorflow as tf

    samples = tf.data.Dataset.range(48).map(
        lambda number: (tf.fill((1 + number % 4,), tf.cast(number, "float32") / 48), tf.ones((1,)))
    )
    return Call(samples.ragged_batch(8).map(lambda x, y: (x.to_tensor(shape=(None, 4)), y)), dense())


@samples_of_unequal_length.sound
def sparse_features() -> Call:
    import tensorflow as tf

    x, y = arrays()
    return Call(dataset(tf.sparse.from_dense(x * (x > 0)), y), dense())
