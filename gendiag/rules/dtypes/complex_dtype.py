from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.batches.tree import flatten
from gendiag.batches.values import as_array
from gendiag.records import Batch, Finding, listed
from gendiag.rules.edits import numbers
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.to_type import code
from gendiag.rules.rule import Edits, Rule, sound


class ComplexDtype(Rule):
    """A leaf holds complex numbers, and the model takes real ones.

    What fit does
        Delivers them as they are; the input layer and the loss then cast them to float32, which keeps the real part
        and drops the imaginary one, with a warning of TensorFlow's at most.

    Why it hurts
        Of a spectrum the phase is lost, and half of the values never reach the model.

    How to mend it
        Yield two real channels, ``np.stack([z.real, z.imag], axis=-1)``, or the magnitude, ``np.abs(z)``.

    Known limits
        Told from batches still held; a model with complex inputs, or with a ``train_step`` of its own, is left alone.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0. Keras 3.5.0 refuses them before training: "Invalid dtype".
    """

    name, title = "complex-dtype", "Complex numbers lose their imaginary part"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        found: dict[str, list[int]] = {}
        for batch in seen.batches:
            for path in _cut(seen, batch):
                found.setdefault(path, []).append(batch.index)
        for path, batches in found.items():
            refused = seen.model_raised_at(batches) or _refused_at_start(seen)
            trained = [index for index in batches if seen.trained_on(index)]
            if not refused and not trained:
                continue
            dtype = seen.leaves[path][0][1].dtype
            end = "fit raises there" if refused else "only their real part is trained on"
            message = (
                f"{path} of {listed(batches)} is {dtype} with imaginary parts; the model takes real numbers: {end}."
            )
            both = f"np.stack([{path}.real, {path}.imag], axis=-1)"
            in_graph = f"tf.stack([tf.math.real({path}), tf.math.imag({path})], axis=-1)"
            size = code(seen.source, f"np.abs({path})", f"tf.abs({path})")
            fix = f"Make real numbers of it: {code(seen.source, both, in_graph)} as two channels, or {size}."
            yield self.finding("error" if refused else "warning", message, fix=fix, batches=batches, leaf=path)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        yield numbers.magnitude(at(seen, finding), finding.leaf or "")

    def broken(self) -> Iterator[Any]:
        return ((x + 1j, y) for x, y in sound())

    def mended(self) -> Iterator[Any]:
        return sound()


def _refused_at_start(seen: Evidence) -> bool:
    failure = seen.rehearsal.failure
    return failure is not None and seen.rehearsal.failed_in == "start" and "complex" in failure.line


def _cut(seen: Evidence, batch: Batch) -> list[str]:
    """Paths of complex leaves with an imaginary part that goes to a real input or loss."""
    if not any(leaf.dtype.startswith("complex") for leaf in batch.leaves):
        return []
    real = [leaf for leaf, port in seen.model_facts.fed(batch) if not port.dtype.startswith("complex")]
    real += [leaf for leaf, out in seen.model_facts.scored(batch) if out.loss is not None]
    raw = seen.profile.raw(batch.index) if batch.index in seen.profile.store else ()
    arrays = {part.path: as_array(part.value) for part in flatten(raw)}
    parts = {path: array.imag for path, array in arrays.items() if array is not None and array.dtype.kind == "c"}
    return [leaf.path for leaf in real if bool(np.any(parts.get(leaf.path, 0)))]
