"""A recorded call as a case: the same rules, trials and mends, over what really happened."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from gendiag.bench import Bench
from gendiag.copying import stand_in
from gendiag.diagnosis import Diagnosis
from gendiag.errors import StillTrainingError
from gendiag.evidence import Evidence, ModelRun
from gendiag.failure import cut
from gendiag.flight.call import Call
from gendiag.flight.loop import Loop
from gendiag.flight.side import Side
from gendiag.freezing import held_values
from gendiag.judge import Case, Options
from gendiag.profiled import Profile
from gendiag.records import Failure, Rehearsal, Trial
from gendiag.rehearsal import Rehearsed, count
from gendiag.replay import through_fit
from gendiag.signature import PEEKED
from gendiag.worker import dtype_policy


class FlightCase(Case):
    """One recorded call; the model is tried with the weights that it had when fit raised."""

    def __init__(self, call: Call, keep_bytes: int) -> None:
        self.call, self.source, self.given = call, call.train.source, call.train.source.value
        self.model = call.model if call.method == "fit" else None
        self.fit_args, self.validation, self.policy = call.fit_args, call.validation, call.policy
        self.options = Options(None, 2000, 60.0, 30.0, keep_bytes, progress=False)
        self._bench = Bench()
        self.state = call.state  # as it is now: a report of a running fit stays one
        self._unproven = ""
        self._model_run: ModelRun | None = None

    @property
    def is_running(self) -> bool:
        """Whether the call was under way when this report was asked for."""
        return self.state == "running"

    def judge(self) -> tuple[Diagnosis, Evidence]:
        """Do it all, with the weights of the failure."""
        with self._at_failure():
            return super().judge()

    def trial(self, evidence: Evidence, index: int, *, fresh_weights: bool = False) -> Trial:
        """Try one batch, with the weights of the failure."""
        self.ready()
        with self._at_failure():
            return super().trial(evidence, index, fresh_weights=fresh_weights)

    def ready(self) -> None:
        """Refuse to touch a model that is being trained.

        Raises
        ------
        StillTrainingError
            While the call is under way.
        """
        if self.call.state == "running":
            msg = (
                f"the {self.call.method} is still running, and the model must not be touched "
                "meanwhile. Ask again when it is over."
            )
            raise StillTrainingError(msg)

    def undisturbed(self) -> AbstractContextManager[Any]:
        """Random states are left alone while somebody draws from them."""
        return nullcontext() if self.is_running else super().undisturbed()

    @contextmanager
    def _at_failure(self) -> Iterator[None]:
        if self.call.put_back is None or self.call.state == "running":
            yield
            return
        now = held_values(self.model)
        self.call.put_back()
        try:
            yield
        finally:
            now()

    # ------------------------------------------------------------------ what happened
    def _rehearse(self) -> Rehearsed:
        call = self.call
        groups = call.steps
        failed_in, failed_batch, failure = self._failure(groups)
        rehearsal = Rehearsal(
            epochs=count(call.fit_args.get("epochs"), 1),
            epochs_run=max(call.epochs_begun, int(call.method != "fit" and bool(call.train.epochs))),
            steps_per_epoch=call.fit_args.get("steps_per_epoch"),
            deliveries=call.train.deliveries(groups, call.steps_per_execution),
            validation=call.test.deliveries(self._evaluated(), call.steps_per_execution),
            ended=self._ended(),
            failure=failure,
            failed_in=failed_in,
            failed_batch=failed_batch,
            warnings=tuple(dict.fromkeys(call.warnings)),
            seconds=call.seconds,
            live=True,
        )
        return Rehearsed(rehearsal, self._profile(call.train), self._profile(call.test))

    def _evaluated(self) -> int:
        """Groups of evaluation steps that are known to be complete."""
        cut_short = self.call.place == "validation" and self.state != "finished"
        return max(0, len(self.call.test.epochs) - cut_short)

    def _ended(self) -> Any:
        call = self.call
        if self.is_running or call.state == "interrupted" or call.stop_asked:
            return "stopped"
        if call.state == "raised":
            return "raised"
        asked = count(call.fit_args.get("epochs"), 1) - count(call.fit_args.get("initial_epoch"), 0)
        if call.method != "fit" or (call.epochs_begun >= asked and not call.stopped_early):
            return "finished"
        return "epochs" if self._last_epoch_is_whole() else "stopped"

    def _last_epoch_is_whole(self) -> bool:
        """Whether the epoch in which fit was told to stop came to its end."""
        whole = self.call.fit_args.get("steps_per_epoch") or self.source.length
        epochs = [d.epoch for d in self.call.train.deliveries(self.call.steps, self.call.steps_per_execution)]
        if not epochs:
            return False
        if whole is None:
            return self.call.train.tap.ended
        return epochs.count(epochs[-1]) >= whole

    def _failure(self, groups: int) -> tuple[Any, int | None, Failure | None]:
        """Where fit raised, at which batch, and what, unless the model did."""
        call, side = self.call, self.call.train
        if call.failure is None:
            return None, None, None
        if isinstance(call, Loop):
            return "training", call.failed_batch, call.failure
        if call.place == "start":
            return "start", side.tap.failed_index, call.failure
        if call.place == "validation":
            return self._failure_in_validation()
        if call.place == "between":
            self._unproven = f"fit raised between two steps, not at a batch: {call.failure.line}"
            return "training", None, call.failure
        return self._failure_in_step(groups)

    def _failure_in_validation(self) -> tuple[Any, int | None, Failure | None]:
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
        self._model_run = ModelRun(trained, len(trained), call.failure, validation=order, evaluated=len(done))
        return None, None, None

    def _failure_in_step(self, groups: int) -> tuple[Any, int | None, Failure | None]:
        call, side = self.call, self.call.train
        candidates = self._candidates(groups)
        raised = side.raised_at if side.stream.spans else side.tap.failed_index
        if not candidates and raised is not None:
            return "training", raised, self._source_failure() or call.failure
        at = self._proven(candidates)
        if at is None and raised is not None:
            self._unproven = ""  # it is known where the cause lies
            return "training", raised, self._source_failure() or call.failure
        if at is None and not candidates and not side.source.tapped:
            return "training", len(side.tap.batches), call.failure  # the source could not make it
        if at is None or self.model is None or "PyFunc" in call.failure.details:  # type: ignore[union-attr]
            return "training", at, call.failure
        done = tuple(b for g, b in side.placed(call.steps_per_execution) if g < groups and b is not None)
        self._model_run = ModelRun((*done, at), len(done), call.failure)
        return None, None, None

    def _source_failure(self) -> Failure | None:
        error = self.call.train.tap.error
        return None if error is None else cut(error)

    def _candidates(self, groups: int) -> list[int]:
        """The batches of the group of steps in which fit raised, in the order trained."""
        placed = self.call.train.placed(self.call.steps_per_execution)
        found = [batch for group, batch in placed if group == groups and batch is not None]
        if not found and not groups and 0 in self.call.train.tap.store:
            return [0]  # the step was traced for the batches peeked at, and none was taken
        return found

    def _proven(self, candidates: list[int]) -> int | None:
        """Replay them one after the other with the weights of the failure; the first that raises is the one."""
        side = self.call.train
        held = [index for index in candidates if index in side.tap.store]
        if self.model is None or not held:
            self._unproven = "The step at which fit raised was not replayed: its batch is not held (keep_bytes)."
            return candidates[0] if len(candidates) == 1 else None
        first = [side.tap.store.get(index) for index in range(PEEKED) if index in side.tap.store]
        for index in held:
            with dtype_policy(self.policy), stand_in(self.model) as copy:
                batches = [*first, side.tap.store.get(index)]
                replay = through_fit(copy, batches, as_source=self.source.replay, quiet_s=self.options.quiet_s)
            if replay.failure is not None:
                return index
        named = f"batch {candidates[0]}" if len(candidates) == 1 else f"batches {candidates[0]} to {candidates[-1]}"
        self._unproven = (
            f"fit raised in the step of {named} or right behind it; replayed on a copy with the weights of that "
            "moment, none of these raises. The cause may lie outside of the batch: a callback, or a state that is gone."
        )
        return None

    def _run_model(self, rehearsed: Rehearsed) -> ModelRun | None:
        """What the model did is on record."""
        if self.model is None or self.is_running:
            return None
        if self._model_run is not None:
            return self._model_run
        batches = tuple(d.batch for d in rehearsed.rehearsal.deliveries if d.batch is not None)
        return ModelRun(batches=batches, steps=len(batches)) if batches else None

    def _profile(self, side: Side) -> Profile:
        tap = side.tap
        batches = tap.settle()
        error = tap.error
        return Profile(
            batches=tuple(sorted(batches, key=lambda batch: batch.index)),
            read_order=tuple(batch.index for batch in batches),
            ended="raised" if error else "end" if tap.ended else "fit",
            failure=cut(error) if error else None,
            error=error,
            failed_index=tap.failed_index,
            seconds=self.call.seconds,
            peeks=tuple(tap.peeks),
            growth={name: tuple(lengths) for name, lengths in dict(tap.growth).items()},
            store=tap.store,
        )

    # ------------------------------------------------------------------ what is said beside the findings
    def notes(self, evidence: Evidence) -> Iterator[str]:
        """Say what the user should know of this record."""
        call = self.call
        yield self._what()
        if self._unproven:
            yield self._unproven
        unknown = sum(d.batch is None for d in evidence.rehearsal.deliveries)
        if unknown:
            yield f"Of {unknown} steps it is not known which batch they were."
        for epoch, loss in call.losses.items():
            if not math.isfinite(loss):
                yield f"The loss logged at the end of epoch {epoch + 1} is {loss}."
                break
        yield from dict.fromkeys([*call.train.troubles, *call.test.troubles])

    def _what(self) -> str:
        call = self.call
        endings: Mapping[str, str] = {
            "running": "It is still running: this is about the steps so far.",
            "interrupted": "It was interrupted: this is about the steps before.",
            "raised": "It raised.",
            "finished": "It was stopped." if call.stop_asked else "",
        }
        what = "loop over the batches" if isinstance(call, Loop) else f"call of {call.method}"
        return f"Recorded from a live {what}. {endings[self.state]}".strip()
