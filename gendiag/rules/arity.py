"""arity."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gendiag.evidence import Evidence
from gendiag.records import Finding
from gendiag.rules.base import Rule, sound
from gendiag.tree import ROLES


class Arity(Rule):
    """A batch has no element, or more than x, y and sample_weight.

    What fit does
        Takes a tuple of any length from the source, and raises a ValueError in the first training step, where it is
        unpacked into x, y and sample_weight.

    Why it hurts
        The message comes from inside the traced ``train_step`` and names neither batch nor generator.

    How to mend it
        Yield at most three elements. Several inputs belong together in one tuple or dict: ``yield (a, b), y``.

    Known limits
        A dataset with a ``train_step`` of its own may take more elements; then fit does not raise, and nothing is said.

    Source
        keras 3.15.1, data_adapter_utils.unpack_x_y_sample_weight; measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "arity", "A batch has too few or too many elements"
    batchwise = True

    def check(self, seen: Evidence) -> Iterator[Finding]:
        first = next((batch for batch in seen.batches if batch.index == 0), None)
        if first is None or not seen.refused(0) or not first.structure.startswith("("):
            return
        extra = sorted({leaf.path.split("]")[0] + "]" for leaf in first.leaves if leaf.role == "batch"})
        count = len(ROLES) + len(extra) if extra else 0 if not first.leaves else None
        if count is None:
            return
        message = f"Batch 0 is a tuple of {count} elements, {first.structure}; fit knows three: x, y, sample_weight."
        fix = "Put several inputs into one tuple or dict: `yield (a, b), y`, one batched array per input."
        yield self.finding("error", message, fix=fix, batches=[0], elements=count)

    def broken(self) -> Iterator[Any]:
        return ((x, y, y[:, 0] * 0 + 1, y) for x, y in sound())

    def mended(self) -> Iterator[Any]:
        return ((x, y, y[:, 0] * 0 + 1) for x, y in sound())
