from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from gendiag.model.facts import Output
from gendiag.records import Finding, Leaf, every
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import held
from gendiag.rules.rule import Rule, dense, sound

LEAST, MOST = 0.02, 0.6  # share of the places with a token: below by chance, above likely by plan (masked words)
LEAST_ROWS, MATRIX = 4, 2
Found = dict[int, tuple[Leaf, Output]]


class IgnoredLabels(Rule):
    """The loss leaves out a label that every sample has, or that samples beside the padding have too.

    What fit does
        ``ignore_class`` takes every place with that label out of the loss and its mean. Where all of them have it, the
        loss is 0 and no weight changes, but for what regularizes it.

    Why it hurts
        Nothing is raised. The class whose number is also that of the padding is never learnt, or nothing is at all.

    How to mend it
        Give what is to be left out a number of its own, such as -1: ``ignore_class=-1``; shift the classes by one where
        0 is the padding.

    Known limits
        Only Keras's own loss. That a class shares its number with the padding is a note: a class may be left out on
        purpose. It is looked for where x are ids of the shape of y, filled up with 0, and is not said of the last place
        of a row (the next token of a text), nor where most places are left out (masked words).

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "ignored-labels", "The loss leaves out labels that may be meant"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        columns: dict[str, Found] = {}
        for batch, leaf, output in seen.scored():
            if output.loss is not None and output.loss.ignored is not None and seen.trained_on(batch.index):
                columns.setdefault(leaf.path, {})[batch.index] = leaf, output
        for path, found in columns.items():
            output = next(iter(found.values()))[1]
            ignored = output.loss.ignored if output.loss is not None else None
            if ignored is None:
                continue
            if all(leaf.low == leaf.high == ignored for leaf, _ in found.values()):
                yield self._all(path, found, ignored)
            elif ignored >= 0 and (padded := _padded(seen, path, list(found), ignored)).tokens:
                yield from self._beside(path, padded, ignored)

    def _all(self, path: str, found: Found, ignored: int) -> Finding:
        message = (
            f"Every label of {path} is {ignored} in {every(len(found))} trained on, and the loss leaves that label out "
            f"(ignore_class={ignored}): its loss is 0, and the model learns nothing from it."
        )
        fix = f"Look at how {path} is made: only places that are to be left out may be {ignored}."
        return self.finding("warning", message, fix=fix, batches=found, leaf=path)

    def _beside(self, path: str, padded: Padded, ignored: int) -> Iterator[Finding]:
        share = padded.ignored / padded.tokens
        if padded.rows < LEAST_ROWS or not LEAST <= share <= MOST:
            return
        message = (
            f"The loss leaves the label {ignored} out (ignore_class={ignored}), which {path} has wherever x is padded "
            f"with 0, and also at {padded.ignored} of the {padded.tokens} places where x is no padding: these are left "
            "out too."
        )
        fix = (
            f"If {ignored} is a class as well, give the padding a label of its own: -1 with `ignore_class=-1`, or "
            "number the classes from 1."
        )
        yield self.finding("note", message, fix=fix, batches=padded.batches, leaf=path)

    def broken(self) -> Iterator[Any]:
        return ((x, np.full(len(x), -1)) for x, _ in sound())

    def mended(self) -> Iterator[Any]:
        return ((x, np.where(x[:, 0] > 1, -1, (x[:, 1] > 0).astype("int64"))) for x, _ in sound())

    def model(self) -> Any:
        import keras

        return dense(2, loss=keras.losses.SparseCategoricalCrossentropy(ignore_class=-1), activation="softmax")


class Padded(NamedTuple):
    """Places of x that are no padding, how many of them are left out, and in how many rows and which batches."""

    tokens: int = 0
    ignored: int = 0
    rows: int = 0
    batches: tuple[int, ...] = ()


def _padded(seen: Evidence, path: str, indices: list[int], ignored: int) -> Padded:
    """Count, in batches whose x is filled up with 0 where y is ``ignored``; nothing where one is not."""
    total, pads = Padded(), 0
    for index in indices:
        arrays = held(seen, index)
        x, y = arrays.get("x"), arrays.get(path)
        if x is None or y is None or x.dtype.kind not in "iu" or x.shape != y.shape or x.ndim != MATRIX:
            return Padded()
        is_token, is_out = x != 0, y == ignored
        behind = np.logical_or.accumulate(is_token[:, ::-1], axis=1)[:, ::-1]  # a token here or further on
        if not np.array_equal(behind, is_token) or not is_out[~is_token].all():
            return Padded()
        last = is_token & ~np.pad(is_token, ((0, 0), (0, 1)))[:, 1:]
        counts = (is_out & is_token & ~last).sum(axis=1)
        pads += int((~is_token).sum())
        total = Padded(
            total.tokens + int(is_token.sum()),
            total.ignored + int(counts.sum()),
            total.rows + int(np.count_nonzero(counts)),
            (*total.batches, index) if counts.any() else total.batches,
        )
    return total if pads else Padded()
