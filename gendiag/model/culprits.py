"""Which values of a failing sample do it: replaced by those of a sound sample, it must come through."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np

from gendiag.batches.samples import arrays, with_values
from gendiag.model.delta_debugging import EnoughError, SampleSearch
from gendiag.model.outliers import Odd, every_value, unlike
from gendiag.records import CulpritValue

MOST_SAMPLES, MOST_VALUES = 8, 4096
Passes = Callable[[Any], bool]


class Sample(NamedTuple):
    """A failing sample beside a sound one of the same batch."""

    raw: Any
    row: int
    like: int
    passes: Passes

    def trains_without(self, odd: Sequence[Odd]) -> bool:
        """Whether it comes through with these values replaced."""
        places: dict[str, list[int]] = {}
        for each in odd:
            places.setdefault(each.path, []).extend(int(place) for place in each.places)
        arrays_of = {path: np.array(found) for path, found in places.items()}
        return self.passes(with_values(self.raw, self.row, self.like, arrays_of))

    def told(self, odd: Odd, *, proven: bool) -> CulpritValue:
        """Name the first of these values."""
        array = arrays(self.raw)[odd.path]
        shape, first = array.shape[1:], int(odd.places[0])
        value = array[self.row].reshape(-1)[first].item()
        text = f"{value:.6g}".replace("nan", "NaN") if isinstance(value, float) else str(value)
        place = tuple(int(at) for at in np.unravel_index(first, shape)) if math.prod(shape) > 1 else ()
        return CulpritValue(self.row, odd.path, place, text, odd.why, len(odd.places), proven)


def blame(raw: Any, found: SampleSearch, odd: Mapping[int, Sequence[Odd]], passes: Passes) -> Iterator[CulpritValue]:
    """Give what in each failing sample does it, for the first few samples.

    Parameters
    ----------
    found
        The failing samples, and the others.
    odd
        Values that are wrong at first sight, by sample.
    passes
        Whether a batch comes through. It may raise ``EnoughError``: then what is known by then is given.
    """
    comparable = found.others if found.rest == "trains" else []
    for row in found.samples[:MOST_SAMPLES]:
        sample = Sample(raw, row, comparable[0] if comparable else row, passes)
        tried = row in found.culprits and bool(comparable)
        if odd.get(row):
            yield from _at_first_sight(sample, odd[row], tried=tried)
        elif tried:
            yield from _sought(sample, comparable)


def _at_first_sight(sample: Sample, odd: Sequence[Odd], *, tried: bool) -> list[CulpritValue]:
    try:
        proven = tried and sample.trains_without(odd)
    except EnoughError:
        proven = False
    return [sample.told(each, proven=proven) for each in odd]


def _sought(sample: Sample, others: Sequence[int]) -> list[CulpritValue]:
    """Seek it among what the sound samples do not hold, then among all in which it differs from one of them."""
    for candidates in (unlike(sample.raw, sample.row, others), every_value(sample.raw, sample.row, sample.like)):
        count = sum(len(each.places) for each in candidates)
        try:
            proven = 0 < count <= MOST_VALUES and sample.trains_without(candidates)
        except EnoughError:
            return []
        if proven:
            return [sample.told(each, proven=True) for each in _fewest(sample, candidates)]
    return []


def _fewest(sample: Sample, odd: Sequence[Odd]) -> list[Odd]:
    """Halve the values as long as one half, replaced, is enough."""
    pairs = [(each, int(place)) for each in odd for place in each.places]
    with suppress(EnoughError):
        while len(pairs) > 1:
            half = len(pairs) // 2
            enough = (part for part in (pairs[:half], pairs[half:]) if sample.trains_without(_grouped(part)))
            found = next(enough, None)
            if found is None:
                break
            pairs = found
    return _grouped(pairs)


def _grouped(pairs: Sequence[tuple[Odd, int]]) -> list[Odd]:
    places: dict[str, list[int]] = {}
    for each, place in pairs:
        places.setdefault(each.path, []).append(place)
    whys = {each.path: each.why for each, _ in pairs}
    return [Odd(path, np.array(found), whys[path]) for path, found in places.items()]
