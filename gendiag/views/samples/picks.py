"""Which samples of a batch are odd, and in which order all of them are drawn: odd ones first, a sound one beside."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain, islice
from typing import TYPE_CHECKING

import numpy as np

from gendiag.views.samples.shown_leaf import is_number, plain

if TYPE_CHECKING:
    from gendiag.batches.values import Array
    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.records import Batch, Leaf

ODD_FIRST = 3  # before the first sound one
MOST_ODD = MOST_SHOWN = 64
BLOCK = 2**22  # values looked at in one go
IDS = "ids-out-of-range"  # the rule whose evidence has the number of ids that a layer knows


def odd_samples(diagnosis: Diagnosis, batch: Batch, arrays: Mapping[str, Array]) -> dict[int, str]:
    """Say by row what is odd: samples that fail, that hold NaN or infinity, or ids out of range."""
    found: dict[int, list[str]] = {}
    shrunk = diagnosis.shrunk.get(batch.index)
    for row in shrunk.samples if shrunk is not None else ():
        found.setdefault(row, []).append("failing sample")
    for leaf in batch.leaves:
        values = arrays.get(leaf.path)
        if values is None or not is_number(values):
            continue
        if leaf.n_nan or leaf.n_inf:
            for row in _rows(values, None):
                found.setdefault(row, []).append(f"{_what(leaf)} in {leaf.path}")
        limits = id_limits(diagnosis, leaf.path)
        if limits is not None and _is_beyond(leaf, limits):
            for row in _rows(values, limits):
                found.setdefault(row, []).append(f"{leaf.path} out of range")
    return {row: ", ".join(reasons) for row, reasons in sorted(found.items())[:MOST_ODD]}


def named_first(diagnosis: Diagnosis, batch: Batch) -> list[Leaf]:
    """Leaves of a batch in their order, those first that a finding about this batch names."""
    named = {finding.leaf for finding in diagnosis.findings if batch.index in finding.batches}
    return sorted(batch.leaves, key=lambda leaf: leaf.path not in named)


def order(rows: int, odd: Mapping[int, str], first: int) -> tuple[int, ...]:
    """Samples from the ``first`` one on: three odd ones, a sound one, the other odd ones, then the rest."""
    ill = [row for row in odd if row < rows]
    sound = (row for row in range(rows) if row not in odd)
    whole = chain(ill[:ODD_FIRST], islice(sound, 1), ill[ODD_FIRST:], sound)
    return tuple(islice(whole, max(first, 0), max(first, 0) + MOST_SHOWN))


def id_limits(diagnosis: Diagnosis, path: str) -> tuple[int, int] | None:
    """Lowest and highest id that the layer behind a leaf knows, where a finding says so."""
    for finding in diagnosis.findings:
        size = finding.evidence.get("size")
        if finding.rule == IDS and finding.leaf == path and isinstance(size, int) and not finding.in_validation:
            return 0, size - 1
    return None


def _is_beyond(leaf: Leaf, limits: tuple[int, int]) -> bool:
    return leaf.low is None or leaf.high is None or leaf.low < limits[0] or leaf.high > limits[1]


def _rows(values: Array, limits: tuple[int, int] | None) -> list[int]:
    """Rows with a value that is not finite, or outside the limits."""
    step = max(1, BLOCK // max(1, values[:1].size))
    found: list[int] = []
    for start in range(0, len(values), step):
        block = plain(values[start : start + step]).reshape(len(values[start : start + step]), -1)
        bad = ~np.isfinite(block) if limits is None else (block < limits[0]) | (block > limits[1])
        found += (np.flatnonzero(bad.any(axis=1)) + start).tolist()
        if len(found) >= MOST_ODD:
            break
    return found


def _what(leaf: Leaf) -> str:
    return " and ".join(word for word, count in (("NaN", leaf.n_nan), ("Inf", leaf.n_inf)) if count)
