from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.records import Finding, listed
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import held
from gendiag.rules.rule import BAD, Rule

IDS, STEPS, SHOWN = 9, 5, 4
MEAN = "GlobalAveragePooling1D"  # the sum over the steps that count, by their number (keras 3.5.0 to 3.15.1)


class MaskedSamples(Rule):
    """Every step of a sample is masked: it is all padding.

    What fit does
        An Embedding with ``mask_zero=True`` and a Masking layer tell the layers behind which steps count. Of a sample
        with none a recurrent layer gives its start, whatever the sample; GlobalAveragePooling1D divides 0 by 0, and the
        weights are NaN after that step.

    Why it hurts
        One empty text among thousands is enough, and there is no NaN in the data to be found.

    How to mend it
        Leave such samples out, or give each at least one step that counts, such as a token for "empty".

    Known limits
        Only where the masking layer reads the input itself. NaN is foretold for pooling alone; elsewhere it is a note.

    Source
        keras 3.15.1, layers/pooling/global_average_pooling1d.py; measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "masked-samples", "Every step of a sample is masked"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        found: dict[str, dict[int, list[int]]] = {}
        values: dict[str, float] = {}
        for batch, leaf, port in seen.fed():
            if port.masked is not None and seen.trained_on(batch.index):
                array = held(seen, batch.index).get(leaf.path)
                if array is not None and (rows := _masked(array, port.masked)):
                    found.setdefault(leaf.path, {})[batch.index] = rows
                    values[leaf.path] = port.masked
        for path, by_batch in found.items():
            yield self._finding(seen, path, by_batch, values[path])

    def _finding(self, seen: Evidence, path: str, rows: dict[int, list[int]], value: float) -> Finding:
        lost = seen.model_run.non_finite if seen.model_run is not None else None
        turns = lost in rows and MEAN in seen.model_facts.layers
        index = lost if turns and lost is not None else next(iter(rows))
        which, many = ", ".join(map(str, rows[index][:SHOWN])), len(rows[index]) > 1
        more = ", ..." if len(rows[index]) > SHOWN else ""
        total = sum(map(len, rows.values()))
        is_listed = total == min(len(rows[index]), SHOWN)
        all_of = "" if is_listed else f" ({total} such samples in {listed(rows)})"
        message = (
            f"Sample{'s' if many else ''} {which}{more} of {seen.place(index)} {'hold' if many else 'holds'} nothing "
            f"but {value:g} in {path}, and the model masks each step of that value: none is left{all_of}."
        )
        message += (
            f" {MEAN} divides 0 by 0 there: after the step on it the model's weights or loss are NaN."
            if turns
            else f" By {path} alone the model cannot tell such samples apart."
        )
        fix = (
            "Leave such samples out before they are put into batches, or give each at least one step that is not "
            "masked, such as a token for an empty text."
        )
        batches = [index, *(each for each in rows if each != index)]
        return self.finding("warning" if turns else "note", message, fix=fix, batches=batches, leaf=path, samples=total)

    def broken(self) -> Iterator[Any]:
        return _texts(empty=True)

    def mended(self) -> Iterator[Any]:
        return _texts(empty=False)

    def model(self) -> Any:
        import keras

        layers = [keras.layers.Embedding(IDS, 3, mask_zero=True), keras.layers.GlobalAveragePooling1D()]
        model = keras.Sequential([keras.Input((STEPS,)), *layers, keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        return model


def _masked(array: Any, value: float) -> list[int]:
    """Rows that hold nothing but this value."""
    rows = array.reshape(len(array), -1)
    return [int(row) for row in np.flatnonzero((rows == value).all(axis=1))] if rows.shape[1] else []


def _texts(*, empty: bool) -> Iterator[Any]:
    random = np.random.default_rng(0)
    for step in range(6):
        x = random.integers(1, IDS, (4, STEPS))
        x[1, 3:] = 0
        if empty and step == BAD:
            x[2] = 0
        yield x, x[:, :1].astype("float32") / IDS
