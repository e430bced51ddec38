"""Where a recorded call raised: in which step, and at which batch, proven by a replay."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from gendiag.batches.signature import PEEKED
from gendiag.diagnosis.case import Case
from gendiag.flight.call import Call
from gendiag.flight.loop import Loop
from gendiag.model.clone import stand_in
from gendiag.model.replay import through_fit
from gendiag.records import Failure, ModelRun
from gendiag.rehearsal.rehearsal import is_about_validation
from gendiag.runtime.task import dtype_policy
from gendiag.runtime.tracebacks import cut

REFUSED = "`generator` yielded an element "  # tensorflow 2.21, from_generator_op.py


@dataclass(frozen=True, slots=True)
class Located:
    """Where a call raised, as far as that is known.

    Attributes
    ----------
    groups
        Groups of steps that were complete.
    failed_in, failed_batch, failure
        As in ``Rehearsal``; None where nothing raised, and where the model did: that is in ``model_run``.
    model_run
        What the model did, where it was the model that raised; else None.
    unproven
        Why it is not known at which batch; empty where it is.
    is_run_known
        Whether ``model_run`` says what the model did, None included.
    """

    groups: int
    failed_in: Literal["start", "training", "validation"] | None = None
    failed_batch: int | None = None
    failure: Failure | None = None
    model_run: ModelRun | None = None
    unproven: str = ""
    is_run_known: bool = False


def locate(call: Call, case: Case) -> Located:
    """Find the batch at which a call raised, with the weights of that moment."""
    nothing = Located(call.steps)
    if call.failure is None:
        return nothing
    if isinstance(call, Loop):
        return replace(nothing, failed_in="training", failed_batch=call.failed_batch, failure=call.failure)
    if call.failure.callback is not None or call.position.phase == "between":
        why = f"fit raised between two steps, not at a batch: {call.failure.line}"
        return replace(
            nothing, failed_in=_phase(call), failure=call.failure, unproven="" if call.failure.callback else why
        )
    if call.position.phase == "start":
        return _at_the_start(call, case, call.failure)
    if call.position.phase == "validation":
        return _in_validation(call, call.failure)
    return _located(call, case, call.failure)


def _evaluation_begins(call: Call, failure: Failure) -> bool:
    """Whether fit was about to evaluate for the first time."""
    given = call.fit_args.get("validation_data") is not None
    if call.method != "fit" or call.position.phase != "training" or not given:
        return False
    tap = call.test.tap
    begun = not tap.training and bool(tap.batches or tap.peeks or tap.ended or tap.error)
    return begun or is_about_validation(failure, call.train.source, call.validation)


def _phase(call: Call) -> Literal["start", "training", "validation"]:
    return "training" if call.position.phase == "between" else call.position.phase


def _of_the_model(call: Call, run: ModelRun, unproven: str = "") -> Located:
    return Located(call.steps, model_run=run, unproven=unproven, is_run_known=True)


def _at_the_start(call: Call, case: Case, failure: Failure) -> Located:
    """Behind the dataset that was made of the source, a model that is not built yet sees batch 0."""
    feed = call.train
    if feed.arrived and feed.tap.error is None:
        found = _in_step(call, case, failure)
        if found.is_run_known:
            return found
    refused = feed.handed_on(0, call.steps_per_execution) if REFUSED in failure.details else None
    return Located(call.steps, "start", feed.tap.failed_index if refused is None else refused, failure)


def _in_validation(call: Call, failure: Failure) -> Located:
    feed, per_execution = call.test, call.steps_per_execution
    last = len(feed.epochs) - 1
    placed = feed.placed(per_execution)
    done = tuple(batch for group, batch in placed if group < last and batch is not None)
    candidates = [batch for group, batch in placed if group == last and batch is not None]
    refused = feed.tap.error is not None or "PyFunc" in failure.details
    if refused or len(candidates) != 1:
        return Located(call.steps, "validation", None, failure)
    order = (*done, *candidates) if call.validation is not None else ()
    trained = tuple(batch for _, batch in call.train.placed(per_execution) if batch is not None)
    return _of_the_model(call, ModelRun(trained, len(trained), failure, validation=order, evaluated=len(done)))


def _located(call: Call, case: Case, failure: Failure) -> Located:
    """Behind the last step of an epoch the phase is that of a step still."""
    if _evaluation_begins(call, failure):
        return Located(len(call.train.epochs), "validation", None, failure)  # each step that was begun is complete
    return _in_step(call, case, failure)


def _in_step(call: Call, case: Case, failure: Failure) -> Located:
    feed, groups = call.train, call.steps
    candidates = _candidates(call, groups)
    raised = feed.raised_at if feed.stream.spans else feed.tap.failed_index
    if not candidates and raised is None and REFUSED in failure.details:
        raised = feed.handed_on(groups, call.steps_per_execution)
    at, unproven = (None, "") if not candidates and raised is not None else _proven(call, case, candidates)
    if at is None and raised is not None:  # it is known where the cause lies
        return Located(groups, "training", raised, failure if feed.tap.error is None else cut(feed.tap.error))
    is_of_the_pipeline = not candidates or "IteratorGetNext" in failure.details
    if at is None and is_of_the_pipeline and not feed.source.tapped:
        at_unmade = len(feed.tap.batches)  # the source could not make it
        return Located(groups, "training", at_unmade, failure, unproven="" if candidates else unproven)
    if at is None or case.model is None or "PyFunc" in failure.details:
        return Located(groups, "training", at, failure, unproven=unproven)
    placed = feed.placed(call.steps_per_execution)
    done = tuple(batch for group, batch in placed if group < groups and batch is not None)
    return _of_the_model(call, ModelRun((*done, at), len(done), failure), unproven)


def _candidates(call: Call, groups: int) -> list[int]:
    """The batches of the group of steps in which fit raised, in the order trained."""
    placed = call.train.placed(call.steps_per_execution)
    found = [batch for group, batch in placed if group == groups and batch is not None]
    if not found and not groups and 0 in call.train.tap.store:
        return [0]  # the step was traced for the batches peeked at, and none was taken
    return found


def _proven(call: Call, case: Case, candidates: list[int]) -> tuple[int | None, str]:
    """Replay them one after the other with the weights of the failure: the first that raises, or why none is named."""
    store = call.train.tap.store
    held = [index for index in candidates if index in store]
    if case.model is None or not held:
        why = f"The step at which fit raised was not replayed: {_why_not(case, candidates)}."
        return (candidates[0] if len(candidates) == 1 else None), why
    peeked = [index for index in range(PEEKED) if index in store]
    for index in held:
        order = [*peeked, *({index} - {*peeked})]
        with dtype_policy(case.policy), stand_in(case.model) as copy:
            replay = through_fit(copy, [store.get(each) for each in order], case.settings(case.source))
        if replay.failure is not None and replay.answered and (at := order[min(replay.steps, len(order) - 1)]) in held:
            return at, ""
    named = f"batch {candidates[0]}" if len(candidates) == 1 else f"batches {candidates[0]} to {candidates[-1]}"
    none = "it does not raise" if len(candidates) == 1 else "none of these raises"
    return None, (
        f"fit raised in the step of {named} or right behind it; replayed on a copy with the weights of that "
        f"moment, {none}. The cause may lie outside of the batch: a callback, or a state that is gone."
    )


def _why_not(case: Case, candidates: list[int]) -> str:
    if case.model is None:
        return "there is no model to replay it on"
    return "its batch is not held (keep_bytes)" if candidates else "which batch it was is not known"
