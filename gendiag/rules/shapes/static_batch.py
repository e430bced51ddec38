from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.records import Finding, Severity, counted, listed
from gendiag.rules.edits import batching
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Edits, Rule

STEPS, WIDTH, FIXED = 3, 2, 4


class StaticBatch(Rule):
    """A batch has another number of samples than the model was built for.

    What fit does
        A stateful layer keeps one state per sample of the batch, so it raises at a batch of another size. A batch of
        one sample is broadcast against all the states, and trains. A fixed ``batch_shape`` alone is not enforced.

    Why it hurts
        It is mostly the last batch, so fit fails at the end of the first epoch; with one sample left over, the states
        of all others are overwritten by that sample's, without a word.

    How to mend it
        Yield full batches only: leave the rest out, or ``dataset.batch(4, drop_remainder=True)``. Without
        ``stateful=True`` any batch size does.

    Known limits
        A layer whose own code relies on the batch size is known only by its failure.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0: LSTM and GRU raise at a rest of 2 and train on a rest of 1.
    """

    name, title = "static-batch", "The batch size is fixed by the model"
    batchwise = True

    def check(self, seen: Evidence) -> Iterator[Finding]:
        facts = seen.model_facts
        if facts.stateful and facts.batch_size is None:
            yield from self._undeclared(seen)
        if facts.batch_size is None:
            return
        odd = {b.index: b.rows for b in seen.batches if b.rows and b.rows != facts.batch_size}
        refused = [index for index in odd if seen.refused(index)]
        if seen.model_raised_at(odd):
            yield self._finding(seen, "error", refused, facts.batch_size, odd)
        elif facts.stateful and (ones := [i for i, rows in odd.items() if rows == 1 and seen.trained_on(i)]):
            yield self._finding(seen, "warning", ones, facts.batch_size, odd)

    def _finding(
        self, seen: Evidence, severity: Severity, batches: list[int], size: int, rows: dict[int, int]
    ) -> Finding:
        index = batches[0]
        stateful = seen.model_facts.stateful
        why = f"has a stateful layer built for batches of {size}" if stateful else f"is built for batches of {size}"
        end = " Its one state is broadcast over all." if severity == "warning" else " fit raises there."
        last = ", the last one," if index == seen.batches[-1].index else ""
        message = (
            f"{seen.place(index).capitalize()}{last} has {counted(rows[index], 'sample')}, but the model {why} "
            f"samples (batch_shape).{end}"
        )
        fix = (
            f"Leave out {listed(batches)}: yield only full batches of {size} (`drop_remainder=True` in tf.data), "
            "or pad the rest to that size."
        )
        return self.finding(severity, message, fix=fix, batches=batches, rows=rows[index], size=size)

    def _undeclared(self, seen: Evidence) -> Iterator[Finding]:
        failure = seen.model_run.failure if seen.model_run is not None else None
        if failure is None or "stateful" not in failure.line or not seen.model_raised_at([0]):
            return
        rows = next((batch.rows for batch in seen.batches if batch.rows), None)
        message = f"The model has a stateful layer and no fixed batch size, so fit raises on batch 0: {failure.line}"
        fix = f"Declare it, `keras.Input(batch_shape=({rows}, ...))`, and yield only batches of {rows} samples."
        yield self.finding("error", message.rstrip(".") + ".", fix=fix, batches=[0], size=None)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        size, odd = finding.evidence["size"], finding.batches
        if size:
            lost = sum(batch.rows or 0 for batch in seen.batches if batch.index in odd)
            yield batching.full_batches(at(seen, finding), size, lost)

    def broken(self) -> Iterator[Any]:
        return _sequences(FIXED, FIXED, FIXED, 2)

    def mended(self) -> Iterator[Any]:
        return _sequences(FIXED, FIXED, FIXED)

    def model(self) -> Any:
        import keras

        layers = [keras.Input(batch_shape=(FIXED, STEPS, WIDTH)), keras.layers.LSTM(2, stateful=True)]
        model = keras.Sequential([*layers, keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        return model


def _sequences(*sizes: int) -> Iterator[Any]:
    random = np.random.default_rng(0)
    for size in sizes:
        x = random.normal(size=(size, STEPS, WIDTH)).astype("float32")
        yield x, x[:, 0, :1]
