from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import Any

from gendiag.records import Finding, Leaf, counted, every, listed
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import Column, columns, first_pass, is_image, size_of
from gendiag.rules.rule import BAD, Rule, sound

LEAST_VALUES = 8  # fewer may be equal by chance
NEARLY = 0.99  # of the pixels of an integer image; of 8-bit noise divided by 255 it is 99.6 %
BY_CHANCE = 1e-9  # of a sparse leaf being 0 throughout in one batch
FEW = 0.25  # more blank batches than that are how this leaf is meant
LEAST_OTHERS, LEAST_DISTINCT = 3, 5


class BlankBatches(Rule):
    """An input is 0 everywhere, or one value everywhere, in a whole batch.

    What fit does
        Trains on it: an input without content is an input like any other.

    Why it hurts
        The model learns the labels' mean from it and nothing else. Where every batch is blank, the loss stays where a
        constant answer puts it.

    How to mend it
        Convert to float before dividing: ``x.astype("float32") / 255``. Where single batches are blank, look at how
        these are read: a failed read, or an array made by ``np.zeros`` and never filled.

    Known limits
        Targets are not looked at (empty masks are sound). With several inputs one that is always 0 is taken as meant,
        such as the first state of a decoder, unless it is an image.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0; ``uint8 // 255`` in NumPy 2.4.
    """

    name, title = "blank-batches", "An input is blank: the same value everywhere"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        inputs, ignored = columns(seen, "x"), _ignored(seen)
        for path, whole in inputs.items():
            column = [(index, leaf) for index, leaf in whole if index not in ignored] or whole
            if min(size_of(leaf) for _, leaf in column) < LEAST_VALUES:
                continue
            if _always_zero(column, alone=len(inputs) == 1) or _nearly_zero(column):
                yield self._everywhere(path, column)
            elif blank := _blank(column):
                yield self._somewhere(seen, path, column, blank)
            elif late := _late(seen, column):
                yield self._from_there(seen, path, late)

    def _everywhere(self, path: str, column: Column) -> Finding:
        zeros, total = sum(leaf.zeros for _, leaf in column), sum(size_of(leaf) for _, leaf in column)
        first, high = column[0][1], max(leaf.high or 0 for _, leaf in column)
        share = (
            "every value is 0" if zeros == total else f"{zeros / total:.1%} of the values are 0, the others {high:g}"
        )
        message = f"{path} is blank in {every(len(column))}, from batch 0 on: {share} ({first.dtype}{_why(first)})."
        fix = _fix(first)
        return self.finding(
            "warning", message, fix=fix, batches=[i for i, _ in column], leaf=path, zeros=zeros, values=total
        )

    def _somewhere(self, seen: Evidence, path: str, column: Column, blank: Column) -> Finding:
        index, leaf = blank[0]
        what = "all zeros" if leaf.high == 0 else f"constant, {leaf.high:g} in every value"
        more = f" (and so are {listed(i for i, _ in blank[1:])})" if len(blank) > 1 else ""
        ends = column[-len(blank) :] == blank and len(blank) > FEW * len(column)
        message = (
            f"{seen.place(index).capitalize()}: {path} is blank ({what}){more}; "
            f"the other {len(column) - len(blank)} batches are not."
        )
        fix = (
            f"Look at how {path} of {listed(i for i, _ in blank)} is made: likely a read that failed, "
            "or an array from `np.zeros` that was never filled."
        )
        if ends:
            fix = (
                f"Look at what changes {path} before batch {index}: likely an array that is changed in place or "
                "overwritten between epochs, or a file that was closed. Work on a copy."
            )
        return self.finding("warning", message, fix=fix, batches=[i for i, _ in blank], leaf=path)

    def _from_there(self, seen: Evidence, path: str, late: Column) -> Finding:
        index, leaf = late[0]
        what = "all zeros" if leaf.high == 0 else f"constant, {leaf.high:g} in every value"
        count = counted(len(late), "batch", "batches")
        message = (
            f"From {seen.place(index)} on {path} is blank ({what}) in all {count} that follow; the "
            "first pass is not: likely the data were emptied, overwritten or changed in place after it."
        )
        fix = f"Look at what happens to {path} when a pass is over: keep the data, and change or clear copies only."
        return self.finding("warning", message, fix=fix, batches=[i for i, _ in late], leaf=path)

    def broken(self) -> Iterator[Any]:
        return ((x * 0 if step == BAD else x, y) for step, (x, y) in enumerate(sound()))

    def mended(self) -> Iterator[Any]:
        return sound()


def _why(leaf: Leaf) -> str:
    if "int" not in leaf.dtype:
        return ""
    if is_image(leaf):
        return ", likely an integer division such as `x // 255`"
    return ", likely fractions that were made whole: `pad_sequences` gives int32, and `x // 255` zeros"


def _fix(leaf: Leaf) -> str:
    if "int" in leaf.dtype and not is_image(leaf):
        return (
            "Keep the fractions: `pad_sequences(sequences, dtype='float32')`; convert to float before dividing, "
            "`x.astype('float32') / 255`."
        )
    if "int" not in leaf.dtype:
        return (
            f"Look at how {leaf.path} is made: likely an array from `np.zeros` that was never filled, a read that "
            "failed, or a division of integers before the values were made floats (`x // 255`)."
        )
    return f"Convert {leaf.path} to float before dividing: `{leaf.path}.astype('float32') / 255`."


def _ignored(seen: Evidence) -> set[int]:
    """Batches of padding: all their sample weights are 0."""
    weights = [leaf for column in seen.leaves.values() for leaf in column if leaf[1].role == "sample_weight"]
    return {index for index, leaf in weights if leaf.low == leaf.high == 0}


def _is_blank(leaf: Leaf) -> bool:
    return leaf.low == leaf.high and not (leaf.n_nan or leaf.n_inf)


def _late(seen: Evidence, column: Column) -> Column:
    """Return the batches behind the first pass, where all of them are blank and none of the first pass is."""
    first = {batch.index for batch in first_pass(seen)}
    behind = [(index, leaf) for index, leaf in column if index not in first]
    before = [leaf for index, leaf in column if index in first]
    rich = len(before) >= LEAST_OTHERS and not any(_is_blank(leaf) for leaf in before)
    return behind if rich and len(behind) >= LEAST_OTHERS and all(_is_blank(leaf) for _, leaf in behind) else []


def _always_zero(column: Column, *, alone: bool) -> bool:
    return all(leaf.high == 0 and _is_blank(leaf) for _, leaf in column) and (alone or is_image(column[0][1]))


def _nearly_zero(column: Column) -> bool:
    """What an integer division leaves of images: a few values that are 1, the rest 0."""
    return all(
        is_image(leaf) and "int" in leaf.dtype and leaf.high in {0, 1} and leaf.zeros > NEARLY * size_of(leaf)
        for _, leaf in column
    )


def _blank(column: Column) -> Column:
    """Return the batches that are blank where the others are not, and by more than chance."""
    blank = [(index, leaf) for index, leaf in column if _is_blank(leaf)]
    others = [leaf for _, leaf in column if not _is_blank(leaf)]
    from_there_on = bool(blank) and column[-len(blank) :] == blank  # such as from a later epoch on
    if len(others) < LEAST_OTHERS or (len(blank) > FEW * len(column) and not from_there_on):
        return []
    zeros = max(leaf.zeros / size_of(leaf) for leaf in others)
    rich = median(leaf.distinct or size_of(leaf) for leaf in others) >= LEAST_DISTINCT
    return [
        (index, leaf)
        for index, leaf in blank
        if (zeros ** size_of(leaf) < BY_CHANCE if leaf.high == 0 else rich)
    ]  # fmt: skip
