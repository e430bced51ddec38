"""What the last activation can give at all, and how many targets lie beyond that."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np

from gendiag.batches.values import Array
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import held

UNIT, SIGN, POSITIVE = (0.0, 1.0), (-1.0, 1.0), (0.0, math.inf)
REACH = {
    "sigmoid": UNIT, "hard_sigmoid": UNIT, "softmax": UNIT, "tanh": SIGN, "hard_tanh": SIGN, "softsign": SIGN,
    "relu": POSITIVE, "softplus": POSITIVE, "exponential": POSITIVE, "relu6": (0.0, 6.0), "elu": (-1.0, math.inf),
}  # fmt: skip
MOST_READ = 40  # batches


def share_beyond(seen: Evidence, path: str, indices: Collection[int], low: float, high: float) -> float | None:
    """Share of the targets that lie beyond, of those with a weight; None where none of these batches is held."""
    beyond = total = 0
    for index in sorted(indices)[:MOST_READ]:
        arrays = held(seen, index)
        if path in arrays and arrays[path].dtype.kind in "biuf":
            values = _weighted(arrays[path], arrays.get("sample_weight"))
            beyond += int(np.count_nonzero((values < low) | (values > high)))
            total += values.size
    return beyond / total if total else None


def _weighted(values: Array, weights: Array | None) -> Array:
    """Leave out the targets of weight 0."""
    if weights is None or weights.shape != values.shape[: weights.ndim]:
        return values
    kept: Array = values[weights != 0]
    return kept
