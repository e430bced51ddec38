from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gendiag.records import Finding, Leaf, listed
from gendiag.rules.edits import numbers
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Edits, Rule, sound

PLAIN = ("list", "scalar")
KNOWN = ("array", "tensor", "ragged", "sparse", "frame", "None", *PLAIN)
# What Keras says of leaves that it takes only at times (keras 3.15).
SAID = {"frame": "'DataFrame' object has no attribute", "sparse": "SparseTensorSpec", "object": "of rank 0"}
OTHER = {
    "frame": ("a pandas DataFrame", ".to_numpy()"),
    "sparse": ("a sparse matrix (fit takes them from a generator, not from a PyDataset)", ".toarray()"),
}


NUMBERED = re.compile(r"\[\d+\]")  # a place in a list


class PythonListLeaf(Rule):
    """A leaf is a Python list, a number or another object where fit wants an array.

    What fit does
        Takes a Python list for nesting, and each number in it for an array without a batch axis; raises before the
        first step. A pandas DataFrame is refused (a Series is taken), and so is a SciPy sparse matrix that comes from a
        PyDataset (from a generator it is taken).

    Why it hurts
        The message speaks of arrays of rank 0, and nobody yielded any.

    How to mend it
        Wrap it: ``np.array(labels)``, ``frame.to_numpy()``, ``matrix.toarray()``. Lists of unequal length must be
        padded first.

    Known limits
        A number yielded for a whole batch (a batch axis that is missing) is told apart by its kind only.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0; AttributeError "'list' object has no attribute 'shape'" on 3.8.0.
    """

    name, title = "python-list-leaf", "A leaf is no array"
    batchwise = True
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        for path, column in seen.leaves.items():
            odd = [(index, leaf) for index, leaf in column if seen.refused(index) and _is_odd(seen, leaf)]
            if odd:
                leaf, batches = odd[0][1], [index for index, _ in odd]
                message = f"{path} of {listed(batches)} is {_what(leaf)}, where fit wants an array with a batch axis."
                yield self.finding("error", message, fix=_fix(leaf), batches=batches, leaf=path)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        place = at(seen, finding)
        yield numbers.as_array(place, [path for path, leaf in place.leaves.items() if leaf.kind == "list"])

    def broken(self) -> Iterator[Any]:
        return ((x, y[:, 0].tolist()) for x, y in sound())

    def mended(self) -> Iterator[Any]:
        return ((x, y[:, 0]) for x, y in sound())


def _is_odd(seen: Evidence, leaf: Leaf) -> bool:
    """Whether fit refuses a leaf of this kind; of those that it takes at times, its message must say so."""
    details = seen.failure.details if seen.failure is not None else ""
    return leaf.kind in PLAIN or any(_is(leaf, kind) and said in details for kind, said in SAID.items())


def _is(leaf: Leaf, kind: str) -> bool:
    if kind == "frame":
        return leaf.kind == kind and len(leaf.shape or ()) > 1
    return leaf.kind == kind or (kind == "object" and leaf.kind not in KNOWN and leaf.shape is None)


def _what(leaf: Leaf) -> str:
    if leaf.kind in OTHER:
        return OTHER[leaf.kind][0]
    if leaf.kind not in PLAIN:
        return f"an object of type {leaf.kind}"
    if leaf.kind == "scalar":
        return f"a single value of type {leaf.dtype}, without a batch axis"
    if leaf.shape is None:
        return "a Python list of lists of unequal length"
    return f"a Python list of {leaf.shape[0]}"


def _fix(leaf: Leaf) -> str:
    if leaf.kind in OTHER:
        return f"Make an array of it: `{leaf.path}{OTHER[leaf.kind][1]}`."
    if leaf.kind not in PLAIN:
        return f"Make an array of it: `np.array(list({leaf.path}))`."
    if leaf.kind == "list" and leaf.shape is None:
        return "Pad them to one length (`keras.utils.pad_sequences`), which also makes an array of them."
    return (
        f"Wrap it in an array: `np.array({NUMBERED.split(leaf.path)[0]})`; "
        "for a single sample add the batch axis, `array[np.newaxis]`."
    )
