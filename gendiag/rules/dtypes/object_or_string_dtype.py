from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.batches.measure import measure_leaf
from gendiag.batches.tree import flatten
from gendiag.batches.values import MASKED
from gendiag.errors import NotKeptError
from gendiag.records import Finding, Leaf, format_shape, listed
from gendiag.rules.edits import numbers, shapes
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.object_values import Objects, is_number, told
from gendiag.rules.rule import Edits, Rule, sound

TEXT = ("str", "bytes", "string")
DATES = ("datetime64", "timedelta64")
READ_TEXT = frozenset({"TextVectorization", "StringLookup", "Hashing", "HashedCrossing"})


class ObjectOrStringDtype(Rule):
    """A leaf holds Python objects or text, which no tensor of numbers can be made of.

    What fit does
        Raises "Invalid dtype" before the first step where it is batch 0. Later on it casts: text that looks like a
        number is parsed, a None among numbers becomes NaN, and only what cannot be cast raises.

    Why it hurts
        An object array is mostly a table with a column of text or of True and False among numbers, or a stack of
        samples of unequal length; the message says nothing of columns or lengths.

    How to mend it
        ``astype("float32")`` where numbers of several types met in one table, as in ``df.values``. Pad the samples to
        one length, or group equal lengths in a batch; turn labels from text into numbers with
        ``astype("int64")`` or a lookup.

    Known limits
        Text in a ``tf.string`` tensor is sound where a StringLookup or TextVectorization layer takes it; it is said
        where the model has none and raised.

    Source
        keras 3.15.1, data_adapter_utils.get_keras_tensor_spec; measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "object-or-string-dtype", "A leaf holds Python objects or text"
    batchwise = True
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        for path, column in (seen.leaves or _given(seen)).items():
            odd = [(i, leaf) for i, leaf in column if _is_odd(leaf) and not seen.source.is_graph and seen.refused(i)]
            text = [(i, leaf) for i, leaf in column if _is_text_tensor(leaf)]
            if text and not odd and seen.model_raised_at([text[0][0]]) and not _takes_text(seen, text[0][1]):
                yield self._text_tensor(seen, *text[0])
            if odd:
                index, leaf = odd[0]
                what, fix = _told(seen, index, leaf)
                where = listed(i for i, _ in odd) if seen.leaves else "the arrays given to fit, in every batch,"
                message = f"{path} of {where} has dtype {leaf.dtype}: {what}."
                yield self.finding("error", message, fix=fix, batches=[i for i, _ in odd], leaf=path, dtype=leaf.dtype)

    def _text_tensor(self, seen: Evidence, index: int, leaf: Leaf) -> Finding:
        whom = "no layer of the model takes text" if leaf.role == "x" else "the loss compares numbers"
        message = (
            f"{leaf.path} of {seen.place(index)} is text (tf.string {format_shape(leaf.shape)}), and {whom}: it was "
            "not turned into numbers."
        )
        fix = _to_numbers(seen, index, leaf)
        return self.finding("error", message, fix=fix, batches=[index], leaf=leaf.path, dtype="tf.string")

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        if not seen.leaves or finding.evidence["dtype"].startswith(DATES):
            return
        place = at(seen, finding)
        if finding.evidence["dtype"] == "tf.string":
            return
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


def _is_text_tensor(leaf: Leaf) -> bool:
    return leaf.kind == "tensor" and (leaf.dtype == "object" or leaf.dtype.startswith(TEXT))


def _takes_text(seen: Evidence, leaf: Leaf) -> bool:
    """Whether the leaf goes to an input of text, or the model has a layer that reads text."""
    if leaf.role != "x":
        return False
    batch = seen.batches[0]
    declared = any(port.dtype == "string" and fed.path == leaf.path for fed, port in seen.model_facts.fed(batch))
    return declared or bool(seen.model_facts.layers & READ_TEXT)


def _to_numbers(seen: Evidence, index: int, leaf: Leaf) -> str:
    raw = seen.profile.raw(index) if index in seen.profile.store else ()
    values: Any = next((np.asarray(part.value).reshape(-1) for part in flatten(raw) if part.path == leaf.path), ())
    if len(values) and all(is_number(value) for value in values):
        return f"Make numbers of it in a map: `tf.strings.to_number({leaf.path})`."
    if leaf.role == "y" and seen.source.is_sliced:
        return (
            f"Make class numbers of it: `names, {leaf.path} = np.unique({leaf.path}.astype(str), return_inverse=True)`."
        )
    if leaf.role == "y":
        return (
            "Make class numbers of it in a map, with `keras.layers.StringLookup(vocabulary=names, num_oov_indices=0)`."
        )
    return (
        f"Turn it into numbers in a map, `vectorize({leaf.path})` with an adapted `keras.layers.TextVectorization` (a "
        "StringLookup for single words), or put that layer first in the model with `keras.Input((), dtype='string')`."
    )


def _given(seen: Evidence) -> dict[str, list[tuple[int, Leaf]]]:
    """Arrays that fit refused before it sliced them."""
    if not seen.source.is_sliced:
        return {}
    return {part.path: [(0, measure_leaf(part))] for part in flatten(seen.source.value)}


def _told(seen: Evidence, index: int, leaf: Leaf) -> Objects:
    path = leaf.path
    if leaf.dtype.startswith(TEXT):
        fix = (
            f"Convert {path} to numbers first: `{path}.astype('int64')` for digits, "
            "else a lookup or a StringLookup layer."
        )
        return Objects(f"text where numbers are wanted ({leaf.role} cannot be a tensor of numbers)", fix)
    if leaf.dtype.startswith(DATES):
        fix = (
            f"Make numbers of {path}, counted from a day near the data: "
            f"`(({path} - {path}.min()) / np.timedelta64(1, 'D')).astype('float32')`."
        )
        return Objects(f"dates or times where numbers are wanted ({leaf.role} cannot be a tensor of numbers)", fix)
    try:
        raw = seen.profile.raw(index) if seen.leaves else seen.source.value
        value = next(part.value for part in flatten(raw) if part.path == path)
    except (NotKeptError, StopIteration):
        return Objects("Python objects", f"Make numbers of {path} first, `{path}.astype('float32')`.")
    return told(path, value)
