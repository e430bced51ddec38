"""What ``keras.utils`` makes of folders, sequences and labels, and the iterators of ImageDataGenerator."""

from __future__ import annotations

import wave
from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import arrays, batches_of, classifier, dense, generator, labels
from tests.truth.surface.folders import SIZE, folder, images, pictures, texts, viewer
from tests.truth.surface.row import Call, fault, silent

SPARSE, ONE_HOT, BINARY = "sparse_categorical_crossentropy", "categorical_crossentropy", "binary_crossentropy"


@fault(
    first="labels-vs-loss", verdict="raises", batch=0, says="crossentropy", variants=("int", "categorical", "binary")
)
def a_label_mode_of_another_loss(mode: str) -> Call:
    if mode == "binary":
        return Call(pictures(images(2), label_mode="binary"), viewer(2, ONE_HOT))
    return Call(pictures(images(), label_mode=mode), viewer(3, ONE_HOT if mode == "int" else SPARSE))


@a_label_mode_of_another_loss.sound
def the_label_mode_of_the_loss() -> Call:
    return Call(pictures(images(), label_mode="categorical"), viewer(3, ONE_HOT))


@a_label_mode_of_another_loss.sound
def two_folders_and_one_unit() -> Call:
    return Call(pictures(images(2), label_mode="binary"), viewer(1, BINARY))


@fault(first="labels-out-of-range", says=("0 to 2", "softmax"))
def three_folders_and_one_unit() -> Call:
    return Call(pictures(images(3)), viewer(1, BINARY))


@fault(first="labels-out-of-range", verdict="raises", says="4 units")
def more_folders_than_units() -> Call:
    return Call(pictures(images(4)), viewer(3))


@fault(
    first="arity", verdict="raises", batch=0, says=("no y", "inferred|class_mode"), variants=("labels", "class_mode")
)
def pictures_without_labels(how: str) -> Call:
    if how == "labels":
        return Call(pictures(images(), labels=None), viewer())
    return Call(flowing(class_mode=None), viewer(3, ONE_HOT, scale=False))


@pictures_without_labels.sound
def pictures_of_an_autoencoder() -> Call:
    layers = [keras.layers.Rescaling(1 / 255), keras.layers.Conv2D(3, 1)]
    model = keras.Sequential([keras.Input((SIZE, SIZE, 3)), *layers])
    model.compile(keras.optimizers.SGD(1e-6), "mse")
    return Call(pictures(images(), labels=None).map(lambda x: (x, x)), model)


@fault(first="constant-labels", says=("class", "shuffle"), variants=("plain", "split"))
def sorted_folders(how: str) -> Call:
    root = images(3, 40)
    if how == "plain":
        return Call(pictures(root, shuffle=False), viewer())
    told = {"validation_split": 0.25, "shuffle": False}
    return Call(
        pictures(root, subset="training", **told), viewer(), validation_data=pictures(root, subset="validation", **told)
    )


@sorted_folders.sound
def shuffled_folders_split_by_one_seed() -> Call:
    root, told = images(3, 40), {"validation_split": 0.25, "seed": 1}
    return Call(
        pictures(root, subset="training", **told),
        viewer(),
        epochs=2,
        validation_data=pictures(root, subset="validation", **told),
    )


@sorted_folders.sound
def folders_cached_as_they_came() -> Call:
    return Call(pictures(images(3, 40)).cache().prefetch(2), viewer(), epochs=3)


@fault(first="constant-labels", says=("class_names", "sub-folder"))
def one_folder_too_high() -> Call:
    root = folder()
    images().rename(root / "all")
    return Call(pictures(root), viewer())


@fault(first="unscaled", says="255", variants=("dataset", "iterator"))
def pictures_never_scaled(how: str) -> Call:
    if how == "dataset":
        return Call(pictures(images()), viewer(scale=False))
    return Call(flowing(rescale=None), viewer(3, ONE_HOT, scale=False))


@fault(first="double-scaled", says="255")
def pictures_scaled_twice() -> Call:
    return Call(pictures(images()).map(lambda x, y: (x / 255, y)), viewer())


@fault(first="unscaled", says="validation_data", variants=("dataset", "iterator"))
def validation_never_scaled(how: str) -> Call:
    if how == "dataset":
        scaled = pictures(images()).map(lambda x, y: (x / 255, y))
        return Call(scaled, viewer(scale=False), epochs=2, validation_data=pictures(images(2)))
    return Call(flowing(), viewer(3, ONE_HOT, scale=False), validation_data=flowing(rescale=None))


@validation_never_scaled.sound
def both_scaled() -> Call:
    return Call(flowing(), viewer(3, ONE_HOT, scale=False), epochs=2)


@fault(
    first="input-mismatch", verdict="raises", batch=0, says=r"\(None, 8, 8, 3\)", variants=("size", "gray", "default")
)
def pictures_of_another_shape(how: str) -> Call:
    if how == "default":
        return Call(flowing(target_size=(16, 16)), viewer(3, ONE_HOT, scale=False))
    told: dict[str, Any] = {"image_size": (16, 16)} if how == "size" else {"color_mode": "grayscale"}
    return Call(pictures(images(), **told), viewer())


def flowing(rescale: float | None = 1 / 255, **told: Any) -> Any:
    """An iterator of ImageDataGenerator over a folder."""
    from keras.src.legacy.preprocessing.image import ImageDataGenerator

    told = {"target_size": (SIZE, SIZE), "batch_size": 8} | told
    return ImageDataGenerator(rescale=rescale).flow_from_directory(images(), **told)


@fault(first="zero-length", verdict="raises", says=("validation_split", "length 0"))
def a_subset_without_a_split() -> Call:
    return Call(
        flowing(subset="training"), viewer(3, ONE_HOT, scale=False), validation_data=flowing(subset="validation")
    )


@fault(first="object-or-string-dtype", verdict="raises", batch=0, says=("text", "TextVectorization"))
def texts_without_vectorization() -> Call:
    read = keras.utils.text_dataset_from_directory(texts(), batch_size=8, seed=1, verbose=False)
    return Call(read, reader())


def reader() -> Any:
    layers = [keras.layers.Embedding(50, 4), keras.layers.GlobalAveragePooling1D()]
    model = keras.Sequential([*layers, keras.layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", BINARY)
    return model


@texts_without_vectorization.sound
def texts_vectorized() -> Call:
    read = keras.utils.text_dataset_from_directory(texts(), batch_size=8, seed=1, verbose=False)
    vectorize = keras.layers.TextVectorization(50, output_sequence_length=4)
    vectorize.adapt(read.map(lambda x, _y: x))
    return Call(read.map(lambda x, y: (vectorize(x), y)), reader())


def sounds() -> Any:
    root = folder()
    for name in "ab":
        (root / name).mkdir()
        for number in range(10):
            with wave.open(str(root / name / f"{number}.wav"), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(8000)
                file.writeframes(np.random.default_rng(number).integers(-9000, 9000, 100).astype("int16").tobytes())
    told = {"batch_size": 4, "seed": 1, "output_sequence_length": 100, "verbose": False}
    return keras.utils.audio_dataset_from_directory(root, **told)


def listener() -> Any:
    model = keras.Sequential([keras.Input((100,)), keras.layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", BINARY)
    return model


@fault(first="unknown-shape", verdict="raises", batch=0, says=(r"\(None, 100, None\)", "ensure_shape"))
def sounds_of_unknown_channels() -> Call:
    return Call(sounds(), listener())


@sounds_of_unknown_channels.sound
def sounds_of_one_channel() -> Call:
    import tensorflow as tf

    return Call(sounds().map(lambda x, y: (tf.squeeze(x, -1), y)), listener())


def fractions() -> list[list[float]]:
    return [list(np.random.default_rng(number).random(1 + number % 4)) for number in range(48)]


@fault(first="blank-batches", says=("pad_sequences", "float32"), variants=("arrays", "generator"))
def fractions_padded_as_whole_numbers(kind: str) -> Call:
    padded, y = keras.utils.pad_sequences(fractions(), maxlen=4), arrays()[1]
    return Call((padded, y) if kind == "arrays" else generator(batches_of(padded, y)), dense())


@fractions_padded_as_whole_numbers.sound
def fractions_padded_as_fractions() -> Call:
    return Call((keras.utils.pad_sequences(fractions(), maxlen=4, dtype="float32"), arrays()[1]), dense())


@fault(first="input-mismatch", verdict="raises", batch=0, says=r"\(None, 4\)", variants=(5, None))
def padded_to_another_length(maxlen: int | None) -> Call:
    sequences = [list(range(1, 2 + number % 6)) for number in range(48)]
    return Call((keras.utils.pad_sequences(sequences, maxlen=maxlen), arrays()[1]), dense())


def one_hot(ids: Any, **told: Any) -> Call:
    return Call((arrays()[0], keras.utils.to_categorical(ids, **told)), dense(3, loss=ONE_HOT, activation="softmax"))


@fault(first="label-shape", verdict="raises", batch=0, says=(r"- 1, num_classes=3",))
def class_ids_that_begin_at_one() -> Call:
    return one_hot(labels()[1] + 1)


@class_ids_that_begin_at_one.sound
def class_ids_that_begin_at_zero() -> Call:
    return one_hot(labels()[1], num_classes=3)


@fault(first="label-shape", verdict="raises", batch=0, says=("num_classes=3",))
def a_class_that_never_occurs() -> Call:
    return one_hot(labels(classes=2)[1])


@fault(first="label-shape", verdict="raises", batch=0, says=("twice",))
def one_hot_twice() -> Call:
    return one_hot(keras.utils.to_categorical(labels()[1]))


@fault(first="feature-shape-drift", verdict="raises", batch=3, says=("to_categorical", "num_classes"))
def one_hot_batch_by_batch() -> Call:
    x, y = labels()
    y[24:32] = 0
    batches = [(a, keras.utils.to_categorical(b)) for a, b in batches_of(x, y)]
    return Call(generator(batches), dense(3, loss=ONE_HOT, activation="softmax"))


@one_hot_batch_by_batch.sound
def one_hot_of_three_classes() -> Call:
    x, y = labels()
    y[24:32] = 0
    batches = [(a, keras.utils.to_categorical(b, 3)) for a, b in batches_of(x, y)]
    return Call(generator(batches), dense(3, loss=ONE_HOT, activation="softmax"))


@fault(first="missing-batch-axis", verdict="raises", batch=0, says=r"\.batch\(", variants=("split", "folder"))
def samples_of_a_helper_never_batched(how: str) -> Call:
    if how == "split":
        return Call(keras.utils.split_dataset(labels(), 0.75)[0], classifier())
    return Call(pictures(images(), batch_size=None), viewer())


@samples_of_a_helper_never_batched.sound
def split_and_batched() -> Call:
    first, second = keras.utils.split_dataset(labels(), 0.75, shuffle=True, seed=1)
    return Call(first.batch(8), classifier(), epochs=2, validation_data=second.batch(8))


@silent(because="to_categorical cuts the fractions off before fit sees the labels")
def fractions_made_one_hot() -> Call:
    return one_hot(np.random.default_rng(0).random(48) * 3, num_classes=3)


@silent(because="whole numbers that were fractions once look like whole numbers")
def large_fractions_padded_as_whole_numbers() -> Call:
    sequences = [[10 * value for value in row] for row in fractions()]
    return Call((keras.utils.pad_sequences(sequences, maxlen=4), arrays()[1]), dense())
