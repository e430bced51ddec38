"""Batches put into at most a few hundred columns, so that a million of them draw like six hundred."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import chain, pairwise
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np

from gendiag.views.run_text import is_open, not_reached, without_a_step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.records import Batch, Finding

MOST = 600


class State(IntEnum):
    """What became of the batches of a column; the worst of them speaks for it."""

    UNREAD = 0
    DELIVERED = 1
    OPEN = 2
    NEVER_DELIVERED = 3
    UNREACHED = 4
    BAD = 5


NAMES: dict[State, str] = {
    State.DELIVERED: "delivered",
    State.OPEN: "not rehearsed",
    State.NEVER_DELIVERED: "read, never delivered",
    State.UNREACHED: "not reached by fit",
    State.BAD: "finding",
}


@dataclass(frozen=True, slots=True)
class Columns:
    """Every array has one entry per column.

    Attributes
    ----------
    count
        How many batches the columns span, from batch 0 to the last one read.
    low, high
        Fewest and most rows; NaN where no batch has a batch axis.
    state
        A ``State``.
    steps
        Most training steps that one batch was delivered in.
    epochs
        Batches at which a new epoch of the source begins.
    names
        What each state is called.
    """

    count: int
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    state: NDArray[np.int64]
    steps: NDArray[np.int64]
    epochs: tuple[int, ...] = ()
    names: Mapping[State, str] = field(default_factory=lambda: NAMES)

    @property
    def width(self) -> float:
        """Batches per column."""
        return self.count / len(self.state)

    @property
    def centres(self) -> NDArray[np.float64]:
        """Where the columns stand on an axis of batches."""
        return np.arange(0.5, len(self.state), dtype=np.float64) * self.width - 0.5


def columns(diagnosis: Diagnosis, leaf: str | None = None, most: int = MOST) -> Columns:
    """Bin the batches read; rows are those of ``leaf``, or of the batch."""
    index = indices(diagnosis)
    count = int(index[-1]) + 1 if len(index) else 0
    size = min(count, most)
    column = index * size // max(count, 1)
    low, high = np.full(size, np.nan), np.full(size, np.nan)
    state, steps = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    rows = _rows(diagnosis.profile.batches, leaf)
    delivered, times = _steps(diagnosis, count)
    np.fmin.at(low, column, rows)
    np.fmax.at(high, column, rows)
    np.maximum.at(state, column, _states(diagnosis, index, delivered))
    np.maximum.at(steps, delivered * size // max(count, 1), times)
    return Columns(count, low, high, state, steps, _epochs(diagnosis.profile.batches), names(diagnosis))


def names(diagnosis: Diagnosis) -> dict[State, str]:
    """Return what each state is called, in every view."""
    return {**NAMES, State.OPEN: without_a_step(diagnosis), State.UNREACHED: not_reached(diagnosis)}


def batches_in(diagnosis: Diagnosis, state: State) -> list[int]:
    """Return the batches that are in a state."""
    index = indices(diagnosis)
    delivered, _ = _steps(diagnosis, int(index.max(initial=-1)) + 1)
    found: list[int] = index[_states(diagnosis, index, delivered) == state].tolist()
    return found


def indices(diagnosis: Diagnosis) -> NDArray[np.int64]:
    """Return the indices of the batches read, ascending as the profile has them."""
    read = diagnosis.profile.batches
    if read and read[-1].index == len(read) - 1:
        return np.arange(len(read), dtype=np.int64)
    return np.array([batch.index for batch in read], dtype=np.int64)


def bad_batches(findings: Iterable[Finding]) -> set[int]:
    """Batches that an error or a warning names; those of the validation data have other numbers."""
    wrong = (f.batches for f in findings if f.severity != "note" and not f.in_validation)
    return set(chain.from_iterable(wrong))


def _rows(read: tuple[Batch, ...], leaf: str | None) -> NDArray[np.float64]:
    if leaf is None:
        return np.array(list(map(attrgetter("rows"), read)), dtype=np.float64)
    found = (batch.leaf(leaf) for batch in read)
    return np.array([None if part is None else part.rows for part in found], dtype=np.float64)


def _states(
    diagnosis: Diagnosis,
    index: NDArray[np.int64],
    delivered: NDArray[np.int64],
) -> NDArray[np.int64]:
    state = np.full(len(index), State.DELIVERED, dtype=np.int64)
    state[~np.isin(index, delivered)] = State.OPEN if is_open(diagnosis) else State.NEVER_DELIVERED
    if diagnosis.fails_at is not None:
        state[index > diagnosis.fails_at] = State.UNREACHED
    bad = bad_batches(diagnosis.findings)
    state[np.isin(index, np.fromiter(bad, dtype=np.int64, count=len(bad)))] = State.BAD
    return state


def _steps(diagnosis: Diagnosis, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which of the first ``count`` batches were delivered, and in how many steps each."""
    named = [d.batch for d in diagnosis.rehearsal.deliveries if d.batch is not None and d.batch < count]
    times = np.bincount(np.array(named, dtype=np.int64), minlength=1).astype(np.int64)
    batch = np.flatnonzero(times)
    return batch, times[batch]


def _epochs(read: tuple[Batch, ...]) -> tuple[int, ...]:
    if not read or read[0].epoch == read[-1].epoch:
        return ()
    return tuple(now.index for before, now in pairwise(read) if now.epoch != before.epoch)
