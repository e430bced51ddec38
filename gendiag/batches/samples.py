"""The samples of a raw batch: how many there are, some of them alone, and values of one put into another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gendiag.batches.tree import flatten, transform
from gendiag.batches.values import Array, as_array, kind_of

CUT = ("array", "tensor", "frame")


def count_rows(raw: object) -> int | None:
    """How many samples the batch has; None where its leaves do not agree, or cannot be cut.

    A list is structure to Keras where nothing was delivered of it, and so cannot be cut.
    """
    lengths = {_length(part.value) for part in flatten(raw) if part.value is not None}
    return lengths.pop() if len(lengths) == 1 else None


def take(raw: object, rows: Sequence[int]) -> Any:
    """Return the batch with these samples only, in this order."""
    return transform(lambda value: None if value is None else _cut(value, rows), raw)


def arrays(raw: object) -> dict[str, Array]:
    """Return the leaves of numbers by path, without copies where possible; ragged lists are left out."""
    found = {part.path: as_array(part.value) for part in flatten(raw) if part.value is not None}
    return {path: array for path, array in found.items() if array is not None and _is_numbers(array)}


def _is_numbers(array: Array) -> bool:
    return array.dtype.kind in "biuf" and bool(array.size) and bool(array.shape)


def with_values(raw: object, row: int, like: int, places: Mapping[str, Array]) -> Any:
    """Return the one sample ``row`` with the values of the sample ``like`` at these flat places, by path."""
    paths: Iterator[str] = iter([part.path for part in flatten(raw)])

    def change(value: object) -> object:
        path = next(paths)
        if value is None or path not in places:
            return None if value is None else _cut(value, [row])
        array = np.array(as_array(value))
        flat, other = array[[row]].reshape(-1), array[[like]].reshape(-1)
        flat[places[path]] = other[places[path]]
        return flat.reshape(1, *array.shape[1:])

    return transform(change, raw)


def _length(value: Any) -> int | None:
    kind = kind_of(value)
    if kind not in CUT or getattr(value, "shape", (0,)) == ():
        return None
    return len(value)


def _cut(value: Any, rows: Sequence[int]) -> Any:
    if kind_of(value) == "frame":
        return value.iloc[list(rows)]
    array = as_array(value)
    return value if array is None else array[list(rows)]
