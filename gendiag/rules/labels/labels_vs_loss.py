from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.model.facts import SPARSE, Output
from gendiag.records import Finding, Leaf, format_shape
from gendiag.rules.edits import shapes
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.label_form import is_class_numbers, is_one_column, is_other_form
from gendiag.rules.evidence.to_type import code, one_hot
from gendiag.rules.rule import Edits, Rule, by_leaf, dense, sound

CLASSES = 3
SHORT = "sparse"
Odd = dict[int, tuple[Leaf, Output]]


class LabelsVsLoss(Rule):
    """The labels are class numbers where the loss wants one-hot rows, or the other way round.

    What fit does
        Raises when the first step is traced, since ``categorical_crossentropy`` wants y of the output's shape and
        ``sparse_categorical_crossentropy`` y with one axis less.

    Why it hurts
        The message compares two shapes and does not say that the other one of two losses is meant.

    How to mend it
        Class numbers go with ``sparse_categorical_crossentropy``, one-hot rows with ``categorical_crossentropy``. In
        flow_from_directory that is ``class_mode='sparse'`` and ``class_mode='categorical'``.

    Known limits
        Only Keras's own losses are known. Said only where the model raised on these labels.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "labels-vs-loss", "Labels in another form than the loss takes"
    batchwise = True
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        for found in by_leaf(each for each in seen.scored() if is_other_form(*each[1:])):
            if all(is_one_column(leaf, output) for leaf, output in found.values()):  # one class in all of the data
                continue
            if seen.model_raised_at(found) and not seen.raised_in_layer():
                yield self._finding(seen, found)

    def _finding(self, seen: Evidence, found: Odd) -> Finding:
        index, (leaf, output) = next(iter(found.items()))
        sparse, loss = is_class_numbers(leaf, output), output.loss.key if output.loss else ""
        form = "class numbers" if sparse else "one-hot rows"
        wants = "one-hot rows, one column per class" if sparse else "class numbers, one integer per sample"
        given = f"the model's output is {format_shape(output.shape)}, {output.channels} classes"
        message = (
            f"{leaf.path} of {seen.place(index)} has shape {format_shape(leaf.shape)} and holds {form} from "
            f"{leaf.low:g} to {leaf.high:g}; {loss} wants {wants}: {given}."
        )
        other = SPARSE if sparse else loss.removeprefix("sparse_")
        start = "Yield" if seen.evaluates else f"Compile with `loss='{other}'`, or yield"  # what trains stays as it is
        fix = (
            f"{start} one-hot rows: {one_hot(seen.source, leaf.path, output.channels)}"
            if sparse
            else f"{start} integer class numbers: {_argmax(seen, leaf.path)}"
        )
        fix += f"{_mode(seen, 'categorical' if sparse else SHORT)}."
        return self.finding(
            "error", message, fix=fix, batches=found, leaf=leaf.path,
            shape=format_shape(leaf.shape), loss=loss, classes=output.channels,
        )  # fmt: skip

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        place = at(seen, finding)
        if finding.evidence["loss"] == SPARSE:
            yield shapes.class_numbers(place, finding.leaf or "")
        else:
            yield shapes.one_hot(place, finding.leaf or "", finding.evidence["classes"])

    def broken(self) -> Iterator[Any]:
        return ((x, np.arange(len(x)) % CLASSES) for x, _ in sound())

    def mended(self) -> Iterator[Any]:
        return ((x, np.eye(CLASSES)[np.arange(len(x)) % CLASSES]) for x, _ in sound())

    def model(self) -> Any:
        return dense(CLASSES, loss="categorical_crossentropy", activation="softmax")


def _argmax(seen: Evidence, path: str) -> str:
    return code(seen.source, f"np.argmax({path}, axis=-1)", f"tf.argmax({path}, axis=-1)")


def _mode(seen: Evidence, mode: str) -> str:
    """How the function that made the source gives labels of that form, where it was one of Keras's."""
    if hasattr(seen.source.value, "class_mode"):
        return f" (`class_mode='{mode}'`)"
    if hasattr(seen.source.value, "class_names"):
        return f" (`label_mode='{mode.replace(SHORT, 'int')}'`)"
    return ""
