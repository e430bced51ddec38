"""The leaves of a batch, in Keras's order, and nothing of gendiag in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def leaves(batch: Any) -> list[Any]:
    """Leaves of tuples, dicts and lists of arrays; a list of numbers is one leaf, and None is none."""
    if isinstance(batch, dict):
        return [leaf for key in sorted(batch) for leaf in leaves(batch[key])]
    if isinstance(batch, tuple) or (isinstance(batch, list) and any(isinstance(part, np.ndarray) for part in batch)):
        return [leaf for part in batch for leaf in leaves(part)]
    return [] if batch is None else [batch]


def each(change: Callable[[Any], Any], batch: Any) -> Any:
    """Return the batch with every leaf that is an array changed."""
    if isinstance(batch, dict):
        return {key: each(change, part) for key, part in batch.items()}
    if isinstance(batch, (tuple, list)):
        return type(batch)(each(change, part) for part in batch)
    return change(batch) if isinstance(batch, np.ndarray) else batch


def number_of(delivered: list[Array]) -> int | None:
    """The number that the batch holds at the first place of its first leaf; None for an empty one."""
    first = delivered[0].reshape(-1)[:1] if delivered else ()
    return int(first[0]) if len(first) and np.isfinite(first[0]) else None


def n_changed(yielded: list[Any], delivered: list[Array]) -> int:
    """How many values differ; rounding to a shorter float type is none. Other shapes are not compared."""
    pairs = zip(yielded, delivered, strict=False)
    return sum(_n_differing(np.asarray(before), after) for before, after in pairs)


def _n_differing(before: Array, after: Array) -> int:
    if before.shape != after.shape or before.dtype.kind not in "fiub" or after.dtype.kind not in "fiub":
        return 0
    floats = [np.finfo(dtype).eps for dtype in (before.dtype, after.dtype) if dtype.kind == "f"]
    tolerance = 2 * max(floats) if len(floats) == 2 else 0
    with np.errstate(all="ignore"):
        wide, arrived = before.astype("float64"), after.astype("float64")
        return int(np.sum(~np.isclose(wide, arrived, rtol=tolerance, atol=0, equal_nan=True)))
