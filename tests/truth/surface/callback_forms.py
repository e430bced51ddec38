"""Callbacks that fit cannot call, or that save under a name that cannot be filled in."""

from __future__ import annotations

import tempfile
from typing import Any

import keras

from tests.truth.surface.build import KINDS, arrays, batches_of, classifier, dense, generator, labels, source
from tests.truth.surface.row import Call, fault

C = keras.callbacks


class OneArgument(C.Callback):
    """A method without the logs."""

    def on_epoch_end(self, epoch: int) -> None:
        """Do nothing."""


class OtherName(C.Callback):
    """The logs under another name, by which fit gives them for a batch."""

    def on_train_batch_end(self, batch: int, values: Any = None) -> None:
        """Do nothing."""


class Plain:
    """No callback, but with all that fit calls."""

    def set_model(self, model: Any) -> None:
        """Do nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("on_", "set_")):
            return lambda *_args, **_named: None
        raise AttributeError(name)


def fitted(*callbacks: Any, kind: str = "generator") -> Call:
    return Call(source(kind, batches_of(*arrays())), dense(), epochs=1, callbacks=list(callbacks))


@fault(first="callback-form", verdict="raises", says=(r"the class \w+", r"parentheses"), variants=KINDS)
def a_class_in_the_place_of_an_object(kind: str) -> Call:
    return fitted(C.EarlyStopping if kind == "generator" else OneArgument, kind=kind)


@fault(first="callback-form", verdict="raises", says=r"no callback", variants=("str", "function", "None"))
def no_callback_at_all(kind: str) -> Call:
    given = {"str": "early_stopping", "function": lambda _epoch, _logs: None, "None": None}
    return fitted(given[kind])


@fault(first="callback-form", verdict="raises", says=(r"on_epoch_end\(self, epoch, logs=None\)", r"takes \(epoch"))
def a_method_without_the_logs() -> Call:
    return fitted(C.TerminateOnNaN(), OneArgument())


@fault(first="callback-form", verdict="raises", says=(r"logs=\.\.\.", r"def on_train_batch_end"))
def the_logs_under_another_name() -> Call:
    return fitted(OtherName())


@fault(first="callback-form", verdict="raises", says=r"lambda batch, logs=None", variants=("end", "begin"))
def a_lambda_of_other_parameters(when: str) -> Call:
    return fitted(C.LambdaCallback(**{f"on_train_batch_{when}": lambda b, l: None}))  # noqa: ARG005, E741


def told(_batch: int, values: Any) -> None:
    """Take the logs under another name."""


@fault(first="callback-form", verdict="raises", says=(r"takes \(_batch, values\)", r"def told\(batch, logs=None\):"))
def a_function_of_other_parameters() -> Call:
    return fitted(C.LambdaCallback(on_train_batch_end=told))


@a_class_in_the_place_of_an_object.sound
def a_method_that_fit_does_not_call() -> Call:
    class Replaced(C.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
            self.on_batch_end()

        def on_batch_end(self) -> None:
            """Do nothing."""

    return fitted(Replaced())


@a_class_in_the_place_of_an_object.sound
def objects_and_functions_of_all_forms() -> Call:
    told = C.LambdaCallback(on_epoch_end=lambda _epoch, _logs: None, on_train_batch_end=lambda _batch, logs: logs)
    return fitted(told, C.LambdaCallback(on_epoch_end=lambda *_args: None), Plain())


@a_class_in_the_place_of_an_object.sound
def callbacks_in_a_list_of_their_own() -> Call:
    return fitted([C.TerminateOnNaN()], C.History())


def saving(name: str, **options: Any) -> Any:
    return C.ModelCheckpoint(f"{tempfile.gettempdir()}/{name}", **options)


def classified(*callbacks: Any, **fit: Any) -> Call:
    return Call(labels(), classifier(metrics=["accuracy"]), callbacks=list(callbacks), **fit)


def other() -> dict[str, Any]:
    return {"validation_data": labels(16, seed=5)}


@fault(
    first="checkpoint-name",
    verdict="raises",
    says=(r"asks for 'val_acc'", r"\{val_accuracy:\.2f\}"),
    variants=("{epoch}-{val_acc:.2f}.keras", "{val_acc}.weights.h5"),
)
def the_old_name_in_a_file_name(name: str) -> Call:
    return classified(saving(name, save_weights_only="weights" in name), epochs=2, **other())


@fault(first="checkpoint-name", verdict="raises", says=(r"'val_loss'", r"validation_data"), variants=KINDS)
def a_figure_of_no_validation(kind: str) -> Call:
    return fitted(saving("{epoch:02d}-{val_loss:.2f}.keras"), kind=kind)


@fault(first="checkpoint-name", verdict="raises", says=r"validation_freq=2")
def a_figure_of_every_other_epoch() -> Call:
    return classified(saving("{val_loss:.2f}.keras"), epochs=2, validation_freq=2, **other())


@fault(first="checkpoint-name", verdict="raises", says=(r"every 2 batches", r"epoch:02d"))
def a_figure_of_the_validation_within_an_epoch() -> Call:
    return classified(saving("{val_loss:.2f}.keras", save_freq=2), batch_size=8, epochs=2, **other())


@fault(first="checkpoint-name", verdict="raises", says=r"save_freq")
def the_batch_at_the_end_of_an_epoch() -> Call:
    return classified(saving("{epoch}-{batch}.keras"), epochs=1)


def slower() -> Any:
    return C.ReduceLROnPlateau(monitor="loss")


@fault(first="checkpoint-name", verdict="raises", says=(r"called after it", r"before the checkpoint"))
def the_learning_rate_before_it_is_logged() -> Call:
    return fitted(saving("{learning_rate:.4f}.keras"), slower())


@the_old_name_in_a_file_name.sound
def the_learning_rate_behind_what_logs_it() -> Call:
    return fitted(slower(), saving("gendiag-{learning_rate:.1f}.keras"))


@fault(first="checkpoint-name", verdict="raises", says=(r"\{accuracy:\.2f\}", r"\{val_accuracy:\.2f\}"))
def two_old_names_in_a_file_name() -> Call:
    return classified(saving("{acc:.2f}-{val_acc:.2f}.keras"), epochs=1, **other())


@the_old_name_in_a_file_name.sound
def names_that_are_logged() -> Call:
    saved = saving("gendiag-{epoch:02d}-{val_accuracy:.0f}.keras", save_best_only=True, monitor="val_loss")
    return classified(saved, epochs=2, **other())


@the_old_name_in_a_file_name.sound
def a_name_that_a_callback_logs() -> Call:
    class Scores(C.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            logs["score"] = 0.1 * epoch

    return Call(generator(batches_of(*arrays())), dense(), callbacks=[Scores(), saving("gendiag-{score:.0f}.keras")])


@the_old_name_in_a_file_name.sound
def saved_less_often_than_there_are_batches() -> Call:
    return fitted(saving("{val_loss}.keras", save_freq=10_000))
