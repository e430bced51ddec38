from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from gendiag.records import Delivery, Finding, counted, listed
from gendiag.rules.edits import streams
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Edits, Rule, sound


class Exhausted(Rule):
    """A source that can be read once only has come to its end, and fit goes on without it.

    What fit does
        Begins each new epoch with the two batches that it read to learn the shapes, then goes on where the generator
        stands. Once that is empty, every later epoch trains on batches 0 and 1 only. With ``steps_per_epoch`` an epoch
        may also have no step at all, and logs a loss of 0.

    Why it hurts
        The loss falls, because the model learns two batches by heart; the warning "ran out of data" also comes after a
        sound single epoch and proves nothing.

    How to mend it
        Loop for ever and pass ``steps_per_epoch``: ``while True:`` around the loop. Or pass something that can be read
        again: a PyDataset, a ``tf.data.Dataset``, arrays.

    Known limits
        The first batch of the finding is the one that fit asked for and did not get. Only as many epochs as were
        rehearsed; later ones repeat the last.

    Source
        keras 3.15.1, epoch_iterator.py and data_adapter_utils.peek_and_restore; measured on 3.15.1, 3.8.0 and
        3.7.0. Keras 3.6.0 and 3.5.0 train later epochs on nothing instead.
    """

    name, title, alters = "exhausted", "The source is exhausted before fit is done", True
    fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"epochs": 3})

    def check(self, seen: Evidence) -> Iterator[Finding]:
        if seen.failure is None or seen.rehearsal.failed_in == "validation":
            yield from self._training(seen)
        yield from self._validation(seen)

    def _training(self, seen: Evidence) -> Iterator[Finding]:
        late = _late_epochs(seen.by_epoch)
        if not late:
            return
        first, replayed, count = late[0], _replayed(seen.by_epoch, late), len(seen.batches)
        begun = seen.first_epoch
        share = _never_again(seen, replayed)
        message = (
            f"The source yields {counted(count, 'batch', 'batches')} once and is then exhausted: from epoch "
            f"{begun + first + 1} on fit trains on {_what(seen.by_epoch, late, begun)}"
            + (f"; {share:.0%} of the samples are never seen again." if share else ".")
        )
        if seen.rehearsal.steps_per_epoch:
            needed = (seen.rehearsal.epochs - begun) * seen.rehearsal.steps_per_epoch
            message += f" epochs x steps_per_epoch asks for {needed} batches."
        yield self.finding(
            "warning", message, fix=_fix(count, seen), batches=(count, *replayed), from_epoch=first, ran_out_at=count,
            replayed=list(replayed), never_again=share,
        )  # fmt: skip

    def _validation(self, seen: Evidence) -> Iterator[Finding]:
        late = _late_epochs(seen.validation_by_epoch)
        if not late or seen.validation_source is None or seen.validation_source.restarts_each_epoch:
            return
        first, count, begun = late[0], len(seen.validation.batches), seen.first_epoch
        message = (
            f"validation_data yields {counted(count, 'batch', 'batches')} once: {_first(seen, count)}from epoch "
            f"{begun + first + 1} on it is exhausted and val_loss is of "
            f"{_what(seen.validation_by_epoch, late, begun)} only. The epochs cannot be compared."
        )
        fix = "Validate on what can be read again: arrays, a PyDataset, a tf.data.Dataset."
        batches = (count, *_replayed(seen.validation_by_epoch, late))
        yield self.finding(
            "warning", message, fix=fix, batches=batches, source="validation", from_epoch=first, ran_out_at=count
        )

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        place = at(seen, finding)
        if not finding.in_validation:
            yield streams.again(place)
        yield streams.cached(place)
        yield streams.with_signature(place)
        yield streams.kept(place)

    def broken(self) -> Iterator[Any]:
        return sound()

    def mended(self) -> Any:
        return tuple(np.concatenate(part) for part in zip(*sound(), strict=True))


def _first(seen: Evidence, count: int) -> str:
    """Say that the first epoch was validated on everything, where it was."""
    whole = len(seen.validation_by_epoch[0]) == count
    return f"epoch {seen.first_epoch + 1} is validated on all of them, " if whole else ""


def _late_epochs(epochs: tuple[tuple[Delivery, ...], ...]) -> list[int]:
    """Epochs that only repeat a part of what was trained on before, or have no step."""
    seen: set[int | None] = set()
    late = []
    for epoch, steps in enumerate(epochs):
        batches = {delivery.batch for delivery in steps}
        if epoch and batches < seen:
            late.append(epoch)
        elif batches - seen:  # So it was not exhausted: Keras before 3.7 has an empty epoch where a pass ends.
            late.clear()
        seen |= batches
    return late


def _replayed(epochs: tuple[tuple[Delivery, ...], ...], late: list[int]) -> tuple[int, ...]:
    return tuple(sorted({d.batch for epoch in late for d in epochs[epoch] if d.batch is not None}))


def _never_again(seen: Evidence, replayed: tuple[int, ...]) -> float:
    """Share of the yielded rows that is in none of the ``replayed`` batches."""
    rows = sum(batch.rows or 0 for batch in seen.batches)
    again = sum(batch.rows or 0 for batch in seen.batches if batch.index in replayed)
    return 1 - again / rows if rows else 0.0


def _what(epochs: tuple[tuple[Delivery, ...], ...], late: list[int], begun: int) -> str:
    """What the late epochs train on, in words; ``begun`` is the epoch in which training began."""
    replayed = _replayed(epochs, late)
    empty = [epoch for epoch in late if not epochs[epoch]]
    which = "the first two batches, again and again" if replayed == (0, 1) else "again and again"
    said = [f"{listed(replayed)} ({which})"] if replayed else []
    if empty:
        shown = ", ".join(str(begun + epoch + 1) for epoch in empty)
        said.append(
            f"nothing at all in epoch {shown} (logged as a loss of 0)"
            if replayed
            else "nothing at all, logged as a loss of 0"
        )
    return " and on ".join(said)


def _fix(count: int, seen: Evidence) -> str:
    if seen.source.is_graph:
        return (
            "Let from_generator call the function anew: `from_generator(make_batches, ...)`, "
            "not a lambda that returns one generator."
        )
    loop = "Put `while True:` around the loop"
    if getattr(seen.source.value, "__name__", "") == "<genexpr>":
        loop = "Write it as a function with `while True:` around the loop"
    steps = "" if seen.rehearsal.steps_per_epoch == count else f" and pass `steps_per_epoch={count}`"
    return f"{loop}{steps}, or pass a PyDataset, a tf.data.Dataset or arrays."
