from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.model.facts import Output
from gendiag.records import Finding, Leaf, counted, listed
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import size_of
from gendiag.rules.evidence.to_type import code, give
from gendiag.rules.rule import BAD, Rule, by_leaf, dense, sound

PERCENTAGE = "mean_absolute_percentage_error"


class ZeroTargets(Rule):
    """Targets are 0 under a loss in percent of the target.

    What fit does
        Trains. The loss divides by the size of the target, by 1e-7 at least, so an error of 1 at a target of 0 counts a
        thousand million percent.

    Why it hurts
        The samples with a target of 0 outweigh all others, and the loss that is shown says nothing of these.

    How to mend it
        Use a loss in the target's own unit, ``mse`` or ``mae``; or leave these samples out with a sample weight of 0.

    Known limits
        Only Keras's own loss. Whether a sample weight takes the zeros out is not looked at, so with weights it is
        silent.

    Source
        keras 3.15.1, losses/losses.py; measured on keras 3.15.1 / tensorflow 2.21.0: one target of 0 among 8 gave a
        loss of 1e9 and more.
    """

    name, title = "zero-targets", "Targets of 0 under a loss in percent"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        weighted = any(leaf.role == "sample_weight" for batch in seen.batches for leaf in batch.leaves)
        for found in by_leaf(each for each in seen.scored() if _has_zeros(*each[1:])):
            trained = {index: leaf for index, (leaf, _) in found.items() if seen.trained_on(index)}
            if trained and not weighted:
                yield self._finding(seen, trained)

    def _finding(self, seen: Evidence, found: dict[int, Leaf]) -> Finding:
        index, leaf = next(iter(found.items()))
        message = (
            f"{leaf.zeros} of {counted(size_of(leaf), 'value')} in {leaf.path} of {seen.place(index)} "
            f"{'is' if leaf.zeros == 1 else 'are'} 0 (zeros in "
            f"{listed(found)}); {PERCENTAGE} divides by the target, so these count up to ten million times the others."
        )
        weights = code(seen.source, "(y != 0)", "tf.cast(y != 0, 'float32')").strip("`")
        given = give(seen.source, ["x", "y", weights])
        fix = f"Compile with `loss='mae'` or `loss='mse'`, or give these samples the weight 0: {given}."
        return self.finding("warning", message, fix=fix, batches=found, leaf=leaf.path)

    def broken(self) -> Iterator[Any]:
        return (
            (x, np.abs(y) * (x[:, :1] != x[0, 0]) if step == BAD else np.abs(y)) for step, (x, y) in enumerate(sound())
        )

    def mended(self) -> Iterator[Any]:
        return ((x, np.abs(y)) for x, y in sound())

    def model(self) -> Any:
        return dense(1, loss=PERCENTAGE)


def _has_zeros(leaf: Leaf, output: Output) -> bool:
    return output.loss is not None and output.loss.key == PERCENTAGE and leaf.zeros > 0
