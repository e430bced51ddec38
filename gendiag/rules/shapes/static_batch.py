from __future__ import annotations

import re
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
        measured on keras 3.15.1 / tensorflow 2.21.0: LSTM and GRU raise at a rest of 2 and train on a rest of 1. Built
        for batches of 1 they raise on every source whose batch axis is open: generators, PyDatasets, ``batch(1)``.
    """

    name, title = "static-batch", "The batch size is fixed by the model"
    batchwise = True
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        facts = seen.model_facts
        if facts.stateful and facts.batch_size is None:
            yield from self._undeclared(seen)
        if facts.batch_size is None:
            return
        if facts.stateful and facts.batch_size == 1:
            yield from self._unknown(seen)
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
        is_over = seen.profile.ended == "end" or (seen.source.is_sliced and index > 0)
        last = ", the last one," if is_over and index == seen.batches[-1].index else ""
        message = (
            f"{seen.place(index).capitalize()}{last} has {counted(rows[index], 'sample')}, but the model {why} "
            f"samples (batch_shape).{end}"
        )
        fix = (
            f"Leave out {listed(batches)}: yield only full batches of {size} (`drop_remainder=True` in tf.data), "
            "or pad the rest to that size."
        )
        if seen.source.is_sliced and not seen.evaluates:
            sized = "" if seen.fit_args.get("batch_size") == size else f"Pass `batch_size={size}`. "
            fix = f"{sized}Keep a whole number of batches: `n = len(x) // {size} * {size}`, then `fit(x[:n], y[:n])`."
        return self.finding(severity, message, fix=fix, batches=batches, rows=rows[index], size=size)

    def _undeclared(self, seen: Evidence) -> Iterator[Finding]:
        failure = seen.model_run.failure if seen.model_run is not None else None
        if failure is None or "stateful" not in failure.line or not seen.model_raised_at([0]):
            return
        rows = next((batch.rows for batch in seen.batches if batch.rows), None)
        message = f"The model has a stateful layer and no fixed batch size, so fit raises on batch 0: {failure.line}"
        fix = f"Declare it, `keras.Input(batch_shape=({rows}, ...))`, and yield only batches of {rows} samples."
        yield self.finding("error", message.rstrip(".") + ".", fix=fix, batches=[0], size=None)

    def _unknown(self, seen: Evidence) -> Iterator[Finding]:
        """A state of one sample takes batches of one, and is traced with batches of any size."""
        run, first = seen.model_run, seen.profile.find(0)
        if run is None or run.failure is None or run.steps or first is None or first.rows != 1:
            return
        if not re.search(r"shape \(None, \d", run.failure.line) or not seen.model_raised_at([0]):
            return
        message = (
            "The model has a stateful layer built for batches of 1 sample (batch_shape), and batch 0 has 1; but what "
            f"fit makes of this {seen.source.kind} leaves the size of a batch open (None), so the layer's state "
            "changes its shape while the step is traced, and fit raises."
        )
        known = "`dataset.batch(1, drop_remainder=True)`"
        fix = (
            f"Make the batch axis known: {known} in the place of `batch(1)`."
            if seen.source.is_graph
            else f"Make the batch axis known, which only tf.data and arrays do: {known} over single samples, or an "
            "`output_signature` with shapes that begin with 1."
        )
        yield self.finding("error", message, fix=fix, batches=[0], size=None)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        size, odd = finding.evidence["size"], finding.batches
        if seen.model_facts.batch_size == 1 and not size:
            yield batching.known_size(at(seen, finding), 1)
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
