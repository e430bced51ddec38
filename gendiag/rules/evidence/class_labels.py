"""Labels as classes: which class each sample of a batch has, and whether the order of the classes can be chance."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import numpy as np

from gendiag.batches.values import Array
from gendiag.records import Batch
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import held

TWO = 2
MOST_CLASSES = 0.25  # of the samples; more different whole numbers are quantities
HALF, EQUAL = 0.5, 1e-3
EXACT = 2**53  # above, a float no longer tells whole numbers apart
BY_CHANCE = 1e-9


@dataclass(frozen=True)
class Labels:
    """Classes of the samples of one target, batch by batch.

    Attributes
    ----------
    path
        Of the target.
    by_batch
        Class of each sample, by batch.
    one_hot
        Whether the target has one column per class.
    """

    path: str
    by_batch: Mapping[int, Array]
    one_hot: bool

    @cached_property
    def row(self) -> tuple[int, ...]:
        """The classes of all samples in order."""
        return tuple(int(label) for labels in self.by_batch.values() for label in labels)

    @cached_property
    def counts(self) -> Counter[int]:
        """How many samples each class has."""
        return Counter(self.row)

    @cached_property
    def single(self) -> dict[int, int]:
        """Batches of one class, and which."""
        return {index: int(labels[0]) for index, labels in self.by_batch.items() if len(set(labels.tolist())) == 1}

    @property
    def runs(self) -> int:
        """How many stretches of one class there are."""
        return 1 + sum(a != b for a, b in zip(self.row, self.row[1:], strict=False))

    @cached_property
    def longest(self) -> tuple[int, int, int]:
        """The longest stretch of one class: the class, its first sample, and how many."""
        best, start = (0, 0, 0), 0
        for label, members in groupby(self.row):
            size = sum(1 for _ in members)
            best = max(best, (label, start, size), key=lambda each: each[2])
            start += size
        return best

    @property
    def is_in_stretches(self) -> bool:
        """Whether one class comes in a stretch over more than two batches, and that is no chance."""
        label, _, size = self.longest
        total = len(self.row)
        if len(self.counts) < TWO or size <= TWO * max(map(len, self.by_batch.values())):
            return False
        return math.log(total) + size * math.log(self.counts[label] / total) < math.log(BY_CHANCE)

    @property
    def is_sorted(self) -> bool:
        """Whether each class comes in one stretch, some over several batches, and that is no chance."""
        if len(self.counts) < TWO or self.runs != len(self.counts) or len(self.by_batch) <= TWO:
            return False
        over_several = any(sum(label in labels for labels in self.by_batch.values()) > 1 for label in self.counts)
        return over_several and _chance_of_order(self.counts) < BY_CHANCE

    @property
    def is_single(self) -> bool:
        """Whether at least half of the batches have one class only, and that is no chance."""
        batches = len(self.by_batch)
        if len(self.counts) < TWO or len(self.single) < HALF * batches:
            return False
        return (
            _chance_of_single(self.counts, [len(labels) for labels in self.by_batch.values()], len(self.single))
            < BY_CHANCE
        )


def labels_of(seen: Evidence, batches: Iterable[Batch]) -> Labels | None:
    """Return the classes of the only target, as far as its batches are held; None where it has no classes."""
    found: dict[int, Array] = {}
    path, one_hot = "", False
    for batch in batches:
        targets = [leaf.path for leaf in batch.leaves if leaf.role == "y"]
        if len(targets) != 1:
            return None
        array = held(seen, batch.index).get(targets[0])
        if array is None or not array.size:
            continue
        classes = _classes(array)
        if classes is None:
            return None
        path, found[batch.index] = targets[0], classes
        one_hot = one_hot or (array.ndim > 1 and array.shape[1] > 1)
    labels = Labels(path, found, one_hot)
    return labels if found and len(labels.counts) <= max(TWO, MOST_CLASSES * len(labels.row)) else None


def _classes(array: Array) -> Array | None:
    """Class of each sample, from whole numbers or one column per class; None for anything else."""
    if array.dtype.kind not in "biuf" or array.ndim > TWO or not np.isfinite(array).all():
        return None
    if array.ndim == 1 or array.shape[1] == 1:
        flat = array.reshape(-1)
        whole = (flat == np.floor(flat)).all() and np.abs(flat).max(initial=0) < EXACT
        return flat.astype(np.int64) if whole else None
    array = array.astype(np.float64)
    highest = array.max(axis=1)
    is_one_hot = (array >= 0).all() and np.allclose(array.sum(axis=1), 1, atol=EQUAL) and float(highest.min()) > HALF
    return array.argmax(axis=1) if is_one_hot and float(np.ptp(highest)) < EQUAL else None


def _chance_of_order(counts: Counter[int]) -> float:
    """Probability that shuffled samples come class after class, in any order of the classes."""
    log = math.lgamma(len(counts) + 1) + sum(math.lgamma(n + 1) for n in counts.values())
    return math.exp(log - math.lgamma(counts.total() + 1))


def _chance_of_single(counts: Counter[int], sizes: Sequence[int], single: int) -> float:
    """Bound of Chernoff on the probability that this many batches of shuffled samples have one class only."""
    total = counts.total()
    expected = sum(sum((n / total) ** size for n in counts.values()) for size in sizes) / len(sizes)
    share = single / len(sizes)
    if share <= expected:
        return 1.0
    divergence = share * math.log(share / expected)
    if share < 1:
        divergence += (1 - share) * math.log((1 - share) / (1 - expected))
    return math.exp(-len(sizes) * divergence)
