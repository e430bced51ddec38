"""Callbacks: those that hold the source, and those that wait for a figure that never comes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras

from tests.truth.surface.build import Items, arrays, batches_of, dataset, dense, generator
from tests.truth.surface.row import Call, fault

RUN = "a live fit runs its callbacks"
SAID = (r"not run", r"Curriculum", r"gendiag\.watch")


class Curriculum(keras.callbacks.Callback):
    """Raises the level of what it holds."""

    def __init__(self, held: Any) -> None:
        super().__init__()
        self.held = held

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002  (Keras's signature)
        self.held["level"] = epoch


@fault(first="callback-not-run", says=(*SAID, r"holds your source"), live=RUN, variants=("itself", "in a list"))
def a_callback_that_holds_the_dataset(how: str) -> Call:
    class Levels(Items):
        def __setitem__(self, name: str, value: Any) -> None:
            setattr(self, name, value)

    source = Levels(batches_of(*arrays()))
    held = source if how == "itself" else [source]
    return Call(source, dense(), epochs=2, callbacks=[Curriculum(held)])


@fault(first="callback-not-run", says=(r"not run", r"LambdaCallback holds your source"), live=RUN)
def a_lambda_that_closes_over_the_dataset() -> Call:
    source = Items(batches_of(*arrays()))
    told = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, _logs: setattr(source, "level", epoch))
    return Call(source, dense(), epochs=2, callbacks=[told])


@fault(first="callback-not-run", says=(*SAID, r"holds a dict that your source reads too"), live=RUN)
def a_level_that_the_generator_reads() -> Call:
    state = {"level": 1}

    def by_level() -> Iterator[Any]:
        for x, y in batches_of(*arrays()):
            yield x * state["level"], y

    return Call(by_level, dense(), callbacks=[Curriculum(state)])


@a_callback_that_holds_the_dataset.sound
def a_callback_of_its_own() -> Call:
    return Call(Items(batches_of(*arrays())), dense(), epochs=2, callbacks=[Curriculum({})])


@a_callback_that_holds_the_dataset.sound
def keras_callbacks() -> Call:
    callbacks = [keras.callbacks.TerminateOnNaN(), keras.callbacks.EarlyStopping(monitor="loss")]
    return Call(generator(batches_of(*arrays())), dense(), callbacks=callbacks)


@fault(
    first="monitor-missing", says=(r"EarlyStopping", r"val_loss", r"validation_data"), variants=("generator", "dataset")
)
def early_stopping_without_validation(kind: str) -> Call:
    source = generator(batches_of(*arrays())) if kind == "generator" else dataset(*arrays())
    return Call(source, dense(), epochs=1, callbacks=[keras.callbacks.EarlyStopping(patience=2)])


@fault(first="monitor-missing", says=(r"ReduceLROnPlateau", r"val_loss"))
def a_plateau_without_validation() -> Call:
    return Call(arrays(), dense(), epochs=2, callbacks=[keras.callbacks.ReduceLROnPlateau()])


@early_stopping_without_validation.sound
def early_stopping_on_a_split() -> Call:
    return Call(arrays(), dense(), epochs=2, validation_split=0.25, callbacks=[keras.callbacks.EarlyStopping()])


@early_stopping_without_validation.sound
def a_checkpoint_of_every_epoch() -> Call:
    saving = keras.callbacks.ModelCheckpoint("/tmp/never.keras", save_freq=10_000)  # noqa: S108  (never written)
    return Call(arrays(), dense(), epochs=2, callbacks=[saving])
