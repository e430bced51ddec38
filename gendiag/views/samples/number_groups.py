"""One number, or one class, per sample; and numbers put into groups: one for each value, or eight ranges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from gendiag.views.samples.shown_leaf import is_number, plain
from gendiag.views.wording import figure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gendiag.batches.values import Array

MOST_VALUES, BINS = 50, 8
MOST_READ = 2**18  # values of a batch
FEW = 4  # times as many numbers as different ones: then they are classes, though not whole
LARGEST = 1e300  # so that a range can be cut in eight
ONE_HOT, EACH = "how often each class occurs (one-hot)", "how often each value occurs"


@dataclass(frozen=True)
class PerSample:
    """Numbers of the first ``rows`` samples of one leaf of one batch, and what is counted."""

    numbers: NDArray[np.float64]
    told: str
    rows: int


@dataclass(frozen=True)
class Groups:
    """``edges`` are the values themselves, or the ends of the ranges where ``are_ranges``."""

    names: tuple[str, ...]
    edges: NDArray[np.float64]
    are_ranges: bool

    def count(self, numbers: NDArray[np.float64]) -> NDArray[np.int64]:
        """How many of the numbers are in each group."""
        if self.are_ranges:
            finite = numbers[np.isfinite(numbers)]
            bins = np.histogram(finite.clip(-LARGEST, LARGEST), self.edges)[0]
            return np.append(bins, len(numbers) - len(finite)).astype(np.int64)[: len(self.names)]
        values, times = np.unique(numbers, return_counts=True)
        found = np.zeros(len(self.names), dtype=np.int64)
        found[np.searchsorted(self.edges, values)] = times
        return found


def per_sample(values: Array) -> PerSample | None:
    """The value of each sample, the class of each one-hot row, or each column that is 1; None for anything else."""
    if not is_number(values):
        return None
    values = plain(values[: max(1, MOST_READ // max(1, values[:1].size))])
    while values.ndim > 1 and values.shape[-1] == 1:
        values = values[..., 0]
    if values.ndim == 1:
        return PerSample(values.astype(np.float64), EACH, len(values))
    if values.ndim != 2 or not values.size:  # noqa: PLR2004  (samples, columns)
        return None
    if not bool(((values == 0) | (values == 1)).all()):
        told = f"{EACH} in all {values.shape[1]} columns"
        return PerSample(values.astype(np.float64).ravel(), told, len(values))
    rows, columns = np.nonzero(values)
    is_one_hot = len(rows) == len(values) and bool((rows == np.arange(len(values))).all())
    return PerSample(columns.astype(np.float64), ONE_HOT if is_one_hot else "how often each column is 1", len(values))


def grouped(columns: Sequence[NDArray[np.float64]]) -> Groups:
    """Group by value where there are few different ones, else by range."""
    numbers = np.concatenate(columns)
    known = np.unique(numbers)
    finite = known[np.isfinite(known)]
    is_whole = bool((finite == np.floor(finite)).all())
    if len(known) <= MOST_VALUES and (is_whole or len(known) * FEW <= len(numbers)):
        return Groups(tuple(figure(value) for value in known.tolist()), known, are_ranges=False)
    low, high = (float(end) for end in (finite.min(), finite.max())) if finite.size else (0.0, 0.0)
    low, high = max(low, -LARGEST), min(high, LARGEST)
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    names = [f"{figure(start)} to {figure(end)}" for start, end in pairwise(edges.tolist())]
    names += ["NaN or infinity"] if len(finite) < len(known) else []
    return Groups(tuple(names), edges, are_ranges=True)
