from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.batches.measure import measure_leaf
from gendiag.batches.tree import flatten
from gendiag.batches.values import MASKED
from gendiag.errors import NotKeptError
from gendiag.records import Finding, Leaf, listed
from gendiag.rules.edits import numbers, shapes
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Edits, Rule, sound

TEXT = ("str", "bytes", "string")
DATES = ("datetime64", "timedelta64")
SHOWN = 6  # lengths in the message


class ObjectOrStringDtype(Rule):
    """A leaf holds Python objects or text, which no tensor of numbers can be made of.

    What fit does
        Raises "Invalid dtype" before the first step where it is batch 0. Later on it casts: text that looks like a
        number is parsed, a None among numbers becomes NaN, and only what cannot be cast raises.

    Why it hurts
        An object array is mostly a stack of samples of unequal length; the message says nothing of lengths.

    How to mend it
        Pad the samples to one length, or group equal lengths in a batch; turn labels from text into numbers with
        ``astype("int64")`` or a lookup.

    Known limits
        Text in a ``tf.string`` tensor is sound (a StringLookup or TextVectorization layer takes it) and no finding.

    Source
        keras 3.15.1, data_adapter_utils.get_keras_tensor_spec; measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "object-or-string-dtype", "A leaf holds Python objects or text"
    batchwise = True

    def check(self, seen: Evidence) -> Iterator[Finding]:
        for path, column in (seen.leaves or _given(seen)).items():
            odd = [(i, leaf) for i, leaf in column if _is_odd(leaf) and not seen.source.is_graph and seen.refused(i)]
            if odd:
                index, leaf = odd[0]
                what = _what(seen, index, leaf)
                where = listed(i for i, _ in odd) if seen.leaves else "the arrays given to fit, in every batch,"
                message = f"{path} of {where} has dtype {leaf.dtype}: {what}."
                batches = [i for i, _ in odd] if seen.leaves else []
                yield self.finding("error", message, fix=_fix(leaf, what), batches=batches, leaf=path, dtype=leaf.dtype)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        if not finding.batches or finding.evidence["dtype"].startswith(DATES):
            return
        place = at(seen, finding)
        path, is_text = finding.leaf or "", finding.evidence["dtype"].startswith(TEXT)
        for dtype in ("int64", "float32") if is_text else ("float32",):
            yield numbers.cast(place, path, dtype)
        if not is_text:
            yield shapes.pad_sequences(place, path, "float32")

    def broken(self) -> Iterator[Any]:
        for x, y in sound():
            ragged = np.empty(len(x), object)
            ragged[:] = [row[: 1 + place % 3] for place, row in enumerate(x)]
            yield ragged, y

    def mended(self) -> Iterator[Any]:
        return sound()


def _is_odd(leaf: Leaf) -> bool:
    return leaf.kind in {"array", "frame", MASKED} and (
        leaf.dtype == "object" or leaf.dtype.startswith((*TEXT, *DATES))
    )


def _given(seen: Evidence) -> dict[str, list[tuple[int, Leaf]]]:
    """Arrays that fit refused before it sliced them."""
    if not seen.source.is_sliced:
        return {}
    return {part.path: [(0, measure_leaf(part))] for part in flatten(seen.source.value)}


def _what(seen: Evidence, index: int, leaf: Leaf) -> str:
    if leaf.dtype.startswith(TEXT):
        return f"text where numbers are wanted ({leaf.role} cannot be a tensor of numbers)"
    if leaf.dtype.startswith(DATES):
        return f"dates or times where numbers are wanted ({leaf.role} cannot be a tensor of numbers)"
    return _objects(seen, index, leaf.path)


def _objects(seen: Evidence, index: int, path: str) -> str:
    try:
        raw = seen.profile.raw(index) if seen.leaves else seen.source.value
        value = next(part.value for part in flatten(raw) if part.path == path)
    except (NotKeptError, StopIteration):
        return "Python objects"
    items = np.asarray(value, dtype=object).reshape(-1)
    lengths = [len(item) for item in items if hasattr(item, "__len__") and not isinstance(item, (str, bytes))]
    if len(set(lengths)) > 1:
        shown = ", ".join(str(length) for length in lengths[:SHOWN]) + (", ..." if len(lengths) > SHOWN else "")
        return (
            f"an object array of {len(lengths)} samples of unequal length ({shown}), which do not stack into one array"
        )
    kinds = sorted({type(item).__name__ for item in items[:100]})
    return f"Python objects ({', '.join(kinds)})"


def _fix(leaf: Leaf, what: str) -> str:
    if leaf.dtype.startswith(TEXT):
        return (
            f"Convert {leaf.path} to numbers before yielding it: `.astype('int64')` for digits, "
            "else a lookup or a StringLookup layer."
        )
    if leaf.dtype.startswith(DATES):
        return (
            f"Make numbers of {leaf.path}, counted from a day near the data: "
            f"`(({leaf.path} - {leaf.path}.min()) / np.timedelta64(1, 'D')).astype('float32')`."
        )
    if "(float)" in what or "(int)" in what or "(float, int)" in what:
        return f"Convert {leaf.path} to numbers: `np.asarray({leaf.path}, dtype='float32')`."
    return (
        "Pad the samples to one length (`keras.utils.pad_sequences`) or put equal lengths into one batch, "
        "then `np.stack` them."
    )
