"""Sound sources and arrays of everyday pipelines: what is kept, split, padded, doubled or unpaired on purpose."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.truth.surface.buffers import a_last_batch_of_full_size, a_read_that_gave_zeros
from tests.truth.surface.build import arrays, batches_of, classifier, dense, generator, labels
from tests.truth.surface.callbacks import early_stopping_without_validation
from tests.truth.surface.evaluation import two_splits_drawn_apart
from tests.truth.surface.fit_arguments import a_split_of_sorted_arrays
from tests.truth.surface.keras_utils import one_folder_too_high
from tests.truth.surface.label_values import a_depth_one_too_small, targets_below_0
from tests.truth.surface.pairs import augmented_apart, shuffled_apart
from tests.truth.surface.passes import a_position_set_back_each_time
from tests.truth.surface.row import Call
from tests.truth.surface.sound_pipelines import sizes_that_change, steps
from tests.truth.surface.tf_data_order import augmented_before_the_cache, cached_behind_its_shuffle
from tests.truth.surface.value_scales import validation_on_minus_one_to_one
from tests.truth.surface.weights import a_weight_below_0


def pairs(count: int = 48) -> Any:
    """A dataset of samples."""
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(arrays(count))


def padded(*, one_hot: bool) -> list[Any]:
    """Batches of which the last is filled up with zeros, in x and in y."""
    x, classes = labels(44)
    y = np.eye(3, dtype="float32")[classes] if one_hot else x[:, :1] * 2
    return [
        tuple(np.pad(part, ((0, 8 - len(part)), (0, 0))) for part in batch) for batch in batches_of(x, y)
    ]  # fmt: skip


class Views(keras.Model):
    """Brings two views of a sample together, or two domains, of which neither is a target."""

    def train_step(self, data: Any) -> dict[str, Any]:
        import tensorflow as tf

        one, other = data
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(tf.reduce_sum(self(one) * self(other), axis=-1))
        return steps(self, loss, tape)


def views() -> Any:
    given = keras.Input((4, 4, 1))
    model = Views(given, keras.layers.Dense(3)(keras.layers.Flatten()(given)))
    model.compile("sgd")
    return model


@augmented_apart.sound
def two_views_of_each_image() -> Call:
    images, random = np.random.default_rng(0).random((32, 4, 4, 1)).astype("float32"), np.random.default_rng(1)

    def view(part: Any) -> Any:
        return np.where(random.random((8, 1, 1, 1)) < 0.5, part[:, :, ::-1], part)

    def make_batches() -> Any:
        while True:
            yield from ((view(part), view(part)) for part in np.split(images, 4))

    return Call(make_batches, views(), epochs=3, steps_per_epoch=4)


@shuffled_apart.sound
def images_of_two_domains() -> Call:
    import tensorflow as tf

    random = np.random.default_rng(0)
    one, other = (random.random((rows, 4, 4, 1)).astype("float32") for rows in (32, 40))
    parts = [tf.data.Dataset.from_tensor_slices(part).shuffle(len(part)) for part in (one, other)]
    return Call(tf.data.Dataset.zip(tuple(parts)).batch(8), views(), epochs=2)


@shuffled_apart.sound
def few_shot_tasks_that_number_their_classes_anew() -> Call:
    x, classes = np.random.default_rng(0).normal(size=(40, 4)).astype("float32"), np.repeat(np.arange(5), 8)

    def make_batches() -> Any:
        random = np.random.default_rng(1)
        while True:
            order = random.permutation(40)
            names = random.permutation(5)
            yield from ((x[part], names[classes[part]]) for part in np.split(order, 5))

    return Call(make_batches, classifier(5), epochs=3, steps_per_epoch=5)


@augmented_before_the_cache.sound
def random_numbers_are_the_data() -> Call:
    import tensorflow as tf

    def draw(_number: Any) -> Any:
        return tf.random.normal((4,)), tf.random.normal((1,))

    return Call(tf.data.Dataset.range(48).map(draw).cache().batch(8), dense(), epochs=3)


@augmented_before_the_cache.sound
def several_changed_copies_are_kept() -> Call:
    import tensorflow as tf

    def noisy(x: Any, y: Any) -> Any:
        return x + tf.random.normal((4,), stddev=0.1), y

    return Call(pairs().repeat(3).map(noisy).cache().shuffle(144).batch(8), dense(), epochs=3)


@cached_behind_its_shuffle.sound
def a_fixed_shuffle_that_splits() -> Call:
    mixed = pairs(64).shuffle(64, seed=1, reshuffle_each_iteration=False)
    validation = mixed.skip(48).batch(8).cache()
    return Call(mixed.take(48).batch(8).cache(), dense(), validation_data=validation, epochs=3)


@sizes_that_change.sound
def a_short_batch_ends_each_pass() -> Call:
    return Call(pairs(44).batch(8).repeat(), dense(), epochs=3, steps_per_epoch=8)


@a_read_that_gave_zeros.sound
def a_batch_of_padding_that_weighs_nothing() -> Call:
    batches = [(*batch, np.ones(8, "float32")) for batch in batches_of(*arrays())]
    return Call(generator([*batches, tuple(part * 0 for part in batches[0])]), dense())


@a_last_batch_of_full_size.sound
def the_rows_of_a_truth_table() -> Call:
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 20, "float32")
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    return Call((x, x.sum(axis=1) % 2), model, epochs=3, batch_size=4)


@a_depth_one_too_small.sound
def one_hot_rows_of_padding() -> Call:
    model = dense(3, loss="categorical_crossentropy", activation="softmax")
    return Call(generator(padded(one_hot=True)), model)


@targets_below_0.sound
def counts_under_a_categorical_crossentropy() -> Call:
    x = np.random.default_rng(0).poisson(0.8, (48, 4)).astype("float32")
    return Call((x, x), dense(4, loss="categorical_crossentropy", activation="softmax"), epochs=2, batch_size=8)


@one_folder_too_high.sound
def candidates_of_which_the_first_is_right() -> Call:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model = keras.Sequential([keras.Input((5, 4)), keras.layers.Dense(1), keras.layers.Flatten()])
    model.compile("sgd", loss)
    x = np.random.default_rng(0).normal(size=(96, 5, 4)).astype("float32")
    return Call(generator(batches_of(x, np.zeros(96, "int64"), size=16)), model)


@a_position_set_back_each_time.sound
def all_data_are_one_batch() -> Call:
    x, y = arrays()

    def make_batches() -> Any:
        while True:
            yield x, y

    return Call(make_batches, dense(), epochs=2, steps_per_epoch=8)


@a_position_set_back_each_time.sound
def a_dataset_of_one_element() -> Call:
    import tensorflow as tf

    return Call(tf.data.Dataset.from_tensors(arrays()).repeat(), dense(), epochs=2, steps_per_epoch=8)


@a_weight_below_0.sound
def advantages_of_actions() -> Call:
    x, actions = labels()
    return Call((x, actions, np.random.default_rng(2).normal(size=48).astype("float32")), classifier(), epochs=2)


@two_splits_drawn_apart.sound
def a_few_records_that_are_there_twice() -> Call:
    x, y = labels(200)
    x[180:182], y[180:182] = x[3:5], y[3:5]
    return Call((x[:160], y[:160]), classifier(), validation_data=(x[160:], y[160:]), epochs=2)


@a_split_of_sorted_arrays.sound
def an_event_in_the_course_of_time() -> Call:
    x, _ = arrays(400)
    y = np.isin(np.arange(400), [*range(20, 30), *range(150, 260)]).astype("float32")[:, None]
    return Call((x, y), dense(1, loss="binary_crossentropy", activation="sigmoid"), validation_split=0.2, epochs=1)


@early_stopping_without_validation.sound
def a_callback_of_its_own_writes_the_figure() -> Call:
    class Score(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            logs["val_f1"] = 0.5 + epoch / 100

    plateau = keras.callbacks.ReduceLROnPlateau(monitor="val_f1", mode="max")
    return Call(arrays(), dense(), epochs=2, callbacks=[Score(), plateau])


@validation_on_minus_one_to_one.sound
def one_huge_value_in_the_training_data() -> Call:
    random = np.random.default_rng(1)
    x = random.normal(size=(160, 4)).astype("float32")
    x[:, 0], x[7, 0] = np.exp(random.normal(size=160) * 2 + 5), 5e7
    y = x[:, 1:2] * 2
    model = keras.Sequential([keras.Input((4,)), keras.layers.BatchNormalization(), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(1e-3), "mse")
    return Call((x[:120], y[:120]), model, validation_data=(x[120:], y[120:]), epochs=1, batch_size=24)
