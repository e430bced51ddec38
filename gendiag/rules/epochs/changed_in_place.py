from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from gendiag.records import Finding, counted
from gendiag.records.finding import Severity
from gendiag.rules.evidence.compounding import Growth, Vanishing, growth, vanishing
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import epoch_of
from gendiag.rules.rule import Rule, sound

SHOWN = 4
PASSES = 3
MILD = 1.99  # a factor nearer to 1 may be a schedule of a generator: pictures made a little darker in each epoch


class ChangedInPlace(Rule):
    """Making a batch changes the data that it is made of, so a sample is another one each time that it comes.

    What fit does
        Trains on what it is given: in epoch 1 on the data as they were meant, in epoch 2 on data changed twice. A
        PyDataset's items 0 and 1 are asked for once more before training, to learn the shapes.

    Why it hurts
        Each epoch is smaller, or larger, than the one before, until nothing is left of the data; epoch 1 looks sound.

    How to mend it
        Change a copy: ``x = x / 255``, not ``x /= 255``. A slice of an array is no copy, but the array itself.

    Known limits
        Told where samples come again multiplied by one and the same factor, and a PyDataset's item also when it is
        asked for twice in a row. A factor that changes with the epoch on purpose, in a generator, looks the same, so it
        says "likely", and is a note where that factor is nearer to 1 than 2. Other changes in place are told by the
        values only.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "changed-in-place", "The data are changed in place, again each time"
    fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"epochs": 3, "steps_per_epoch": 6})

    def check(self, seen: Evidence) -> Iterator[Finding]:
        spot_check = seen.profile.spot_check
        if len(seen.by_epoch) < 2 and not seen.profile.peeks:  # noqa: PLR2004  (passes)
            return
        if spot_check is not None and spot_check.repeatable:  # a hook changes them, once in an epoch
            return
        for leaf in seen.batches[0].leaves if seen.batches else ():
            if leaf.role not in {"x", "y"}:
                continue
            if (grown := growth(seen, leaf.path)) is not None:
                yield self._finding(seen, leaf.path, grown)
            elif (gone := vanishing(seen, leaf.path)) is not None:
                yield self._vanishing(seen, leaf.path, gone)

    def _finding(self, seen: Evidence, path: str, grown: Growth) -> Finding:
        sizes = " -> ".join(f"{size:.4g}" for size in grown.sizes[:SHOWN])
        by = f"{grown.factor:.4g}" if grown.factor > 1 else f"{grown.factor:.4g} (1/{1 / grown.factor:.4g})"
        message = (
            f"{_since(seen, grown)} the source gives its {path} multiplied by {by} once more "
            f"({counted(grown.samples, 'sample')}; the largest number of one of them: {sizes}): likely the data are "
            "changed in place, and changed again each time that they are asked for."
        )
        sign = "/" if grown.factor < 1 else "*"
        fix = (
            f"Change a copy: `{path} = {path} {sign} ...`, not `{path} {sign}= ...`; or take the slice with `.copy()`."
        )
        is_mild = seen.profile.spot_check is None and 1 / MILD < grown.factor < MILD
        severity: Severity = "note" if is_mild else "warning"
        return self.finding(severity, message, fix=fix, batches=grown.batches, leaf=path, factor=grown.factor)

    def _vanishing(self, seen: Evidence, path: str, gone: Vanishing) -> Finding:
        zeros, begins = " -> ".join(map(str, gone.zeros[:SHOWN])), seen.place(gone.batches[0])
        message = (
            f"From {begins} on each batch is the one of the pass before with more values of {path} set to 0 "
            f"(zeros of one of them, pass by pass: {zeros}): likely the data are changed in place, and changed again "
            "each time that they are asked for."
        )
        fix = f"Change a copy: take `{path} = data[rows].copy()` before anything is set in it."
        return self.finding("warning", message, fix=fix, batches=gone.batches, leaf=path)

    def broken(self) -> Iterator[Any]:
        return _halved(in_place=True)

    def mended(self) -> Iterator[Any]:
        return _halved(in_place=False)


def _since(seen: Evidence, grown: Growth) -> str:
    """From when on samples come changed: from an epoch on, where none came twice in the first."""
    first = min(epoch_of(seen, index) for index in grown.batches)
    again = "each time that a sample comes again"
    return again.capitalize() if first <= seen.first_epoch else f"From epoch {first + 1} on, {again},"


def _halved(*, in_place: bool) -> Iterator[Any]:
    x, y = (np.concatenate(part) for part in zip(*sound(), strict=True))
    for _ in range(PASSES):
        for rows in np.split(np.arange(len(x)), 6):
            part = x[rows[0] : rows[-1] + 1]
            if in_place:
                part /= 2
            yield (part if in_place else part / 2), y[rows]
