from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.records import Finding, Severity, listed
from gendiag.rules.edits import numbers
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import held
from gendiag.rules.evidence.to_type import code
from gendiag.rules.rule import BAD, Edits, Rule, sound

LEAST_SHARE, LEAST_DISTINCT = 0.2, 8  # of the weights below 0, for advantages; different ones among these


class NegativeWeights(Rule):
    """sample_weight holds values below 0.

    What fit does
        Multiplies each loss with its weight whatever the sign, so the loss of these samples is made larger.

    Why it hurts
        The model is trained away from their labels, and the loss has no lower bound: it falls for ever.

    How to mend it
        Use 0 for samples to be left out, and check how the weights are computed.

    Known limits
        Some training is meant so, such as policy gradients weighted by an advantage: a note where many different
        weights lie on both sides of 0.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "negative-weights", "Sample weights below 0"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        for path, column in seen.leaves.items():
            odd = {i: leaf for i, leaf in column if leaf.role == "sample_weight" and (leaf.low or 0) < 0}
            trained = [index for index in odd if seen.trained_on(index)]
            if not trained:
                continue
            lowest = min(odd[index].low or 0.0 for index in trained)
            is_advantage = _are_advantages(seen, path)
            meant = "as is meant where they are advantages" if is_advantage else "likely not meant"
            message = (
                f"{path} goes down to {lowest:g} in {listed(trained)}: on such samples fit trains away from "
                f"the label, {meant}."
            )
            positive = code(seen.source, f"np.maximum({path}, 0)", f"tf.maximum({path}, 0)")
            fix = f"Use a weight of 0 for samples to be left out: {positive}."
            severity: Severity = "note" if is_advantage else "warning"
            yield self.finding(severity, message, fix=fix, batches=trained, leaf=path, lowest=lowest)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        yield numbers.not_negative(at(seen, finding), finding.leaf or "sample_weight")

    def broken(self) -> Iterator[Any]:
        return ((x, y, np.where(np.arange(len(x)) == step - BAD, -1.0, 1.0)) for step, (x, y) in enumerate(sound(5)))

    def mended(self) -> Iterator[Any]:
        return ((x, y, np.ones(len(x))) for x, y in sound(5))


def _are_advantages(seen: Evidence, path: str) -> bool:
    """Whether many different weights lie on both sides of 0, as returns less a baseline do."""
    parts = [part.reshape(-1) for batch in seen.batches if (part := held(seen, batch.index).get(path)) is not None]
    every = np.concatenate(parts) if parts else np.zeros(0)
    below = every[every < 0]
    is_even = LEAST_SHARE <= len(below) / max(1, len(every)) <= 1 - LEAST_SHARE
    return is_even and len(np.unique(below)) >= LEAST_DISTINCT
