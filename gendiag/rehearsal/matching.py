"""Which yielded batch a delivered one is, and how many values differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gendiag.batches.tree import flatten
from gendiag.batches.values import Array, as_array, cast, digest
from gendiag.records import Batch, Leaf

Key = tuple[str, ...]
Dtypes = dict[str, str]


class Matcher:
    """Finds delivered batches among the yielded ones by content; by order where contents repeat.

    fit casts every leaf to the dtype of batch 0, so a yielded batch is known by the digests of its leaves *after*
    that cast. The dtypes are learnt from the first delivery.
    """

    def __init__(self) -> None:
        self._dtypes: Dtypes | None = None
        self._early: list[tuple[Batch, object]] = []
        self._by_key: dict[Key, list[int]] = {}
        self._delivered: set[int] = set()
        self._waiting: dict[int, None] = {}

    def add(self, batch: Batch, raw: object) -> None:
        """Take note of a yielded batch; ``raw`` is a copy, held until the first delivery only."""
        self._waiting[batch.index] = None
        if self._dtypes is None:
            self._early.append((batch, raw))
        else:
            self._by_key.setdefault(_key(batch, raw, self._dtypes), []).append(batch.index)

    def match(self, leaves: tuple[Leaf, ...], likely: int | None = None) -> int | None:
        """Index of the yielded batch with this content.

        Of several the ``likely`` one, else the earliest that was not delivered yet, else the earliest (a replay). Where
        no content matches, the batch whose turn it is.
        """
        self._learn(leaves)
        same = self._by_key.get(tuple(leaf.digest for leaf in leaves if _tells(leaf)), [])
        fresh = (index for index in same if index not in self._delivered)
        index = next(fresh, same[0] if same else next(iter(self._waiting), None))
        index = likely if likely in same else index
        if index is not None:
            self._delivered.add(index)
            self._waiting.pop(index, None)
        return index

    def _learn(self, leaves: tuple[Leaf, ...]) -> None:
        if self._dtypes is None:
            self._dtypes = {leaf.path: leaf.dtype for leaf in leaves}
            for batch, raw in self._early:
                self.add(batch, raw)
            self._early.clear()


def changes(yielded: object, delivered: Mapping[str, Array]) -> tuple[dict[str, int], dict[str, tuple[str, str]]]:
    """Count the values of each leaf that differ between a yielded batch and what was delivered.

    Rounding a float to a shorter float type does not count; everything else does.

    Returns
    -------
    tuple
        Per changed leaf path: how many values, and one ``(yielded, delivered)`` pair as text.
    """
    counts, examples = {}, {}
    for part in flatten(yielded):
        before, after = as_array(part.value), delivered.get(part.path)
        if before is None or after is None or before.dtype == object or before.shape != after.shape:
            continue
        differs = np.flatnonzero(_differs(before.reshape(-1), after.reshape(-1)))
        if differs.size:
            counts[part.path] = int(differs.size)
            first = differs[0]
            examples[part.path] = (_text(before.reshape(-1)[first]), _text(after.reshape(-1)[first]))
    return counts, examples


def _key(batch: Batch, raw: object, dtypes: Dtypes) -> Key:
    parts = zip(batch.leaves, flatten(raw), strict=True)
    digests = (_digest_after(leaf, part.value, dtypes) for leaf, part in parts if leaf.role != "sample_weight")
    return tuple(digest for digest in digests if digest)


def _digest_after(leaf: Leaf, value: object, dtypes: Dtypes) -> str:
    dtype = dtypes.get(leaf.path, leaf.dtype)
    return leaf.digest if leaf.dtype == dtype else _cast_digest(value, dtype)


def _tells(leaf: Leaf) -> bool:
    """Whether the leaf helps to know a batch again: fit makes weights of its own where it is given class_weight."""
    return bool(leaf.digest) and leaf.role != "sample_weight"


def _cast_digest(value: object, dtype: str) -> str:
    array = as_array(value)
    try:
        return "" if array is None else digest(cast(array, dtype))
    except (TypeError, ValueError):  # text that is no number: fit cannot cast it either
        return ""


def _differs(before: Array, after: Array) -> Array:
    if before.dtype == after.dtype and before.dtype.kind not in "fc":
        return np.asarray(before != after)
    if before.dtype.kind == "f" and after.dtype.kind == "f":
        tolerance = 2 * float(max(np.finfo(before.dtype).eps, np.finfo(after.dtype).eps))
        return ~np.isclose(before.astype(np.float64), after.astype(np.float64), rtol=tolerance, atol=0, equal_nan=True)
    if before.dtype.kind in "biuf" and after.dtype.kind in "biuf":
        return np.asarray(before != after)
    return np.asarray(before.astype(after.dtype) != after) if before.dtype.kind != "c" else before != after


def _text(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, (float, np.floating)) else str(value)
