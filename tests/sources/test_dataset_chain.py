"""What can be read off a ``tf.data.Dataset``: its steps, which samples a batch has, and what is random."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gendiag.sources import dataset_chain, dataset_zip
from gendiag.sources.generator_casts import GeneratorCasts


def numbers(count=24):
    return tf.data.Dataset.range(count)


def test_the_steps_come_with_the_outermost_first():
    made = numbers().map(lambda x: x).cache().shuffle(4).padded_batch(2).prefetch(1)
    assert dataset_chain.names(made) == ["prefetch", "padded_batch", "shuffle", "cache", "map", "range"]


@pytest.mark.parametrize(
    ("made", "samples"),
    [
        (lambda: numbers().batch(4).prefetch(1), range(8, 12)),
        (lambda: numbers().map(lambda x: x).batch(4, num_parallel_calls=2), range(8, 12)),
        (lambda: numbers().shuffle(4).batch(4), None),
        (lambda: numbers().filter(lambda x: x > 3).batch(4), None),
        (lambda: numbers().repeat().batch(5), None),
        (numbers, None),
    ],
)
def test_which_samples_a_batch_has_is_said_only_where_the_order_is_that_of_the_data(made, samples):
    assert dataset_chain.samples_of(made(), 2) == samples


@pytest.mark.parametrize(
    ("change", "is_random"),
    [
        (lambda x: x + tf.random.uniform(()), True),
        (lambda x: tf.cond(tf.random.normal(()) > 0, lambda: x, lambda: -x), True),
        (lambda x: tf.image.random_flip_left_right(tf.fill((2, 2, 1), x)), True),
        (lambda x: tf.image.stateless_random_flip_left_right(tf.fill((2, 2, 1), x), (1, 2)), False),
        (lambda x: x * 2, False),
    ],
)
def test_a_map_is_random_if_it_draws_anew_each_time(change, is_random):
    assert dataset_chain.chain(numbers().map(lambda x: change(tf.cast(x, tf.float32))))[0].is_random is is_random


def test_an_augmenting_layer_is_random():
    layer = keras.layers.RandomFlip(seed=1)
    made = tf.data.Dataset.from_tensors(np.zeros((4, 8, 8, 3), "float32")).map(lambda x: layer(x, training=True))
    assert dataset_chain.chain(made)[0].is_random


def test_equal_seeds_give_equal_orders_and_no_seed_gives_none():
    def shuffled(seed):
        return numbers().shuffle(24, seed=seed)

    assert not dataset_zip.are_shuffled_apart(shuffled(1), shuffled(1))
    assert dataset_zip.are_shuffled_apart(shuffled(1), shuffled(2))
    assert dataset_zip.are_shuffled_apart(shuffled(1), numbers())
    assert not dataset_zip.are_shuffled_apart(numbers(), numbers())


def watched(values, dtype):
    made = tf.data.Dataset.from_generator(lambda: iter(values), output_signature=tf.TensorSpec((), dtype))
    watch = GeneratorCasts(made)
    watch.start()
    list(made)
    watch.stop()
    list(made)
    return watch.found


def test_a_cast_that_loses_digits_is_counted_while_it_is_looked_at():
    (cast,) = watched([1.0, 2.5, 0.25], "int32").values()
    assert (cast.changed, cast.elements, cast.first, cast.example) == (2, 2, 1, ("2.5", "2"))


@pytest.mark.parametrize(("values", "dtype"), [([1.0, 2.0], "int32"), ([0.1, 0.2], "float32"), ([1, 2], "float32")])
def test_a_cast_that_loses_nothing_is_none(values, dtype):
    assert watched(values, dtype) == {}
