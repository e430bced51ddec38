"""A range of batches put into at most a few hundred columns, so that a million of them draw like six hundred."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gendiag.views.picture import states, tracks
from gendiag.views.picture.marks import Mark, marks, severity_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gendiag.diagnosis.diagnosis import Diagnosis

MOST = 600
Range = tuple[int, int]


@dataclass(frozen=True)
class Columns:
    """The batches from ``first`` to ``last``, and what became of them, each array with one entry per column.

    Attributes
    ----------
    first, last
        Numbers of the batches at the ends.
    size
        How many columns there are.
    read
        The places of these batches in the profile.
    state
        A ``State``: of several batches the highest.
    severity
        0, or 1 + the place of the worst severity in ``marks.SEVERITIES``.
    steps
        Most training steps that one batch was delivered in.
    names
        What each state is called.
    marked
        What findings say.
    """

    diagnosis: Diagnosis
    first: int
    last: int
    size: int
    read: slice
    state: NDArray[np.int64]
    severity: NDArray[np.int64]
    steps: NDArray[np.int64]
    names: Mapping[states.State, str]
    marked: tuple[Mark, ...] = ()

    @property
    def count(self) -> int:
        """How many batches the columns span."""
        return self.last - self.first + 1

    @property
    def width(self) -> float:
        """Batches per column."""
        return self.count / max(self.size, 1)

    @property
    def centres(self) -> NDArray[np.float64]:
        """Where the columns stand on an axis of batches."""
        return self.first - 0.5 + np.arange(0.5, self.size, dtype=np.float64) * self.width

    @property
    def edges(self) -> NDArray[np.float64]:
        """Where the columns begin, and the last ends."""
        return self.first - 0.5 + np.arange(self.size + 1, dtype=np.float64) * self.width

    @cached_property
    def column(self) -> NDArray[np.int64]:
        """The column of each batch that was read."""
        return self.column_of(states.indices(self.diagnosis)[self.read])

    @cached_property
    def epochs(self) -> tuple[int, ...]:
        """Batches at which a new epoch of the source begins."""
        index, epoch = (each(self.diagnosis)[self.read] for each in (states.indices, tracks.epochs))
        return tuple(index[1:][np.diff(epoch) != 0].tolist())

    def column_of(self, batches: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the columns of these batches."""
        found: NDArray[np.int64] = (batches - self.first) * self.size // max(self.count, 1)
        return found

    def lowest(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return per column the lowest of one value per batch of the profile; NaN where there is none."""
        found = np.full(self.size, np.nan)
        np.fmin.at(found, self.column, values[self.read])
        return found

    def highest(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return per column the highest of one value per batch of the profile; NaN where there is none."""
        found = np.full(self.size, np.nan)
        np.fmax.at(found, self.column, values[self.read])
        return found


def columns(diagnosis: Diagnosis, shown: Range | None = None, most: int = MOST) -> Columns:
    """Bin the batches of a range, all of them if None."""
    total = states.count(diagnosis)
    first, last = (0, total - 1) if shown is None else (max(shown[0], 0), min(shown[1], total - 1))
    within = slice(first, last + 1)
    count = max(last - first + 1, 0)
    size = min(count, most)
    column = np.arange(count, dtype=np.int64) * size // max(count, 1)
    return Columns(
        diagnosis,
        first,
        last,
        size,
        slice(*np.searchsorted(states.indices(diagnosis), (first, last + 1)).tolist()),
        _worst(states.states(diagnosis)[within], column, size),
        _worst(severity_of(diagnosis, total)[within], column, size),
        _worst(states.steps(diagnosis)[within], column, size),
        states.names(diagnosis),
        tuple(marks(diagnosis, total)),
    )


def _worst(values: NDArray[np.int64], column: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    found = np.zeros(size, dtype=np.int64)
    np.maximum.at(found, column, values)
    return found
