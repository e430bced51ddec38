from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from gendiag.records import Delivery, Finding, counted
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
        Proven where the generator's code has no way to return, where a dataset says so, or a PyDataset has no length.
        A source that only repeats itself, or whose ``while True:`` was still going round where the rehearsal stopped,
        gives a warning with the number of batches seen; any other that outlasts the budget is noted.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "endless", "Neither the source nor fit says where an epoch ends"
    fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"epochs": 1})
    severity = "error"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        if seen.rehearsal.ended not in {"budget", "raised", "stopped"}:
            return
        if not seen.rehearsal.steps_per_epoch and len(seen.by_epoch) == 1:
            yield from self._of(seen, seen.source, seen.by_epoch[0], validation=False)
        validation = seen.validation_source
        is_told = bool(seen.fit_args.get("validation_steps"))
        if validation is not None and seen.validation_by_epoch and not is_told:
            yield from self._of(seen, validation, seen.validation_by_epoch[-1], validation=True)

    def _of(self, seen: Evidence, source: Source, steps: Sequence[Delivery], *, validation: bool) -> Iterator[Finding]:
        name, what = ("validation_steps", "validation_data") if validation else ("steps_per_epoch", "The source")
        more: dict[str, Any] = {"source": "validation"} if validation else {}
        untold, fix = _untold(seen, name), _fix(seen, source, name)
        if source.is_endless:
            if seen.failure is None:
                ends = "the first validation" if validation else f"epoch {seen.first_epoch + 1}"
                message = (
                    f"{what} is endless ({_proof(source)}) and {untold}: {ends} never ends. Only its first "
                    f"{counted(len(steps), 'batch', 'batches')} {'was' if len(steps) == 1 else 'were'} looked at."
                )
                yield self.finding("error", message, fix=fix, steps=len(steps), **more)
            return
        is_first = validation or len(steps) == len(seen.rehearsal.deliveries)
        if seen.rehearsal.ended != "budget" or not is_first or source.length is not None or not steps:
            return
        sign = _sign(source, steps)
        message = (
            f"{what} had not come to an end after {counted(len(steps), 'batch', 'batches')}, where the rehearsal "
            f"stopped, and {untold}{sign}. If it has no end, {'a validation' if validation else 'an epoch'} has none "
            "either; what comes later was not looked at."
        )
        yield self.finding("warning" if sign else "note", message, fix=fix, steps=len(steps), **more)

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


def _untold(seen: Evidence, name: str) -> str:
    value = seen.fit_args.get(name)
    return f"{name} is not set" if value is None else f"{name} is {value}, which fit takes as if it were not set"


def _fix(seen: Evidence, source: Source, name: str) -> str:
    rest = "or let the source end after one pass."
    if source.is_indexed:
        rest = "or return the number of batches from `__len__`."
    elif source.is_graph:
        rest = "or let the dataset end after one pass: leave `repeat()` out."
    if seen.fit_args.get(name) != 0:
        return f"Pass `{name}=...` (the number of batches in one pass), {rest}"
    return (
        f"Round up, `{name}=math.ceil(n_samples / batch_size)`: `n_samples // batch_size` is 0 with fewer samples "
        f"than one batch; {rest}"
    )


def _proof(source: Source) -> str:
    if source.is_indexed:
        return "it has no length"
    return "its cardinality is infinite" if source.is_graph else "its code has no way to return"


def _sign(source: Source, steps: Sequence[Delivery]) -> str:
    """Why it may well have no end; empty where nothing points to that."""
    length = _period(steps)
    if length is not None:
        return f"; its batches repeat after {length}"
    return "; its code goes round in a `while True:`" if source.loops_for_ever else ""


def _period(steps: Sequence[Delivery]) -> int | None:
    contents = [delivery.digests for delivery in steps]
    if not contents or not any(contents[0]):
        return None
    period = next((i for i in range(1, len(contents)) if contents[i] == contents[0]), None)
    if period is None or len(contents) < 2 * period or len(set(contents)) == 1:
        return None
    return period if contents[period:] == contents[:-period] else None
