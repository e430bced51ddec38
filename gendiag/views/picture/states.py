"""What became of every batch, read from the deliveries; where fit raised, what it had not come to."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from gendiag.views.kept import kept
from gendiag.views.picture import tracks
from gendiag.views.run_text import begun, ends_here, is_open, not_reached, without_a_step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.records import Delivery

UNMATCHED = -2  # the batch of a step on what nothing yielded matches


class State(IntEnum):
    """What became of a batch; of several in one column, the highest is shown."""

    UNKNOWN = 0  # no batch of that number was read
    DELIVERED = 1
    NOT_AGAIN = 2
    OPEN = 3
    NEVER_DELIVERED = 4
    UNREACHED = 5
    FAILING = 6


def names(diagnosis: Diagnosis) -> dict[State, str]:
    """Return what each state is called, in every view."""
    return {
        State.DELIVERED: "delivered",
        State.NOT_AGAIN: "delivered once, and not again",
        State.OPEN: without_a_step(diagnosis),
        State.NEVER_DELIVERED: "read, never delivered",
        State.UNREACHED: not_reached(diagnosis),
        State.FAILING: ends_here(diagnosis),
    }


def count(diagnosis: Diagnosis) -> int:
    """Return how many numbers of batches the picture spans: to the last one read, or the one that fit raises at."""
    last = max((batch.index for batch in diagnosis.profile.batches[-1:]), default=-1)
    return max(last, -1 if diagnosis.fails_at is None else diagnosis.fails_at) + 1


@kept
def indices(diagnosis: Diagnosis) -> NDArray[np.int64]:
    """Return the numbers of the batches read, ascending as the profile has them."""
    read = diagnosis.profile.batches
    if read and read[-1].index == len(read) - 1:
        return np.arange(len(read), dtype=np.int64)
    return np.array([batch.index for batch in read], dtype=np.int64)


@kept
def states(diagnosis: Diagnosis) -> NDArray[np.int64]:
    """Return the ``State`` of batch 0 to the last one of the picture."""
    state = np.zeros(count(diagnosis), dtype=np.int64)
    state[indices(diagnosis)] = State.OPEN if is_open(diagnosis) else State.NEVER_DELIVERED
    if diagnosis.fails_at is not None and begun(diagnosis):
        behind = _behind(diagnosis, diagnosis.fails_at)
        state[behind] = np.where(state[behind] > State.UNKNOWN, State.UNREACHED, state[behind])
    times = steps(diagnosis)
    state[times > 0] = State.NOT_AGAIN if _are_replayed(times) else State.DELIVERED
    state[times > 1] = State.DELIVERED
    if diagnosis.fails_at is not None:
        state[diagnosis.fails_at] = State.FAILING
    return state


@kept
def steps(diagnosis: Diagnosis) -> NDArray[np.int64]:
    """Return in how many training steps each batch was delivered."""
    size = count(diagnosis)
    named = delivered(diagnosis)
    return np.bincount(named[(named >= 0) & (named < size)], minlength=size).astype(np.int64)


@kept
def reached(diagnosis: Diagnosis) -> int:
    """How many steps fit comes to; a probe in place of the model takes further ones, behind that where fit raises."""
    named = _given(diagnosis)
    if diagnosis.fails_at is None or diagnosis.rehearsal.ended == "raised":
        return len(named)
    at = np.flatnonzero(named == diagnosis.fails_at)
    return int(at[min(_taken(diagnosis), len(at) - 1)]) + 1 if len(at) else len(named)


def _taken(diagnosis: Diagnosis) -> int:
    """How many steps on the failing batch the model came through before the one that raised."""
    run = diagnosis.model_run
    if run is None or run.failed_batch is None:
        return len(diagnosis.rehearsal.deliveries)
    return run.batches[: run.steps].count(run.failed_batch)


@kept
def delivered(diagnosis: Diagnosis) -> NDArray[np.int64]:
    """Return the batch of every training step that fit comes to; ``UNMATCHED`` where nothing yielded matches."""
    return _given(diagnosis)[: reached(diagnosis)]


@kept
def _given(diagnosis: Diagnosis) -> NDArray[np.int64]:
    steps = diagnosis.rehearsal.deliveries
    return np.array([UNMATCHED if step.batch is None else step.batch for step in steps], dtype=np.int64)


def deliveries_of(diagnosis: Diagnosis, batch: int) -> list[Delivery]:
    """Return the training steps of one batch in their order, those included that fit does not come to."""
    steps = diagnosis.rehearsal.deliveries
    return [steps[place] for place in np.flatnonzero(_given(diagnosis) == batch)]


def state_of(diagnosis: Diagnosis, batch: int) -> State:
    """Return the state of one batch."""
    return State(int(states(diagnosis)[batch])) if batch < count(diagnosis) else State.UNKNOWN


def _are_replayed(times: NDArray[np.int64]) -> bool:
    """Whether a few batches are delivered again and again, and the others once."""
    return bool(0 < (times > 1).sum() < (times == 1).sum())


def _behind(diagnosis: Diagnosis, fails_at: int) -> NDArray[np.int64]:
    """Batches that fit had not come to when it raised: the later ones; in any order, all of that epoch and later."""
    index = indices(diagnosis)
    if not _any_order(diagnosis):
        return index[index > fails_at]
    deliveries = diagnosis.rehearsal.deliveries[: reached(diagnosis)]
    epoch = deliveries[-1].epoch if deliveries else 0
    found: NDArray[np.int64] = index[tracks.epochs(diagnosis) >= epoch]
    return found


def _any_order(diagnosis: Diagnosis) -> bool:
    """Whether fit asked for the batches in another order than that of their numbers."""
    return bool((np.diff(np.array(diagnosis.profile.read_order, dtype=np.int64)) < 0).any())
