"""What single layers make of sound looking inputs: whole numbers, samples of padding alone, batches of one sample."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import KINDS, Items, arrays, batches_of, dense, generator, source
from tests.truth.surface.row import Call, fault

L = keras.layers


def random(*shape: int) -> Any:
    return np.random.default_rng(0).random(shape).astype("float32")


def compiled(model: Any, loss: Any = "mse") -> Any:
    model.compile(keras.optimizers.SGD(0.01), loss)
    return model


def stacked(*layers: Any, shape: tuple[int, ...], loss: Any = "mse") -> Any:
    return compiled(keras.Sequential([keras.Input(shape), *layers]), loss)


class Convolved(keras.Model):
    """A subclassed model, which declares no input."""

    def __init__(self, *, cast: bool = False) -> None:
        super().__init__()
        self.conv, self.flat, self.out, self.cast = L.Conv2D(2, 2), L.Flatten(), L.Dense(1), cast

    def call(self, x: Any) -> Any:
        x = keras.ops.cast(x, "float32") / 255 if self.cast else x
        return self.out(self.flat(self.conv(x)))


class Product(keras.Model):
    """A matrix product as TensorFlow makes it."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = self.add_weight(shape=(4, 1))

    def call(self, x: Any) -> Any:
        import tensorflow as tf

        return tf.matmul(x, self.kernel)


def images(dtype: str) -> list[Any]:
    return batches_of((random(48, 4, 4, 1) * 255).astype(dtype), arrays()[1])


@fault(
    first="input-dtype",
    verdict="raises",
    batch=0,
    says=(r"x of batch 0 is uint8", r"float32", r"/ 255"),
    variants=KINDS,
)
def images_as_bytes_into_a_subclassed_model(kind: str) -> Call:
    return Call(source(kind, images("uint8")), compiled(Convolved()))


@fault(
    first="input-dtype",
    verdict="raises",
    says=(r"is (uint8|int64)", r"astype\('float32'\)"),
    variants=("uint8", "int64", "arrays"),
)
def whole_numbers_into_a_matrix_product(kind: str) -> Call:
    dtype = "int64" if kind == "arrays" else kind
    x = (random(48, 4) * 200).astype(dtype)
    batches = x, arrays()[1]
    return Call(batches if kind == "arrays" else Items(batches_of(*batches)), compiled(Product()))


@fault(first="input-dtype", verdict="raises", says=(r"declares its input as uint8 too", r"keras\.Input\(\.\.\., dtype"))
def images_as_bytes_into_an_input_of_bytes() -> Call:
    given = keras.Input((4, 4, 1), dtype="uint8")
    model = compiled(keras.Model(given, L.Dense(1)(L.Flatten()(L.Conv2D(2, 2)(given)))))
    return Call(generator(images("uint8")), model)


@fault(first="model-rejects", verdict="raises", says=r"int64 tensor but is a int32|int32.*int64|int64.*int32")
def whole_numbers_beside_others() -> Call:
    import tensorflow as tf

    class Added(keras.Model):
        def call(self, x: Any) -> Any:
            return tf.cast(x + tf.constant([1], "int32"), "float32")

    return Call(generator(batches_of((random(48, 4) * 200).astype("int64"), arrays()[1])), compiled(Added()))


@images_as_bytes_into_a_subclassed_model.sound
def bytes_that_the_model_casts() -> Call:
    return Call(generator(images("uint8")), compiled(Convolved(cast=True)))


@images_as_bytes_into_a_subclassed_model.sound
def float64_into_a_subclassed_model() -> Call:
    x, y = arrays()
    return Call(generator(batches_of(x.astype("float64"), y)), compiled(Product()))


@images_as_bytes_into_a_subclassed_model.sound
def whole_numbers_into_a_declared_input() -> Call:
    x, y = arrays()
    return Call(generator(batches_of((x * 3).astype("int64"), y)), dense())


def texts(*empty: int) -> tuple[Any, Any]:
    x = np.random.default_rng(0).integers(1, 9, (48, 5))
    x[::3, 3:] = 0
    x[list(empty)] = 0
    return x, arrays()[1]


def averaged(*, mask: bool = True) -> Any:
    return stacked(L.Embedding(9, 3, mask_zero=mask), L.GlobalAveragePooling1D(), L.Dense(1), shape=(5,))


@fault(
    first="masked-samples",
    verdict="trains to NaN",
    batch=2,
    says=(r"sample 3 of batch 2", r"0 by 0", r"empty"),
    variants=KINDS[:2],
)
def an_empty_text_that_is_averaged(kind: str) -> Call:
    return Call(source(kind, batches_of(*texts(19))), averaged(), shuffle=False)


@fault(first="masked-samples", verdict="trains to NaN", batch=2, says=r"samples 0, 3")
def windows_of_padding_that_are_averaged() -> Call:
    x = random(48, 5, 2) + 1
    x[[16, 19]] = -1
    masking = stacked(L.Masking(-1.0), L.GlobalAveragePooling1D(), L.Dense(1), shape=(5, 2))
    return Call(generator(batches_of(x, arrays()[1])), masking)


@fault(first="masked-samples", batch=2, says=r"cannot tell such samples apart", variants=("LSTM", "GRU"))
def an_empty_text_into_a_recurrent_layer(kind: str) -> Call:
    model = stacked(L.Embedding(9, 3, mask_zero=True), getattr(L, kind)(2), L.Dense(1), shape=(5,))
    return Call(generator(batches_of(*texts(19))), model)


@an_empty_text_that_is_averaged.sound
def texts_that_end_early() -> Call:
    return Call(generator(batches_of(*texts())), averaged())


@an_empty_text_that_is_averaged.sound
def an_empty_text_without_a_mask() -> Call:
    return Call(generator(batches_of(*texts(19))), averaged(mask=False))


@an_empty_text_that_is_averaged.sound
def an_empty_text_into_an_lstm() -> Call:
    return an_empty_text_into_a_recurrent_layer.rows[0].make()


def normalized(*, training: Any = None, trainable: bool = True) -> Any:
    given = keras.Input((4,))
    inner = L.BatchNormalization(trainable=trainable)(L.Dense(3)(given), training=training)
    return compiled(keras.Model(given, L.Dense(1)(inner)))


@fault(
    first="batch-of-one",
    says=(r"1 sample", r"minus its own mean is 0", r"LayerNormalization"),
    variants=("arrays", *KINDS),
)
def batches_of_one_sample_that_are_normalized(kind: str) -> Call:
    x, y = arrays(12)
    if kind == "arrays":
        return Call((x, y), normalized(), batch_size=1)
    return Call(source(kind, batches_of(x, y, size=1)), normalized())


@batches_of_one_sample_that_are_normalized.sound
def one_sample_with_a_way_around_the_layer() -> Call:
    given = keras.Input((4,))
    deep = L.BatchNormalization()(L.Dense(3)(given))
    model = compiled(keras.Model(given, L.Dense(1)(L.Concatenate()([given, deep]))))
    return Call(arrays(12), model, batch_size=1)


@batches_of_one_sample_that_are_normalized.sound
def one_image_at_a_time() -> Call:
    layers = [L.Conv2D(2, 2), L.BatchNormalization(), L.Flatten(), L.Dense(1)]
    return Call((random(12, 4, 4, 1), arrays(12)[1]), stacked(*layers, shape=(4, 4, 1)), batch_size=1)


@batches_of_one_sample_that_are_normalized.sound
def a_last_batch_of_one() -> Call:
    return Call(generator(batches_of(*arrays(33))), normalized())


@batches_of_one_sample_that_are_normalized.sound
def a_frozen_layer() -> Call:
    return Call(generator(batches_of(*arrays(12), size=1)), normalized(trainable=False))


@batches_of_one_sample_that_are_normalized.sound
def a_layer_called_as_in_use() -> Call:
    return Call(generator(batches_of(*arrays(12), size=1)), normalized(training=False))


@fault(
    first="labels-out-of-range",
    verdict="raises",
    says=(r"leaves out -1", r"ignore_class=255"),
    variants=("arrays", "generator"),
)
def another_label_than_the_one_left_out(kind: str) -> Call:
    y = np.random.default_rng(1).choice([0, 1, 2, 255], (8, 2, 2))
    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=-1)
    model = stacked(L.Conv2D(3, 1, activation="softmax"), shape=(2, 2, 1), loss=loss)
    x = random(8, 2, 2, 1)
    return Call((x, y) if kind == "arrays" else generator(batches_of(x, y, size=4)), model)


@another_label_than_the_one_left_out.sound
def the_label_that_is_left_out() -> Call:
    y = np.random.default_rng(1).choice([0, 1, 2, 255], (8, 2, 2))
    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=255)
    return Call((random(8, 2, 2, 1), y), stacked(L.Conv2D(3, 1, activation="softmax"), shape=(2, 2, 1), loss=loss))
