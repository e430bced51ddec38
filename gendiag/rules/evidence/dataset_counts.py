"""How many elements a ``tf.data.Dataset`` gives, and which of its transformations leaves none."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from gendiag.records import counted
from gendiag.sources.dataset_chain import Step, chain

SAME_COUNT = frozenset({"map", "prefetch", "shuffle", "options"})  # element for element
Told = tuple[str, str] | None  # why nothing is left, and what to do


def why_empty(dataset: Any) -> tuple[str, str] | None:
    """Say which transformation leaves nothing, and what to do; None where that cannot be told."""
    steps = chain(dataset)
    for step, inner in pairwise((*steps, None)):
        before = None if inner is None else inner.count
        if step is not None and before != 0 and (told := _of_batch(step, before) or _of_others(step, before)):
            return told
    return None


def _of_batch(step: Step, before: int | None) -> Told:
    size = step.told("batch_size")
    if step.name != "batch" or not size or not step.told("drop_remainder"):
        return None
    if before is None:
        why = f"`batch({size}, drop_remainder=True)` likely gets fewer than {size} elements and drops them"
        return why, "Leave drop_remainder out, or use a smaller batch size."
    if before >= size:
        return None
    why = f"`batch({size}, drop_remainder=True)` drops all of the {counted(before, 'element')}, fewer than one batch"
    return why, f"Leave drop_remainder out, or use a batch size of at most {before}."


def _of_others(step: Step, before: int | None) -> Told:
    count = step.told("count")
    if step.name in {"take", "repeat"} and count == 0:
        why = f"the dataset has a `{step.name}(0)`"
        return why, "The number is likely `n // batch_size`, rounded to 0: use math.ceil."
    if step.name == "skip" and before is not None and count is not None and (count < 0 or before <= count):
        return f"`skip({count})` leaves nothing of {counted(before, 'element')}", "Skip fewer."
    if step.name == "filter":
        return "the `filter` of the dataset likely keeps no element", "Check its predicate on a few elements."
    if step.name == "tensor_slice" and step.count == 0:
        return "the arrays it is made of have 0 rows", "The list behind them is empty."
    return None


def one_pass(dataset: Any) -> int | None:
    """How many elements of an endless dataset are one pass over what ``repeat`` repeats; None where that is unknown."""
    size, steps = 1, chain(dataset)
    for step, inner in pairwise(steps):
        if step.name == "repeat" and step.told("count") in {-1, None}:
            return None if not inner.count else -(-inner.count // size)
        if step.name == "batch":
            size *= step.told("batch_size") or 1
        elif step.name not in SAME_COUNT:
            return None
    return None
