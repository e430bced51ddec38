from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.records import Finding, Leaf
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.value_range import spread
from gendiag.rules.rule import FEATURES, Rule, sound

SAID = ("not initialized", "adapt", "vocabulary")
FAR = 3.0  # times the spread from mean 0, or of 1: else there is nothing to normalize


class NotAdapted(Rule):
    """A preprocessing layer was to learn from the data with ``adapt``, and never did.

    What fit does
        A StringLookup, TextVectorization or Discretization without a vocabulary raises at the first step. A
        Normalization begins with mean 0 and variance 1, and hands its input on as it is.

    Why it hurts
        "Table not initialized" names no cause. A Normalization that does nothing is not told at all: the model trains
        on the numbers as they come.

    How to mend it
        Call ``layer.adapt(data)`` with the training inputs before fit, or give what it is to know when it is made:
        ``vocabulary=``, ``mean=`` and ``variance=``, ``bin_boundaries=``.

    Known limits
        A Normalization is looked at only where it reads an input itself, and where that input is far from mean 0 and
        variance 1.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "not-adapted", "A preprocessing layer was never adapted"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        if seen.model_run is None:
            return
        failure = seen.model_run.failure
        for name, kind in seen.model_facts.unadapted:
            if kind == "Normalization":
                yield from self._normalization(seen, name)
            elif failure is not None and any(word in failure.line for word in SAID):
                index = seen.model_run.failed_batch
                place = "the first batch" if index is None else seen.place(index)
                message = (
                    f"The layer {name!r} ({kind}) has learned nothing yet, so the model raises on "
                    f"{place}, as it would on any: {failure.line.rstrip('.')}."
                )
                given = "bin_boundaries" if kind == "Discretization" else "vocabulary"
                fix = (
                    f"Call `model.get_layer({name!r}).adapt(x)` with the training inputs before fit, or give the layer "
                    f"`{given}=` when it is made."
                )
                yield self.finding("error", message, fix=fix, batches=() if index is None else [index], layer=name)
                return

    def _normalization(self, seen: Evidence, name: str) -> Iterator[Finding]:
        leaves = [leaf for column in seen.leaves.values() for index, leaf in column if _is_input(leaf, seen, index)]
        whole = spread(leaves)
        if whole is None or (abs(whole.mean) <= FAR * whole.std and 1 / FAR <= whole.std <= FAR):
            return
        message = (
            f"The layer {name!r} (Normalization) was never adapted: its mean is 0 and its variance 1, so it hands "
            f"{leaves[0].path} of every batch on as it is, {whole} (mean {whole.mean:.3g}, spread {whole.std:.3g})."
        )
        fix = (
            f"Call `model.get_layer({name!r}).adapt(x)` with the training inputs before fit, or give it `mean=` and "
            "`variance=`."
        )
        yield self.finding("warning", message, fix=fix, leaf=leaves[0].path, layer=name)

    def broken(self) -> Iterator[Any]:
        return ((x * 50 + 100, y) for x, y in sound())

    def mended(self) -> Iterator[Any]:
        return ((x * 50 + 100, y) for x, y in sound())

    def model(self) -> Any:
        return _model()

    def mended_model(self) -> Any:
        return _model(mean=100.0, variance=2500.0)


def _model(**known: float) -> Any:
    import keras

    layers = [keras.layers.Normalization(axis=None, **known), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((FEATURES,)), *layers])
    model.compile(keras.optimizers.SGD(1e-6), "mse")
    return model


def _is_input(leaf: Leaf, seen: Evidence, index: int) -> bool:
    return leaf.role == "x" and leaf.mean is not None and np.isfinite(leaf.mean) and seen.trained_on(index)
