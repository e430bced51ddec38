from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.batches.signature import Spec, infer
from gendiag.records import Finding, Leaf, counted, format_shape, listed
from gendiag.rules.edits import shapes, streams
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import BAD, Edits, Rule, sound

TABLE = 2  # axes: rows and columns
ONE_HOT = 2  # different values: 0 and 1


class FeatureShapeDrift(Rule):
    """A dimension other than the batch axis changes, after two batches in which it was equal.

    What fit does
        Fixes every dimension that is equal in the first two batches, and raises at the first batch that breaks it. A
        dimension that differs between batch 0 and batch 1 is free.

    Why it hurts
        The source may be sound: whether it trains depends on whether its first two batches happen to differ.

    How to mend it
        Pad or crop to one size. Where sizes are meant to vary, make the first two batches differ, or state the shape
        yourself with ``tf.data.Dataset.from_generator(..., output_signature=...)``.

    Known limits
        Only what fit itself holds the batch to; what the model wants is ``model-rejects``.

    Source
        keras 3.15.1, generator_data_adapter.py; measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "feature-shape-drift", "A dimension other than the batch axis changes"
    batchwise = True
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        if seen.source.is_graph:  # its own element_spec holds, and fit makes no signature
            return
        specs = infer(seen.batches)
        for path, column in seen.leaves.items():
            spec = specs.get(path)
            if spec is None:
                continue
            odd = [
                (i, leaf) for i, leaf in column if spec.takes_rank(leaf) and not spec.takes(leaf) and seen.refused(i)
            ]
            if odd:
                yield self._finding(seen, path, spec, odd)

    def _finding(self, seen: Evidence, path: str, spec: Spec, odd: list[tuple[int, Leaf]]) -> Finding:
        index, leaf = odd[0]
        message = (
            f"{path} of {seen.place(index)} has shape {format_shape(leaf.shape)}{_columns(leaf.shape)}; the signature "
            f"that fit made from the first two batches is {format_shape(spec.shape)}{_columns(spec.shape)}."
        )
        batches = [i for i, _ in odd]
        return self.finding(
            "error", message, fix=_fix(seen, leaf, batches), batches=batches, leaf=path,
            signature=format_shape(spec.shape), found=format_shape(leaf.shape),
        )  # fmt: skip

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        place = at(seen, finding)
        path = finding.leaf or ""
        batches = seen.validation.batches if finding.in_validation else seen.batches
        met = [leaf.shape for batch in batches for leaf in batch.leaves if leaf.path == path and leaf.shape]
        usual = met[0]
        axes = [axis for axis in range(1, len(usual)) if len({shape[axis : axis + 1] for shape in met}) > 1]
        yield streams.with_signature(place, [(path, axis) for axis in axes])
        if len(axes) == 1 and usual[axes[0]] is not None:
            yield shapes.pad_axis(place, path, axes[0], usual[axes[0]] or 0)

    def broken(self) -> Iterator[Any]:
        return ((np.pad(x, ((0, 0), (0, step == BAD))), y) for step, (x, y) in enumerate(sound()))

    def mended(self) -> Iterator[Any]:
        return sound()


def _columns(shape: tuple[int | None, ...] | None) -> str:
    return f" ({counted(shape[1], 'column')})" if shape and len(shape) == TABLE and shape[1] is not None else ""


def _could_be_one_hot(leaf: Leaf) -> bool:
    return len(leaf.shape or ()) == TABLE and leaf.distinct is not None and leaf.distinct <= ONE_HOT


def _fix(seen: Evidence, leaf: Leaf, batches: list[int]) -> str:
    if leaf.role == "y" and _could_be_one_hot(leaf):
        return "If these are one-hot labels, state the number of classes: `to_categorical(labels, num_classes=...)`."
    stated = "" if seen.source.is_indexed else ", or pass `tf.data.Dataset.from_generator(..., output_signature=...)`"
    return (
        f"Pad or crop {leaf.path} to one size in {listed(batches)}; where sizes are meant to vary, let the first two "
        f"batches differ in that dimension{stated}."
    )
