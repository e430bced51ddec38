from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

from gendiag.records import Finding, counted
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import Column, columns, epoch_of, first_pass, size_of
from gendiag.rules.evidence.value_range import spread
from gendiag.rules.rule import BAD, Rule, sound

LEAST_BEFORE, LEAST_AFTER = 4, 3  # batches
LEAST_VALUES = 12
SHIFT = 3.0  # spreads within a batch
SCALE = math.log(10)
GAP = 3.0  # times the whole range of what came before
STEP = 0.3  # of the whole change, between two batches; less is growth
LEAST_DISTINCT = 0.5  # of a target's values, else they are classes


class ValueDrift(Rule):
    """From some batch on a leaf is on another level or another scale, and stays there.

    What fit does
        Trains on: nothing compares one batch with another.

    Why it hurts
        What was learnt before is unlearnt, and the loss jumps at a step that no log explains.

    How to mend it
        Look at what changes at that batch: another file in another unit, or data changed in place
        (``x -= x.mean()`` on the data themselves does it again in each epoch).

    Known limits
        The mean must move by 3 spreads of a batch, or the spread by a factor of 10, at once and beyond all that came
        before, in every batch from there to the end of the run or of the first pass. Sorted data of very different
        kinds look the same, so it says "likely".

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "value-drift", "The values change their level or scale, and stay there"
    consequence_of = ("double-scaled", "unscaled", "changed-in-place")

    def check(self, seen: Evidence) -> Iterator[Finding]:
        for path, column in columns(seen, "x", "y").items():
            usable = [(i, leaf) for i, leaf in column if (leaf.std or 0) > 0 and size_of(leaf) >= LEAST_VALUES]
            if len(usable) < len(column) or (column[0][1].role == "y" and not _is_continuous(column)):
                continue
            for part in (column, _of_first_pass(seen, column)):
                if (place := _jump(part)) is not None:
                    yield self._finding(seen, path, part, place)
                    break

    def _finding(self, seen: Evidence, path: str, column: Column, place: int) -> Finding:
        index = column[place][0]
        whole = len(column) == len(seen.leaves[path])
        message = (
            f"From {seen.place(index)} on, {path} is likely on another level or scale: {_change(column, place)}; it "
            f"stays there for all {counted(len(column) - place, 'batch', 'batches')} that follow"
            f"{'' if whole else ' in the first pass'}."
        )
        if epoch_of(seen, index) > 0:
            message += " Epoch 1 was sound."
        fix = (
            f"Look at what changes at batch {index}: another file or unit, or data changed in place "
            f"(write `{path} = {path} - mean`, not `{path} -= mean`)."
        )
        return self.finding("warning", message, fix=fix, batches=[i for i, _ in column[place:]], leaf=path)

    def broken(self) -> Iterator[Any]:
        return ((x * 50 if step > BAD else x, y) for step, (x, y) in enumerate(sound(8)))

    def mended(self) -> Iterator[Any]:
        return sound(8)


def _of_first_pass(seen: Evidence, column: Column) -> Column:
    indices = {batch.index for batch in first_pass(seen)}
    return [(index, leaf) for index, leaf in column if index in indices]


def _change(column: Column, place: int) -> str:
    before, after = spread(leaf for _, leaf in column[:place]), spread(leaf for _, leaf in column[place:])
    if before is None or after is None:  # only where nothing was measured
        return "no figures"
    return (
        f"mean {before.mean:.4g} -> {after.mean:.4g}, standard deviation {before.std:.4g} -> {after.std:.4g}, "
        f"range {before} -> {after}"
    )


def _is_continuous(column: Column) -> bool:
    return all(
        "float" in leaf.dtype and (leaf.distinct is None or leaf.distinct >= LEAST_DISTINCT * size_of(leaf))
        for _, leaf in column
    )


def _jump(column: Column) -> int | None:
    """Return the place from which on every batch is beyond all before it, or None."""
    means = [leaf.mean or 0.0 for _, leaf in column]
    spreads = [math.log(leaf.std or 1.0) for _, leaf in column]
    for place in range(LEAST_BEFORE, len(column) - LEAST_AFTER + 1):
        within = math.exp(median(spreads[:place]))
        if _leaves(means, place, SHIFT * within) or _leaves(spreads, place, SCALE):
            return place
    return None


def _leaves(values: Sequence[float], place: int, least: float) -> bool:
    """Whether all values from ``place`` on are on one side of those before, by ``least`` and by ``GAP`` ranges.

    They must come there at once: what grows from batch to batch, such as the values of a replay buffer, is another
    matter.
    """
    before, after = values[:place], values[place:]
    centre, width = median(before), max(before) - min(before)
    far = max(least, GAP * width)
    at_once = abs(after[0] - before[-1]) >= STEP * abs(median(after) - centre)
    return at_once and (min(after) > centre + far or max(after) < centre - far)
