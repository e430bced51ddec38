"""More than one call of fit on one source, and callbacks that end or change the training."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.truth.surface.build import Items, arrays, batches_of, dense, generator
from tests.truth.surface.row import Call, fault


class Moving(Items):
    """Goes on where it stopped: each item is the next one of a list, whatever the index."""

    def __init__(self, batches: list[Any], **kwargs: Any) -> None:
        super().__init__(batches, **kwargs)
        self.next = 0

    def __getitem__(self, index: int) -> Any:
        self.next += 1
        return super().__getitem__((self.next - 1) % len(self))


@fault(first="leftover-state", verdict="trains", says=r"index", variants=(0, 1))
def items_that_go_on_where_they_stopped(fits: int) -> Call:
    source, model = Moving(batches_of(*arrays())), dense()
    for _ in range(fits):
        model.fit(source, verbose=0)
    return Call(source, model)


@items_that_go_on_where_they_stopped.sound
def items_of_a_second_fit() -> Call:
    source, model = Items(batches_of(*arrays())), dense()
    model.fit(source, verbose=0)
    return Call(source, model, epochs=2)


@items_that_go_on_where_they_stopped.sound
def items_augmented_by_a_generator_of_their_own() -> Call:
    return Call(Augmented(batches_of(*arrays())), dense(), epochs=2)


class Augmented(Items):
    """Adds noise that is drawn anew for each item."""

    def __init__(self, batches: list[Any], **kwargs: Any) -> None:
        super().__init__(batches, **kwargs)
        self.random = np.random.default_rng(0)

    def __getitem__(self, index: int) -> Any:
        x, y = super().__getitem__(index)
        return (x + self.random.normal(0, 0.1, x.shape)).astype("float32"), y


@items_that_go_on_where_they_stopped.sound
def an_endless_generator_of_a_second_fit() -> Call:
    source, model = generator(batches_of(*arrays()), endless=True)(), dense()
    model.fit(source, steps_per_epoch=6, verbose=0)
    return Call(source, model, steps_per_epoch=6, epochs=2)


@items_that_go_on_where_they_stopped.sound
def training_that_is_stopped_by_a_callback() -> Call:
    stop = keras.callbacks.EarlyStopping("loss", min_delta=1e9, patience=0)
    return Call(Items(batches_of(*arrays())), dense(), epochs=5, callbacks=[stop])


@items_that_go_on_where_they_stopped.sound
def a_callback_that_stops_within_an_epoch() -> Call:
    model = dense()

    def stop(batch: int, logs: Any) -> None:
        del logs
        model.stop_training = batch >= 2

    callback = keras.callbacks.LambdaCallback(on_train_batch_end=stop)
    return Call(Items(batches_of(*arrays())), model, epochs=3, callbacks=[callback])


@items_that_go_on_where_they_stopped.sound
def callbacks_that_only_look_on() -> Call:
    watching = [
        keras.callbacks.TerminateOnNaN(),
        keras.callbacks.LearningRateScheduler(lambda epoch: 0.01 / (epoch + 1)),
        keras.callbacks.ReduceLROnPlateau("loss"),
    ]
    return Call(arrays(), dense(), epochs=3, callbacks=watching)


@items_that_go_on_where_they_stopped.sound
def an_evaluation_within_a_callback() -> Call:
    model = dense()

    def evaluate(_: int, __: Any) -> None:
        model.evaluate(*arrays(16), verbose=0)

    callback = keras.callbacks.LambdaCallback(on_epoch_end=evaluate)
    return Call(Items(batches_of(*arrays())), model, epochs=2, callbacks=[callback])


READ_BEFORE = (r"had been read to its end", r"new generator")


@fault(first="zero-length", verdict="raises", says=READ_BEFORE, method="predict", variants=("predict", "evaluate"))
def a_generator_that_was_read_by_an_earlier_call(first: str) -> Call:
    spent, model = generator(batches_of(*arrays()))(), dense()
    getattr(model, first)(spent, verbose=0)
    return Call(spent, model)


@fault(first="zero-length", verdict="raises", says=READ_BEFORE, variants=("mapped", "wrapped"))
def a_generator_over_one_that_was_read(kind: str) -> Call:
    spent, model = generator(batches_of(*arrays()))(), dense()
    model.fit(spent, verbose=0)

    def wrapped(inner: Any) -> Any:
        for x, y in inner:
            yield x / 2, y

    return Call(wrapped(spent) if kind == "wrapped" else ((x / 2, y) for x, y in spent), model)


@fault(first="zero-length", verdict="raises", says=(r"validation_data", *READ_BEFORE), variants=("arrays", "PyDataset"))
def a_validation_generator_that_was_read(kind: str) -> Call:
    spent, model = generator(batches_of(*arrays(seed=5)))(), dense()
    model.evaluate(spent, verbose=0)
    scaled = ((x / 2, y) for x, y in spent)
    return Call(arrays() if kind == "arrays" else Items(batches_of(*arrays())), model, validation_data=scaled)


@a_generator_over_one_that_was_read.sound
def a_generator_that_was_read_in_part() -> Call:
    begun, model = generator(batches_of(*arrays()))(), dense()
    next(begun)
    return Call(begun, model)


@a_generator_over_one_that_was_read.sound
def a_generator_made_anew() -> Call:
    make, model = generator(batches_of(*arrays())), dense()
    model.fit(make(), verbose=0)
    return Call(make(), model)


@fault(first="loss-not-finite", verdict="trains to NaN", says=r"NaN or infinite")
def a_training_that_a_callback_ends_on_nan() -> Call:
    model = dense()
    model.optimizer.learning_rate = 1e18
    return Call(Items(batches_of(*arrays())), model, epochs=3, callbacks=[keras.callbacks.TerminateOnNaN()])
