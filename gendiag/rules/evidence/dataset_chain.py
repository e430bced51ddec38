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
        before = _cardinality(getattr(each, "_input_dataset", None))
        if before != 0 and (told := _of_batch(each, before) or _of_count(each, before) or _of_others(each)):
            return told
    return None


def _kind(dataset: Any) -> str:
    return type(dataset).__name__.strip("_").removeprefix("Parallel")


def _of_batch(each: Any, before: int | None) -> tuple[str, str] | None:
    size = _number(getattr(each, "_batch_size", None))
    if _kind(each) != "BatchDataset" or not size or not _number(getattr(each, "_drop_remainder", None)):
        return None
    if before is None:
        why = f"`batch({size}, drop_remainder=True)` likely gets fewer than {size} elements and drops them"
        return why, "Leave drop_remainder out, or use a smaller batch size."
    if before >= size:
        return None
    why = f"`batch({size}, drop_remainder=True)` drops all of the {counted(before, 'element')}, fewer than one batch"
    return why, f"Leave drop_remainder out, or use a batch size of at most {before}."


def _of_count(each: Any, before: int | None) -> tuple[str, str] | None:
    kind, count = _kind(each), _number(getattr(each, "_count", None))
    if kind in {"TakeDataset", "RepeatDataset"} and count == 0:
        name = "take" if kind == "TakeDataset" else "repeat"
        return f"the dataset has a `{name}(0)`", "The number is likely `n // batch_size`, rounded to 0: use math.ceil."
    if kind == "SkipDataset" and before is not None and count is not None and (count < 0 or before <= count):
        return f"`skip({count})` leaves nothing of {counted(before, 'element')}", "Skip fewer."
    return None


def _of_others(each: Any) -> tuple[str, str] | None:
    kind = _kind(each)
    if kind == "FilterDataset":
        return "the `filter` of the dataset likely keeps no element", "Check its predicate on a few elements."
    if kind == "TensorSliceDataset" and _cardinality(each) == 0:
        return "the arrays it is made of have 0 rows", "The list behind them is empty."
    return None


def one_pass(dataset: Any) -> int | None:
    """How many elements of an endless dataset are one pass over what ``repeat`` repeats; None where that is unknown."""
    size = 1
    for each in _chain(dataset):
        kind = _kind(each)
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
