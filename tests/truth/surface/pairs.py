"""Which y belongs to which x: shuffled apart, augmented apart, noisy, padded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import ROWS, arrays, batches_of, classifier, dense, labels
from tests.truth.surface.row import Call, fault

EPOCHS, SIDE = 3, 8
STEPS = 6


class Epochs(keras.utils.PyDataset):
    """Batches that ``change`` makes anew for each epoch of the arrays given."""

    def __init__(self, change: Callable[..., Any], *parts: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.change, self.parts, self.random = change, parts, np.random.default_rng(3)
        self.epoch = 0
        self.now = batches_of(*parts)

    def __len__(self) -> int:
        return len(self.now)

    def __getitem__(self, index: int) -> Any:
        return self.now[index]

    def on_epoch_begin(self) -> None:
        self.epoch += 1
        if self.epoch > 1:
            self.now = batches_of(*self.change(self.random, *self.parts))


def endless(change: Callable[..., Any], *parts: Any) -> Callable[[], Iterator[Any]]:
    def make_batches() -> Iterator[Any]:
        random = np.random.default_rng(3)
        yield from batches_of(*parts)
        while True:
            yield from batches_of(*change(random, *parts))

    return make_batches


def call(kind: str, change: Callable[..., Any], parts: Any, model: Any) -> Call:
    if kind == "PyDataset":
        return Call(Epochs(change, *parts), model, epochs=EPOCHS)
    return Call(endless(change, *parts), model, epochs=EPOCHS, steps_per_epoch=STEPS)


def x_alone(random: Any, x: Any, y: Any) -> Any:
    return x[random.permutation(len(x))], y


def y_alone(random: Any, x: Any, y: Any) -> Any:
    return x, y[random.permutation(len(y))]


@fault(first="torn-pairs", says=(r"other samples|another", r"permutation|one "), variants=("PyDataset", "generator"))
def shuffled_apart(kind: str) -> Call:
    return call(kind, x_alone, arrays(), dense())


@shuffled_apart.sound
def shuffled_together() -> Call:
    def change(random: Any, x: Any, y: Any) -> Any:
        order = random.permutation(len(x))
        return x[order], y[order]

    return call("PyDataset", change, arrays(), dense())


@shuffled_apart.sound
def targets_with_new_noise() -> Call:
    def change(random: Any, x: Any, y: Any) -> Any:
        order = random.permutation(len(x))
        noise = random.normal(size=y.shape) * (random.random(y.shape) < 0.5)
        return x[order], (y + noise).astype("float32")[order]

    return call("generator", change, arrays(), dense())


@shuffled_apart.sound
def labels_that_are_guessed_anew() -> Call:
    def change(random: Any, x: Any, y: Any) -> Any:
        return x, np.where(random.random(len(y)) < 0.4, random.integers(0, 3, len(y)), y)

    return call("generator", change, labels(), classifier())


@shuffled_apart.sound
def labels_padded_to_the_longest_of_each_batch() -> Call:
    x, _ = arrays()
    random = np.random.default_rng(0)
    words = [random.normal(size=random.integers(1, 4)) for _ in x]

    def make_batches() -> Iterator[Any]:
        order = np.arange(len(x))
        while True:
            for part in np.split(order, len(x) // ROWS):
                longest = max(len(words[i]) for i in part)
                y = np.stack([np.pad(words[i], (0, longest - len(words[i]))) for i in part])
                yield x[part], y.astype("float32")
            order = random.permutation(len(x))

    def loss(y: Any, predicted: Any) -> Any:
        return keras.ops.square(keras.ops.sum(y, axis=-1, keepdims=True) - predicted)

    return Call(make_batches, dense(loss=loss), epochs=4, steps_per_epoch=STEPS)


@fault(first="torn-pairs", says=r"other samples|another")
def classes_shuffled_apart() -> Call:
    return call("PyDataset", y_alone, labels(), classifier())


@fault(first="torn-pairs", says=r"other samples|another")
def masks_shuffled_apart() -> Call:
    return call("generator", y_alone, pictures(), painter())


def pictures(count: int = 48) -> tuple[Any, Any]:
    """Images float32 ``(count, 8, 8, 1)`` and masks of what is bright in them."""
    random = np.random.default_rng(5)
    masks = (random.random((count, SIDE, SIDE, 1)) < 0.3).astype("float32")
    return (0.2 + 0.6 * masks + 0.02 * random.normal(size=masks.shape)).astype("float32"), masks


def painter() -> Any:
    model = keras.Sequential([keras.Input((SIDE, SIDE, 1)), keras.layers.Conv2D(1, 3, padding="same")])
    model.compile("sgd", keras.losses.BinaryCrossentropy(from_logits=True))
    return model


def mirrored(images: Any, which: Any, axis: int = 2) -> Any:
    images = images.copy()
    images[which] = np.flip(images[which], axis)
    return images


def apart(random: Any, x: Any, y: Any) -> Any:
    return mirrored(x, random.random(len(x)) < 0.5), mirrored(y, random.random(len(x)) < 0.5)


def x_only(random: Any, x: Any, y: Any) -> Any:
    return mirrored(x, random.random(len(x)) < 0.5, axis=1), y


def turned(random: Any, x: Any, y: Any) -> Any:
    return x, np.stack([np.rot90(each, random.integers(0, 4)) for each in y])


@fault(
    first="torn-augmentation",
    says=(r"same x|x is the same", r"one draw|same random", r"mirrored|turned"),
    variants=(apart, x_only, turned),
)
def augmented_apart(change: Any) -> Call:
    return call("PyDataset", change, pictures(), painter())


@fault(first="torn-augmentation", says=r"separate draws")
def series_reversed_apart() -> Call:
    x, _ = pictures()
    x = x[..., 0].reshape(-1, 16, 4)
    model = keras.Sequential([keras.Input((16, 4)), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    return call(
        "generator", lambda random, x, y: (mirrored(x, random.random(len(x)) < 0.5, 1), y), (x, x[..., :2]), model
    )


@augmented_apart.sound
def augmented_by_one_draw() -> Call:
    def change(random: Any, x: Any, y: Any) -> Any:
        which = random.random(len(x)) < 0.5
        return mirrored(x, which), mirrored(y, which)

    return call("PyDataset", change, pictures(), painter())


@augmented_apart.sound
def mirrored_images_keep_their_labels() -> Call:
    def change(random: Any, x: Any, y: Any) -> Any:
        return mirrored(x, random.random(len(x)) < 0.5), y

    x, _ = pictures()
    one_hot = np.eye(SIDE, dtype="float32")[np.random.default_rng(0).integers(0, SIDE, len(x))]
    model = keras.Sequential([keras.Input((SIDE, SIDE, 1)), keras.layers.Flatten(), keras.layers.Dense(SIDE)])
    model.compile("sgd", keras.losses.CategoricalCrossentropy(from_logits=True))
    return call("PyDataset", change, (x, one_hot), model)


@augmented_apart.sound
def noise_on_x_alone() -> Call:
    def change(random: Any, x: Any, y: Any) -> Any:
        return (x + 0.05 * random.normal(size=x.shape)).astype("float32"), y

    return call("generator", change, pictures(), painter())
