"""In which order a dataset gives its samples, in which pass, and which of them never."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import arrays, batches_of, classifier, dense, generator, labels
from tests.truth.surface.row import Call, fault, silent

N = 48


def slices(*parts: Any) -> Any:
    """A dataset of samples."""
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(parts or arrays())


def noisy(x: Any, y: Any) -> Any:
    """Draw noise in the graph."""
    import tensorflow as tf

    return x + tf.random.normal(tf.shape(x), stddev=0.1), y


@fault(
    first="never-reshuffled",
    says=("cache", "shuffl", "same order"),
    variants=("batched first", "cached first", "mapped", "in a file"),
)
def cached_behind_its_shuffle(how: str) -> Call:
    from tests.truth.surface.folders import folder

    shuffled = slices().shuffle(N)
    made = {
        "batched first": lambda: shuffled.batch(8).cache(),
        "cached first": lambda: shuffled.cache().batch(8),
        "mapped": lambda: shuffled.cache().map(lambda x, y: (x * 2, y), num_parallel_calls=2).batch(8).prefetch(1),
        "in a file": lambda: shuffled.batch(8).cache(str(folder() / "kept")),
    }
    return Call(made[how](), dense(), epochs=3)


@cached_behind_its_shuffle.sound
def shuffled_behind_its_cache() -> Call:
    return Call(slices().cache().shuffle(N).batch(8), dense(), epochs=3)


@cached_behind_its_shuffle.sound
def shuffled_before_and_behind_its_cache() -> Call:
    return Call(slices().shuffle(N).batch(8).cache().shuffle(6), dense(), epochs=3)


@cached_behind_its_shuffle.sound
def shuffled_once_on_purpose() -> Call:
    return Call(slices().shuffle(N, reshuffle_each_iteration=False).batch(8), dense(), epochs=3)


@cached_behind_its_shuffle.sound
def cached_for_a_single_epoch() -> Call:
    return Call(slices().shuffle(N).batch(8).cache(), dense(), epochs=1)


def flipped(x: Any, y: Any) -> Any:
    """A layer of Keras that augments, with a generator of its own."""
    return FLIP(x, training=True), y


FLIP = keras.layers.RandomFlip(seed=1)


def views() -> Any:
    random = np.random.default_rng(0)
    return slices(random.random((N, 8, 8, 1)).astype("float32"), random.random((N, 1)).astype("float32"))


def viewer() -> Any:
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.001), "mse")
    return model


@fault(
    first="frozen-augmentation",
    says=("cache", "augment|random", "frozen"),
    variants=("noise", "flip layer", "batched", "image op"),
)
def augmented_before_the_cache(how: str) -> Call:
    import tensorflow as tf

    made = {
        "noise": lambda: (slices().map(noisy).cache().shuffle(N).batch(8), dense()),
        "flip layer": lambda: (views().map(flipped).cache().shuffle(N).batch(8), viewer()),
        "batched": lambda: (slices().batch(8).map(noisy).cache(), dense()),
        "image op": lambda: (views().map(lambda x, y: (tf.image.random_flip_up_down(x), y)).cache().batch(8), viewer()),
    }
    source, model = made[how]()
    return Call(source, model, epochs=3)


@augmented_before_the_cache.sound
def augmented_behind_the_cache() -> Call:
    return Call(slices().cache().shuffle(N).map(noisy).batch(8), dense(), epochs=3)


@augmented_before_the_cache.sound
def a_plain_map_before_the_cache() -> Call:
    return Call(slices().map(lambda x, y: (x * 2, y)).cache().shuffle(N).batch(8), dense(), epochs=3)


@augmented_before_the_cache.sound
def a_random_split_before_the_cache() -> Call:
    import tensorflow as tf

    kept = slices().filter(lambda _x, _y: tf.random.uniform(()) < 0.8)
    return Call(kept.cache().shuffle(N).batch(8), dense(), epochs=3)


def by_class(count: int = 480) -> Any:
    x, y = labels(count, classes=2)
    return slices(x, np.sort(y))


@fault(
    first="constant-labels",
    says=("shuffle", "buffer|behind `batch`|stands behind"),
    variants=("batches", "tiny", "small", "quarter"),
)
def sorted_and_hardly_shuffled(how: str) -> Call:
    made = {
        "batches": lambda: by_class().batch(8).shuffle(60),
        "tiny": lambda: by_class().shuffle(4).batch(8),
        "small": lambda: by_class().shuffle(50).batch(8),
        "quarter": lambda: by_class(960).shuffle(240).batch(32),
    }
    return Call(made[how](), classifier(), epochs=2)


@sorted_and_hardly_shuffled.sound
def sorted_and_shuffled_whole() -> Call:
    return Call(by_class().shuffle(480).batch(8), classifier(), epochs=2)


@sorted_and_hardly_shuffled.sound
def mixed_data_and_a_small_buffer() -> Call:
    return Call(slices(*labels(480, classes=2)).shuffle(20).batch(8), classifier(), epochs=2)


@fault(
    first="batches-shuffled-whole",
    says=("behind `batch`", r"shuffle\(number_of_samples\).batch"),
    variants=("plain", "cached"),
)
def whole_batches_shuffled(how: str) -> Call:
    batches = slices().batch(8)
    return Call((batches.cache() if how == "cached" else batches).shuffle(6), dense(), epochs=3)


@whole_batches_shuffled.sound
def samples_shuffled() -> Call:
    return Call(slices().shuffle(N).batch(8), dense(), epochs=3)


def split(first: Any, second: Any, *, epochs: int = 3) -> Call:
    return Call(first, dense(), epochs=epochs, validation_data=second)


@fault(
    first="split-reshuffled",
    says=("take", "trained on", "reshuffle_each_iteration=False"),
    variants=("samples", "batches", "seed", "one epoch", "counted"),
)
def split_behind_a_shuffle(how: str) -> Call:
    whole = slices().shuffle(N, seed=1 if how == "seed" else None)
    if how == "batches":
        return split(whole.batch(8).skip(2), whole.batch(8).take(2))
    if how == "counted":
        numbered = whole.enumerate()
        first = numbered.filter(lambda number, _: number % 3 != 0).map(lambda _, pair: pair)
        second = numbered.filter(lambda number, _: number % 3 == 0).map(lambda _, pair: pair)
        return split(first.batch(8), second.batch(8))
    return split(whole.take(32).batch(8), whole.skip(32).batch(8), epochs=1 if how == "one epoch" else 3)


@split_behind_a_shuffle.sound
def split_behind_a_fixed_shuffle() -> Call:
    whole = slices().shuffle(N, reshuffle_each_iteration=False)
    return split(whole.take(32).shuffle(32).batch(8), whole.skip(32).batch(8))


@split_behind_a_shuffle.sound
def split_before_the_shuffle() -> Call:
    return split(slices().take(32).shuffle(32).batch(8), slices().skip(32).shuffle(16).batch(8))


def zipped(x: Any, y: Any) -> Any:
    import tensorflow as tf

    return tf.data.Dataset.zip((x, y)).batch(8)


def part(array: Any) -> Any:
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(array)


@fault(
    first="torn-pairs",
    says=("zip", "apart", r"zip\(\(x, y\)\)\.shuffle"),
    variants=("both", "x alone", "one epoch", "classes"),
)
def shuffled_apart_and_zipped(how: str) -> Call:
    x, y = labels() if how == "classes" else arrays()
    labels_part = part(y) if how == "x alone" else part(y).shuffle(N)
    model = classifier() if how == "classes" else dense()
    return Call(zipped(part(x).shuffle(N), labels_part), model, epochs=1 if how == "one epoch" else 3)


@shuffled_apart_and_zipped.sound
def zipped_and_shuffled() -> Call:
    import tensorflow as tf

    x, y = arrays()
    return Call(tf.data.Dataset.zip((part(x), part(y))).shuffle(N).batch(8), dense(), epochs=3)


@shuffled_apart_and_zipped.sound
def pairs_mixed_up_by_mixup() -> Call:
    import tensorflow as tf

    pairs = tf.data.Dataset.zip((slices().shuffle(N), slices().shuffle(N)))
    mixed = pairs.map(lambda one, other: (0.5 * one[0] + 0.5 * other[0], 0.5 * one[1] + 0.5 * other[1]))
    return Call(mixed.batch(8), dense(), epochs=3)


@shuffled_apart_and_zipped.sound
def shuffled_alike_and_zipped() -> Call:
    x, y = arrays()
    return Call(zipped(part(x).shuffle(N, seed=3), part(y).shuffle(N, seed=3)), dense(), epochs=3)


@fault(first="zip-cut", says=("x 48 and y 30|x 30 and y 48", "zip"), variants=("y", "x"))
def zipped_with_a_shorter_part(short: str) -> Call:
    x, y = arrays()
    return Call(zipped(part(x if short == "y" else x[:30]), part(y[:30] if short == "y" else y)), dense(), epochs=2)


@zipped_with_a_shorter_part.sound
def zipped_with_something_endless() -> Call:
    import tensorflow as tf

    x, y = arrays()
    seeds = tf.data.Dataset.zip((tf.data.Dataset.zip((part(x), part(y))), tf.data.Dataset.counter()))
    return Call(seeds.map(lambda pair, _seed: pair).batch(8), dense(), epochs=2)


@zipped_with_a_shorter_part.sound
def numbered_and_taken_apart() -> Call:
    return Call(slices().enumerate().map(lambda _number, pair: pair).batch(8), dense(), epochs=2)


@fault(
    first="endless",
    verdict="never ends",
    says="steps_per_epoch",
    live="the fit never ends",
    variants=("repeat", "samples", "two"),
)
def repeated_without_steps(how: str) -> Call:
    import tensorflow as tf

    made = {
        "repeat": lambda: slices().batch(8).repeat(),
        "samples": lambda: slices().repeat().shuffle(N).batch(8).prefetch(1),
        "two": lambda: tf.data.Dataset.sample_from_datasets([slices().repeat(), slices().repeat()]).batch(8),
    }
    return Call(made[how](), dense(), epochs=2)


@repeated_without_steps.sound
def repeated_with_steps() -> Call:
    return Call(slices().repeat().shuffle(N).batch(8), dense(), epochs=2, steps_per_epoch=6)


@repeated_without_steps.sound
def repeated_three_times() -> Call:
    return Call(slices().batch(8).repeat(3), dense(), epochs=2)


@fault(
    first="exhausted", verdict="trains on altered data", says=("once", "from_generator"), variants=("plain", "repeated")
)
def one_generator_object_behind_a_dataset(how: str) -> Call:
    import tensorflow as tf

    one = generator(batches_of(*arrays()))()
    signature = (tf.TensorSpec((None, 4)), tf.TensorSpec((None, 1)))
    read = tf.data.Dataset.from_generator(lambda: one, output_signature=signature)
    return (
        Call(read, dense(), epochs=3) if how == "plain" else Call(read.repeat(), dense(), epochs=3, steps_per_epoch=6)
    )


@one_generator_object_behind_a_dataset.sound
def a_generator_function_behind_a_dataset() -> Call:
    import tensorflow as tf

    signature = (tf.TensorSpec((None, 4)), tf.TensorSpec((None, 1)))
    return Call(
        tf.data.Dataset.from_generator(generator(batches_of(*arrays())), output_signature=signature), dense(), epochs=3
    )


@silent(because="a deliberate drop_remainder looks the same, and what is dropped never reaches fit")
def the_last_samples_dropped() -> Call:
    return Call(slices(*(array[:45] for array in arrays())).batch(8, drop_remainder=True), dense(), epochs=2)


@silent(because="a window over the passes is documented use of repeat; the samples of an epoch are not those of a pass")
def passes_blended_into_each_other() -> Call:
    return Call(
        slices(*(array[:45] for array in arrays())).repeat().shuffle(45).batch(8), dense(), epochs=2, steps_per_epoch=5
    )
