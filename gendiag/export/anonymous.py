"""Random values in the place of somebody's data: same dtype, shape and range, NaN and Inf where they were."""

from __future__ import annotations

import string
from collections.abc import Collection
from typing import Any

import numpy as np

from gendiag.batches.tree import flatten, transform
from gendiag.batches.values import Array, as_array, kind_of

LETTERS = np.array(list(string.ascii_lowercase))


def randomised(raw: Any, paths: Collection[str], random: np.random.Generator) -> Any:
    """Replace the arrays at ``paths`` of a raw batch; whatever is no array stays."""
    names = iter([part.path for part in flatten(raw)])

    def change(value: Any) -> Any:
        known = next(names) in paths and kind_of(value) in {"array", "tensor", "frame"}
        array = as_array(value) if known else None
        return value if array is None else drawn_like(array, random)

    return transform(change, raw)


def drawn_like(array: Array, random: np.random.Generator) -> Array:
    """Draw an array of the same dtype, shape and range; of a kind that has no range, the array itself."""
    if array.dtype.kind == "b":
        return np.asarray(random.integers(0, 2, array.shape), bool)
    if array.dtype.kind in "US":
        return np.asarray(random.choice(LETTERS, array.shape), array.dtype)
    if array.dtype.kind not in "iuf" or not array.size:
        return array
    finite = np.isfinite(array)
    if not finite.any():
        return array
    low, high = array[finite].min(), array[finite].max()
    whole = array.dtype.kind in "iu" or bool((array[finite] == np.round(array[finite])).all())
    drawn: Any = (
        random.integers(int(low), int(high), array.shape, endpoint=True)
        if whole
        else random.uniform(float(low), float(high), array.shape)
    )
    return np.where(finite, drawn, array).astype(array.dtype)
