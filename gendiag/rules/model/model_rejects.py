from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.records import Batch, Failure, Finding, ModelRun
from gendiag.rules.edits import numbers, shapes
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Edits, Rule, dense, sound


class ModelRejects(Rule):
    """fit delivers the batch, and the user's own model or loss raises on it.

    What fit does
        Raises inside ``train_step``. While the step is traced the error comes before any batch was looked at, whatever
        the batch; later it comes at that batch, as a graph error.

    Why it hurts
        Fit's own error names no batch; where it comes out of a graph, an operation and no layer.

    How to mend it
        Compare what the layer or the loss expects with what the leaf is; both are in the finding.

    Known limits
        Found by running fit on a copy of the model, up to the time budget of the diagnosis.

    Source
        measured for every model anew: the trial is run on the model that was passed.
    """

    name, title = "model-rejects", "The model raises on what fit delivers"
    reads_trials = True
    quotes = True
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        run = seen.model_run
        if run is None or run.failure is None:
            return
        if run.failed_in_validation:
            yield self._in_validation(seen, run)
            return
        index = run.failed_batch
        trial = seen.trials.get(index) if index is not None else None
        failure = (trial.failure if trial is not None else None) or run.failure
        batches = [] if index is None else [index]
        fix = _fix(failure, trial.inside.where if trial is not None and trial.inside is not None else "")
        batch = seen.profile.find(index)
        place = seen.place(index) if index is not None else "the first batch"
        message = _message(place, batch, failure)
        yield self.finding("error", message, fix=fix, batches=batches, type=failure.type, layer=failure.layer)

    def _in_validation(self, seen: Evidence, run: ModelRun) -> Finding:
        index, failure = run.failed_validation_batch, run.failure or Failure("", "")
        batch = seen.validation.find(index)
        place = "validation_data" if index is None else f"batch {index} of validation_data"
        message = _message(place, batch, failure)
        fix = "Bring the validation data into the form that the training data have."
        batches = [] if index is None else [index]
        return self.finding("error", message, fix=fix, batches=batches, type=failure.type, source="validation")

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        place = at(seen, finding)
        for path, leaf in place.leaves.items():
            if leaf.role == "y" and len(leaf.shape or ()) > 1:
                yield shapes.class_numbers(place, path)
            if leaf.role == "y":
                yield shapes.expand(place, path)
            if leaf.dtype and leaf.dtype != "float32":
                yield numbers.cast(place, path, "float32")

    def broken(self) -> Iterator[Any]:
        return sound()

    def mended(self) -> Iterator[Any]:
        return ((x, np.repeat(y, 2, axis=1)) for x, y in sound())

    def model(self) -> Any:
        return dense(loss=_of_two_columns)


def _of_two_columns(y: Any, predicted: Any) -> Any:
    """Take a target for a pair, as a loss of one's own may."""
    import keras

    return keras.ops.square(keras.ops.matmul(y, keras.ops.ones((2, 1))) - predicted)


def _fix(failure: Failure, where: str) -> str:
    """Say where to look, as far as that is known: a line of the user's own, a metric, a layer, or the loss."""
    if failure.frame is not None:
        line = f", `{failure.code}`" if failure.code else ""
        return f"Look at {failure.frame}{line}: it is given the batch as above, and does not take it."
    if where == "metrics":
        return "The loss took the batch, a metric does not: compile without the metrics, or with one that fits y."
    if where == "update":
        return "Loss and gradient are sound, the optimizer's update is not: look at the optimizer given to compile."
    if failure.layer:
        return (
            f"Compare what {failure.layer} takes with the batch as above: change what the source yields for it, or "
            f"{failure.layer} in the model."
        )
    return "Compare what the model and its loss take with the batch as above, and change the source or the model."


def _message(place: str, batch: Batch | None, failure: Failure) -> str:
    leaves = f" The batch is {', '.join(str(leaf) for leaf in batch.leaves)}." if batch is not None else ""
    where = f" ({failure.layer})" if failure.layer else ""
    return f"The model raises on {place}{where}: {failure.line}{'' if failure.line.endswith('.') else '.'}{leaves}"
