"""A recorded call as a case: the same rules, trials and mends, over what really happened."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import pairwise
from statistics import median
from typing import Any

from gendiag.diagnosis.case import Case, Options
from gendiag.diagnosis.diagnosis import Diagnosis
from gendiag.errors import BadModelError, StillTrainingError
from gendiag.flight.call import Call
from gendiag.flight.call_records import recorded
from gendiag.flight.failing_batch import Failing
from gendiag.flight.loop import Loop
from gendiag.model.clone_cache import Bench
from gendiag.model.snapshot import held_values
from gendiag.model.uninitialized import usable
from gendiag.records import ModelRun, Trial
from gendiag.rehearsal.rehearsal import Rehearsed
from gendiag.rules.evidence.evidence import Evidence
from gendiag.runtime.leftovers import collect

WAITED_SHARE = 0.5  # of the time between two steps, that a batch takes to make: the steps are timed without it
TIMED = 9  # steps


class FlightCase(Case):
    """One recorded call; the model is tried with the weights that it had when fit raised."""

    def __init__(self, call: Call, keep_bytes: int) -> None:
        self.call, self.source, self.given = call, call.train.source, call.train.source.value
        self.model, self.model_note = _usable(call.model) if call.method == "fit" else (None, "")
        self.fit_args, self.validation, self.policy = call.fit_args, call.validation, call.policy
        self.options = Options(None, 2000, 60.0, 30.0, keep_bytes, progress=False)
        self._bench = Bench()
        self.state = call.state  # as it is now: a report of a running fit stays one
        self._failing = Failing(call, self.model, quiet_s=self.options.quiet_s)
        self._is_read_again = False

    @property
    def is_running(self) -> bool:
        """Whether the call was under way when this report was asked for."""
        return self.state == "running"

    def judge(self) -> tuple[Diagnosis, Evidence]:
        """Do it all, with the weights of the failure."""
        if not self.is_running:
            collect()  # what the recorded fit left, lest its trials stand still
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
        raised = self._failing.find()
        on_record = recorded(self.call, self.state, self._failing.groups, raised)
        return self._read_again(on_record) or on_record

    def _read_again(self, on_record: Rehearsed) -> Rehearsed | None:
        """Rehearse where the record says nothing: a step that fails while it is traced takes no batch of a dataset."""
        readable = self.source.kind in {"tf.data.Dataset", "arrays"} and self.model is not None
        if self.call.failure is None or on_record.profile.batches or not readable:
            return None
        again = super()._rehearse()
        run = None if again.rehearsal.failure is not None else super()._run_model(again)
        if again.rehearsal.failure is None and (run is None or run.failure is None):
            return None
        self._is_read_again, self._failing.model_run = True, run
        self._failing.unproven = "fit raised before a batch was recorded: its data were read once more, in a rehearsal."
        return again

    def _run_model(self, rehearsed: Rehearsed) -> ModelRun | None:
        """What the model did is on record."""
        if self.model is None or self.is_running:
            return None
        if self._failing.model_run is not None or self._is_read_again:
            return self._failing.model_run
        batches = tuple(d.batch for d in rehearsed.rehearsal.deliveries if d.batch is not None)
        return ModelRun(batches=batches, steps=len(batches), seconds=self._step_s(rehearsed)) if batches else None

    def _step_s(self, rehearsed: Rehearsed) -> tuple[float, ...]:
        """Time a few steps on a copy, where fit may have waited for its source: its own steps include the waiting."""
        apart = [after - before for before, after in pairwise(self.call.train.times)][1:]
        waits = [batch.wait_s * self.call.steps_per_execution for batch in rehearsed.profile.batches]
        if self.call.failure is not None or not apart or median(waits) < WAITED_SHARE * median(apart):
            return ()
        store = rehearsed.profile.store
        run, _ = self._train_stand_in([store.get(index) for index in list(store)[:TIMED]], {})
        return run.step_s

    # ------------------------------------------------------------------ what is said beside the findings
    def notes(self, evidence: Evidence) -> Iterator[str]:
        """Say what the user should know of this record."""
        call = self.call
        yield self._what()
        if self.model_note:
            yield self.model_note
        if self._failing.unproven:
            yield self._failing.unproven
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


def _usable(model: Any) -> tuple[Any, str]:
    try:
        return usable(model)
    except BadModelError as error:
        return None, str(error)
