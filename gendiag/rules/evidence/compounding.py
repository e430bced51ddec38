"""Whether a leaf is multiplied by the same factor from each pass over the data to the next."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from gendiag.records import Leaf
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import Column

LEAST_PASSES, LEAST_ITEMS = 3, 3
LEAST_CHANGE = 0.02  # of the logarithm of the factor
ALIKE = 1e-3  # of the same
LEAST_SHARE = 0.6  # of the items; those that fit peeks at are asked for more often


@dataclass(frozen=True, slots=True)
class Growth:
    """The factor from pass to pass, one item through the passes, and the batches from the second pass on."""

    factor: float
    item: tuple[Leaf, ...]
    batches: tuple[int, ...]


def growth(seen: Evidence, column: Column) -> Growth | None:
    """Return by what the spread and the range of every item are multiplied in each pass, if it is one factor."""
    length = seen.source.length
    if not seen.source.is_indexed or not length:
        return None
    leaves = dict(column)
    passes = len(seen.batches) // length
    items = [[leaves.get(number * length + item) for number in range(passes)] for item in range(length)]
    whole = [[leaf for leaf in item if leaf is not None and leaf.std] for item in items]
    whole = [item for item in whole if len(item) == passes]
    if passes < LEAST_PASSES or len(whole) < LEAST_ITEMS:
        return None
    steps = [(_steps(item, "std"), _steps(item, "high")) for item in whole]
    factor = median(step for std, _ in steps for step in std)
    alike = [all(abs(step - factor) <= ALIKE for step in (*std, *high)) for std, high in steps]
    if abs(factor) < LEAST_CHANGE or sum(alike) < LEAST_SHARE * len(items):
        return None
    later = tuple(index for index, _ in column if index >= length)
    return Growth(math.exp(factor), tuple(whole[alike.index(True)]), later)


def _steps(item: Sequence[Leaf], name: str) -> list[float]:
    """Logarithms of the factors from pass to pass."""
    values = [abs(getattr(leaf, name) or 0.0) or 1.0 for leaf in item]
    return [math.log(after / before) for before, after in pairwise(values)]
