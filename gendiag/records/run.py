"""What came of a whole run: of fit on the source, and of the user's model on what was delivered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gendiag.records.batch import NOTHING, Delivery


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception, cut down to what helps.

    Attributes
    ----------
    type
        Class name of the exception that reached the caller.
    line
        The first telling line: the user's own exception where TensorFlow wrapped it.
    layer
        The layer or loss that raised, as far as Keras names it.
    frame
        ``file:line in function`` of the user's own code, or None.
    code
        That line of code.
    details
        The full text.
    values
        The names in that line that tell, each with its value in a few words.
    in_source
        Whether TensorFlow says that it was raised by Python code that makes the elements of a dataset.
    busy, loop
        Where no answer came: whether the source used the processor all the while, and the loop that it was in.
    callback
        The callback of fit that raised, as it was called: ``Sampler.on_train_batch_end(batch=3)``; or None.
    metric, output
        The metric that raised, and Keras's name of the output it was given; None where the traceback does not tell.
    """

    type: str
    line: str
    layer: str | None = None
    frame: str | None = None
    code: str | None = None
    details: str = ""
    values: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    in_source: bool = False
    busy: bool = False
    loop: str = ""
    callback: str | None = None
    metric: str | None = None
    output: str | None = None

    @property
    def place(self) -> str:
        """``, at data.py:12 in make_batches: `name = files[i]` (i is 3)``; empty where no line is known."""
        if not self.frame:
            return ""
        values = ", ".join(f"{name} is {value}" for name, value in self.values.items())
        return f", at {self.frame}" + (f": `{self.code}`" if self.code else "") + (f" ({values})" if values else "")

    def __str__(self) -> str:
        """``ValueError: bad shape``, the type said once."""
        return self.type if self.line == self.type else f"{self.type}: {self.line.removeprefix(f'{self.type}: ')}"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What the real ``fit`` did with a source, run on a probe model without weights; or recorded as the user ran it.

    Attributes
    ----------
    epochs, epochs_run
        How many epochs fit was asked for, and how many the rehearsal began.
    steps_per_epoch
        As given to fit, or None.
    deliveries, validation
        Every training step, and every evaluation step on ``validation_data``, in order.
    ended
        ``finished``: all epochs asked for. ``epochs``: fewer epochs, by the limit. ``budget``: the step or time
        budget. ``stopped``: by the user. ``raised``: by fit. ``no answer``: nothing came for too long.
    failure
        What fit raised, or None.
    failed_in
        ``training`` or ``validation`` where fit raised while reading one of them; ``start`` before any step.
    failed_batch
        The yielded batch at which fit raised while training: the one that the source was making, else the first that
        was yielded and not delivered. None where nothing raised, or where fit raised before any step.
    stood_still
        Whether the answer failed to come though nothing was asked of the source and no step was begun.
    warnings
        What Keras and the source warned of, each once.
    seconds
        Wall time.
    live
        Whether this is the user's own fit as it was recorded, and no rehearsal.
    method
        What was recorded: ``fit``, ``evaluate``, ``predict``, or a ``loop`` of the user's own. A rehearsal is of fit.
    running
        Whether it was under way when it was looked at.
    unrecorded
        Steps, in groups of ``steps_per_execution``, that were taken though not one delivery is on record.
    """

    epochs: int = 1
    epochs_run: int = 0
    steps_per_epoch: int | None = None
    deliveries: tuple[Delivery, ...] = ()
    validation: tuple[Delivery, ...] = ()
    ended: Literal["finished", "epochs", "budget", "stopped", "raised", "no answer"] = "finished"
    failure: Failure | None = None
    failed_in: Literal["start", "training", "validation"] | None = None
    failed_batch: int | None = None
    stood_still: bool = False
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    live: bool = False
    method: str = "fit"
    running: bool = False
    unrecorded: int = 0


@dataclass(frozen=True)
class ModelRun:
    """What the user's own model did with the delivered batches, through fit on a copy.

    Attributes
    ----------
    batches
        Indices of the batches that it was given, in order.
    steps
        How many of them it trained on.
    failure
        What fit raised at the next one, or None.
    non_finite
        The batch after which the loss or a weight was NaN or infinite, or None.
    non_finite_epoch
        The epoch in which that happened, of a live fit, where it is not known at which batch; else None.
    lost_before
        The path of a weight that was NaN or infinite before the first step, or empty.
    losses, losses_before
        Loss of each step; NaN where it logs none. Of a live fit: of the epoch in which it turned NaN, and the mean of
        each epoch before.
    epoch_losses
        Loss that a live fit logged for each epoch.
    seconds
        Wall time of each step. The first includes that the step was traced.
    interrupted
        Whether Ctrl-C ended it before all were tried.
    validation, evaluated
        Indices of the validation batches that it was given then, and how many of them it was evaluated on.
    logged
        Names of the figures that fit logged at the end of an epoch; empty where none came to its end.
    refused_monitors
        Places among the callbacks of fit, each with what one of Keras's own says of the figure that it is to follow,
        where it raises; told by a copy of it, since callbacks are not run.
    """

    batches: tuple[int, ...] = ()
    steps: int = 0
    failure: Failure | None = None
    non_finite: int | None = None
    non_finite_epoch: int | None = None
    lost_before: str = ""
    losses: tuple[float, ...] = ()
    losses_before: tuple[float, ...] = ()
    epoch_losses: tuple[float, ...] = ()
    seconds: tuple[float, ...] = ()
    interrupted: bool = False
    validation: tuple[int, ...] = ()
    evaluated: int = 0
    logged: tuple[str, ...] = ()
    refused_monitors: tuple[tuple[int, str], ...] = ()

    @property
    def turned_non_finite(self) -> bool:
        """Whether the loss or a weight was NaN or infinite in the end."""
        return self.non_finite is not None or self.non_finite_epoch is not None or bool(self.lost_before)

    @property
    def failed_batch(self) -> int | None:
        """The batch that the model did not take in training."""
        return self.batches[self.steps] if self.failure is not None and self.steps < len(self.batches) else None

    @property
    def failed_in_validation(self) -> bool:
        """Whether it took every batch in training, and failed in the evaluation."""
        return self.failure is not None and self.steps >= len(self.batches)

    @property
    def failed_validation_batch(self) -> int | None:
        """The validation batch that the model did not take, where these are recorded one by one."""
        if not self.failed_in_validation or self.evaluated >= len(self.validation):
            return None
        return self.validation[self.evaluated]
