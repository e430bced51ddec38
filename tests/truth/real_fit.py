"""The real fit of an instrumented twin, written down from inside its graph."""

from __future__ import annotations

import threading
import time
import warnings
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tests.truth.leaves import Array
from tests.truth.models import make_model
from tests.truth.scenario import Scenario
from tests.truth.sources import CALLBACK_RAISED, callbacks, fit_args, fit_source

QUIET_S = 12.0
MOST_STEPS = 150  # no finite scenario has as many


class EndlessError(Exception):
    """More steps than any finite scenario has."""


@dataclass
class Truth:
    """What the real fit did.

    Attributes
    ----------
    steps
        What reached ``train_step``: epoch and arrays. The last one may be that of the step that raised.
    completed
        How many of them were over when the last ``on_train_batch_end`` came.
    epochs_begun
        How many epochs began.
    place
        ``start``, ``training`` or ``validation``: where fit was last.
    outcome
        ``trains``, ``raises``, ``never ends`` (a source without end) or ``hangs``.
    error
        What it raised.
    in_callback
        Whether the scenario's own callback did.
    lost
        Whether the loss of an epoch, or a weight, was NaN or infinite in the end.
    """

    steps: list[tuple[int, list[Array]]] = field(default_factory=list)
    completed: int = 0
    epochs_begun: int = 0
    place: str = "start"
    outcome: str = "trains"
    error: BaseException | None = None
    in_callback: bool = False
    lost: bool = False
    warnings: list[str] = field(default_factory=list)
    last_sign: float = field(default_factory=time.monotonic)

    def step(self, *arrays: Array) -> None:
        """Called from inside the graph."""
        self.last_sign = time.monotonic()
        self.steps.append((self.epochs_begun - 1, [np.array(array) for array in arrays]))


def real_fit(scenario: Scenario, *, watched: bool = False) -> Truth:
    """Run it; one that stands still is run again: no source waits, but 5 in 1,000 fits do, inside TensorFlow.

    With ``watched`` it has the scenario's own callback, as the fit that is watched.
    """
    own = callbacks(scenario) if watched else []
    truth = _in_thread(scenario, own)
    return _in_thread(scenario, own) if truth.outcome == "hangs" else truth


def _in_thread(scenario: Scenario, own: list[Any]) -> Truth:
    truth = Truth()
    done = threading.Event()
    model, arguments = instrumented(make_model(scenario), truth), fit_source(scenario) | fit_args(scenario)
    keras.utils.set_random_seed(scenario.seed % 2**31)
    threading.Thread(target=_run, args=(model, arguments | {"callbacks": own}, truth, done), daemon=True).start()
    while not done.wait(0.02):
        if time.monotonic() - truth.last_sign > QUIET_S:
            truth.outcome = "hangs"
            return truth
    return truth


def _run(model: Any, arguments: dict[str, Any], truth: Truth, done: threading.Event) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            given = arguments | {"callbacks": [_follow(truth), *arguments["callbacks"]]}
            history = model.fit(**given, verbose=0).history
            truth.lost = not all(np.isfinite(np.array(weight)).all() for weight in model.weights)
            truth.lost |= not np.isfinite(history.get("loss", 0)).all()
        except EndlessError:
            truth.outcome = "never ends"
        except BaseException as error:  # noqa: BLE001  (whatever fit raises is the truth)
            truth.outcome, truth.error = "raises", error
            truth.in_callback = str(error) == CALLBACK_RAISED
    truth.warnings = [str(warning.message) for warning in caught]
    done.set()


def instrumented(model: Any, truth: Truth) -> Any:
    """Let the model write down what reaches its ``train_step``, in graph mode too."""

    class Twin(type(model)):  # type: ignore[misc]
        def train_step(self, data: Any) -> Any:
            arrays = [leaf for leaf in keras.tree.flatten(data) if leaf is not None]
            tf.numpy_function(truth.step, arrays, [])
            return super().train_step(data)

        def _should_eval(self, epoch: int, validation_freq: Any) -> bool:
            """Where fit turns to validation_data: it opens them before ``on_test_begin``."""
            due = bool(super()._should_eval(epoch, validation_freq))
            truth.place = "validation" if due else truth.place
            return due

    model.__class__ = Twin
    return model


def _follow(truth: Truth) -> Any:
    class Follow(keras.callbacks.Callback):
        tested = 0

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002  (Keras's signature)
            truth.epochs_begun, truth.place = epoch + 1, "training"

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002  (Keras's signature)
            truth.completed, truth.last_sign = len(truth.steps), time.monotonic()
            if truth.completed > MOST_STEPS:
                raise EndlessError

        def on_test_begin(self, logs: Any = None) -> None:  # noqa: ARG002  (Keras's signature)
            self.tested = 0

        def on_test_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002  (Keras's signature)
            self.tested += 1
            if self.tested > MOST_STEPS:
                raise EndlessError

    return Follow()
