from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from gendiag.batches.values import Array
from gendiag.model.facts import ONE_HOT, Output
from gendiag.records import Batch, Finding, Leaf, Severity, counted, listed
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import first_pass, held
from gendiag.rules.rule import Rule, dense, sound

CLASSES, TABLE = 3, 2
MOST = 0.5  # of the rows: with more of them the samples without a class are likely meant
EQUAL = 1e-3


MEANT = "Nothing needs fixing if these samples are without a class on purpose; else look at how the rows are made."


class Empty(NamedTuple):
    """What is empty in one batch."""

    rows: int
    of: int
    first: int


class RowsWithoutClass(Rule):
    """Some one-hot rows are all zeros, so these samples have no class.

    What fit does
        Trains. A categorical cross-entropy multiplies by the row, so that the loss of such a sample is 0, and so is its
        gradient.

    Why it hurts
        These samples teach the model nothing, mostly all those of one class, and the loss looks better for it.

    How to mend it
        Make the rows as wide as there are classes: the largest class number + 1, in ``one_hot``, in ``to_categorical``
        and in the last layer. A class -1 has no column.

    Known limits
        Only rows of shape ``(samples, classes)`` under Keras's own categorical losses; in sequences and masks rows of
        zeros are padding. Rows with a sample weight of 0 are left out. Where most rows are empty it is a note.

    Source
        keras 3.15.1, losses/losses.py; measured on keras 3.15.1 / tensorflow 2.21.0: the loss of such a row is 0.
    """

    name, title = "rows-without-class", "One-hot rows that are all zeros"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        found: dict[str, dict[int, Empty]] = {}
        epoch = {batch.index for batch in first_pass(seen)}
        for batch, leaf, output in seen.scored():
            if batch.index in epoch and _is_one_hot(leaf, output) and seen.trained_on(batch.index):
                empty = _empty(batch, held(seen, batch.index), leaf.path)
                if empty is None:  # these rows are no one-hot rows
                    return
                found.setdefault(leaf.path, {})[batch.index] = empty
        for path, all_of in found.items():
            if empty_in := {index: empty for index, empty in all_of.items() if empty.rows}:
                yield self._finding(seen, path, empty_in, sum(each.of for each in all_of.values()))

    def _finding(self, seen: Evidence, path: str, empty: dict[int, Empty], total: int) -> Finding:
        index, first = next(iter(empty.items()))
        rows = sum(each.rows for each in empty.values())
        severity: Severity = "warning" if rows < MOST * total else "note"
        output = next(o for _, leaf, o in seen.scored() if leaf.path == path)
        wide = output.channels or 0
        message = (
            f"{rows} of {counted(total, 'row')} of {path} {'is' if rows == 1 else 'are'} all zeros, in {listed(empty)} "
            f"(first row {first.first} of {seen.place(index)}): no class is marked there, so such a sample adds 0 "
            f"to the {output.loss.key if output.loss else 'loss'} and teaches the model nothing."
        )
        fix = (
            MEANT
            if severity == "note"
            else f"Likely the one-hot depth is too small: {path} has {wide} columns for the classes 0 to {wide - 1}, "
            f"and a class {wide} or -1 gives a row of zeros. Use `to_categorical(labels, num_classes=labels.max() + 1)"
            "` (or `tf.one_hot` with that depth), and as many units in the last layer."
        )
        return self.finding(severity, message, fix=fix, batches=empty, leaf=path, rows=rows, of=total, columns=wide)

    def broken(self) -> Iterator[Any]:
        return ((x, np.eye(CLASSES + 1)[_classes(x)][:, :CLASSES]) for x, _ in sound())

    def mended(self) -> Iterator[Any]:
        return ((x, np.eye(CLASSES + 1)[_classes(x)]) for x, _ in sound())

    def model(self) -> Any:
        return dense(CLASSES, loss="categorical_crossentropy", activation="softmax")

    def mended_model(self) -> Any:
        return dense(CLASSES + 1, loss="categorical_crossentropy", activation="softmax")


def _classes(x: Any) -> Any:
    return np.arange(len(x)) % (CLASSES + 1)


def _is_one_hot(leaf: Leaf, output: Output) -> bool:
    if output.loss is None or output.loss.key not in ONE_HOT or leaf.shape is None or len(leaf.shape) != TABLE:
        return False
    return leaf.shape[-1] == output.channels != 1 and leaf.low == 0 and (leaf.high or 0) <= 1 + EQUAL


def _empty(batch: Batch, arrays: dict[str, Array], path: str) -> Empty | None:
    """How many rows are all zeros; None where the others are no shares that add up to 1."""
    rows = arrays.get(path)
    if rows is None:
        return Empty(0, 0, 0)
    sums = rows.astype("float64").sum(axis=1)
    without = sums == 0
    if not np.allclose(sums[~without], 1, atol=EQUAL):
        return None
    without &= _has_input(batch, arrays, len(rows))
    for leaf in batch.leaves:
        weights = arrays.get(leaf.path)
        if leaf.role == "sample_weight" and weights is not None and len(weights) == len(rows):
            without &= weights.reshape(len(rows), -1).any(axis=1)
    return Empty(int(without.sum()), len(rows), int(without.argmax()))


def _has_input(batch: Batch, arrays: dict[str, Array], rows: int) -> Array:
    """Which rows of x hold anything: a row that is empty in x and y is padding."""
    filled = np.zeros(rows, bool)
    inputs = [arrays.get(leaf.path) for leaf in batch.leaves if leaf.role == "x"]
    if not inputs or any(array is None or len(array) != rows or array.dtype.kind not in "biuf" for array in inputs):
        return ~filled
    for array in inputs:
        filled |= np.zeros(rows, bool) if array is None else array.reshape(rows, -1).any(axis=1)
    return filled
