from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.model.facts import Output
from gendiag.records import Finding, Leaf, counted, format_shape
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.label_form import is_one_column
from gendiag.rules.evidence.to_type import one_hot
from gendiag.rules.rule import Rule, dense, sound
from gendiag.sources.source import Source

CLASSES = 4


class SingleClass(Rule):
    """The one-hot labels have one column only: the source found one class.

    What fit does
        Raises when the first step is traced: y has one column, the model as many as there are classes.

    Why it hurts
        The shape error hides that all samples were given the same label, mostly since a directory one level too high
        was read, so that all class folders count as one.

    How to mend it
        Give flow_from_directory the folder whose sub-folders are the classes; see "Found ... belonging to 1 classes".
        Else look at how the list of classes is made.

    Known limits
        Said only where y is the same number everywhere and the loss is Keras's categorical cross-entropy.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "single-class", "All labels are one class"
    batchwise = True
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        found: dict[int, tuple[Leaf, Output]] = {}
        others = 0
        for batch in seen.batches:
            for leaf, output in seen.model_facts.scored(batch):
                if is_one_column(leaf, output):
                    found[batch.index] = (leaf, output)
                else:
                    others += 1
        if found and not others and seen.model_raised_at(found) and not seen.raised_in_layer():
            yield self._finding(seen, found)

    def _finding(self, seen: Evidence, found: dict[int, tuple[Leaf, Output]]) -> Finding:
        index, (leaf, output) = next(iter(found.items()))
        message = (
            f"{leaf.path} of {seen.place(index)} has shape {format_shape(leaf.shape)}, and all its values in "
            f"{counted(len(found), 'batch', 'batches')} are 1: the source knows one class, the model has "
            f"{output.channels} units."
        )
        return self.finding(
            "error", message, fix=_fix(seen.source, output), batches=found, leaf=leaf.path, units=output.channels
        )

    def broken(self) -> Iterator[Any]:
        return ((x, np.ones((len(x), 1), "float32")) for x, _ in sound())

    def mended(self) -> Iterator[Any]:
        return ((x, np.eye(CLASSES)[np.arange(len(x)) % CLASSES]) for x, _ in sound())

    def model(self) -> Any:
        return dense(CLASSES, loss="categorical_crossentropy", activation="softmax")


def _fix(source: Source, output: Output) -> str:
    if hasattr(source.value, "directory"):
        return (
            "Check the directory level: pass the folder whose sub-folders are the classes, "
            f"so that flow_from_directory finds {output.channels} of them."
        )
    return (
        f"Check where the classes come from (a directory one level too high?); with {output.channels} classes give one "
        f"column to each: {one_hot(source, 'labels', output.channels)}."
    )
