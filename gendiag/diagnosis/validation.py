"""The validation data in the place of the training data, so that rules about batches can be asked about them too."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from gendiag.batches.measure import measure
from gendiag.batches.tree import transform
from gendiag.records import Batch, Finding, Leaf, ModelRun, Rehearsal
from gendiag.rehearsal.profile import Profile
from gendiag.rules.evidence.declared import declared
from gendiag.rules.evidence.evidence import Evidence
from gendiag.sources import recognise
from gendiag.sources.source import Source


def as_training(seen: Evidence) -> Evidence | None:
    """Make evidence in which fit trains on what it was to evaluate; None where the evaluation did not fail."""
    run = seen.model_run
    model_failed = run is not None and run.failed_in_validation
    if not (model_failed or seen.rehearsal.failed_in == "validation"):
        return None
    known = seen.validation.batches or seen.validation.peeks  # of items that are refused, nothing but a peek is known
    is_recorded = seen.validation_source is not None and bool(known)
    profile = replace(seen.validation, batches=known) if is_recorded else _of_arrays(seen)
    if seen.rehearsal.live and not model_failed and seen.model is not None and profile.ended != "raised":
        # A recorded fit raised in the evaluation on what its source gave soundly: as far as is known, by the model.
        run, model_failed = ModelRun(steps=0, evaluated=_evaluated(seen), failure=seen.failure), True
    return replace(
        seen,
        source=seen.validation_source or _arrays(seen),
        profile=profile,
        rehearsal=_rehearsal(seen.rehearsal, profile, failed=not model_failed),
        validation=Profile(),
        validation_source=None,
        model_run=_run(run, profile) if run is not None and model_failed else None,
        trials={},
        evaluates=True,
    )


def _arrays(seen: Evidence) -> Source:
    """Return what was given as ``validation_data``; with ``validation_split`` it is a part of the source."""
    given = seen.fit_args.get("validation_data")
    return seen.source if given is None else recognise(given)


def in_validation(finding: Finding) -> Finding:
    """Say of which data the batches are."""
    return replace(
        finding,
        message=f"In validation_data: {finding.message}",
        fix=f"fit took the training data, so change validation_data alone. {finding.fix}",
        evidence={**finding.evidence, "source": "validation"},
    )


def _run(run: ModelRun, profile: Profile) -> ModelRun:
    batches = run.validation or tuple(batch.index for batch in profile.batches)
    return ModelRun(batches=batches, steps=run.evaluated, failure=run.failure)


def _rehearsal(rehearsal: Rehearsal, profile: Profile, *, failed: bool) -> Rehearsal:
    deliveries = rehearsal.validation
    if not failed:
        return replace(rehearsal, epochs=1, deliveries=deliveries, validation=(), failed_in=None, failed_batch=None)
    delivered = {delivery.batch for delivery in deliveries}
    missing = next((batch.index for batch in profile.batches if batch.index not in delivered), None)
    return replace(
        rehearsal,
        epochs=1,
        deliveries=deliveries,
        validation=(),
        failed_in="training" if deliveries else "start",
        failed_batch=missing if deliveries else profile.failed_index,
    )


def _evaluated(seen: Evidence) -> int:
    """How many batches were evaluated before it raised."""
    return len({delivery.batch for delivery in seen.rehearsal.validation})


def _of_arrays(seen: Evidence) -> Profile:
    """Batches as fit sliced them from arrays, in the first evaluation; as they are declared where it came to none."""
    first = next((epoch for epoch in seen.validation_by_epoch if epoch), ())
    found = tuple(_batch(place, delivery.epoch, delivery.leaves) for place, delivery in enumerate(first))
    if found and len(seen.validation_by_epoch) == 1:  # a recorded step that raises is no delivery
        found += _next_of_arrays(seen, found)
    source = seen.validation_source
    if not found and (source is None or source.is_graph) and (leaves := declared(source or _arrays(seen))):
        found = (_batch(0, 0, leaves),)
    return Profile(batches=found)


def _next_of_arrays(seen: Evidence, found: tuple[Batch, ...]) -> tuple[Batch, ...]:
    """The batch that fit slices behind these; nothing where they are all."""
    given = {**seen.source.split_off(seen.fit_args), **seen.fit_args}.get("validation_data")
    start, size = sum(batch.rows or 0 for batch in found), found[0].rows or 0
    with suppress(Exception):  # arrays of somebody else's own
        part = measure(transform(lambda leaf: leaf[start : start + size], given), index=len(found), epoch=0)
        return (_batch(len(found), 0, part.leaves),) if part.rows else ()
    return ()


def _batch(index: int, epoch: int, leaves: tuple[Leaf, ...]) -> Batch:
    rows = next((leaf.rows for leaf in leaves if leaf.rows is not None), None)
    roles = dict.fromkeys(leaf.role for leaf in leaves)
    return Batch(index, epoch, f"({', '.join(roles)})", rows, leaves)
