"""What the panels show, read from the records: one value per batch, as arrays; NaN where nothing was measured."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.records import Batch, Leaf

SAMPLED = 2000  # batches looked at to say which leaves there are


def leaves(diagnosis: Diagnosis) -> list[str]:
    """Paths of the measured leaves, in the order in which batches name them."""
    read = diagnosis.profile.batches[:SAMPLED]
    return list(dict.fromkeys(leaf.path for batch in read for leaf in batch.leaves if leaf.shape is not None))


def main_leaf(diagnosis: Diagnosis) -> str | None:
    """Return the leaf that the first finding is about, else the first of all."""
    known = leaves(diagnosis)
    told = next((f.leaf for f in diagnosis.findings if f.leaf in known and not f.in_validation), None)
    return told or next(iter(known), None)


def varying_leaf(diagnosis: Diagnosis) -> str | None:
    """Return the first leaf whose size differs between batches behind the batch axis, or None."""
    return next((path for path in leaves(diagnosis) if sizes(diagnosis.profile.batches, path)), None)


def of_batches(batches: Sequence[Batch], read: Callable[[Batch], float | None]) -> NDArray[np.float64]:
    """Return one value per batch."""
    return np.array([read(batch) for batch in batches], dtype=np.float64)


def of_leaf(batches: Sequence[Batch], path: str | None, read: Callable[[Leaf], float | None]) -> NDArray[np.float64]:
    """Return one value per batch, of the leaf at that path."""
    found = (None if path is None else batch.leaf(path) for batch in batches)
    return np.array([None if leaf is None else read(leaf) for leaf in found], dtype=np.float64)


def rows(batches: Sequence[Batch], path: str | None = None) -> NDArray[np.float64]:
    """Rows of each batch, or of one of its leaves."""
    return of_batches(batches, lambda batch: batch.rows) if path is None else of_leaf(batches, path, lambda x: x.rows)


def not_finite(batches: Sequence[Batch]) -> NDArray[np.float64]:
    """How many values of each batch are NaN or infinite."""
    return of_batches(batches, lambda batch: sum(leaf.n_nan + leaf.n_inf for leaf in batch.leaves))


def memory(batches: Sequence[Batch]) -> NDArray[np.float64]:
    """Bytes of the process after each batch."""
    return of_batches(batches, lambda batch: batch.rss_bytes or None)


def sizes(batches: Sequence[Batch], path: str | None) -> list[tuple[int, NDArray[np.float64]]]:
    """The axes behind the batch axis in which the leaf varies, each with its size in every batch."""
    ranks = [len(leaf.shape) for batch in batches if path and (leaf := batch.leaf(path)) and leaf.shape]
    axes = ((axis, of_leaf(batches, path, partial(_size, axis))) for axis in range(1, max(ranks, default=0)))
    return [(axis, values) for axis, values in axes if len(np.unique(values[~np.isnan(values)])) > 1]


def losses(diagnosis: Diagnosis) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Batches that the model was given, each with the loss of its step; of several steps the last counts."""
    run = diagnosis.model_run
    if run is None:
        return np.array([], dtype=np.int64), np.array([], dtype=np.float64)
    last = dict(zip(run.batches, run.losses, strict=False))
    return np.array(list(last), dtype=np.int64), np.array(list(last.values()), dtype=np.float64)


def dtypes(diagnosis: Diagnosis) -> dict[str, list[str]]:
    """For every measured leaf the dtypes it has, in the order met."""
    found: dict[str, dict[str, None]] = {}
    for batch in diagnosis.profile.batches:
        for leaf in batch.leaves:
            found.setdefault(leaf.path, {})[leaf.dtype or leaf.kind] = None
    return {path: list(kinds) for path, kinds in found.items()}


def _size(axis: int, leaf: Leaf) -> int | None:
    return leaf.shape[axis] if leaf.shape is not None and len(leaf.shape) > axis else None
