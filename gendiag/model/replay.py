"""Replay chosen batches through the real ``fit`` and say, step by step, what happened."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from gendiag.model.finite_values import all_finite, finite_weights, loss_totals
from gendiag.model.monitors import refused_monitors
from gendiag.model.snapshot import build_optimizer, held_values, stop_learning
from gendiag.records import NOTHING, Failure
from gendiag.runtime.leftovers import QUIET_S, Leftovers
from gendiag.runtime.quiet import quiet
from gendiag.runtime.task import NoAnswerError, Pulse, Task, dtype_policy
from gendiag.runtime.tracebacks import cut

if TYPE_CHECKING:
    from gendiag.model.clone import Model

AsSource = Callable[[Sequence[Any]], object]
Logs = Mapping[str, float] | None
Callback: TypeAlias = Any  # keras ships no types


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How raw batches are handed to fit again, the same for every replay of one case.

    Attributes
    ----------
    as_source
        Makes what fit is given; a generator over the batches where it is None.
    fit_args
        More arguments of fit: ``class_weight``, and those about validation data, evaluated behind the last batch.
    quiet_s
        Longest time without a step; seconds.
    policy
        The dtype policy of the user's thread; None for that of the present one.
    close
        Takes back what fit leaves behind of such a source.
    callbacks
        The user's own, which are not run: copies of some are asked at the end; see ``monitors.py``.
    """

    as_source: AsSource | None = None
    fit_args: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    quiet_s: float = QUIET_S
    policy: object = None
    close: Callable[[], None] = lambda: None
    callbacks: Sequence[Any] = ()


PLAIN = FitSettings()


@dataclass(frozen=True, slots=True)
class Replay:
    """What fit did with the batches replayed.

    Attributes
    ----------
    steps
        Completed training steps.
    losses
        Loss of each step alone, as fit logs it; NaN where it logs none.
    non_finite
        Steps after which the loss or a weight was NaN or infinite. At learning rate 0 the weights are put right
        again before the next step, so that each batch is judged by itself.
    failure
        What fit raised, or None.
    answered
        False if fit gave no sign of life for too long and was left behind.
    interrupted
        Whether Ctrl-C ended it.
    seconds
        Wall time.
    step_s
        Wall time of each step.
    evaluated
        Completed evaluation steps.
    is_evaluation
        Whether an evaluation was begun, and so the training over.
    logged
        Names of the figures that fit logged at the end of the epoch.
    refused_monitors
        What ``FitSettings.callbacks`` say of the figures that they follow; see ``monitors.py``.
    """

    steps: int = 0
    losses: tuple[float, ...] = ()
    non_finite: tuple[int, ...] = ()
    failure: Failure | None = None
    answered: bool = True
    interrupted: bool = False
    seconds: float = 0.0
    step_s: tuple[float, ...] = ()
    evaluated: int = 0
    is_evaluation: bool = False
    logged: tuple[str, ...] = ()
    refused_monitors: tuple[tuple[int, str], ...] = ()

    @property
    def first_non_finite(self) -> int | None:
        """The first step after which the loss or a weight was not finite, or None."""
        return self.non_finite[0] if self.non_finite else None


class _StoppedError(Exception):
    """Somebody asked for a stop."""


class _Log:
    """What the callback writes down; read by the waiting thread even if fit never comes back."""

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.step_s: list[float] = []
        self.step_began = time.perf_counter()
        self.non_finite: list[int] = []
        self.evaluated = 0
        self.is_evaluation = False
        self.logged: tuple[str, ...] = ()
        self.refused_monitors: tuple[tuple[int, str], ...] = ()
        self._weights: Sequence[Any] | None = None

    def step_begins(self, model: Model) -> None:
        if self._weights is None and model.built:
            self._weights = finite_weights(model)
        self.step_began = time.perf_counter()

    def told(self) -> dict[str, Any]:
        return {
            "steps": len(self.losses),
            "losses": tuple(self.losses),
            "non_finite": tuple(self.non_finite),
            "step_s": tuple(self.step_s),
            "evaluated": self.evaluated,
            "is_evaluation": self.is_evaluation,
            "logged": self.logged,
            "refused_monitors": self.refused_monitors,
        }

    def epoch_ends(self, logs: Mapping[str, Any], model: Model, callbacks: Sequence[Any]) -> None:
        self.logged = tuple(map(str, logs))
        self.refused_monitors = refused_monitors(model, callbacks)

    def step_was_finite(self, logs: Mapping[str, Any], model: Model) -> bool:
        weights = model.weights if self._weights is None else self._weights
        loss = logs.get("loss", math.nan)
        self.losses.append(math.nan if np.ndim(loss) else float(loss))  # fit takes what is no number as it is
        self.step_s.append(time.perf_counter() - self.step_began)
        told = [value for name, value in logs.items() if "loss" in name]
        finite = all_finite([*told, *loss_totals(model)]) and all_finite(weights)
        if not finite:
            self.non_finite.append(len(self.losses) - 1)
        return finite


def through_fit(  # noqa: PLR0913  (keyword-only options)
    model: Model,
    batches: Sequence[Any],
    settings: FitSettings = PLAIN,
    *,
    learning_rate_zero: bool = True,
    pulse: Pulse | None = None,
    enough: threading.Event | None = None,
    on_progress: Callable[[int], None] = lambda _steps: None,
) -> Replay:
    """Run the real ``model.fit`` over exactly these raw batches, for one epoch.

    Parameters
    ----------
    model
        A compiled stand-in: it is trained, and its learning rate and steps per execution are changed.
    batches
        As the source yielded them; fit peeks at the first two for the signature.
    settings
        How they are handed to fit.
    learning_rate_zero
        Keep the weights still, so that the last batch meets them as they are.
    pulse
        Beaten with every step, for a caller that waits for more than this.
    enough
        Once it is set, fit goes on to the evaluation after the step that is under way.
    on_progress
        Called from the waiting thread with the number of steps.
    """
    log, started = _Log(), time.monotonic()
    failure, answered, interrupted = None, True, False

    def work(own: Pulse) -> Failure | None:
        pulses = [own] if pulse is None else [own, pulse]
        watch = _watch(log, pulses, enough, settings.callbacks, keep_weights=learning_rate_zero)
        return _fit(model, batches, settings, watch)

    try:
        with quiet(), dtype_policy(settings.policy):
            if learning_rate_zero:
                stop_learning(model)
                build_optimizer(model)
            task = Task(work)
            failure = task.start().wait(quiet_s=settings.quiet_s, tick=lambda: on_progress(len(log.losses)))
            interrupted = task.pulse.stop.is_set()
    except NoAnswerError as error:
        answered, failure = False, Failure(type(error).__name__, str(error), details=error.stack)
    seconds = time.monotonic() - started
    return Replay(**log.told(), failure=failure, answered=answered, interrupted=interrupted, seconds=seconds)


def _generator(batches: Sequence[Any]) -> Iterator[Any]:
    yield from batches


def _fit(model: Model, batches: Sequence[Any], settings: FitSettings, callback: Callback) -> Failure | None:
    as_source = settings.as_source or _generator
    try:
        model.steps_per_execution = 1  # Else only the group of the failing step is known.
        options = {"epochs": 1, "steps_per_epoch": len(batches), "verbose": 0, "shuffle": False}
        model.fit(as_source(batches), **options, **settings.fit_args, callbacks=[callback])
    except BaseException as error:  # noqa: BLE001  (what fit raises is the answer; the thread is ours)
        return None if isinstance(error, _StoppedError) else cut(error)
    finally:
        callback.leftovers.let_go()
        settings.close()
    return None


def _watch(
    log: _Log,
    pulses: Sequence[Pulse],
    enough: threading.Event | None,
    callbacks: Sequence[Any],
    *,
    keep_weights: bool,
) -> Callback:
    class Watch(_follows_evaluation(log, pulses, callbacks)):  # type: ignore[misc]  # keras ships no types
        """Writes down each step, and starts each with fresh metrics: Keras logs running means."""

        def __init__(self) -> None:
            super().__init__()
            self.hold: Callable[[], None] = lambda: None
            self.built = False

        def on_train_begin(self, logs: Logs = None) -> None:  # noqa: ARG002  (Keras's signature)
            self.leftovers.begins()

        def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:  # noqa: ARG002  (Keras's signature)
            _beat(pulses)
            if keep_weights and not self.built:
                self.built, self.hold = bool(self.model.built), held_values(self.model)
            log.step_begins(self.model)

        def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:  # noqa: ARG002  (Keras's signature)
            if not log.step_was_finite(logs or {}, self.model):
                self.hold()
            self.model.reset_metrics()
            if enough is not None and enough.is_set():
                self.model.stop_training = True
            _beat(pulses)

    return Watch()


def _follows_evaluation(log: _Log, pulses: Sequence[Pulse], callbacks: Sequence[Any]) -> type:
    import keras

    class Evaluation(keras.callbacks.Callback):
        """Writes down what stands behind the steps of training."""

        def __init__(self) -> None:
            super().__init__()
            self.leftovers = Leftovers()

        def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:  # noqa: ARG002  (Keras's signature)
            log.epoch_ends(logs or {}, self.model, callbacks)

        def on_test_begin(self, logs: Logs = None) -> None:  # noqa: ARG002  (Keras's signature)
            log.is_evaluation = True
            self.leftovers.begins()

        def on_test_batch_begin(self, batch: int, logs: Logs = None) -> None:  # noqa: ARG002  (Keras's signature)
            _beat(pulses)

        def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:  # noqa: ARG002  (Keras's signature)
            log.evaluated += 1

    return Evaluation


def _beat(pulses: Sequence[Pulse]) -> None:
    for pulse in pulses:
        pulse.beat()
        if pulse.stop.is_set():
            raise _StoppedError
