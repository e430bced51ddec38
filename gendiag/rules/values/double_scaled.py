from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.records import Finding, every, listed
from gendiag.rules.edits import numbers
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import Column, columns, is_image
from gendiag.rules.evidence.value_range import Spread, spread
from gendiag.rules.rule import BAD, Edits, Rule

LEAST_VALUES = 24
LEAST_SHRINK, MOST_SHRINK = 200, 320  # of the spread, where a division by 255 was done again
LEAST_DIVISOR = 100  # of a Rescaling layer: 1 / 255 and 1 / 127.5
NARROW, EDGE = 2 / 127.5, 0.02  # the width of 0..255 after / 127.5 - 1 was done twice; how near to -1 it lies


class DoubleScaled(Rule):
    """Images are divided by 255 twice.

    What fit does
        Trains on them: 0..0.0039 are numbers like any other.

    Why it hurts
        The inputs are nearly 0, and the gradients of the first layer are 255 times smaller than with 0..1; training
        hardly moves.

    How to mend it
        Scale in one place only: in the source, or in a Rescaling layer, or by ``ImageDataGenerator(rescale=...)``.
        ``x /= 255`` changes the data themselves, so the next epoch divides them again: write ``x = x / 255``.

    Known limits
        Told from the range, so it says "likely". In all batches alike it is told of images only (four axes, 1, 3 or 4
        channels), and of a Rescaling layer only where the model has one input.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "double-scaled", "Values are divided by 255 twice"
    consequence_of = ("changed-in-place",)

    def check(self, seen: Evidence) -> Iterator[Finding]:
        for path, column in columns(seen, "x").items():
            whole = spread(leaf for _, leaf in column)
            if whole is None or whole.values < LEAST_VALUES:
                continue
            if is_image(column[0][1]) and whole.is_twice:
                yield self._always(path, column)
            elif is_image(column[0][1]) and _is_at_minus_one(whole):
                yield self._stretch(path, column)
            elif is_image(column[0][1]) and whole.is_unit and _divides(seen):
                yield self._in_the_model(seen, path, column)
            elif late := _again(column):
                yield self._late(seen, path, column, late)

    def _always(self, path: str, column: Column) -> Finding:
        message = (
            f"{path} spans {spread(leaf for _, leaf in column)} in {every(len(column))}: that is 0..1/255, "
            "so images of 0..255 were likely divided by 255 twice (double scaled)."
        )
        fix = f"Divide {path} by 255 once: leave out one of `/ 255`, `rescale=1/255` and a Rescaling layer."
        return self.finding("warning", message, fix=fix, batches=[i for i, _ in column], leaf=path)

    def _stretch(self, path: str, column: Column) -> Finding:
        message = (
            f"{path} spans {spread(leaf for _, leaf in column)} in {every(len(column))}, a narrow stretch at -1: "
            "images that were scaled already were likely scaled by `/ 127.5 - 1` again (double scaled)."
        )
        fix = f"Scale {path} once: `{path} / 127.5 - 1` of 0..255 gives -1..1; leave the other scaling out."
        return self.finding("warning", message, fix=fix, batches=[i for i, _ in column], leaf=path, stretch=True)

    def _in_the_model(self, seen: Evidence, path: str, column: Column) -> Finding:
        whole, by = spread(leaf for _, leaf in column), seen.model_facts.rescaling or 0.0
        message = (
            f"{path} spans {whole} in {every(len(column))}, and a Rescaling layer of the model multiplies by "
            f"{by:.4g} (1/{1 / by:.4g}) again, so that hardly anything is left: images of 0..255 are likely scaled "
            "twice, in the source and in the model."
        )
        fix = f"Scale once: leave `/ 255` out in the source, so that {path} spans 0..255, or the Rescaling layer."
        return self.finding("warning", message, fix=fix, batches=[i for i, _ in column], leaf=path, rescaling=by)

    def _late(self, seen: Evidence, path: str, column: Column, late: list[int]) -> Finding:
        these = spread(leaf for index, leaf in column if index in late)
        others = spread(leaf for index, leaf in column if index not in late)
        where = f"From {seen.place(late[0])} on, in {listed(late)}," if len(late) > 1 else f"In {seen.place(late[0])}"
        message = (
            f"{where} {path} spans {these} where it spans {others} before: "
            "the values are likely divided by 255 twice, or again in each epoch."
        )
        fix = f"Do not change the data in place: write `{path} = {path} / 255` instead of `{path} /= 255`; scale once."
        return self.finding("warning", message, fix=fix, batches=late, leaf=path, late=str(these), before=str(others))

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        if finding.evidence.get("stretch"):
            yield numbers.scale(at(seen, finding), finding.leaf or "", "* 127.5 + 127.5")
        elif len(finding.batches) == len(seen.batches):
            yield numbers.scale(at(seen, finding), finding.leaf or "", "* 255")

    def broken(self) -> Iterator[Any]:
        return ((x / 255 if step >= BAD else x, y) for step, (x, y) in enumerate(self.mended()))

    def mended(self) -> Iterator[Any]:
        random = np.random.default_rng(0)
        return ((x := random.random((8, 3)), x[:, :1]) for _ in range(6))


def _is_at_minus_one(whole: Spread) -> bool:
    """Whether all of it lies in a stretch at -1 that is as narrow as a second ``/ 127.5 - 1`` makes it."""
    return abs(whole.low + 1) < EDGE and 0 < whole.high - whole.low <= NARROW * 1.02


def _divides(seen: Evidence) -> bool:
    """Whether the model divides its only input by about 255, or by 127.5."""
    facts = seen.model_facts
    return len(facts.inputs) == 1 and facts.rescaling is not None and 0 < facts.rescaling <= 1 / LEAST_DIVISOR


def _again(column: Column) -> list[int]:
    """Return the batches within 0..1/255 where all others, the first among them, are on 0..1."""
    spreads = {index: spread([leaf]) for index, leaf in column}
    twice = [index for index, leaf in column if (leaf.high or 1) <= 1 / LEAST_SHRINK and leaf.std]
    others = [s for index, s in spreads.items() if index not in twice and s is not None]
    if not twice or not others or twice[0] == column[0][0] or not all(s.is_unit and s.low >= 0 for s in others):
        return []
    usual = spread(leaf for index, leaf in column if index not in twice)
    after = spreads[twice[0]]
    if usual is None or after is None or min(usual.values, after.values) < LEAST_VALUES:
        return []
    return twice if LEAST_SHRINK <= usual.std / after.std <= MOST_SHRINK else []
