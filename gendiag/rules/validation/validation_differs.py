from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from gendiag.model.facts import fits
from gendiag.records import Batch, Finding, Leaf, format_shape
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.validation_shapes import first_evaluated
from gendiag.rules.rule import Rule, dense, sound

CLASSES, FEWER = 6, 4


class ValidationDiffers(Rule):
    """fit took the training data and raises in the evaluation, where a part of the validation data has another shape.

    What fit does
        Compares the two nowhere. It trains the whole first epoch, and raises when the model or the loss meets the first
        validation batch.

    Why it hurts
        The message names layers and shapes, not the validation data, so that one looks for the fault in the model or in
        the training data, which are sound.

    How to mend it
        Let one function make both. ``to_categorical(y)`` takes the number of classes from the largest label present:
        pass ``num_classes``.

    Known limits
        Told from the first batch of each; an axis that the model leaves free is not compared.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "validation-differs", "The validation data have another form than the training data"

    consequence_of = ("input-mismatch", "labels-vs-loss", "missing-batch-axis")
    severity = "error"

    @property
    def fit_args(self) -> Mapping[str, Any]:  # type: ignore[override]  # arrays of its own
        return {"epochs": 1, "validation_data": _labelled(FEWER, seed=1)}

    @property
    def mended_fit_args(self) -> Mapping[str, Any]:  # type: ignore[override]
        return {"epochs": 1, "validation_data": _labelled(CLASSES, seed=1)}

    def check(self, seen: Evidence) -> Iterator[Finding]:
        run = seen.model_run
        if not (run is not None and run.failed_in_validation) and seen.rehearsal.failed_in != "validation":
            return
        mine, theirs = seen.batches[:1], first_evaluated(seen)
        if not mine or not theirs:
            return
        free = _free(seen, mine[0])
        for leaf in mine[0].leaves:
            other = next((each for each in theirs if each.path == leaf.path), None)
            if other is None or other.shape is None or leaf.shape is None or _is_alike(leaf, other, free):
                continue
            yield self._finding(seen, leaf, other)
            return

    def _finding(self, seen: Evidence, leaf: Leaf, other: Leaf) -> Finding:
        mine, theirs = (leaf.shape or ())[1:], (other.shape or ())[1:]
        message = (
            f"{leaf.path} of validation_data has shape {format_shape(theirs)} per sample, {leaf.path} of the training "
            f"batches {format_shape(mine)}: the model took the training data, and fit raises in the evaluation"
            f"{f': {seen.failure.line}' if seen.failure else ''}"
        )
        message = message.rstrip(".") + "."
        fix = _fix(leaf, mine, theirs)
        return self.finding("error", message, fix=fix, leaf=leaf.path, source="validation")

    def broken(self) -> Iterator[Any]:
        return self._batches()

    def mended(self) -> Iterator[Any]:
        return self._batches()

    def _batches(self) -> Iterator[Any]:
        x, y = _labelled(CLASSES, seed=0)
        return ((x[start : start + 8], y[start : start + 8]) for start in range(0, len(x), 8))

    def model(self) -> Any:
        return dense(CLASSES, loss="categorical_crossentropy", activation="softmax")


def _free(seen: Evidence, batch: Batch) -> dict[str, tuple[int | None, ...]]:
    """What the model takes for each leaf of x, with None for the axes that it leaves free."""
    return {leaf.path: port.shape for leaf, port in seen.model_facts.fed(batch)}


def _is_alike(leaf: Leaf, other: Leaf, free: Mapping[str, tuple[int | None, ...]]) -> bool:
    if leaf.path in free:
        return fits(other.shape, (None, *free[leaf.path][1:]))
    return _of_sample(leaf) == _of_sample(other)


def _of_sample(leaf: Leaf) -> tuple[int | None, ...]:
    """The shape of one sample; a last axis of size 1 is no other form of labels (Keras adds or drops it)."""
    shape = (leaf.shape or ())[1:]
    return shape[:-1] if leaf.role != "x" and shape[-1:] == (1,) else shape


def _fix(leaf: Leaf, mine: tuple[int | None, ...], theirs: tuple[int | None, ...]) -> str:
    columns, given = (mine[-1] if mine else None), (theirs[-1] if theirs else None)
    is_one_hot = leaf.role == "y" and (columns or 0) > 1 and leaf.low == 0 and leaf.high == 1
    if is_one_hot and len(theirs) < len(mine):
        return f"Encode y of validation_data as that of training: `to_categorical(y_val, num_classes={columns})`."
    if is_one_hot and (given or 0) < (columns or 0):
        return (
            f"Encode y of validation_data with all classes: `to_categorical(y_val, num_classes={columns})`; without "
            "num_classes it takes the largest label present."
        )
    if is_one_hot:
        return (
            f"The validation data have {given} classes, the training data {columns}: encode both with "
            f"`to_categorical(y, num_classes={given})`, and give the model's last layer {given} units."
        )
    return (
        f"Make {leaf.path} of validation_data by the same function as that of the training data; the model stays as "
        "it is."
    )


def _labelled(classes: int, seed: int) -> tuple[Any, Any]:
    x = np.concatenate([x for x, _ in sound(12)]) + seed / 10
    return x, np.eye(classes, dtype="float32")[np.arange(len(x)) % classes]
