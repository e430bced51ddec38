"""A failing batch -> the samples that make it fail, and the values in them. Whatever is said was run."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from gendiag.batches.samples import count_rows, take
from gendiag.model.batch_trial import as_tensors, eager_step, held_state
from gendiag.model.clone import Model, stand_in
from gendiag.model.culprits import blame
from gendiag.model.delta_debugging import EnoughError, SampleSearch, Step
from gendiag.model.outliers import Limit, odd_samples, odd_values, told_limits
from gendiag.model.reader import fixed_batch_sizes
from gendiag.model.replay import PLAIN, FitSettings
from gendiag.records import CulpritValue, Outcome, Shrunk, TrialStep
from gendiag.runtime.quiet import quiet
from gendiag.runtime.task import NoAnswerError, Pulse, Task, dtype_policy

MAX_TRIALS = 60
FAILS = ("raises", "non-finite")
VALUES = re.compile(r"[\[(…]")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?|\bnan\b|\binf\b")


def shrink(  # noqa: PLR0913  (keyword-only options)
    model: Model,
    batch: int,
    raw: Any,
    *,
    settings: FitSettings = PLAIN,
    limits: Mapping[str, Limit] | None = None,
    max_trials: int = MAX_TRIALS,
    budget_s: float = math.inf,
    on_progress: Callable[[int], None] = lambda _trials: None,
) -> Shrunk:
    """Reduce a batch that raises, or whose step is not finite, to the samples that make it so.

    Each trial is one eager training step on a stand-in for the model, whose weights are put back before the next one.
    Ctrl-C ends it after the present trial, with what is known by then.

    Parameters
    ----------
    model
        As the user trains it; afterwards it is bit for bit as it was, random states included.
    batch, raw
        Its index, and the batch as it was delivered.
    settings
        How long to wait for the end of a step, and the user's dtype policy.
    limits
        What leaves may hold, by path, as far as it is known beforehand.
    max_trials, budget_s
        Where it ends at the latest.
    on_progress
        Called from the waiting thread with the number of trials.
    """
    began = time.monotonic()
    work = _Work(batch, raw, dict(limits or {}), max_trials, began + budget_s)
    with dtype_policy(settings.policy), stand_in(model) as other:
        work.step = lambda data: eager_step(other, "sample", data, look=False)
        try:
            with quiet():
                task = Task(lambda pulse: work.run(other, pulse))
                task.start().wait(quiet_s=settings.quiet_s, tick=lambda: on_progress(work.trials))
        except NoAnswerError as error:
            work.note = str(error)
    return work.told(time.monotonic() - began)


class _Work:
    """The trials of one batch; what is found is kept as it comes, so that it can be told at any time."""

    def __init__(self, batch: int, raw: Any, limits: dict[str, Limit], most: int, until: float) -> None:
        self.batch, self.raw, self.limits, self.most, self.until = batch, raw, limits, most, until
        self.rows = count_rows(raw) or 0
        self.trials, self.note = 0, ""
        self.outcome: Outcome = "not tried"
        self.values: list[CulpritValue] = []
        self.found = SampleSearch(self.rows, lambda rows: self.tried(take(self.raw, rows)))
        self.step: Callable[[Any], TrialStep]
        self._put_back: Callable[[], None] = lambda: None
        self._pulse = Pulse()
        self._like = ("", "", "")

    def run(self, model: Model, pulse: Pulse) -> None:
        """Do it all; in a thread of its own."""
        self._pulse = pulse
        _build(model, self.raw)
        self._put_back = held_state(model)
        try:
            whole = self.trial(self.raw)
            self.outcome, self._like = whole.outcome, _kind(whole)
            self.note = self._why_not(model)
            if not self.note:
                self._narrow(whole)
        except EnoughError as error:
            self.note = str(error)

    def _why_not(self, model: Model) -> str:
        """Why it cannot be reduced; empty where it can."""
        if self.outcome not in FAILS:
            return f"the outcome of one eager step on it is {self.outcome!r}, so there is nothing to reduce"
        if not self.rows:
            return "its arrays have no common number of samples, so it cannot be cut"
        sizes = fixed_batch_sizes(model)
        return f"the model takes no other number of samples than {sizes.pop()}" if sizes and self._is_strict() else ""

    def _is_strict(self) -> bool:
        """Whether fewer samples are refused; keras 3.5 writes down the size that it was built with, and takes any."""
        half = self.trial(take(self.raw, range(self.rows // 2)))
        return half.outcome == "raises" and _kind(half) != self._like

    def _narrow(self, whole: TrialStep) -> None:
        self.limits = {**told_limits(self.raw, whole.failure), **self.limits}
        odd = odd_values(self.raw, self.limits)
        try:
            self.found.search([sorted(odd), odd_samples(self.raw)])
        except EnoughError as error:
            self.note = str(error)
        if not self.found.every:
            for value in blame(self.raw, self.found, odd, lambda data: self.trial(data).outcome == "trains"):
                self.values.append(value)

    def tried(self, data: Any) -> Step:
        """Run a step, and say whether it fails as the whole batch does."""
        step = self.trial(data)
        return Step(_kind(step) == self._like, step.outcome)

    def trial(self, data: Any) -> TrialStep:
        """One step, with everything as it was before."""
        if self.trials >= self.most:
            msg = f"ended after {self.trials} trials (max_trials)"
            raise EnoughError(msg)
        if self._pulse.stop.is_set() or time.monotonic() > self.until:
            msg = "stopped" if self._pulse.stop.is_set() else f"ended for lack of time, after {self.trials} trials"
            raise EnoughError(msg)
        self.trials += 1
        try:
            return self.step(data)
        finally:
            self._put_back()
            self._pulse.beat()

    def told(self, seconds: float) -> Shrunk:
        """What is known by now."""
        found = self.found
        return Shrunk(
            self.batch,
            self.outcome,
            samples=() if found.every else found.samples or (() if found.done else found.smallest),
            alone=found.alone,
            rest=found.rest,
            every=found.every,
            rows=self.rows,
            tried_alone=len(found.tried_alone),
            values=tuple(self.values),
            minimal=found.done,
            note=self.note,
            trials=self.trials,
            seconds=seconds,
        )


def _build(model: Model, raw: Any) -> None:
    """Build an unbuilt model by a forward pass, which moves no weight."""
    if model.built:
        return
    import keras

    try:
        model(keras.utils.unpack_x_y_sample_weight(as_tensors(raw))[0])
    except Exception:  # noqa: BLE001  (what is wrong the first trial says)
        return


def _kind(step: TrialStep) -> tuple[str, str, str]:
    """What makes two failures the same: the outcome, the exception's type, and its words without the figures."""
    if step.failure is None:
        return step.outcome, "", ""
    return step.outcome, step.failure.type, NUMBER.sub("#", VALUES.split(step.failure.line)[0])
