from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.records import Finding, counted
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import FEATURES, Rule, sound

# Python's own words, and TensorFlow's where the data are one tensor.
UNPACKS = re.compile(r"(too many|not enough) values to unpack \(expected (\d+)")
ITERATES = "Iterating over a symbolic"
STEPS = re.compile(r"in (train_step|test_step)\b")
PARTS = ("x", "y", "sample_weight")


class StepUnpacks(Rule):
    """The model's own ``train_step`` unpacks the batch into another number of parts than were yielded.

    What fit does
        Hands ``train_step`` the batch as it was yielded: ``(x, y)`` has two parts, with sample weights three, and a
        source without labels gives the array itself. What does not unpack raises when the first step is traced.

    Why it hurts
        "Too many values to unpack" is Python's sentence about the line in ``train_step``; the cause is what the source
        yields, or whether fit was given ``class_weight`` or ``sample_weight``, which add a part.

    How to mend it
        Unpack what may come: ``x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)``; or yield as many
        parts as the ``train_step`` unpacks.

    Known limits
        Only where the line that raised is one of the user's own ``train_step`` or ``test_step``.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "step-unpacks", "train_step unpacks another number of parts than the batch has"
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        run = seen.model_run
        if run is None or run.failure is None or "train_step" not in seen.model_facts.own_steps:
            return
        failure, batch = run.failure, seen.profile.find(run.failed_batch)
        said = UNPACKS.search(failure.line) or UNPACKS.search(failure.details)
        is_iterated = ITERATES in failure.line and not _parts(batch)
        step = STEPS.search(failure.frame or "")
        if batch is None or (said is None and not is_iterated) or (failure.frame and step is None):
            return
        roles = tuple(dict.fromkeys(leaf.role for leaf in batch.leaves))
        has = f"{len(roles)} parts ({', '.join(roles)})" if len(roles) > 1 else "x alone, an array and no tuple"
        wanted = f"into {counted(int(said[2]), 'part')}" if said is not None else "into parts"
        name, line = (step[1] if step else "train_step"), f" in `{failure.code}`" if failure.code else ""
        message = (
            f"The model's own {name} unpacks the batch {wanted}{line}, and {seen.place(batch.index)} has {has}: "
            f"{failure.line.rstrip('.')}."
        )
        fix = (
            f"In {name} write `x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)`, which takes one to "
            "three parts, or yield as many parts as it unpacks."
        )
        yield self.finding("error", message, fix=fix, batches=[batch.index], parts=len(roles))

    def broken(self) -> Iterator[Any]:
        return ((x, y, np.ones(len(x), "float32")) for x, y in sound())

    def mended(self) -> Iterator[Any]:
        return sound()

    def model(self) -> Any:
        import keras

        class Own(keras.Model):
            def train_step(self, data: Any) -> dict[str, Any]:
                x, y = data
                logs: dict[str, Any] = super().train_step((x, y))
                return logs

        given = keras.Input((FEATURES,))
        model = Own(given, keras.layers.Dense(1)(given))
        model.compile("sgd", "mse")
        return model


def _parts(batch: Any) -> bool:
    """Whether the batch has more than x."""
    return batch is not None and len({leaf.role for leaf in batch.leaves}) > 1
