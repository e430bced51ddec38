"""Where a recorded call raised: in which step, and at which batch, proven by a replay."""

from __future__ import annotations

from typing import Any

from gendiag.batches.signature import PEEKED
from gendiag.flight.call import Call
from gendiag.flight.loop import Loop
from gendiag.model.clone import stand_in
from gendiag.model.replay import through_fit
from gendiag.records import Failure, ModelRun
from gendiag.runtime.task import dtype_policy
from gendiag.runtime.tracebacks import cut

Raised = tuple[Any, int | None, Failure | None]  # where (as ``Rehearsal.failed_in``), at which batch, what


class Failing:
    """The search for the batch at which a call raised; it is done once, with the weights of that moment.

    Attributes
    ----------
    unproven
        Why it is not known at which batch; empty where it is.
    model_run
        What the model did, where it was the model that raised; else None.
    """

    def __init__(self, call: Call, model: Any, *, quiet_s: float) -> None:
        self.call, self.model, self.policy, self.quiet_s = call, model, call.policy, quiet_s
        self.groups = 0  # of steps that were complete
        self.unproven = ""
        self.model_run: ModelRun | None = None

    def find(self) -> Raised:
        """Return where the call raised, at which batch, and what, unless the model did: that is ``model_run``."""
        call = self.call
        self.groups = call.steps
        if call.failure is None:
            return None, None, None
        if isinstance(call, Loop):
            return "training", call.failed_batch, call.failure
        if call.place == "start":
            return self._at_the_start()
        if call.place == "validation":
            return self._in_validation()
        if call.place == "between":
            self.unproven = f"fit raised between two steps, not at a batch: {call.failure.line}"
            return "training", None, call.failure
        return self._in_step()

    def _at_the_start(self) -> Raised:
        """Behind the dataset that was made of the source, a model that is not built yet sees batch 0."""
        side = self.call.train
        refused = "start", side.tap.failed_index, self.call.failure
        if not side.arrived or side.tap.error is not None:
            return refused
        found = self._in_step()
        if self.model_run is not None:
            return found
        self.unproven = ""
        return refused

    def _in_validation(self) -> Raised:
        call, side = self.call, self.call.test
        last = len(side.epochs) - 1
        placed = side.placed(call.steps_per_execution)
        done = tuple(batch for group, batch in placed if group < last and batch is not None)
        candidates = [batch for group, batch in placed if group == last and batch is not None]
        refused = side.tap.error is not None or "PyFunc" in (call.failure.details if call.failure else "")
        if refused or len(candidates) != 1:
            return "validation", None, call.failure
        order = (*done, *candidates) if call.validation is not None else ()
        trained = tuple(b for _, b in call.train.placed(call.steps_per_execution) if b is not None)
        self.model_run = ModelRun(trained, len(trained), call.failure, validation=order, evaluated=len(done))
        return None, None, None

    def _in_step(self) -> Raised:
        call, side = self.call, self.call.train
        candidates = self._candidates()
        raised = side.raised_at if side.stream.spans else side.tap.failed_index
        if not candidates and raised is not None:
            return "training", raised, self._source_failure() or call.failure
        at = self._proven(candidates)
        if at is None and raised is not None:
            self.unproven = ""  # it is known where the cause lies
            return "training", raised, self._source_failure() or call.failure
        if at is None and not candidates and not side.source.tapped:
            return "training", len(side.tap.batches), call.failure  # the source could not make it
        if at is None or self.model is None or "PyFunc" in call.failure.details:  # type: ignore[union-attr]
            return "training", at, call.failure
        done = tuple(b for g, b in side.placed(call.steps_per_execution) if g < self.groups and b is not None)
        self.model_run = ModelRun((*done, at), len(done), call.failure)
        return None, None, None

    def _source_failure(self) -> Failure | None:
        error = self.call.train.tap.error
        return None if error is None else cut(error)

    def _candidates(self) -> list[int]:
        """The batches of the group of steps in which fit raised, in the order trained."""
        placed = self.call.train.placed(self.call.steps_per_execution)
        found = [batch for group, batch in placed if group == self.groups and batch is not None]
        if not found and not self.groups and 0 in self.call.train.tap.store:
            return [0]  # the step was traced for the batches peeked at, and none was taken
        return found

    def _proven(self, candidates: list[int]) -> int | None:
        """Replay them one after the other with the weights of the failure; the first that raises is the one."""
        side = self.call.train
        held = [index for index in candidates if index in side.tap.store]
        if self.model is None or not held:
            self.unproven = "The step at which fit raised was not replayed: its batch is not held (keep_bytes)."
            return candidates[0] if len(candidates) == 1 else None
        first = [side.tap.store.get(index) for index in range(PEEKED) if index in side.tap.store]
        for index in held:
            with dtype_policy(self.policy), stand_in(self.model) as copy:
                batches = [*first, side.tap.store.get(index)]
                replay = through_fit(
                    copy,
                    batches,
                    as_source=side.source.replay,
                    fit_args=side.source.replay_args(self.call.fit_args),
                    quiet_s=self.quiet_s,
                )
            if replay.failure is not None:
                return index
        named = f"batch {candidates[0]}" if len(candidates) == 1 else f"batches {candidates[0]} to {candidates[-1]}"
        self.unproven = (
            f"fit raised in the step of {named} or right behind it; replayed on a copy with the weights of that "
            "moment, none of these raises. The cause may lie outside of the batch: a callback, or a state that is gone."
        )
        return None
