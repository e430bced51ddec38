"""One recorded call of fit, evaluate or predict."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Literal

from gendiag.flight.feed import Feed
from gendiag.flight.weights_watch import WeightsWatch
from gendiag.model.snapshot import held_values
from gendiag.model.uninitialized import weights_without_values
from gendiag.records import Failure
from gendiag.rehearsal.position import FitPosition
from gendiag.runtime.task import current_dtype_policy
from gendiag.runtime.tracebacks import cut
from gendiag.sources import as_given
from gendiag.sources.source import Source
from gendiag.sources.unsupported import ForeignSource

State = Literal["running", "finished", "raised", "interrupted"]
DATA = ("x", "y", "sample_weight")
STOPS = {"fit": "stop_training", "evaluate": "stop_evaluating", "predict": "stop_predicting"}


class Call:
    """What is known of one call while it runs, and afterwards.

    Attributes
    ----------
    method, model, fit_args
        What was called, and with which arguments beside the data.
    train, test
        The data of the call; those of the validation inside fit, or None.
    position
        Where it stands.
    state, failure
        How it ended, and what it raised.
    losses
        At the end of each epoch.
    put_back
        Gives the model the weights that it had when fit raised, or None.
    weights
        What became of them in the epochs that came to an end.
    warnings
        What was warned of meanwhile.
    closing
        To be called when it is over.
    """

    def __init__(self, method: str, model: Any, given: Mapping[str, Any], keep_bytes: int, *, full: bool) -> None:
        self.method, self.model, self.given = method, model, dict(given)
        source = _source(self.given)
        self.fit_args = {
            name: value for name, value in self.given.items() if name not in (DATA if source.is_sliced else DATA[:1])
        }
        validation = self.given.get("validation_data")
        found = None if validation is None else as_given(validation)
        self.validation = None if found is None or found.is_sliced else found
        self.position = FitPosition()
        weighted = self.given.get("class_weight") is not None
        self.train = Feed(source, keep_bytes, self.position, full=full, adds_weights=weighted)
        self.test = Feed(self.validation or ForeignSource(()), keep_bytes, self.position, full=full)
        self.state: State = "running"
        self.failure: Failure | None = None
        self.losses: dict[int, float] = {}
        self.logged: dict[str, None] = {}
        self.put_back: Callable[[], None] | None = None
        self.weights = WeightsWatch(model)
        self.warnings: list[str] = []
        self.stop_asked = self.stopped_early = False
        self.closing: list[Callable[[], None]] = []
        self.policy = current_dtype_policy()
        self.steps_per_execution = int(getattr(model, "steps_per_execution", 1) or 1)
        self.began, self.ended = time.monotonic(), 0.0

    @property
    def seconds(self) -> float:
        """Since it began, or in all."""
        return (self.ended or time.monotonic()) - self.began

    @property
    def given_up(self) -> Failure | None:
        """What went wrong in the recording itself, so that nothing can be said of the call."""
        return self.train.tap.given_up or self.test.tap.given_up

    @property
    def feed(self) -> Feed:
        """The data that it reads at this moment."""
        return self.test if self.position.phase == "validation" and self.method == "fit" else self.train

    @property
    def feed_made(self) -> Feed:
        """The data that Keras makes a dataset of at this moment: the training data before anything else."""
        return self.train if self.position.phase == "start" else self.test

    # ------------------------------------------------------------------ before
    def opened(self) -> dict[str, Any]:
        """Return the arguments with the sources tapped, each of its own kind."""
        arguments = dict(self.given)
        source = self.train.source
        if source.is_batched:
            arguments["x"] = source.open(self.train.tap)["x"]
        if self.validation is not None and not self.validation.is_foreign:
            arguments["validation_data"] = self.validation.open(self.test.tap)["x"]
        return arguments

    # ------------------------------------------------------------------ meanwhile
    def epoch_begins(self, epoch: int) -> None:
        """Go on to an epoch."""
        self.position.begin_epoch(epoch, "between")
        with self.train.tap.sparing():
            self.weights.epoch_begins()

    def epoch_ends(self, epoch: int, logs: Mapping[str, object]) -> None:
        """Keep what an epoch ended with."""
        loss = logs.get("loss")
        self.logged.update(dict.fromkeys(map(str, logs)))
        if isinstance(loss, float):
            self.losses[epoch] = loss
        with self.train.tap.sparing():
            self.weights.epoch_ends(epoch, loss)
        self.position.phase = "between"

    # ------------------------------------------------------------------ after
    @property
    def trial_weights(self) -> Callable[[], None] | None:
        """Gives the model the weights that tell: when fit raised, or before it lost them."""
        watch = self.weights
        return self.put_back or (watch.at_first or watch.put_back if watch.lost_in is not None else None)

    def done(self) -> None:
        """It returned."""
        self.state = "finished"
        self._close()

    def raised(self, error: BaseException) -> None:
        """It raised: keep where it stood, and with which weights."""
        is_failure = not isinstance(error, KeyboardInterrupt)
        if is_failure:
            self.failure = cut(error)
            if self.method == "fit" and self.position.phase == "training":
                with suppress(Exception):  # a model that cannot be read cannot be tried either
                    self.put_back = None if weights_without_values(self.model) else held_values(self.model)
        self.state = "raised" if is_failure else "interrupted"
        self._close()

    def _close(self) -> None:
        self.ended = time.monotonic()
        for close in self.closing:
            close()
        self.train.source.release()
        if self.train.source.is_indexed and self.failure is not None:
            self.train.source.close()

    @property
    def steps(self) -> int:
        """Groups of steps that are known to be complete."""
        begun = len(self.train.epochs)
        in_callback = self.failure is not None and self.failure.callback is not None  # behind a step, or before one
        is_whole = self.state == "finished" or self.position.phase != "training" or in_callback
        return begun if is_whole else max(0, begun - 1)

    @property
    def step(self) -> int:
        """How many of them belong to the epoch under way."""
        return max(0, self.steps - bisect_left(self.train.epochs, self.position.epoch))

    def stop(self) -> None:
        """Let fit end after the current step."""
        self.stop_asked = True
        if self.state == "running":
            setattr(self.model, STOPS[self.method], True)


def _source(given: Mapping[str, Any]) -> Source:
    data = tuple(given[name] for name in DATA if given.get(name) is not None)
    source = as_given(data[0]) if data else None
    if source is not None and source.is_sliced and len(data) > 1:
        return as_given(data) or source
    return source or ForeignSource(given.get("x"))
