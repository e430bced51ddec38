"""What in a batch looks wrong at first sight: samples to try first, and values in them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from gendiag.batches.samples import arrays
from gendiag.batches.tree import flatten
from gendiag.batches.values import Array
from gendiag.model.facts import SPARSE, ModelFacts
from gendiag.records import Batch, Failure

RANGE = re.compile(r"\[(-?\d+), ?(-?\d+)\)")
FAR = 1000.0  # times the usual size of a sample's largest value


class Limit(NamedTuple):
    """What a leaf may hold; ``ignored`` is allowed too."""

    low: float
    high: float
    why: str
    ignored: float | None = None

    def beyond(self, array: Array) -> Array:
        """Where values lie outside."""
        outside: Array = (array < self.low) | (array > self.high)
        return outside if self.ignored is None else outside & (array != self.ignored)


class Odd(NamedTuple):
    """Values of one leaf of one sample: places in its flat form, and what is wrong with them."""

    path: str
    places: Array
    why: str


def known_limits(facts: ModelFacts, batch: Batch | None) -> dict[str, Limit]:
    """Class numbers that the model's losses take, by path of the label."""
    found = {}
    for leaf, output in facts.scored(batch) if batch is not None else ():
        if output.loss is not None and output.loss.key == SPARSE and output.channels:
            found[leaf.path] = Limit(0, output.channels - 1, _classes(output.channels), output.loss.ignored)
    return found


def told_limits(raw: object, failure: Failure | None) -> dict[str, Limit]:
    """Limits that the error itself tells: ``outside the valid range of [0, 10)``, ``is not in [0, 50)``."""
    if failure is None or (told := RANGE.search(failure.line) or RANGE.search(failure.details)) is None:
        return {}
    low, high = int(told[1]), int(told[2]) - 1
    is_label = "label" in failure.line
    why = _classes(high + 1) if is_label else f"the model takes {low} to {high} there"
    role = "y" if is_label else "x"
    ids = {path for path, array in arrays(raw).items() if _is_whole(array)}  # a float that goes elsewhere is no id
    return {part.path: Limit(low, high, why) for part in flatten(raw) if part.role == role and part.path in ids}


def odd_values(raw: object, limits: Mapping[str, Limit]) -> dict[int, list[Odd]]:
    """Samples with values that are NaN, infinite, or beyond their limits."""
    found: dict[int, list[Odd]] = {}
    for path, array in arrays(raw).items():
        flat = _flat(array)
        limit = limits.get(path)
        tests = [(~np.isfinite(flat), "")] if flat.dtype.kind == "f" else []
        with np.errstate(invalid="ignore"):
            tests += [(limit.beyond(flat), limit.why)] if limit is not None else []
        for bad, why in tests:
            for row in np.flatnonzero(bad.any(axis=1)):
                found.setdefault(int(row), []).append(Odd(path, np.flatnonzero(bad[row]), why))
    return found


def odd_samples(raw: object) -> list[int]:
    """Samples to try first though nothing is certain: those far larger than the usual."""
    found: list[int] = []
    for array in arrays(raw).values():
        flat = np.abs(_flat(array).astype(np.float64))
        largest = flat.max(axis=1, initial=0.0)
        usual = float(np.median(largest)) if len(largest) else 0.0
        found += [int(row) for row in np.flatnonzero(largest > FAR * usual)] if usual else []
    return sorted(set(found))


def unlike(raw: object, row: int, sound: Sequence[int]) -> list[Odd]:
    """Values of a sample beyond what the sound ones hold in the same leaf."""
    found: list[Odd] = []
    for path, array in arrays(raw).items() if sound else ():
        flat = _flat(array).astype(np.float64)  # infinity is no start for the range of integers
        low, high = flat[list(sound)].min(initial=np.inf), flat[list(sound)].max(initial=-np.inf)
        places = np.flatnonzero((flat[row] < low) | (flat[row] > high))
        if len(places):
            found.append(Odd(path, places, f"the samples that train hold {low:g} to {high:g}"))
    return found


def every_value(raw: object, row: int, like: int) -> list[Odd]:
    """All values in which a sample differs from another one."""
    found = []
    for path, array in arrays(raw).items():
        flat = _flat(array)
        places = np.flatnonzero(flat[row] != flat[like])
        if len(places):
            found.append(Odd(path, places, ""))
    return found


def _is_whole(array: Array) -> bool:
    if array.dtype.kind != "f":
        return True
    finite = array[np.isfinite(array)]
    return bool((finite == np.floor(finite)).all())


def _flat(array: Array) -> Array:
    flat: Array = array.reshape(len(array), -1)
    return flat if flat.dtype.kind in "biu" or flat.dtype.itemsize > 2 else flat.astype(np.float32)  # noqa: PLR2004


def _classes(number: int) -> str:
    return f"the model has {number} classes (0-{number - 1})"
