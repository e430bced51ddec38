"""The transformations of a ``tf.data.Dataset``, and which of them leaves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from gendiag.records import counted

SAME_COUNT = {"MapDataset", "PrefetchDataset", "ShuffleDataset", "OptionsDataset"}  # element for element


def why_empty(dataset: Any) -> tuple[str, str] | None:
    """Say which transformation leaves nothing, and what to do; None where that cannot be told."""
    for each in _chain(dataset):
        kind, before = type(each).__name__.strip("_"), _cardinality(getattr(each, "_input_dataset", None))
        if before == 0:
            continue  # it was empty before
        if kind == "FilterDataset":
            return "the `filter` of the dataset likely keeps no element", "Check its predicate on a few elements."
        size = _number(getattr(each, "_batch_size", None))
        if getattr(each, "_drop_remainder", None) is not None and _is_true(each._drop_remainder) and size:
            if before is not None and 0 < before < size:
                elements = counted(before, "element")
                why = f"`batch({size}, drop_remainder=True)` drops all of the {elements}, fewer than one batch"
                return why, f"Leave drop_remainder out, or use a batch size of at most {before}."
            if before is None:
                why = f"`batch({size}, drop_remainder=True)` likely gets fewer than {size} elements and drops them"
                return why, "Leave drop_remainder out, or use a smaller batch size."
        count = _number(getattr(each, "_count", None))
        if kind == "TakeDataset" and count == 0:
            return "the dataset ends in `take(0)`", "Take more: the number is likely `n // batch_size`, rounded to 0."
        if kind == "SkipDataset" and before is not None and count is not None and (count < 0 or before <= count):
            return f"`skip({count})` leaves nothing of {counted(before, 'element')}", "Skip fewer."
        if kind == "RepeatDataset" and count == 0:
            return "`repeat(0)` leaves nothing", "Leave repeat out."
        if kind == "TensorSliceDataset" and _cardinality(each) == 0:
            return "the arrays it is made of have 0 rows", "The list behind them is empty."
    return None


def one_pass(dataset: Any) -> int | None:
    """How many elements of an endless dataset are one pass over what ``repeat`` repeats; None where that is unknown."""
    size = 1
    for each in _chain(dataset):
        kind = type(each).__name__.strip("_").removeprefix("Parallel")
        if kind == "RepeatDataset" and _number(getattr(each, "_count", None)) in {-1, None}:
            length = _cardinality(getattr(each, "_input_dataset", None))
            return None if not length else -(-length // size)
        if kind == "BatchDataset":
            size *= _number(getattr(each, "_batch_size", None)) or 1
        elif kind not in SAME_COUNT:
            return None
    return None


def _chain(dataset: Any) -> Iterator[Any]:
    """A dataset and what it is made of, the outermost first."""
    while dataset is not None:
        yield dataset
        dataset = getattr(dataset, "_input_dataset", None)


def _cardinality(dataset: Any) -> int | None:
    with suppress(Exception):  # a dataset of somebody else's own
        count = int(dataset.cardinality())
        return count if count >= 0 else None
    return None


def _number(value: Any) -> int | None:
    with suppress(Exception):  # a tensor of a graph
        return int(value)
    return None


def _is_true(value: Any) -> bool:
    with suppress(Exception):
        return bool(value)
    return False
