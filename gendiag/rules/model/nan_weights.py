from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.records import Finding
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Rule, dense, sound


class NanWeights(Rule):
    """The model holds NaN, or infinity, in its weights before the first step.

    What fit does
        Trains on, whatever the data: each output that such a weight takes part in is NaN, the loss with it, and from
        the first step on every weight that has a gradient.

    Why it hurts
        The data are searched for NaN, and there is none: an earlier fit has destroyed the weights, and a notebook keeps
        the model from cell to cell. Lowering the learning rate or repairing the data changes nothing by then.

    How to mend it
        Make the model anew, or load the weights of before; then fit again, with what destroyed them put right.

    Known limits
        Told by the weights as they are when the diagnosis, or the recorded fit, begins. Infinity in a weight that is
        not trained may be meant, as in a mask.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "nan-weights", "The model's weights are NaN or infinite before fit begins"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        run = seen.model_run
        if run is None or not run.lost_before:
            return
        message = (
            f"The weight {run.lost_before!r} of the model holds NaN or infinity before the first step: what it was "
            "trained on before, or a file that it was loaded from, has destroyed it. Whatever the batches are, the "
            "loss is NaN."
        )
        fix = (
            "Make the model anew (run the cell that builds and compiles it), or load earlier weights; then diagnose "
            "the source again with that model, to see what destroys them."
        )
        yield self.finding("warning", message, fix=fix, weight=run.lost_before)

    def broken(self) -> Iterator[Any]:
        return sound()

    def mended(self) -> Iterator[Any]:
        return sound()

    def model(self) -> Any:
        model = dense()
        model.layers[-1].bias.assign(np.array([np.nan], "float32"))
        return model

    def mended_model(self) -> Any:
        return dense()
