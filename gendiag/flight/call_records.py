"""A recorded call as records: what was yielded, what fit took of it, and how it ended."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gendiag.flight.call import Call, State
from gendiag.flight.failing_batch import Located
from gendiag.flight.feed import Feed
from gendiag.flight.full_measure import completed
from gendiag.records import Delivery, Rehearsal
from gendiag.rehearsal.profile import Profile, with_dtypes
from gendiag.rehearsal.rehearsal import Rehearsed, count, count_or_none
from gendiag.runtime.tracebacks import cut
from gendiag.sources.spot_check import SpotCheck, check_spots


def recorded(call: Call, state: State, located: Located) -> Rehearsed:
    """Make the records of a call: the state that it was in, and where it raised."""
    deliveries = _deliveries(call, located)
    rehearsal = Rehearsal(
        epochs=count(call.fit_args.get("epochs"), 1),
        epochs_run=max(call.position.epochs_begun, int(call.method != "fit" and bool(call.train.epochs))),
        steps_per_epoch=count_or_none(call.fit_args.get("steps_per_epoch")),
        deliveries=deliveries,
        validation=call.test.deliveries(_evaluated(call, state), call.steps_per_execution),
        ended=_ended(call, state),
        failure=located.failure,
        failed_in=located.failed_in,
        failed_batch=located.failed_batch,
        warnings=tuple(dict.fromkeys(call.warnings)),
        seconds=call.seconds,
        live=True,
        method=call.method,
        running=state == "running",
        # Keras begins a step before it finds that the data of an epoch are at their end (epoch_iterator.py).
        unrecorded=0 if deliveries else max(0, located.groups - call.position.epochs_begun),
    )
    profiles = [_profile(call, feed, running=rehearsal.running) for feed in (call.train, call.test)]
    profiles[0] = replace(profiles[0], spot_check=_spot_check(call, state))
    return Rehearsed(call.train.source, rehearsal, *profiles)


def _deliveries(call: Call, located: Located) -> tuple[Delivery, ...]:
    found = call.train.deliveries(located.groups, call.steps_per_execution)
    source = call.train.source
    return with_dtypes(found, source.dtypes(call.given)) if source.is_graph else found


def _spot_check(call: Call, state: State) -> SpotCheck | None:
    """Ask an indexed source a few questions, now that fit is done with it; see ``spot_check``."""
    source = call.train.source
    if state != "finished" or call.method != "fit" or not source.is_indexed:
        return None
    return check_spots(source.value, source.length, dict(call.train.tap.early_hook))


def _evaluated(call: Call, state: State) -> int:
    """Groups of evaluation steps that are known to be complete."""
    cut_short = call.position.phase == "validation" and state != "finished"
    return max(0, len(call.test.epochs) - cut_short)


def _ended(call: Call, state: State) -> Any:
    if state == "running" or call.state == "interrupted" or call.stop_asked:
        return "stopped"
    if call.state == "raised":
        return "raised"
    asked = count(call.fit_args.get("epochs"), 1) - count(call.fit_args.get("initial_epoch"), 0)
    if call.method != "fit" or (call.position.epochs_begun >= asked and not call.stopped_early):
        return "finished"
    if not _last_epoch_is_whole(call):
        return "stopped"
    return "finished" if call.position.epochs_begun >= asked else "epochs"


def _last_epoch_is_whole(call: Call) -> bool:
    """Whether the epoch in which fit was told to stop came to its end."""
    whole = call.fit_args.get("steps_per_epoch") or call.train.source.length
    epochs = [d.epoch for d in call.train.deliveries(call.steps, call.steps_per_execution)]
    if not epochs:
        return False
    if whole is None:
        return call.train.tap.ended
    return epochs.count(epochs[-1]) >= whole


def _profile(call: Call, feed: Feed, *, running: bool) -> Profile:
    tap = feed.tap
    batches = tap.settle() if running else completed(tap)
    error = tap.error
    given = feed.source.dtypes(call.given)
    return Profile(
        batches=with_dtypes(sorted(batches, key=lambda batch: batch.index), given),
        read_order=tuple(batch.index for batch in batches),
        ended="raised" if error else "end" if tap.ended else "fit",
        failure=cut(error) if error else None,
        error=error,
        failed_index=tap.failed_index,
        seconds=call.seconds,
        peeks=tuple(tap.peeks),
        early_hook=dict(tap.early_hook),
        late_hook=dict(tap.late_hook),
        hooks=dict(tap.hooks),
        lengths=tuple(tap.lengths),
        growth={name: tuple(lengths) for name, lengths in dict(tap.growth).items()},
        store=tap.store,
    )
