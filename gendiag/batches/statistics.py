"""Range, moments and counts of one array, read block by block."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

BLOCK = 2**16  # values; a block of float64 stays within the L2 cache (3.7 x a plain read instead of 13.6 x)
DISTINCT_FLOATS = 2**12  # sorting more would cost more than all other figures together
DISTINCT_RANGE = 2**16


def figures(array: Array) -> dict[str, Any]:
    """Figures of a numeric array, by the names of ``Leaf``'s fields; empty for anything else."""
    if array.dtype.kind == "V" and "float" in array.dtype.name:
        array = array.astype(np.float32)
    if array.dtype.kind == "b":
        array = array.view(np.uint8)
    if array.dtype.kind not in "iuf" or not array.size:
        return {}
    with np.errstate(all="ignore"):
        return _Sums(array).named()


def ends(array: Array) -> dict[str, Any]:
    """Range, NaN and infinities alone, at a third of the price; the rest where it follows from these."""
    if array.dtype.kind not in "iufb" or not array.size:
        return figures(array)
    if array.dtype.kind == "b":
        array = array.view(np.uint8)
    low, high = _ends(array)
    if not math.isfinite(high - low):
        return figures(array)
    if low == high:  # constant: everything is known
        return _constant(low, array.size)
    return {"low": low, "high": high}


def _ends(array: Array) -> tuple[Any, Any]:
    if array.dtype.kind != "f":
        return np.minimum.reduce(array, axis=None).item(), np.maximum.reduce(array, axis=None).item()
    with np.errstate(all="ignore"):
        return np.minimum.reduce(array, axis=None).item(), np.maximum.reduce(array, axis=None).item()


def _constant(value: float, size: int) -> dict[str, Any]:
    zeros = 0 if value else size
    return {"low": value, "high": value, "mean": value, "std": 0.0, "zeros": zeros, "distinct": 1}


class _Sums:
    """Range, moments and counts of an array, block by block."""

    def __init__(self, array: Array) -> None:
        self.array = array.reshape(-1)
        self.low, self.high = np.inf, -np.inf
        self.count = self.n_nan = self.n_inf = self.zeros = 0
        self.mean = self.squares = 0.0
        for start in range(0, self.array.size, BLOCK):
            self._add(self.array[start : start + BLOCK])

    def _add(self, block: Array) -> None:
        self.zeros += block.size - int(np.count_nonzero(block))
        low, high = block.min(), block.max()
        if not (np.isfinite(low) and np.isfinite(high)):  # a NaN shows in both, an infinity in one
            self.n_nan += int(np.isnan(block).sum())
            self.n_inf += int(np.isinf(block).sum())
            block = block[np.isfinite(block)]
            if not block.size:
                return
            low, high = block.min(), block.max()
        self.low, self.high = min(self.low, low.item()), max(self.high, high.item())
        self._add_moments(block)

    def _add_moments(self, block: Array) -> None:
        mean = float(block.mean(dtype=np.float64))
        off = block.astype(np.float64)
        off -= mean
        off *= off  # not a dot product: BLAS threads cost 20 times as much on a busy machine
        total = self.count + block.size
        delta = mean - self.mean
        self.squares += float(off.sum()) + delta * delta * self.count * block.size / total
        self.mean += delta * block.size / total
        self.count = total

    def named(self) -> dict[str, Any]:
        counts = {"n_nan": self.n_nan, "n_inf": self.n_inf, "zeros": self.zeros, "distinct": self._distinct()}
        if not self.count:
            return counts
        std = float(np.sqrt(self.squares / self.count))
        return {"low": self.low, "high": self.high, "mean": self.mean, "std": std, **counts}

    def _distinct(self) -> int | None:
        if self.array.dtype.kind in "iu" and self.high - self.low < DISTINCT_RANGE:
            return int(np.count_nonzero(np.bincount((self.array - self.array.min()).astype(np.int64))))
        if self.array.size <= DISTINCT_FLOATS:
            return len(np.unique(self.array))
        return None
