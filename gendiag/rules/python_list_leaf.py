"""python-list-leaf."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gendiag.evidence import Evidence
from gendiag.records import Finding, Leaf
from gendiag.rules.base import Rule, listed, sound

PLAIN = ("list", "scalar")


class PythonListLeaf(Rule):
    """A leaf is a Python list or number where fit wants an array.

    What fit does
        Takes a Python list for nesting, and each number in it for an array without a batch axis; raises before the
        first step.

    Why it hurts
        The message speaks of arrays of rank 0, and nobody yielded any.

    How to mend it
        Wrap it: ``np.array(labels)``. Lists of unequal length must be padded first.

    Known limits
        A number yielded for a whole batch (a batch axis that is missing) is told apart by its kind only.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0; AttributeError "'list' object has no attribute 'shape'" on 3.8.0.
    """

    name, title = "python-list-leaf", "A leaf is a Python list or number"
    batchwise = True

    def check(self, seen: Evidence) -> Iterator[Finding]:
        for path, column in seen.leaves.items():
            odd = [(index, leaf) for index, leaf in column if leaf.kind in PLAIN and seen.refused(index)]
            if odd:
                leaf, batches = odd[0][1], [index for index, _ in odd]
                message = f"{path} of {listed(batches)} is {_what(leaf)}, where fit wants an array with a batch axis."
                yield self.finding("error", message, fix=_fix(leaf), batches=batches, leaf=path)

    def broken(self) -> Iterator[Any]:
        return ((x, y[:, 0].tolist()) for x, y in sound())

    def mended(self) -> Iterator[Any]:
        return ((x, y[:, 0]) for x, y in sound())


def _what(leaf: Leaf) -> str:
    if leaf.kind == "scalar":
        return f"a single value of type {leaf.dtype}, without a batch axis"
    if leaf.shape is None:
        return "a Python list of lists of unequal length"
    return f"a Python list of {leaf.shape[0]}"


def _fix(leaf: Leaf) -> str:
    if leaf.kind == "list" and leaf.shape is None:
        return "Pad them to one length (`keras.utils.pad_sequences`), which also makes an array of them."
    return (
        f"Wrap it in an array: `np.array({leaf.path.split('[')[0]})`; "
        "for a single sample add the batch axis, `array[np.newaxis]`."
    )
