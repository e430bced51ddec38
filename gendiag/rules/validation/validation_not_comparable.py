from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from gendiag.records import Delivery, Finding, Severity, counted, listed
from gendiag.rules.edits import streams
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import period
from gendiag.rules.rule import Edits, Rule, sound

STEPS, TWO = 4, 2


def _endless() -> Iterator[Any]:
    while True:
        yield from ((x + 1, y) for x, y in sound())


class ValidationNotComparable(Rule):
    """Each epoch is validated on other batches.

    What fit does
        Begins each evaluation of a generator with the two batches that it read to learn the shapes, and goes on where
        the generator stands. So an endless one with ``validation_steps`` gives each epoch other batches, and these two
        in all of them, even where validation_steps is exactly one pass. A ``tf.data.Dataset`` is read from its start
        (see split-reshuffled).

    Why it hurts
        val_loss goes up and down with the batches and not with the model; the "best" epoch is the one with the easiest
        data, and EarlyStopping and ModelCheckpoint follow it.

    How to mend it
        Validate on what is read from the start each time: arrays, a PyDataset, a ``tf.data.Dataset``.

    Known limits
        A note where each evaluation is as long as whole passes of a generator that repeats itself: it then draws from
        one set of samples, and has some twice and others not. Which batches a later epoch gets depends on how far fit
        read ahead, and differs from run to run. A finite generator is another fault (exhausted).

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "validation-not-comparable", "Each epoch is validated on other batches"

    @property
    def fit_args(self) -> Mapping[str, Any]:  # type: ignore[override]  # a generator of its own for each fit
        return {"epochs": 3, "steps_per_epoch": 2, "validation_data": _endless(), "validation_steps": STEPS}

    @property
    def mended_fit_args(self) -> Mapping[str, Any]:  # type: ignore[override]
        arrays = tuple(np.concatenate(part) + 1 for part in zip(*sound(), strict=True))
        return {"epochs": 3, "steps_per_epoch": 2, "validation_data": arrays}

    def check(self, seen: Evidence) -> Iterator[Finding]:
        source = seen.validation_source
        if source is None or seen.failure is not None or seen.never_ends:
            return
        if source.one_shot:
            yield from self._goes_on(seen)

    def _goes_on(self, seen: Evidence) -> Iterator[Finding]:
        """A generator that was not read to its end: a later epoch is validated on other batches than the first."""
        epochs = [Counter(step.digests for step in steps) for steps in _whole(seen)]
        if len(epochs) < TWO or len({epoch.total() for epoch in epochs}) != 1 or not all(map(all, epochs[0])):
            return
        steps, length = epochs[0].total(), period(seen.validation.batches)
        other = next((number for number, epoch in enumerate(epochs) if epoch != epochs[0]), None)
        # How far fit read ahead decides with which batches the next one goes on, so equal ones may be chance.
        is_chance = other is None and not _is_same_anyway(seen, steps, length)
        if other is not None or (is_chance and seen.validation.ended == "fit"):
            yield self._other_batches(seen, other, steps, length, epochs)

    def _other_batches(
        self, seen: Evidence, epoch: int | None, steps: int, length: int | None, epochs: list[Counter[tuple[str, ...]]]
    ) -> Finding:
        common = None if epoch is None else (epochs[0] & epochs[epoch]).total()
        measured = (
            "with which batch it goes on depends on how far fit has read ahead (here all epochs happened to get the "
            "same ones)"
            if epoch is None
            else f"of the {counted(steps, 'batch', 'batches')} that epoch {seen.first_epoch + 1} is validated on, "
            f"epoch {seen.first_epoch + epoch + 1} has "
            f"{common} again ({_batches(seen, 0)}; then {_batches(seen, epoch)})"
        )
        message = (
            f"validation_data is a generator that goes on where it stopped: {measured}. val_loss of different epochs "
            "is of different data and cannot be compared."
        )
        fix = "Validate on what is read from the start in each epoch: arrays, a PyDataset, a tf.data.Dataset" + (
            f"; its pass has {length} batches, validation_steps={steps}." if length else "."
        )
        is_one_set = length is not None and steps % length == 0  # the same samples, some of them twice and some missing
        severity: Severity = "note" if is_one_set else "warning"
        return self.finding(severity, message, fix=fix, source="validation", steps=steps, period=length)

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        length, steps = finding.evidence["period"], finding.evidence["steps"]
        place = at(seen, finding)
        if length:
            yield streams.kept(place, length, steps=None)
        yield streams.kept(place, steps, costs="" if length == steps else f"evaluates on the first {steps} batches")

    def broken(self) -> Iterator[Any]:
        return sound()

    def mended(self) -> Iterator[Any]:
        return sound()  # the fault is in fit_args


def _whole(seen: Evidence) -> tuple[tuple[Delivery, ...], ...]:
    """Evaluations that came to their end."""
    is_cut = seen.rehearsal.ended not in {"finished", "epochs"}
    return seen.validation_by_epoch[: -1 if is_cut else None]


def _batches(seen: Evidence, epoch: int) -> str:
    found = [delivery.batch for delivery in seen.validation_by_epoch[epoch] if delivery.batch is not None]
    return f"epoch {seen.first_epoch + epoch + 1}: {listed(found)}"


def _is_same_anyway(seen: Evidence, steps: int, length: int | None) -> bool:
    """Whether every evaluation has the same batches wherever the generator stands: the two peeked, and whole passes."""
    alike = len({batch.digests for batch in seen.validation.batches}) == 1
    return alike or steps <= TWO or (length is not None and (steps - TWO) % length == 0)
