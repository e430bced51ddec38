"""What the elements of a dataset are: casts, text, dicts, counters, datasets."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import arrays, batches_of, classifier, dataset, dense, generator, labels
from tests.truth.surface.row import Call, fault


def held_to(dtype: str, *, old_form: bool = False, batched: bool = True) -> Any:
    """A generator of fractional targets under a signature of this dtype."""
    import tensorflow as tf

    x, y = arrays()
    if old_form:
        read = tf.data.Dataset.from_generator
        return read(generator(batches_of(x, y)), (tf.float32, dtype), ((None, 4), (None, 1)))
    signature = (tf.TensorSpec((None, 4)), tf.TensorSpec((None, 1), dtype))
    if batched:
        return tf.data.Dataset.from_generator(generator(batches_of(x, y)), output_signature=signature)
    signature = (tf.TensorSpec((4,)), tf.TensorSpec((1,), dtype))
    return tf.data.Dataset.from_generator(lambda: zip(x, y, strict=True), output_signature=signature).batch(8)


@fault(
    first="silent-cast",
    verdict="trains on altered data",
    batch=0,
    says=("int", "signature", "->"),
    variants=("batches", "samples", "types", "int64"),
)
def fractions_under_a_whole_signature(how: str) -> Call:
    made = {
        "batches": lambda: held_to("int32"),
        "samples": lambda: held_to("int32", batched=False),
        "types": lambda: held_to("int32", old_form=True),
        "int64": lambda: held_to("int64"),
    }
    return Call(made[how](), dense(), epochs=2)


@fractions_under_a_whole_signature.sound
def fractions_under_a_signature_of_floats() -> Call:
    return Call(held_to("float32"), dense(), epochs=2)


@fractions_under_a_whole_signature.sound
def whole_floats_under_a_whole_signature() -> Call:
    import tensorflow as tf

    x, y = labels()
    signature = (tf.TensorSpec((None, 4)), tf.TensorSpec((None,), tf.int32))
    batches = generator(batches_of(x, y.astype("float64")))
    return Call(tf.data.Dataset.from_generator(batches, output_signature=signature), classifier(), epochs=2)


@fault(first="silent-cast", verdict="trains on altered data", says=("uint8", "signature"))
def an_input_that_overflows_its_signature() -> Call:
    import tensorflow as tf

    x, y = arrays()
    signature = (tf.TensorSpec((None, 4), tf.uint8), tf.TensorSpec((None, 1)))
    batches = generator(batches_of((300 + 10 * x).astype("int64"), y))
    model = keras.Sequential([keras.Input((4,)), keras.layers.Rescaling(1 / 255), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.01), "mse")
    return Call(tf.data.Dataset.from_generator(batches, output_signature=signature), model, epochs=2)


@fault(
    first="object-or-string-dtype",
    verdict="raises",
    batch=0,
    says=("text", "to_number|TextVectorization|StringLookup"),
    variants=("words", "digits", "label"),
)
def text_that_nobody_reads(what: str) -> Call:
    x, y = arrays()
    if what == "label":
        return Call(dataset(x, np.array(["cat", "dog"] * 24)), classifier(2))
    if what == "digits":
        return Call(dataset(x.astype(str), y), dense())
    model = keras.Sequential(
        [keras.layers.Embedding(50, 4), keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    return Call(dataset(np.array(["a good film"] * 48), y), model)


@text_that_nobody_reads.sound
def text_that_is_vectorized_in_the_dataset() -> Call:
    words = np.array([f"word {number % 7}" for number in range(48)])
    vectorize = keras.layers.TextVectorization(50, output_sequence_length=3)
    vectorize.adapt(words)
    model = keras.Sequential(
        [keras.layers.Embedding(50, 4), keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    return Call(dataset(words, arrays()[1]).map(lambda x, y: (vectorize(x), y)), model)


@text_that_nobody_reads.sound
def text_that_the_model_reads() -> Call:
    words = np.array([[f"w{number % 7}"] for number in range(48)])
    lookup = keras.layers.StringLookup(vocabulary=[f"w{number}" for number in range(7)], output_mode="multi_hot")
    model = keras.Sequential([keras.Input((1,), dtype="string"), lookup, keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return Call(dataset(words, arrays()[1]), model)


@fault(
    first="arity", verdict="raises", batch=0, says=("no y", "map|targets"), variants=("array", "dict", "tfds", "tuple")
)
def a_dataset_without_targets(what: str) -> Call:
    x, y = arrays()
    made = {
        "array": (x,),
        "dict": ({"x": x, "label": y},),
        "tfds": ({"image": x, "label": y, "id": y},),
        "tuple": ((x,),),
    }
    return Call(dataset(*made[what]), dense())


@a_dataset_without_targets.sound
def a_model_that_needs_no_targets() -> Call:
    inputs = keras.Input((4,))
    outputs = keras.layers.Dense(4)(inputs)

    class Own(keras.Model):
        def compute_loss(self, x: Any = None, y: Any = None, y_pred: Any = None, *_: Any, **_named: Any) -> Any:
            assert y is None
            return keras.ops.mean(keras.ops.square(x - y_pred))

    model = Own(inputs, outputs)
    model.compile("sgd")
    return Call(dataset(arrays()[0]), model)


@a_dataset_without_targets.sound
def a_dict_made_a_pair() -> Call:
    x, y = arrays()
    return Call(dataset({"x": x, "label": y}).map(lambda row: (row["x"], row["label"])), dense())


@fault(first="arity", verdict="raises", batch=0, says="4 elements|three")
def four_elements() -> Call:
    x, y = arrays()
    return Call(dataset(x, y, y[:, 0], y), dense())


@fault(first="counter-as-x", verdict="raises", batch=0, says=("enumerate", r"map\("), variants=("batches", "samples"))
def numbered_batches(how: str) -> Call:
    batches = dataset(*arrays())
    return Call(batches.enumerate() if how == "batches" else batches.unbatch().enumerate().batch(8), dense())


@numbered_batches.sound
def numbers_taken_out() -> Call:
    return Call(dataset(*arrays()).enumerate().map(lambda _number, batch: batch), dense())


@fault(first="nested-dataset", verdict="raises", batch=0, says=("window", "flat_map"), variants=("batched", "plain"))
def windows_as_datasets(how: str) -> Call:
    import tensorflow as tf

    windows = tf.data.Dataset.from_tensor_slices(arrays()[0][:, 0]).window(5, shift=1, drop_remainder=True)
    return Call(windows.batch(8) if how == "batched" else windows, dense())


@windows_as_datasets.sound
def windows_as_tensors() -> Call:
    import tensorflow as tf

    windows = tf.data.Dataset.from_tensor_slices(arrays()[0][:, 0]).window(5, shift=1, drop_remainder=True)
    pairs = windows.flat_map(lambda part: part.batch(5)).map(lambda part: (part[:4], part[4:]))
    return Call(pairs.batch(8), dense())


@fault(first="not-iterable", verdict="raises", says=r"fit\(dataset\)", variants=("iterator", "numpy", "list"))
def an_iterator_of_a_dataset(how: str) -> Call:
    batches = dataset(*arrays())
    made = {"iterator": lambda: iter(batches), "numpy": batches.as_numpy_iterator, "list": lambda: [batches]}
    return Call(made[how](), dense())


@fault(first="unscaled", says="255", variants=("uint8", "float32"))
def pictures_as_they_are(dtype: str) -> Call:
    pictures = np.random.default_rng(0).integers(0, 255, (48, 8, 8, 3)).astype(dtype)
    model = keras.Sequential(
        [keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(3, activation="softmax")]
    )
    model.compile(keras.optimizers.SGD(1e-6), "sparse_categorical_crossentropy")
    return Call(dataset(pictures, labels()[1]), model)


@pictures_as_they_are.sound
def pictures_scaled_by_the_model() -> Call:
    pictures = np.random.default_rng(0).integers(0, 255, (48, 8, 8, 3)).astype("uint8")
    layers = [keras.layers.Rescaling(1 / 255), keras.layers.Flatten(), keras.layers.Dense(3, activation="softmax")]
    model = keras.Sequential([keras.Input((8, 8, 3)), *layers])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return Call(dataset(pictures, labels()[1]), model)
