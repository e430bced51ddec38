"""How the step is run: several to an execution, eagerly, by XLA, in half precision, by a step of the user's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import KINDS, Items, arrays, batches_of, classifier, dense, generator, labels, source
from tests.truth.surface.row import Call, fault

PLACES = tuple((steps, at) for steps, at in ((2, 0), (2, 1), (2, 3), (3, 1), (3, 4), (4, 5)))


def bad_label(at: int) -> list[Any]:
    """Batches for ``classifier``, one of them with a label that is none."""
    batches = [(x, y.copy()) for x, y in batches_of(*labels())]
    batches[at][1][2] = 7
    return batches


@fault(first="labels-out-of-range", verdict="raises", says=r"Sample 2 of batch", variants=PLACES)
def a_label_in_each_place_of_an_execution(place: tuple[int, int]) -> Call:
    steps, at = place
    return Call(generator(bad_label(at)), classifier(steps_per_execution=steps))


@a_label_in_each_place_of_an_execution.sound
def an_execution_that_is_not_filled() -> Call:
    return Call(generator(batches_of(*labels(40))), classifier(steps_per_execution=4))


@a_label_in_each_place_of_an_execution.sound
def two_steps_to_an_execution_over_arrays() -> Call:
    return Call(labels(), classifier(steps_per_execution=2), epochs=2, batch_size=8)


@fault(first="labels-out-of-range", verdict="raises", batch=1, says=r"batch 1", variants=KINDS)
def the_second_of_two_steps(kind: str) -> Call:
    return Call(source(kind, bad_label(1)), classifier(steps_per_execution=2), shuffle=False)


@fault(first="xy-length-mismatch", verdict="raises", batch=1, variants=(2, 3))
def one_label_short_in_the_second_step(steps: int) -> Call:
    batches = batches_of(*arrays())
    batches[1] = batches[1][0], batches[1][1][:-1]
    return Call(generator(batches), dense(steps_per_execution=steps))


@fault(first="source-raises", verdict="raises", batch=3, says=r"KeyError", variants=(1, 2, 3))
def the_source_raises_within_an_execution(steps: int) -> Call:
    def make_batches() -> Iterator[Any]:
        files = dict(enumerate(batches_of(*arrays())[:3]))
        for number in range(6):
            yield files[number]

    return Call(make_batches, dense(steps_per_execution=steps))


WAYS = ({"run_eagerly": True}, {"jit_compile": True}, {"jit_compile": False})


@fault(first="xy-length-mismatch", verdict="raises", batch=2, says=r"8 rows.*7 rows", variants=WAYS[::2])
def one_label_short_in_each_mode(way: dict[str, bool]) -> Call:
    batches = batches_of(*arrays())
    batches[2] = batches[2][0], batches[2][1][:-1]
    return Call(generator(batches), dense(**way))


@one_label_short_in_each_mode.sound
def eager_steps() -> Call:
    return Call(generator(batches_of(*arrays())), dense(run_eagerly=True))


@one_label_short_in_each_mode.sound
def compiled_steps() -> Call:
    return Call(generator(batches_of(*arrays())), dense(jit_compile=True))


@fault(first="loss-not-finite", verdict="trains to NaN", batch=2, says=(r"float16", r"65,504"))
def too_large_for_half_precision() -> Call:
    batches = [(x.copy(), y) for x, y in batches_of(*arrays())]
    batches[2][0][1] = 1e5
    return Call(generator(batches), _half())


@too_large_for_half_precision.sound
def half_precision() -> Call:
    return Call(generator(batches_of(*arrays())), _half())


@too_large_for_half_precision.sound
def half_precision_with_a_scaled_loss_over_epochs() -> Call:
    return Call(arrays(), _half(), epochs=3)


def _half() -> Any:
    layer = keras.layers.Dense(1, dtype="mixed_float16")
    model = keras.Sequential([keras.Input((4,)), layer, keras.layers.Activation("linear", dtype="float32")])
    model.compile(keras.optimizers.SGD(0.01), "mse")
    return model


class Own(keras.Sequential):
    """A step of its own, in which something may go wrong."""

    trouble: BaseException | None = None

    def train_step(self, data: Any) -> Any:
        if self.trouble is not None:
            raise self.trouble
        return super().train_step(data)


def own(trouble: BaseException | None = None) -> Any:
    """An ``Own`` for ``arrays``."""
    model = Own([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.trouble = trouble
    return model


@fault(
    first="model-rejects",
    verdict="raises",
    says=r"out of order",
    variants=(RuntimeError, SystemExit, KeyError),
)
def a_step_of_its_own_that_raises(trouble: type[BaseException]) -> Call:
    return Call(generator(batches_of(*arrays())), own(trouble("out of order")))


@a_step_of_its_own_that_raises.sound
def a_step_of_its_own() -> Call:
    return Call(generator(batches_of(*arrays())), own())


@a_step_of_its_own_that_raises.sound
def a_step_of_its_own_on_items() -> Call:
    return Call(Items(batches_of(*arrays())), own(), epochs=2)


@fault(first="mask-lost", verdict="trains on altered data", says=(r"masked", r"filled"), variants=KINDS[:2])
def masked_values(kind: str) -> Call:
    return Call(source(kind, [(np.ma.masked_greater(x, 1.0), y) for x, y in batches_of(*arrays())]), dense())


@fault(first="mask-lost", verdict="trains on altered data", says=r"y of batch")
def masked_targets_under_two_workers() -> Call:
    given = [(x, np.ma.masked_greater(y, 1.0)) for x, y in batches_of(*arrays())]
    return Call(Items(given, workers=2), dense(), shuffle=False)


@masked_values.sound
def a_masked_array_of_which_nothing_is_masked() -> Call:
    return Call(generator([(np.ma.asarray(x), y) for x, y in batches_of(*arrays())]), dense())


@masked_values.sound
def what_was_masked_is_filled() -> Call:
    filled = [(np.ma.masked_greater(x, 1.0).filled(0), y) for x, y in batches_of(*arrays())]
    return Call(generator(filled), dense())
