"""Callbacks: those that hold the source, and those that wait for a figure that never comes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras

from tests.truth.surface.build import Items, arrays, batches_of, classifier, dataset, dense, generator, labels
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


NEVER = (r"never logs", r"monitor=\"\w+\"")


@fault(
    first="monitor-missing",
    verdict="raises",
    says=(r"EarlyStopping follows 'val_acc'", r"raises ValueError at the end", r"monitor=\"val_accuracy\""),
    variants=("split", "arrays", "dataset"),
)
def the_old_name_of_accuracy(kind: str) -> Call:
    x, y = labels()
    callbacks = [keras.callbacks.EarlyStopping(monitor="val_acc", patience=2)]
    other = labels(16, seed=5)
    given = {"arrays": other, "dataset": dataset(*other), "split": None}[kind]
    share = {"validation_split": 0.25} if kind == "split" else {"validation_data": given}
    return Call((x, y), classifier(metrics=["accuracy"]), epochs=2, callbacks=callbacks, **share)


@fault(
    first="monitor-missing", says=(*NEVER, r"follows 'mAP'", r"metric"), variants=("EarlyStopping", "ReduceLROnPlateau")
)
def a_metric_that_no_one_computes(name: str) -> Call:
    following = getattr(keras.callbacks, name)(monitor="mAP", patience=1, mode="max")
    return Call(Items(batches_of(*arrays())), dense(), epochs=2, callbacks=[following])


def two_outputs(*names: str) -> Any:
    given = keras.Input((4,))
    model = keras.Model(given, {name: keras.layers.Dense(1, name=name)(given) for name in names})
    model.compile("sgd", dict.fromkeys(names, "mse"), metrics=dict.fromkeys(names, "mae"))
    return model


@fault(first="monitor-missing", says=(*NEVER, r"val_left_mae"), variants=("arrays", "PyDataset"))
def a_metric_of_one_output_of_two(kind: str) -> Call:
    x, y = arrays()
    v, w = arrays(16, seed=5)
    source = (x, {"left": y, "right": y}) if kind == "arrays" else None
    source = source or Items([(a, {"left": b, "right": b}) for a, b in batches_of(x, y)])
    stopping = keras.callbacks.EarlyStopping(monitor="val_mae", mode="min")
    validation = v, {"left": w, "right": w}
    return Call(source, two_outputs("left", "right"), epochs=2, validation_data=validation, callbacks=[stopping])


@fault(first="monitor-missing", says=(r"follows 'val_acc'", r"monitor=\"val_accuracy\""))
def the_old_name_of_accuracy_and_a_mode() -> Call:
    call = the_old_name_of_accuracy.rows[1].make()
    call.fit["callbacks"] = [keras.callbacks.EarlyStopping(monitor="val_acc", mode="max")]
    return call


@fault(
    first="monitor-direction",
    verdict="raises",
    says=(r"more or less", r"mode=\"m(in|ax)\""),
    variants=("val_left_mae", "left_loss", "val_right_loss"),
)
def a_figure_of_one_output_without_a_mode(monitor: str) -> Call:
    call = a_metric_of_one_output_of_two.rows[0].make()
    call.fit["callbacks"] = [keras.callbacks.EarlyStopping(monitor=monitor)]
    return call


@fault(
    first="monitor-direction", verdict="raises", says=r"more or less", variants=("EarlyStopping", "ReduceLROnPlateau")
)
def a_metric_of_its_own_without_a_mode(name: str) -> Call:
    def bias(y: Any, predicted: Any) -> Any:
        return predicted - y

    following = getattr(keras.callbacks, name)(monitor="bias")
    return Call(dataset(*arrays()), dense(metrics=[bias]), epochs=2, callbacks=[following])


@the_old_name_of_accuracy.sound
def accuracy_and_no_mode() -> Call:
    call = the_old_name_of_accuracy.rows[1].make()
    call.fit["callbacks"] = [keras.callbacks.EarlyStopping(monitor="val_accuracy", patience=9)]
    return call


@the_old_name_of_accuracy.sound
def a_metric_of_an_output() -> Call:
    call = a_metric_of_one_output_of_two.rows[0].make()
    call.fit["callbacks"] = [keras.callbacks.EarlyStopping(monitor="val_left_mae", mode="min")]
    return call


@the_old_name_of_accuracy.sound
def a_figure_that_a_callback_logs() -> Call:
    class Scores(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            logs["mAP"] = 0.1 * epoch

    callbacks = [Scores(), keras.callbacks.EarlyStopping(monitor="mAP", mode="max", patience=9)]
    return Call(Items(batches_of(*arrays())), dense(), epochs=2, callbacks=callbacks)


@the_old_name_of_accuracy.sound
def a_step_that_logs_figures_of_its_own() -> Call:
    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.inner = keras.layers.Dense(1)

        def call(self, x: Any) -> Any:
            return self.inner(x)

        def train_step(self, data: Any) -> Any:
            return {"energy": super().train_step(data)["loss"]}

    model = Own()
    model.compile("sgd", "mse")
    stopping = keras.callbacks.EarlyStopping(monitor="energy", mode="min", patience=9)
    return Call(dataset(*arrays()), model, epochs=2, callbacks=[stopping])


@the_old_name_of_accuracy.sound
def evaluated_every_other_epoch() -> Call:
    stopping = keras.callbacks.EarlyStopping(patience=9)
    other = arrays(16, seed=5)
    return Call(arrays(), dense(), epochs=4, validation_data=other, validation_freq=2, callbacks=[stopping])


@early_stopping_without_validation.sound
def early_stopping_on_a_split() -> Call:
    return Call(arrays(), dense(), epochs=2, validation_split=0.25, callbacks=[keras.callbacks.EarlyStopping()])


@early_stopping_without_validation.sound
def a_checkpoint_of_every_epoch() -> Call:
    saving = keras.callbacks.ModelCheckpoint("/tmp/never.keras", save_freq=10_000)  # noqa: S108  (never written)
    return Call(arrays(), dense(), epochs=2, callbacks=[saving])
