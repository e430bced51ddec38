"""Whether samples come again changed by one and the same factor each time: data that are changed in place."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import numpy as np

from gendiag.batches.signature import PEEKED
from gendiag.batches.values import Array
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import held

MOST_ROWS, MOST_VALUES = 6_000, 4_096  # compared; of one sample
LEAST_SAMPLES, LEAST_DISTINCT = 8, 3  # samples that came again; values of one, else many are alike
LEAST_CHANGE = 0.01  # of the logarithm of the factor
ALIKE = 2e-3  # of the same
LEAST_SHARE = 0.8  # of the samples that came again
DIGITS = 3  # to which two samples are the same but for a factor


@dataclass(frozen=True, slots=True)
class Growth:
    """The factor from time to time, the largest magnitude of one sample each time, and the batches that are changed."""

    factor: float
    sizes: tuple[float, ...]
    batches: tuple[int, ...]
    samples: int


def growth(seen: Evidence, path: str) -> Growth | None:
    """Return by what each sample of a leaf is multiplied whenever it comes again, if it is one factor for all."""
    sizes: dict[bytes, list[tuple[int, float]]] = defaultdict(list)
    for count, (batch, row) in enumerate(_rows(seen, path)):
        if count >= MOST_ROWS:
            break
        if (key := _direction(row)) is not None:
            sizes[key].append((batch, float(np.abs(row).max())))
    again = [times for times in sizes.values() if len(times) > 1]
    if len(again) < LEAST_SAMPLES:
        return None
    steps = {id(times): [math.log(b / a) for (_, a), (_, b) in pairwise(times)] for times in again}
    factor = median(step for each in steps.values() for step in each)
    alike = [times for times in again if all(abs(step - factor) <= ALIKE * max(1, abs(factor)) for step in steps[id(times)])]
    if abs(factor) < LEAST_CHANGE or len(alike) < LEAST_SHARE * len(again):
        return None
    longest = max(alike, key=len)
    batches = sorted({batch for times in alike for batch, _ in times[1:]})
    return Growth(math.exp(factor), tuple(size for _, size in longest), tuple(batches), len(alike))


@dataclass(frozen=True, slots=True)
class Vanishing:
    """Zeros of one batch each time that it comes, and the batches in which more of the data are gone."""

    zeros: tuple[int, ...]
    batches: tuple[int, ...]


def vanishing(seen: Evidence, path: str) -> Vanishing | None:
    """Say whether each batch of a pass is that of the pass before with more values set to 0, and all others equal."""
    length = seen.source.length or seen.rehearsal.steps_per_epoch
    passes = len(seen.batches) // length if length else 0
    if not length or passes < 2:  # noqa: PLR2004  (passes)
        return None
    first: tuple[int, ...] = ()
    for item in range(length):
        arrays = [held(seen, number * length + item).get(path) for number in range(passes)]
        known = [array for array in arrays if array is not None]
        if item < PEEKED and len(known) < passes:  # fit asks for them more often, and the last time is held
            continue
        if len(known) < passes or not all(_less_is_left(a, b) for a, b in pairwise(known)):
            return None
        first = first or tuple(int(array.size - np.count_nonzero(array)) for array in known)
    return Vanishing(first, tuple(range(length, passes * length))) if first else None


def _less_is_left(before: Array, after: Array) -> bool:
    if before.shape != after.shape or np.count_nonzero(after) >= np.count_nonzero(before):
        return False
    return bool(np.array_equal(np.where(after == 0, 0, before), after)) and bool(after.any())


def _rows(seen: Evidence, path: str) -> Iterator[tuple[int, Array]]:
    """Every sample in the order in which the source made them, as far as the batches are held."""
    order = seen.profile.read_order or tuple(batch.index for batch in seen.batches)
    for index in order:
        array = held(seen, index).get(path)
        if array is None or array.dtype.kind != "f" or array.ndim < 2:  # noqa: PLR2004  (rows of values)
            continue
        for row in array.reshape(len(array), -1)[:, :MOST_VALUES].astype("float64"):
            yield index, row


def _direction(row: Array) -> bytes | None:
    """The sample without its magnitude; None where it tells too little."""
    largest = row[int(np.argmax(np.abs(row)))] if row.size else 0.0
    if not np.isfinite(row).all() or not largest or len(np.unique(row)) < LEAST_DISTINCT:
        return None
    return np.round(row / largest, DIGITS).tobytes()
