from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.records import Finding
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Rule, dense, sound
from gendiag.sources.dataset_chain import zipped


class CounterAsX(Rule):
    """``enumerate`` put a number in front, so that x is the number and y holds what was meant for x and y.

    What fit does
        Takes the first element for x and the second for y, whatever they are.

    Why it hurts
        The error is about the shape of x, which is the counter.

    How to mend it
        Take the number out again: ``dataset.map(lambda number, batch: batch)``.

    Known limits
        Said only where the model raised on it.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "counter-as-x", "x is the number that enumerate puts in front"
    batchwise = True
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        if not seen.source.is_graph or not seen.batches or not _counts(seen.source.value):
            return
        first = seen.batches[0]
        x = next((leaf for leaf in first.leaves if leaf.path == "x"), None)
        inside = [leaf for leaf in first.leaves if leaf.path.startswith("y[")]
        if x is None or not inside or not x.dtype.startswith("int") or not seen.model_raised_at([first.index]):
            return
        message = (
            f"Batch 0 is {first.structure}: x is a counter ({x}), which `enumerate` puts in front, and y holds both "
            f"x and y ({', '.join(str(leaf) for leaf in inside)})."
        )
        fix = "Take the number out: `dataset.map(lambda number, batch: batch)`, or leave `enumerate()` out."
        yield self.finding("error", message, fix=fix, batches=[first.index], leaf="x")

    def broken(self) -> Any:
        return _batches().enumerate()

    def mended(self) -> Any:
        return _batches().enumerate().map(lambda _number, batch: batch)

    def model(self) -> Any:
        return dense()


def _batches() -> Any:
    import tensorflow as tf

    x, y = (np.concatenate(part) for part in zip(*sound(), strict=True))
    return tf.data.Dataset.from_tensor_slices((x, y)).batch(4)


def _counts(dataset: Any) -> bool:
    """Whether the first part of its zip gives whole numbers, one at a time."""
    spec = getattr(next(iter(zipped(dataset)), None), "element_spec", None)
    return getattr(getattr(spec, "shape", None), "rank", None) == 0 and getattr(spec, "dtype", None) == "int64"
