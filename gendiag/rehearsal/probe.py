"""A Keras model without weights whose ``train_step`` only writes down what arrives."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from gendiag.batches.store import MIB
from gendiag.records import counted
from gendiag.rehearsal.position import FitPosition
from gendiag.rehearsal.recording import Recording
from gendiag.runtime.leftovers import Leftovers
from gendiag.runtime.task import Pulse


class EnoughError(Exception):
    """The budget is used up; ends an evaluation from inside."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a rehearsal ends if nothing else ends it.

    Attributes
    ----------
    epochs
        Epochs that are rehearsed in any case.
    more_until_s
        Further epochs begin as long as the rehearsal took less than this.
    steps, evaluation_steps
        Training steps in all; steps of one evaluation.
    budget_s, quiet_s
        Seconds in all, and without a sign of life.
    keep_bytes
        Most bytes of raw batches held, for training and validation each.
    """

    epochs: int = 3
    more_until_s: float = 2.0
    steps: int = 2000
    evaluation_steps: int = 2000
    budget_s: float = 60.0
    quiet_s: float = 30.0
    keep_bytes: int = 256 * MIB


class Progress:
    """Where fit stands; shared by the probe, its callback and the one who waits."""

    def __init__(self, pulse: Pulse, limits: Limits, *, tapped: tuple[bool, bool]) -> None:
        self.position, self.limits, self.tapped = FitPosition(), limits, tapped
        self.training = Recording(limits.keep_bytes, pulse, self.position)
        self.validation = Recording(limits.keep_bytes, pulse, self.position)
        self.step = self.steps = self.evaluation_step = 0
        self.began = time.monotonic()
        self.reached: str | None = None  # which limit
        self.reads_on = False  # behind the batch at which fit raised

    @property
    def seconds(self) -> float:
        """Since the rehearsal began."""
        return time.monotonic() - self.began

    @property
    def beside(self) -> str:
        """What is done at this moment beside training steps, in words."""
        if self.reads_on:
            return f"reading on behind the error: {counted(len(self.training.batches), 'batch', 'batches')} in all"
        is_evaluating = self.position.phase == "validation"
        return f"validating: {counted(self.evaluation_step, 'batch', 'batches')}" if is_evaluating else ""

    def train(self, data: object) -> bool:
        """Write down a training step; return whether to go on."""
        self.training.delivered(data, self.position.epoch, self.step, is_yield=not self.tapped[0])
        self.step += 1
        self.steps += 1
        if self.training.pulse.stop.is_set():
            self.reached = "stopped"
        elif self.steps >= self.limits.steps or self.seconds > self.limits.budget_s:
            self.reached = "budget"
        return self.reached is None

    def test(self, data: object) -> None:
        """Write down an evaluation step."""
        if self.reached is None:
            epoch, step = self.position.epoch, self.evaluation_step
            self.validation.delivered(data, epoch, step, is_yield=not self.tapped[1])
            self.evaluation_step += 1
            if self.evaluation_step >= self.limits.evaluation_steps or self.seconds > self.limits.budget_s:
                self.reached = "budget"
        if self.reached is not None:
            raise EnoughError


def make_probe(progress: Progress, steps_per_execution: int, *, distributed: bool = False) -> Any:
    """Make the probe, compiled to run eagerly so that it is given concrete values.

    With ``distributed`` it belongs to a strategy of one device: fit then takes the way of a ``tf.distribute`` strategy,
    which draws from the source before the first step, and the probe is still given each batch whole.
    """
    import keras
    import tensorflow as tf

    class Probe(keras.Model):
        def train_step(self, data: object) -> dict[str, Any]:
            if not progress.train(data):
                self.stop_training = True
            return {"loss": keras.ops.zeros(())}

        def test_step(self, data: object) -> dict[str, Any]:
            progress.test(data)
            return {"loss": keras.ops.zeros(())}

        def _symbolic_build(self, *_: object, **__: object) -> None:  # it has nothing to build
            pass

    with tf.distribute.OneDeviceStrategy("/cpu:0").scope() if distributed else nullcontext():
        probe = Probe(name="gendiag_probe")
        probe.compile("sgd", run_eagerly=True, jit_compile=False, steps_per_execution=steps_per_execution)
    return probe


def make_callback(progress: Progress) -> Any:
    """Make the callback that follows epochs and phases."""
    import keras

    class Follow(keras.callbacks.Callback):
        leftovers = Leftovers()

        def on_train_begin(self, logs: object = None) -> None:  # noqa: ARG002  (Keras's signature)
            self.leftovers.begins()
            progress.training.training = True

        def on_epoch_begin(self, epoch: int, logs: object = None) -> None:  # noqa: ARG002  (Keras's signature)
            progress.position.begin_epoch(epoch, "training")
            progress.step = 0

        def on_test_begin(self, logs: object = None) -> None:  # noqa: ARG002  (Keras's signature)
            self.leftovers.begins()
            progress.evaluation_step, progress.position.phase = 0, "validation"
            progress.validation.training = True

        def on_epoch_end(self, epoch: int, logs: object = None) -> None:  # noqa: ARG002  (Keras's signature)
            late = progress.position.epochs_begun >= progress.limits.epochs
            if late and progress.seconds > progress.limits.more_until_s and epoch + 1 < self.params["epochs"]:
                progress.reached = progress.reached or "epochs"
                self.model.stop_training = True

    return Follow()
