from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.batches.values import MASKED
from gendiag.records import Finding, Leaf, listed
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import BAD, Rule, sound

HIDDEN = -9999.0  # what stands for "nothing measured" in many files


class MaskLost(Rule):
    """A leaf is a NumPy masked array, and some of its values are masked.

    What fit does
        Makes a tensor of the data beneath the mask, and drops the mask without a word: what was masked, often a number
        such as -9999, is trained on like any other.

    Why it hurts
        Just the values that were marked as not to be used come through, and where they are large they make up most of
        the loss.

    How to mend it
        Fill them before the first yield, ``x.filled(0)`` or with the mean, and give the model the mask as an input of
        its own, or as sample weights for a target.

    Known limits
        Told of what the source yields; a mask lost before is not seen.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title, alters = "mask-lost", "A mask is dropped on the way to the model", True

    def check(self, seen: Evidence) -> Iterator[Finding]:
        for path, column in seen.leaves.items():
            found = {index: leaf for index, leaf in column if leaf.kind == MASKED and _arrives(seen, index, leaf)}
            if found:
                yield self._finding(seen, path, found)

    def _finding(self, seen: Evidence, path: str, found: dict[int, Leaf]) -> Finding:
        index, leaf = next(iter(found.items()))
        spans = "" if leaf.low is None or leaf.high is None else f", which span {leaf.low:.6g}..{leaf.high:.6g}"
        message = (
            f"{path} of {seen.place(index)} is a masked array with masked values; fit drops the mask and trains on the "
            f"data beneath it{spans}{f' ({listed(found)})' if len(found) > 1 else ''}."
        )
        fix = f"Fill what is masked before fit gets it: `{path}.filled(0)`, or another number that is meant."
        return self.finding("warning", message, fix=fix, batches=found, leaf=path)

    def broken(self) -> Iterator[Any]:
        for step, (x, y) in enumerate(sound()):
            x[:, 2] = HIDDEN if step == BAD else x[:, 2]
            yield np.ma.masked_equal(x, HIDDEN), y

    def mended(self) -> Iterator[Any]:
        return ((x.filled(0), y) for x, y in self.broken())


def _arrives(seen: Evidence, index: int, leaf: Leaf) -> bool:
    """Whether a training step was given just the data beneath."""
    given = (delivery.leaf(leaf.path) for delivery in seen.rehearsal.deliveries if delivery.batch == index)
    return any(each is not None and each.digest == leaf.digest for each in given)
