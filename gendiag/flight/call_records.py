"""A recorded call as records: what was yielded, what fit took of it, and how it ended."""

from __future__ import annotations

from typing import Any

from gendiag.flight.call import Call, State
from gendiag.flight.failing_batch import Located
from gendiag.flight.feed import Feed
from gendiag.flight.full_measure import completed
from gendiag.records import Rehearsal
from gendiag.rehearsal.profile import Profile
from gendiag.rehearsal.rehearsal import Rehearsed, count, count_or_none
from gendiag.runtime.tracebacks import cut


def recorded(call: Call, state: State, located: Located) -> Rehearsed:
    """Make the records of a call: the state that it was in, and where it raised."""
    deliveries = call.train.deliveries(located.groups, call.steps_per_execution)
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
        unrecorded=0 if deliveries else located.groups,
    )
    profiles = [_profile(call, feed, running=rehearsal.running) for feed in (call.train, call.test)]
    return Rehearsed(call.train.source, rehearsal, *profiles)


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
    return Profile(
        batches=tuple(sorted(batches, key=lambda batch: batch.index)),
        read_order=tuple(batch.index for batch in batches),
        ended="raised" if error else "end" if tap.ended else "fit",
        failure=cut(error) if error else None,
        error=error,
        failed_index=tap.failed_index,
        seconds=call.seconds,
        peeks=tuple(tap.peeks),
        lengths=tuple(tap.lengths),
        growth={name: tuple(lengths) for name, lengths in dict(tap.growth).items()},
        store=tap.store,
    )
