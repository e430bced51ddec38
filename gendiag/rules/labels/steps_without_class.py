from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from gendiag.batches.values import Array
from gendiag.model.facts import ONE_HOT, Output
from gendiag.records import Batch, Finding, Leaf, counted, listed
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import first_pass, held, size_of
from gendiag.rules.rule import FEATURES, Rule

CLASSES, STEPS, FILLED, LEAST_AXES = 3, 5, 3, 3
EQUAL = 1e-3


class Empty(NamedTuple):
    """What is empty in one batch: how many rows of how many, and where the first one stands, where that is known."""

    rows: int
    of: int
    first: tuple[int, ...] | None = None


class StepsWithoutClass(Rule):
    """One-hot rows of some steps of a sequence, or of some pixels, are all zeros.

    What fit does
        Trains. A categorical cross-entropy multiplies by the row, so that the loss of such a step is 0, and so is its
        gradient; the step counts in the mean all the same. ``accuracy`` takes the row for class 0.

    Why it hurts
        The loss looks smaller than it is on the other steps, and the accuracy is that of an answer which the model is
        never taught: it stays low however well the model learns the rest.

    How to mend it
        Give the padding a class of its own, ``y[:, length:, 0] = 1``; or leave it out: a ``Masking`` layer, or sample
        weights of shape ``(samples, steps)`` with ``weighted_metrics`` in the place of ``metrics``.

    Known limits
        A note: steps that shall teach nothing may be marked so on purpose. Only rows of at least three axes under
        Keras's own categorical losses. Steps with a weight of 0, and models whose output comes with a mask, are left
        out. Of a batch that is not held, the number of ones is counted.

    Source
        measured on keras 3.15.1 and 3.5.0: with one row of five filled, a model that always says class 0 has an
        accuracy of 0.8; one that is right about the filled row alone 0.2 and a loss of 0.
    """

    name, title = "steps-without-class", "One-hot rows of some steps are all zeros"
    severity = "note"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        found: dict[str, dict[int, Empty]] = {}
        epoch = {batch.index for batch in first_pass(seen)}
        for batch, leaf, output in seen.scored():
            if batch.index in epoch and _is_one_hot(leaf, output) and seen.trained_on(batch.index):
                empty = _empty(batch, held(seen, batch.index), leaf)
                if empty is None:  # these rows are no one-hot rows
                    return
                found.setdefault(leaf.path, {})[batch.index] = empty
        for path, all_of in found.items():
            empty_in = {index: empty for index, empty in all_of.items() if empty.rows}
            if any(empty.first is not None for empty in empty_in.values()):  # seen, and not only counted
                yield self._finding(seen, path, empty_in, sum(each.of for each in all_of.values()))

    def _finding(self, seen: Evidence, path: str, empty: dict[int, Empty], total: int) -> Finding:
        rows = sum(each.rows for each in empty.values())
        index, first = next((index, each.first) for index, each in empty.items() if each.first is not None)
        loss = next(o.loss for _, leaf, o in seen.scored() if leaf.path == path and o.loss is not None)
        accuracy = any("accuracy" in key for key in seen.model_facts.metrics)
        place = f"{path}[{', '.join(map(str, first or ()))}] of {seen.place(index)}"
        adds = (
            f"With its label_smoothing the {loss.key} teaches every class alike there"
            if loss.smoothing
            else f"Such a row adds 0 to the {loss.key} and counts in its mean"
        )
        are_steps = len(first or ()) == LEAST_AXES - 1
        message = (
            f"{rows} of {counted(total, 'one-hot row')} of {path} {'is' if rows == 1 else 'are'} all zeros, in "
            f"{listed(empty)} (the first seen: {place}): no class is marked there. {adds}"
            + ("; the accuracy takes it for class 0, which is never taught." if accuracy else ".")
        )
        fix = (
            "If this is padding, give it a class of its own (its own 1 in each row), or leave it out: "
            + (
                "a `Masking` layer, or sample weights of shape (samples, steps)"
                if are_steps
                else "sample weights, one for each position,"
            )
            + " that are 0 there"
            + (", with `weighted_metrics=['accuracy']`." if accuracy else ".")
            + " Nothing needs fixing if these rows are to teach nothing and the mean is read so."
        )
        return self.finding("note", message, fix=fix, batches=empty, leaf=path, rows=rows, of=total)

    def broken(self) -> Iterator[Any]:
        return _padded(blank=False)

    def mended(self) -> Iterator[Any]:
        return _padded(blank=True)

    def model(self) -> Any:
        import keras

        model = keras.Sequential([keras.Input((STEPS, FEATURES)), keras.layers.Dense(CLASSES, activation="softmax")])
        model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
        return model


def _padded(*, blank: bool) -> Iterator[Any]:
    random = np.random.default_rng(0)
    for _ in range(6):
        x = random.normal(size=(4, STEPS, FEATURES)).astype("float32")
        y = np.eye(CLASSES, dtype="float32")[random.integers(0, CLASSES, (4, STEPS))]
        y[:, FILLED:] = [1, 0, 0] if blank else 0
        yield x, y


def _is_one_hot(leaf: Leaf, output: Output) -> bool:
    if output.loss is None or output.loss.key not in ONE_HOT or output.masked or leaf.shape is None:
        return False
    is_whole = len(leaf.shape) >= LEAST_AXES and leaf.shape[-1] == output.channels != 1
    return is_whole and leaf.low == 0 and (leaf.high or 0) <= 1 + EQUAL


def _empty(batch: Batch, arrays: dict[str, Array], leaf: Leaf) -> Empty | None:
    """How many rows are all zeros; None where the others are no shares that add up to 1."""
    rows = arrays.get(leaf.path)
    weights = [arrays.get(each.path) for each in batch.leaves if each.role == "sample_weight"]
    if rows is None:
        of = size_of(leaf) // ((leaf.shape or (1,))[-1] or 1)
        is_countable = leaf.distinct == 2 and leaf.high == 1 and not weights  # noqa: PLR2004  (0 and 1)
        return Empty(max(0, of - size_of(leaf) + leaf.zeros), of) if is_countable else Empty(0, of)
    sums = rows.astype("float64").sum(axis=-1)
    without = sums == 0
    if not np.allclose(sums[~without], 1, atol=EQUAL):
        return None
    for array in weights:
        if array is not None and _goes_along(array.shape, without.shape):
            without &= array.reshape(*array.shape, *[1] * (without.ndim - array.ndim)) != 0
    first = tuple(int(place) for place in np.argwhere(without)[0]) if without.any() else None
    return Empty(int(without.sum()), int(without.size), first)


def _goes_along(weights: tuple[int, ...], rows: tuple[int, ...]) -> bool:
    return len(weights) <= len(rows) and all(size in (1, other) for size, other in zip(weights, rows, strict=False))
