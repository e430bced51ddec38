"""How many steps an epoch has: none given, 0, too many, and more than one at a time."""

from __future__ import annotations

import itertools

from tests.truth.surface.build import Items, arrays, batches_of, dataset, dense, generator
from tests.truth.surface.row import Call, fault

FOR_EVER = "the real fit would not come back"
ZERO = (r"is 0", r"math\.ceil")


@fault(first="endless", verdict="never ends", says=r"steps_per_epoch", live=FOR_EVER, variants=("generator", "dataset"))
def nothing_says_where_an_epoch_ends(kind: str) -> Call:
    return Call(_endless(kind), dense(), epochs=2)


@fault(
    first="endless",
    verdict="never ends",
    says=(r"steps_per_epoch", *ZERO),
    live=FOR_EVER,
    variants=("generator", "dataset"),
)
def steps_per_epoch_of_0_and_no_end(kind: str) -> Call:
    return Call(_endless(kind), dense(), epochs=2, steps_per_epoch=12 // 32)


@fault(first="endless", verdict="never ends", says=(r"validation_steps", *ZERO), live=FOR_EVER)
def validation_steps_of_0_and_no_end() -> Call:
    return Call(dataset(*arrays()), dense(), validation_data=_endless("generator")(), validation_steps=12 // 32)


@fault(first="endless", verdict="never ends", says=r"steps_per_epoch", live=FOR_EVER)
def a_pydataset_without_a_length() -> Call:
    return Call(_NoLength(batches_of(*arrays())), dense(), epochs=2)


@fault(first="endless", verdict="never ends", says=r"steps_per_epoch", live=FOR_EVER)
def endless_within_another_generator() -> Call:
    def outer():
        yield from _endless("generator")()

    return Call(outer, dense(), epochs=2)


@fault(first="endless", verdict="never ends", says=r"steps_per_epoch", live=FOR_EVER)
def a_cycle_in_a_for_loop() -> Call:
    def cycled():
        for x, y in itertools.cycle(batches_of(*arrays())):
            yield x, y

    return Call(cycled, dense(), epochs=2)


@fault(first="endless", says=(r"2,000 batches", r"repeat after 6"), live=FOR_EVER)
def nobody_knows_whether_it_ends() -> Call:
    batches = batches_of(*arrays())

    def as_long_as_there_are_batches():
        while len(batches) > 0:
            yield from batches

    return Call(as_long_as_there_are_batches, dense(), epochs=2)


@fault(first="endless", verdict="never ends", says=r"steps_per_epoch", live=FOR_EVER)
def endless_within_an_expression() -> Call:
    return Call(lambda: ((x * 1, y) for x, y in _endless("generator")()), dense(), epochs=2)


@nothing_says_where_an_epoch_ends.sound
def several_finite_passes() -> Call:
    def passes():
        for _ in range(5):
            yield from batches_of(*arrays())

    return Call(passes, dense(), epochs=1)


@nothing_says_where_an_epoch_ends.sound
def endless_with_steps() -> Call:
    return Call(_endless("generator"), dense(), epochs=2, steps_per_epoch=6)


@fault(
    first="steps-not-positive",
    says=(r"steps_per_epoch is 0", r"math\.ceil"),
    variants=("dataset", "PyDataset", "arrays"),
)
def steps_per_epoch_of_0(kind: str) -> Call:
    made = {"dataset": lambda: dataset(*arrays()), "PyDataset": lambda: Items(batches_of(*arrays())), "arrays": arrays}
    return Call(made[kind](), dense(), epochs=2, steps_per_epoch=12 // 32)


@fault(first="steps-not-positive", says=(r"steps_per_epoch is -1",))
def steps_per_epoch_below_0() -> Call:
    return Call(generator(batches_of(*arrays())), dense(), steps_per_epoch=-1)


@fault(first="steps-not-positive", says=(r"validation_steps is 0", r"math\.ceil"), variants=("generator", "dataset"))
def validation_steps_of_0(kind: str) -> Call:
    batches = batches_of(*arrays(24, seed=5))
    validation = generator(batches)() if kind == "generator" else dataset(*arrays(24, seed=5))
    return Call(arrays(), dense(), epochs=2, validation_data=validation, validation_steps=24 // 32)


@steps_per_epoch_of_0.sound
def one_step_per_epoch() -> Call:
    return Call(_endless("generator"), dense(), epochs=3, steps_per_epoch=1)


@fault(first="samples-as-steps", says=(r"\b48\b", r"\b6\b", r"samples"), variants=("generator", "dataset", "shuffled"))
def samples_given_as_steps(kind: str) -> Call:
    return Call(_endless(kind), dense(), epochs=2, steps_per_epoch=48)


@samples_given_as_steps.sound
def two_passes_make_an_epoch() -> Call:
    return Call(_endless("generator"), dense(), epochs=2, steps_per_epoch=12)


@samples_given_as_steps.sound
def many_random_batches_make_an_epoch() -> Call:
    import numpy as np

    def drawn():
        random = np.random.default_rng(0)
        while True:
            x = random.normal(size=(8, 4)).astype("float32")
            yield x, x[:, :1]

    return Call(drawn, dense(), epochs=2, steps_per_epoch=48)


@fault(
    first="steps-mismatch",
    says=(r"steps_per_execution=4", r"\b12\b"),
    variants=("generator", "dataset"),
)
def steps_per_execution_does_not_divide_the_epoch(kind: str) -> Call:
    return Call(_endless(kind), _dense_at_once(4), epochs=2, steps_per_epoch=10)


@fault(first="steps-mismatch", says=(r"steps_per_execution=8", r"\b8\b", r"steps_per_epoch=5"))
def steps_per_execution_beyond_the_epoch() -> Call:
    return Call(_endless("generator"), _dense_at_once(8), epochs=2, steps_per_epoch=5)


@steps_per_execution_does_not_divide_the_epoch.sound
def steps_per_execution_that_divides() -> Call:
    return Call(_endless("generator"), _dense_at_once(4), epochs=2, steps_per_epoch=12)


@steps_per_execution_does_not_divide_the_epoch.sound
def steps_per_execution_at_the_end_of_a_pass() -> Call:
    return Call(dataset(*arrays()), _dense_at_once(4), epochs=3)


@steps_per_execution_does_not_divide_the_epoch.sound
def steps_per_execution_beyond_all_steps_of_arrays() -> Call:
    return Call(arrays(), _dense_at_once(10), epochs=2)


@fault(first="exhausted", verdict="trains on altered data", says=r"exhausted")
def a_finite_generator_with_steps_per_execution() -> Call:
    return Call(generator(batches_of(*arrays())), _dense_at_once(3), epochs=3)


def _dense_at_once(count: int):
    model = dense()
    model.compile("sgd", "mse", steps_per_execution=count)
    return model


def _endless(kind: str):
    if kind == "shuffled":
        import tensorflow as tf

        return tf.data.Dataset.from_tensor_slices(arrays()).shuffle(48, seed=1).batch(8).repeat().prefetch(1)
    if kind == "dataset":
        return dataset(*arrays()).repeat()
    return generator_for_ever(batches_of(*arrays()))


def generator_for_ever(batches):
    def for_ever():
        while True:
            yield from batches

    return for_ever


class _NoLength(Items):
    """Keras takes a PyDataset whose ``num_batches`` is None for an endless one."""

    @property
    def num_batches(self) -> None:
        return None

    def __getitem__(self, index: int):
        return self.batches[index % len(self.batches)]
