"""Trials of single batches of a case, and of the samples in them."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from typing import Any

from gendiag.batches.tree import flatten, transform
from gendiag.batches.values import as_array, cast
from gendiag.diagnosis.case import Case
from gendiag.diagnosis.verdict import suspects
from gendiag.model.batch_trial import STOPPED, try_batch
from gendiag.model.outliers import known_limits
from gendiag.model.pairing import find_paired
from gendiag.model.shrinker import FAILS, shrink
from gendiag.records import Finding, Paired, Shrunk, Trial
from gendiag.rules.evidence.evidence import Evidence
from gendiag.runtime.estimate import Phase

SHRINK_S, SHRINK_TRIALS = 3.0, 30  # for all failing batches together; for each


def to_try(case: Case, evidence: Evidence, findings: tuple[Finding, ...]) -> list[int]:
    """Suspects that are held; where fit gave no answer, those that it took: another one would keep it waiting again."""
    if case.model is None or evidence.rehearsal.ended == "stopped":
        return []
    held = [index for index in suspects(evidence, findings) if index in evidence.profile.store]
    return [index for index in held if index in _delivered(evidence)] if evidence.never_ends else held


def try_on_model(case: Case, evidence: Evidence, index: int, *, fresh_weights: bool = False) -> Trial:
    """Try one batch on the user's model, or on the same with fresh weights.

    Raises
    ------
    BadModelError
        If no model was given.
    NotKeptError
        If the batch is not held.
    """
    case.check_model()
    yielded = evidence.profile.raw(index)
    with case.observer.weights(), case.options.bar(Phase(f"trying batch {index} on the model", ())):
        return try_batch(
            case.model,
            index,
            first=evidence.profile.store.peeked(),
            delivered=_as_delivered(evidence, yielded),
            yielded=evidence.source.packed(yielded),
            was_taken=index in _delivered(evidence),
            settings=case.settings(evidence.source),
            fresh_weights=fresh_weights,
            clones=case.clones,
        )


def is_stopped(trial: Trial) -> bool:
    """Whether somebody stopped it before it told anything, so that it may be asked for again."""
    return any(step.failure is not None and step.failure.type == STOPPED for step in trial.steps)


def _delivered(evidence: Evidence) -> set[int | None]:
    return {delivery.batch for delivery in evidence.rehearsal.deliveries}


def paired(case: Case, evidence: Evidence) -> Paired | None:
    """Ask a loss or a step of the user's own whether it broadcasts y against the output; Keras's own bring both to one.

    A step that is Keras's own compares what ``label-shape`` looks at.
    """
    run, facts = evidence.model_run, evidence.model_facts
    index = next(iter(run.batches[: run.steps]), None) if run is not None else None
    own = facts.own_steps - {"call"} or any(o.loss is not None and not o.loss.key for o in facts.outputs)
    if not own or index is None or index not in evidence.profile.store or evidence.rehearsal.running:
        return None
    yielded = evidence.profile.raw(index)
    with case.observer.weights():
        delivered = _as_delivered(evidence, yielded)
        return find_paired(case.model, index, delivered, quiet_s=case.options.quiet_s)


def shrink_failing(case: Case, evidence: Evidence, trials: Mapping[int, Trial]) -> Iterator[tuple[int, Shrunk]]:
    """Reduce the batches whose eager step failed too, as far as a few seconds go."""
    until = time.monotonic() + SHRINK_S
    for index, trial in trials.items():
        left = until - time.monotonic()
        if left > 0 and any(step.outcome in FAILS for step in trial.steps[1:2]):
            yield index, shrink_batch(case, evidence, index, max_trials=SHRINK_TRIALS, budget_s=left)


def shrink_batch(case: Case, evidence: Evidence, index: int, *, max_trials: int, budget_s: float = math.inf) -> Shrunk:
    """Reduce one batch that the model does not take to the samples that make it so.

    Raises
    ------
    BadModelError
        If no model was given.
    NotKeptError
        If the batch is not held.
    """
    case.check_model()
    yielded = evidence.profile.raw(index)
    delivered = _as_delivered(evidence, yielded)
    phase = Phase(f"reducing batch {index} to its failing samples", ("trial", "trials"), most=max_trials)
    with case.options.bar(phase) as show, case.observer.weights():
        return shrink(
            case.model,
            index,
            yielded if delivered is None else delivered,
            settings=case.settings(evidence.source),
            limits=known_limits(evidence.model_facts, evidence.profile.find(index)),
            max_trials=max_trials,
            budget_s=budget_s,
            on_progress=show,
        )


def _as_delivered(evidence: Evidence, yielded: object) -> Any:
    """Cast the leaves as fit did; None where fit delivered nothing."""
    if not evidence.rehearsal.deliveries:
        return None
    dtypes = {leaf.path: leaf.dtype for leaf in evidence.rehearsal.deliveries[0].leaves}
    paths = iter([part.path for part in flatten(yielded)])

    def change(value: object) -> object:
        dtype, array = dtypes.get(next(paths)), as_array(value)
        return value if array is None or not dtype or array.dtype.name == dtype else cast(array, dtype)

    try:
        return evidence.source.packed(transform(change, yielded))
    except (TypeError, ValueError):  # fit cannot cast it either, and says so
        return None
