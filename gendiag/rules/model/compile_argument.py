from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gendiag.records import Finding
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import FEATURES, Rule, dense, sound


class CompileArgument(Rule):
    """compile was given something that is no number as ``loss_weights``: mostly the metrics, by position.

    What fit does
        Multiplies the loss with it, while the first step is traced, and raises about a dtype. The data are sound.

    Why it hurts
        The message speaks of types and names neither compile nor the argument.

    How to mend it
        Name the arguments: ``model.compile(optimizer, loss, metrics=["accuracy"])``. The third one by position is
        ``loss_weights`` in Keras 3, and was ``metrics`` in Keras 2.

    Known limits
        Only loss_weights are looked at.

    Source
        keras 3.15.1, trainers/trainer.py; measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "compile-argument", "compile takes an argument for another one"
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        given, run = seen.model_facts.loss_weights, seen.model_run
        if not given or run is None or run.failed_batch is None or run.steps:
            return
        message = (
            f"The model raises on {seen.place(run.failed_batch)} because compile was given {given} as loss_weights, "
            "its third argument by position in Keras 3 (metrics in Keras 2). The batch itself is not at fault."
        )
        fix = f"Name the argument: `model.compile(optimizer, loss, metrics={given})`."
        yield self.finding("error", message, fix=fix, batches=[run.failed_batch], given=given)

    def broken(self) -> Iterator[Any]:
        return sound()

    def mended(self) -> Iterator[Any]:
        return sound()

    def model(self) -> Any:
        import keras

        model = keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse", ["mae"])
        return model

    def mended_model(self) -> Any:
        return dense()
