from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from gendiag.records import Delivery, Finding
from gendiag.rules.edits import arguments, streams
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Edits, Rule, sound
from gendiag.sources.source import Source

STEPS = 32  # batches in an epoch, where the source itself tells no number


class Endless(Rule):
    """The source has no end, and fit was not told how many steps make an epoch.

    What fit does
        Trains epoch 1 for ever. An endless ``validation_data`` without ``validation_steps`` stops training in the first
        evaluation, for ever.

    Why it hurts
        Nothing is raised: the progress bar counts on, no epoch ends, nothing is validated or saved. Keras 2 raised.

    How to mend it
        Pass ``steps_per_epoch`` (``validation_steps``), or let the source end after one pass.

    Known limits
        Proven where the generator's code has no way to return, where a dataset says so, or where the batches begin to
        repeat. Otherwise a source that does not end within the budget is only noted.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "endless", "Neither the source nor fit says where an epoch ends"
    fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"epochs": 1})

    def check(self, seen: Evidence) -> Iterator[Finding]:
        if seen.rehearsal.ended not in {"budget", "raised", "stopped"}:
            return
        if not seen.rehearsal.steps_per_epoch and len(seen.by_epoch) == 1:
            yield from self._training(seen, seen.by_epoch[0])
        validation = seen.validation_source
        if validation is not None and seen.validation_by_epoch and not seen.fit_args.get("validation_steps"):
            yield from self._validation(seen, validation, seen.validation_by_epoch[-1])

    def _training(self, seen: Evidence, steps: tuple[Delivery, ...]) -> Iterator[Finding]:
        proof, fix = _proof(seen.source, steps), _fix("steps_per_epoch")
        if proof and seen.failure is None:
            message = f"The source is endless ({proof}) and steps_per_epoch is not set: epoch 1 never ends."
            yield self.finding("error", message, fix=fix, steps=len(steps))
        elif not proof and seen.rehearsal.ended == "budget" and len(steps) == len(seen.rehearsal.deliveries):
            message = (
                f"The source had not come to an end after {len(steps)} batches, where the rehearsal stopped. "
                "If it is endless, pass steps_per_epoch."
            )
            yield self.finding("note", message, fix=fix, steps=len(steps))

    def _validation(self, seen: Evidence, source: Source, steps: tuple[Delivery, ...]) -> Iterator[Finding]:
        proof = _proof(source, steps)
        if proof and seen.failure is None:
            message = (
                f"validation_data is endless ({proof}) and validation_steps is not set: "
                "training stops in the first validation for ever (never ends)."
            )
            yield self.finding("error", message, fix=_fix("validation_steps"), steps=len(steps), source="validation")

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        place = at(seen, finding)
        costs = "" if place.period else f"an epoch then has {STEPS} batches, a number of our choice"
        count = place.period or STEPS
        yield arguments.with_argument(place, place.steps_argument, count, costs=costs)
        yield streams.kept(place, count, costs=costs)

    def broken(self) -> Iterator[Any]:
        while True:
            yield from sound()

    def mended(self) -> Iterator[Any]:
        return sound()


def _fix(argument: str) -> str:
    return f"Pass `{argument}=...` (the number of batches in one pass), or let the source end after one pass."


def _proof(source: Source, steps: tuple[Delivery, ...]) -> str | None:
    if source.is_endless:
        return "its code has no way to return" if source.kind == "generator" else "its cardinality is infinite"
    contents = [delivery.digests for delivery in steps]
    if not contents or not any(contents[0]):
        return None
    period = next((i for i in range(1, len(contents)) if contents[i] == contents[0]), None)
    if period is None or len(contents) < 2 * period or len(set(contents)) == 1:
        return None
    if all(contents[i] == contents[i - period] for i in range(period, len(contents))):
        return f"its batches repeat after {period}"
    return None
