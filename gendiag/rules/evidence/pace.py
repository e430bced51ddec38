"""How far a run brought the loss, against what an answer of 0 everywhere gives, and where that leads by its end."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gendiag.model.facts import Output
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import held

SQUARED, ABSOLUTE = "mean_squared_error", ("mean_absolute_error", "huber", "log_cosh")
MOST_READ = 40  # batches
BINARY, CLASSES = "binary_crossentropy", ("sparse_categorical_crossentropy", "categorical_crossentropy")


@dataclass(frozen=True, slots=True)
class Pace:
    """The loss of a run.

    Attributes
    ----------
    first, last
        Mean over the first and over the last third of what was measured.
    idle
        Loss of a model that has learnt nothing: that answers 0, or every class alike.
    steps, planned
        How many steps were measured, and how many fit was asked for.
    """

    first: float
    last: float
    idle: float
    steps: int
    planned: int

    @property
    def way(self) -> float:
        """Share of the idle loss that would be gone at the end of fit, if it went on as it did."""
        return max(0.0, 1 - self.last / self.idle) * max(1.0, self.planned / self.steps)

    def ends_above(self, loss: float) -> bool:
        """Whether it is above ``loss`` at the end of fit, if it falls on by the same factor a step."""
        if self.last <= 0:
            return False
        rate = math.log(max(1.0, self.first / self.last)) / max(1.0, self.steps * 2 / 3)
        return math.log(self.last) - rate * (self.planned - self.steps) > math.log(loss)


def pace(seen: Evidence, output: Output) -> Pace | None:
    """Return the pace where the model has one output with a loss of Keras's own and no weights; else None."""
    run, role = seen.model_run, {leaf.role for batch in seen.batches[:1] for leaf in batch.leaves}
    if run is None or run.failure is not None or run.turned_non_finite or not seen.by_epoch:
        return None
    losses = [loss for loss in run.losses or run.epoch_losses if math.isfinite(loss)]
    if not losses or "sample_weight" in role or "class_weight" in seen.fit_args or len(seen.model_facts.outputs) != 1:
        return None
    idle = _idle(seen, output)
    third = max(1, len(losses) // 3)
    steps = len(losses) if run.losses else run.steps
    planned = max(steps, len(seen.by_epoch[0]) * seen.rehearsal.epochs)
    if not idle or not steps:
        return None
    return Pace(float(np.mean(losses[:third])), float(np.mean(losses[-third:])), idle, steps, planned)


def _idle(seen: Evidence, output: Output) -> float | None:
    key = output.loss.key if output.loss is not None else ""
    if key == BINARY:
        return math.log(2)
    if key in CLASSES:
        return math.log(output.channels) if output.channels and output.channels > 1 else None
    given = [held(seen, batch.index).get(output.path) for batch in seen.batches[:MOST_READ]]
    numbers = [each.astype("float64").reshape(-1) for each in given if each is not None and each.dtype.kind in "iuf"]
    if not numbers or key not in (SQUARED, *ABSOLUTE):
        return None
    values = np.concatenate(numbers)
    values = values[np.isfinite(values)]
    return float(np.mean(values**2 if key == SQUARED else np.abs(values))) if values.size else None
