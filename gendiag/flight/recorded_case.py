"""A recorded call as a case: the same rules, trials and repairs, over what really happened."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from itertools import pairwise, takewhile
from statistics import median
from typing import Any

from gendiag.diagnosis.case import Case
from gendiag.diagnosis.evaluating import METHODS
from gendiag.diagnosis.model_run import train_stand_in
from gendiag.diagnosis.options import Options
from gendiag.diagnosis.rehearsing import Rehearsing
from gendiag.errors import BadModelError, StillTrainingError
from gendiag.flight.call import Call
from gendiag.flight.call_records import recorded
from gendiag.flight.failing_batch import Located, locate
from gendiag.flight.loop import Loop
from gendiag.model.snapshot import held_values
from gendiag.model.uninitialized import usable
from gendiag.records import ModelRun, counted
from gendiag.rehearsal.rehearsal import Rehearsed
from gendiag.rules.evidence.evidence import Evidence
from gendiag.runtime.leftovers import collect
from gendiag.runtime.random_state import kept_seeds

QUIET_S = 30.0
WAITED_SHARE = 0.5  # of the time between two steps, that a batch takes to make: the steps are timed without it
TIMED = 9  # steps
DISTRIBUTED = (
    "What fit delivers of a distributed dataset is not recorded: its data were read once more, in a rehearsal, and a "
    "training on them was run again."
)
READ_AGAIN = "fit raised before a batch was recorded: its data were read once more, in a rehearsal."


def recorded_case(call: Call, keep_bytes: int, *, progress: bool = False) -> Case:
    """Make the case of one recorded call, as it stands at this moment."""
    model, note = _usable(call.model) if call.method == "fit" else (None, "")
    source, options = call.train.source, Options(None, 2000, 60.0, QUIET_S, keep_bytes, progress)
    called = call.model if call.method in METHODS else None
    return Case(
        source.value, source, call.fit_args, call.validation, model, note, options, Record(call), called, call.policy
    )


def _usable(model: Any) -> tuple[Any, str]:
    try:
        return usable(model)
    except BadModelError as error:
        return None, str(error)


def _logged(call: Call) -> tuple[str, ...]:
    """Names of the figures of an epoch; of one in which a callback raised, from what the model computes."""
    if call.logged or call.failure is None or call.failure.callback is None:
        return tuple(call.logged)
    with suppress(Exception):  # a model of somebody else's own
        names = [str(name) for name in call.model.get_metrics_result()]
        return (*names, *(f"val_{name}" for name in names if call.test.epochs))
    return ()


@contextmanager
def _given(model: Any, put_back: Callable[[], None]) -> Iterator[None]:
    now = held_values(model)
    put_back()
    try:
        yield
    finally:
        now()


class Record:
    """Looks at a case through what was recorded; the model is tried with the weights of ``Call.trial_weights``."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.state = call.state  # as it is now: a report of a running fit stays one
        self._located = Located(call.steps)
        self._rehearsing = Rehearsing()

    @property
    def is_running(self) -> bool:
        """Whether the call was under way when this report was asked for."""
        return self.state == "running"

    # ------------------------------------------------------------------ what happened
    def observe(self, case: Case) -> Rehearsed:
        """Return what is on record; a rehearsal where that says nothing."""
        self._located = locate(self.call, case)
        on_record = recorded(self.call, self.state, self._located)
        return self._read_again(case, on_record) or on_record

    def _read_again(self, case: Case, on_record: Rehearsed) -> Rehearsed | None:
        """Rehearse where the record says nothing: a step that fails while it is traced takes no batch of a dataset."""
        readable = (case.source.is_graph or case.source.is_sliced) and case.model is not None and not self.is_running
        needed = self.call.failure is not None or (self.call.train.is_distributed and self.state == "finished")
        if not needed or on_record.profile.batches or not readable:
            return None
        again = self._rehearsing.observe(case)
        run = None if again.rehearsal.failure is not None else self._rehearsing.run_model(case, again)
        if self.call.failure is None:
            lost = self.call.weights
            if run is not None and run.lost_before and not lost.lost_before:  # the weights of before are not held
                run = replace(run, lost_before="", non_finite=None, non_finite_epoch=lost.lost_in)
            self._located = replace(self._located, model_run=run, is_run_known=True, unproven=DISTRIBUTED)
            return again
        if self._moved_on(again) or (again.rehearsal.failure is None and (run is None or run.failure is None)):
            return None
        self._located = replace(self._located, model_run=run, is_run_known=True, unproven=READ_AGAIN)
        return again

    def _moved_on(self, again: Rehearsed) -> bool:
        """Whether the source, read again, raises something else behind other batches: it was not at its start."""
        first, second = self.call.failure, again.rehearsal.failure
        return None not in (first, second) and bool(again.rehearsal.deliveries) and str(first) != str(second)

    def run_model(self, case: Case, rehearsed: Rehearsed) -> ModelRun | None:
        """Return what the model did by the record: it trained on every batch, but the one at which it raised."""
        if case.model is None or self.is_running:
            return None
        if self._located.is_run_known:
            return self._located.model_run
        batches = tuple(d.batch for d in rehearsed.rehearsal.deliveries if d.batch is not None)
        weights = self.call.weights
        if not batches and weights.lost_in is None:
            return None
        run = ModelRun(
            batches,
            len(batches),
            seconds=self._step_s(case, rehearsed),
            lost_before=weights.lost_before,
            epoch_losses=tuple(self.call.losses[epoch] for epoch in sorted(self.call.losses)),
            logged=_logged(self.call),
        )
        if weights.lost_in is None or weights.lost_before:
            return run
        return replace(run, **self._turned(case, rehearsed, weights.lost_in))

    def _turned(self, case: Case, rehearsed: Rehearsed, epoch: int) -> dict[str, Any]:
        """Find the batch at which the loss or a weight turned NaN: the epoch again, on a copy, from its beginning."""
        order = [delivery.batch for delivery in rehearsed.rehearsal.deliveries if delivery.epoch == epoch]
        store = rehearsed.profile.store
        held = [*takewhile(lambda index: index is not None and index in store, order)]
        put_back = self.call.weights.put_back
        if put_back is None or not held:
            return {"non_finite_epoch": epoch}
        raw = [store.get(index) for index in held if index is not None]
        with _given(self.call.model, put_back):
            again, _ = train_stand_in(case, raw, case.settings(case.source))
        if again.first_non_finite is None:
            return {"non_finite_epoch": epoch}
        before = tuple(self.call.losses[each] for each in sorted(self.call.losses) if each < epoch)
        return {"non_finite": held[again.first_non_finite], "losses": again.losses, "losses_before": before}

    def _step_s(self, case: Case, rehearsed: Rehearsed) -> tuple[float, ...]:
        """Time a few steps on a copy, where fit may have waited for its source: its own steps include the waiting."""
        apart = [after - before for before, after in pairwise(self.call.train.times)][1:]
        waits = [batch.wait_s * self.call.steps_per_execution for batch in rehearsed.profile.batches]
        one = len(waits) // max(1, self.call.position.epochs_begun)
        parts = [(waits, apart), (waits[:one], apart[: one - 1])]  # the first pass may be slower than the others
        waited = any(w and a and median(w) >= WAITED_SHARE * median(a) for w, a in parts)
        if self.call.failure is not None or not waited:
            return ()
        store = rehearsed.profile.store
        run, _ = train_stand_in(case, [store.get(index) for index in list(store)[:TIMED]], case.settings(case.source))
        return run.step_s

    # ------------------------------------------------------------------ the user's state
    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Keep random states and the model's weights; states are left alone while somebody draws from them."""
        if not self.is_running:
            collect()  # what the recorded fit left, lest its trials stand still
        with self.weights(), nullcontext() if self.is_running else kept_seeds():
            yield

    @contextmanager
    def weights(self) -> Iterator[None]:
        """Give the model the weights that it had when fit raised, or before it lost them; take them away again."""
        put_back = self.call.trial_weights
        if put_back is None or self.call.state == "running":
            yield
            return
        with _given(self.call.model, put_back):
            yield

    def check_idle(self) -> None:
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

    # ------------------------------------------------------------------ what is said beside the findings
    def notes(self, case: Case, evidence: Evidence) -> Iterator[str]:
        """Say what the user should know of this record."""
        call = self.call
        yield self._what()
        if case.model_note:
            yield case.model_note
        if self._located.unproven:
            yield self._located.unproven
        unknown = sum(d.batch is None for d in evidence.rehearsal.deliveries)
        if unknown:
            were = "it was" if unknown == 1 else "they were"
            yield f"Of {counted(unknown, 'step')} it is not known which batch {were}."
        for epoch, loss in call.losses.items():
            if not math.isfinite(loss):
                yield f"The loss logged at the end of epoch {epoch + 1} is {loss}."
                break
        yield from dict.fromkeys([*call.train.troubles, *call.test.troubles])

    def _making(self) -> str:
        """Say which batch the source was making when the interrupt hit it."""
        tap = self.call.train.tap
        is_hit = isinstance(tap.error, KeyboardInterrupt) and tap.failed_index is not None
        return f" while the source made batch {tap.failed_index}" if is_hit else ""

    def _what(self) -> str:
        call = self.call
        endings: Mapping[str, str] = {
            "running": "It is still running: this is about the steps so far.",
            "interrupted": f"It was interrupted{self._making()}: this is about the steps before.",
            "raised": "It raised.",
            "finished": "It was stopped." if call.stop_asked else "",
        }
        what = "loop over the batches" if isinstance(call, Loop) else f"call of {call.method}"
        return f"Recorded from a live {what}. {endings[self.state]}".strip()
