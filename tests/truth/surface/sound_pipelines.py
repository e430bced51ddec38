"""Sound sources after published pipelines, each beside the fault that it was once taken for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import FEATURES, arrays, batches_of, dense, generator
from tests.truth.surface.row import Call, fault


def steps(model: Any, loss: Any, tape: Any) -> dict[str, Any]:
    """Take a step, as a train_step of one's own does."""
    weights = model.trainable_variables
    model.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
    return {"loss": loss}


class Semi(keras.Model):
    """Takes unlabelled and labelled batches of different sizes."""

    def train_step(self, data: Any) -> dict[str, Any]:
        import tensorflow as tf

        free, (x, y) = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(y=y, y_pred=self(x)) + 0.01 * tf.reduce_mean(tf.square(self(free)))
        return steps(self, loss, tape)


class Adversary(keras.Model):
    """Learns on real samples and noise, of which fit knows nothing."""

    def train_step(self, data: Any) -> dict[str, Any]:
        import tensorflow as tf

        real = data[0] if isinstance(data, tuple) else data
        noise = tf.random.normal((3, FEATURES))
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(self(real))) - tf.reduce_mean(self(noise))
        return steps(self, loss, tape)


class Pool(keras.layers.Layer):
    """The mean of the nodes of each graph."""

    def call(self, given: Any) -> Any:
        import tensorflow as tf

        return tf.math.segment_mean(given[0], given[1])

    def compute_output_shape(self, shapes: Any) -> Any:
        return shapes[0]


def graphs() -> Any:
    nodes, which = keras.Input((FEATURES,)), keras.Input((), dtype="int32")
    model = keras.Model([nodes, which], keras.layers.Dense(1)(Pool()([nodes, which])))
    model.compile("sgd", "mse")
    return model


def joined(count: int, *, short: int = -1) -> Any:
    """Batches of ``count`` graphs in one; the target of the last graph of batch ``short`` is lost."""

    def make_batches() -> Iterator[Any]:
        random = np.random.default_rng(0)
        for batch in range(6):
            sizes = random.integers(3, 9, count)
            y = random.normal(size=(count, 1)).astype("float32")
            nodes = random.normal(size=(sizes.sum(), FEATURES)).astype("float32")
            yield (nodes, np.repeat(np.arange(count), sizes).astype("int32")), y[: count - (batch == short)]

    return make_batches


def of(kind: type, loss: Any = None) -> Any:
    given = keras.Input((FEATURES,))
    model = kind(given, keras.layers.Dense(1)(given))
    model.compile("sgd", loss)
    return model


@fault(first="xy-length-mismatch", verdict="raises", batch=2, says=r"rows", variants=("array", "nested"))
def a_target_is_lost(kind: str) -> Call:
    batches: list[Any] = batches_of(*arrays())
    batches[2] = batches[2][0], batches[2][1][:-2]
    if kind == "array":
        return Call(generator(batches), dense())
    one, two = keras.Input((FEATURES,)), keras.Input((FEATURES,))
    model = keras.Model([one, two], keras.layers.Dense(1)(keras.layers.Concatenate()([one, two])))
    model.compile("sgd", "mse")
    return Call(generator([((x, x), y) for x, y in batches]), model)


@a_target_is_lost.sound
def two_batch_sizes_in_an_element() -> Call:
    import tensorflow as tf

    x, y = arrays(96)
    free = tf.data.Dataset.from_tensor_slices(x).batch(16)
    return Call(
        tf.data.Dataset.zip((free, tf.data.Dataset.from_tensor_slices((x, y)).batch(4))), of(Semi, "mse"), epochs=2
    )


@a_target_is_lost.sound
def graphs_joined_into_one() -> Call:
    return Call(joined(5), graphs())


@a_target_is_lost.sound
def one_graph_at_a_time() -> Call:
    return Call(joined(1), graphs())


@a_target_is_lost.sound
def real_samples_for_an_adversary() -> Call:
    return Call(arrays()[0], of(Adversary), epochs=2, batch_size=10)


@a_target_is_lost.sound
def pairs_for_a_step_of_its_own() -> Call:
    return Call(generator(batches_of(*arrays())), of(Adversary), epochs=1)


@a_target_is_lost.sound
def a_dummy_target_of_one_row() -> Call:
    def own(y: Any, predicted: Any) -> Any:
        del y
        return keras.ops.square(predicted)

    return Call(generator([(x, np.zeros((1, 1), "float32")) for x, _ in batches_of(*arrays())]), dense(loss=own))


@fault(first="batch-size-varies", says=r"rows")
def sizes_that_change() -> Call:
    cuts = np.cumsum([3, 5, 7, 9, 11])
    x, y = arrays()
    return Call(generator(list(zip(np.split(x, cuts), np.split(y, cuts), strict=True))), dense())


@sizes_that_change.sound
def sizes_of_buckets() -> Call:
    x, y = arrays()
    cuts = np.cumsum(np.arange(2, 9))
    return Call(generator(list(zip(np.split(x, cuts), np.split(y, cuts), strict=True))), dense())


@fault(first="arity", verdict="raises", batch=0, says=r"no y")
def an_iterator_without_labels() -> Call:
    return Call(generator([(x,) for (x,) in batches_of(arrays()[0])]), dense())


@an_iterator_without_labels.sound
def a_model_that_adds_its_own_loss() -> Call:
    class Own(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            self.add_loss(keras.ops.mean(keras.ops.square(x)))
            return x

    model = keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(FEATURES), Own()])
    model.compile("sgd")
    return Call(arrays()[0], model, epochs=2, batch_size=10)
