"""Validation data: the same samples as in training, other ones in each epoch, and other forms than in training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import Items, arrays, batches_of, dataset, dense, generator, labels
from tests.truth.surface.row import Call, fault, silent

KINDS = ("arrays", "PyDataset", "dataset", "generator")
HERE = (r"validation", r"training")


def _of(kind: str, *parts: Any) -> Any:
    if kind == "arrays":
        return parts
    if kind == "generator":
        return generator(batches_of(*parts))()
    return Items(batches_of(*parts)) if kind == "PyDataset" else dataset(*parts)


@fault(first="validation-overlap", says=(*HERE, r"13 of the 16"), variants=KINDS)
def two_splits_drawn_apart(kind: str) -> Call:
    x, y = arrays(64)
    mine = np.random.default_rng(1).permutation(64)[16:]
    theirs = np.concatenate([mine[:13], np.setdiff1d(np.arange(64), mine)[:3]])
    training = "PyDataset" if kind == "generator" else kind
    return Call(_of(training, x[mine], y[mine]), dense(), epochs=1, validation_data=_of(kind, x[theirs], y[theirs]))


@fault(first="validation-overlap", says=(*HERE, r"are the training data"), variants=KINDS)
def validated_on_the_training_data(kind: str) -> Call:
    x, y = arrays()
    return Call(generator(batches_of(x, y)), dense(), epochs=1, validation_data=_of(kind, x, y))


@fault(first="validation-overlap", says=r"16 of the 16|all of the 16")
def the_same_images_in_another_dtype() -> Call:
    images = np.random.default_rng(0).random((48, 6, 6, 1))
    y = np.arange(48) % 2
    model = keras.Sequential(
        [keras.Input((6, 6, 1)), keras.layers.Flatten(), keras.layers.Dense(2, activation="softmax")]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    training = Items(batches_of(images.astype("float32"), y))
    return Call(training, model, validation_data=(images[5:21].astype("float64"), y[5:21]))


@two_splits_drawn_apart.sound
def two_disjoint_parts() -> Call:
    x, y = arrays(64)
    return Call(_of("PyDataset", x[16:], y[16:]), dense(), epochs=2, validation_data=_of("PyDataset", x[:16], y[:16]))


@two_splits_drawn_apart.sound
def few_features_that_coincide() -> Call:
    random = np.random.default_rng(0)
    x = random.integers(0, 2, (64, 4)).astype("float32")
    y = x[:, :1] * 2
    return Call((x[16:], y[16:]), dense(), validation_data=(x[:16], y[:16]))


@two_splits_drawn_apart.sound
def rounded_measurements_that_coincide() -> Call:
    random = np.random.default_rng(0)
    x = (random.normal(size=(150, 4)) * 2).round(0).astype("float32") / 10
    y = x[:, :1] * 2
    return Call((x[30:], y[30:]), dense(), validation_data=(x[:30], y[:30]))


@two_splits_drawn_apart.sound
def short_texts_of_few_words() -> Call:
    random = np.random.default_rng(0)
    x = random.integers(1, 6, (96, 3))
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Embedding(6, 2), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    return Call((x[24:], x[24:, :1] / 6), model, validation_data=(x[:24], x[:24, :1] / 6))


@two_splits_drawn_apart.sound
def windows_that_share_values_but_not_the_place() -> Call:
    series = np.random.default_rng(0).normal(size=104).astype("float32").cumsum() / 10
    x = np.lib.stride_tricks.sliding_window_view(series, 4)[:100].copy()
    y = series[4:, None]
    return Call((x[:80], y[:80]), dense(), validation_data=(x[80:], y[80:]))


@two_splits_drawn_apart.sound
def the_same_inputs_with_other_labels() -> Call:
    x, y = arrays(48)
    return Call((x, y), dense(), validation_data=(x, y + np.random.default_rng(5).normal(size=y.shape)))


@fault(first="validation-not-comparable", says=(r"goes on where it stopped", r"epoch 2"), variants=(3, 4, 5))
def a_validation_generator_that_goes_on(steps: int) -> Call:
    return Call(
        arrays(), dense(), epochs=4, validation_data=_endless(batches_of(*arrays(96, seed=5))), validation_steps=steps
    )


@fault(first="validation-not-comparable", says=r"goes on where it stopped")
def validation_steps_of_one_whole_pass() -> Call:
    """Which batches an epoch gets depends on how far fit read ahead; that it depends on it does not."""
    return Call(
        arrays(), dense(), epochs=3, validation_data=_endless(batches_of(*arrays(32, seed=5))), validation_steps=4
    )


@fault(first="validation-not-comparable", says=r"goes on where it stopped")
def random_validation_batches() -> Call:
    return Call(arrays(), dense(), epochs=3, validation_data=_drawn(), validation_steps=4)


@a_validation_generator_that_goes_on.sound
def the_same_batch_for_ever() -> Call:
    return Call(
        arrays(), dense(), epochs=3, validation_data=_endless(batches_of(*arrays(8, seed=5))), validation_steps=4
    )


@a_validation_generator_that_goes_on.sound
def one_evaluation() -> Call:
    return Call(
        arrays(), dense(), epochs=1, validation_data=_endless(batches_of(*arrays(96, seed=5))), validation_steps=4
    )


@a_validation_generator_that_goes_on.sound
def a_dataset_read_from_its_start() -> Call:
    return Call(arrays(), dense(), epochs=3, validation_data=dataset(*arrays(96, seed=5)).repeat(), validation_steps=4)


@fault(first="exhausted", says=r"validation_data", variants=(None, 6))
def a_finite_validation_generator(steps: int | None) -> Call:
    return Call(arrays(), dense(), epochs=3, validation_data=_of("generator", *arrays(seed=5)), validation_steps=steps)


@a_finite_validation_generator.sound
def a_finite_validation_generator_for_one_epoch() -> Call:
    return Call(arrays(), dense(), epochs=1, validation_data=_of("generator", *arrays(seed=5)))


@fault(first="shared-generator", says=r"same generator")
def one_generator_for_both() -> Call:
    shared = _endless(batches_of(*arrays()))
    return Call(shared, dense(), epochs=2, steps_per_epoch=4, validation_data=shared, validation_steps=2)


@fault(first="shared-generator", says=r"same iterator")
def two_generators_over_one_iterator() -> Call:
    inner = _endless(batches_of(*arrays()))

    def scaled(stream: Iterator[Any]) -> Iterator[Any]:
        for x, y in stream:
            yield x / 2, y

    return Call(scaled(inner), dense(), epochs=2, steps_per_epoch=4, validation_data=scaled(inner), validation_steps=2)


@fault(first="shared-generator", verdict="raises", says=r"same generator")
def one_finite_generator_for_both() -> Call:
    shared = _of("generator", *arrays())
    return Call(shared, dense(), epochs=2, validation_data=shared)


@one_generator_for_both.sound
def two_generators_of_one_function() -> Call:
    training, validation = _endless(batches_of(*arrays())), _endless(batches_of(*arrays(16, seed=5)))
    return Call(training, dense(), epochs=2, steps_per_epoch=6, validation_data=validation, validation_steps=2)


@fault(
    first="validation-differs",
    verdict="raises",
    says=(r"validation_data", r"\b4\b", r"\b6\b", r"num_classes=6"),
    variants=("arrays", "PyDataset", "dataset"),
)
def one_hot_rows_of_fewer_classes(kind: str) -> Call:
    x, y = arrays()[0], keras.utils.to_categorical(np.arange(48) % 6)
    model = dense(6, loss="categorical_crossentropy", activation="softmax")
    return Call(_of(kind, x, y), model, validation_data=_of(kind, arrays(16, seed=5)[0], _one_hot(4)))


@fault(first="validation-differs", verdict="raises", says=(r"\b8\b", r"num_classes=8"))
def one_hot_rows_of_more_classes() -> Call:
    x, y = arrays()[0], keras.utils.to_categorical(np.arange(48) % 6)
    model = dense(6, loss="categorical_crossentropy", activation="softmax")
    return Call((x, y), model, validation_data=(arrays(16, seed=5)[0], _one_hot(8)))


@fault(first="input-mismatch", verdict="raises", says=(r"validation_data", r"\(.*3\)"))
def features_that_are_missing_in_validation() -> Call:
    x, y = arrays(16, seed=5)
    return Call(dataset(*arrays()), dense(), validation_data=(x[:, :3], y), epochs=2)


@fault(first="labels-vs-loss", verdict="raises", says=(r"validation_data", r"class numbers|one-hot"))
def class_numbers_in_validation_alone() -> Call:
    x, y = labels()
    model = dense(3, loss="categorical_crossentropy", activation="softmax")
    other = labels(16, seed=5)
    return Call((x, np.eye(3, dtype="float32")[y]), model, validation_data=(other[0], other[1]))


@one_hot_rows_of_fewer_classes.sound
def one_hot_rows_of_all_classes() -> Call:
    x, y = arrays()[0], keras.utils.to_categorical(np.arange(48) % 6)
    model = dense(6, loss="categorical_crossentropy", activation="softmax")
    return Call((x, y), model, validation_data=(arrays(16, seed=5)[0], _one_hot(4, 6)))


@one_hot_rows_of_fewer_classes.sound
def longer_sequences_in_validation() -> Call:
    model = keras.Sequential([keras.Input((None, 4)), keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x, other = (np.random.default_rng(0).normal(size=(16, n, 4)).astype("float32") for n in (5, 9))
    return Call((x, x[:, 0, :1]), model, validation_data=(other + 0.1, other[:, 0, :1]))


@fault(
    first="validation-form", verdict="raises", says=r"x has 16 rows and y has 15 rows", variants=("arrays", "generator")
)
def validation_arrays_of_other_lengths(kind: str) -> Call:
    x, y = arrays(16, seed=5)
    return Call(_of(kind, *arrays()), dense(), validation_data=(x, y[:-1]))


@fault(first="validation-form", verdict="raises", says=r"4 elements")
def too_many_elements() -> Call:
    x, y = arrays(16, seed=5)
    return Call(arrays(), dense(), validation_data=(x, y, np.ones(16), x))


@fault(first="validation-form", verdict="raises", says=r"likely batches", variants=(2, 3))
def a_list_of_batches(count: int) -> Call:
    return Call(arrays(), dense(), validation_data=batches_of(*arrays(8 * count, seed=5)))


@too_many_elements.sound
def validation_data_as_a_list() -> Call:
    return Call(arrays(), dense(), validation_data=list(arrays(16, seed=5)))


@too_many_elements.sound
def validation_data_with_weights() -> Call:
    return Call(arrays(), dense(), validation_data=(*arrays(16, seed=5), np.linspace(0.5, 1, 16)))


@silent(because="augmented or perturbed copies are other samples by their content")
def training_samples_with_noise() -> Call:
    x, y = arrays()
    noise = np.random.default_rng(4).normal(size=x.shape).astype("float32") / 100
    return Call((x, y), dense(), validation_data=(x + noise, y))


def _one_hot(classes: int, columns: int | None = None) -> Any:
    return keras.utils.to_categorical(np.arange(16) % classes, columns)


def _endless(batches: list[Any]) -> Iterator[Any]:
    while True:
        yield from batches


def _drawn() -> Iterator[Any]:
    random = np.random.default_rng(7)
    while True:
        x = random.normal(size=(8, 4)).astype("float32")
        yield x, x[:, :1] * 2
