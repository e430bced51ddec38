from __future__ import annotations

import inspect
import itertools
from collections.abc import Generator, Iterator, Mapping
from typing import Any

from gendiag.records import Finding, Severity, counted
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Rule, sound


def _endless() -> Generator[Any, None, None]:
    while True:
        yield from sound()


_MADE: list[Generator[Any, None, None]] = []


def _one() -> Iterator[Any]:
    """The generator made last; another one once anything was read from it, so that each fit has its own."""
    if not _MADE or inspect.getgeneratorstate(_MADE[0]) != inspect.GEN_CREATED:
        _MADE[:] = [_endless()]
    return _MADE[0]


class SharedGenerator(Rule):
    """One generator object is both the training source and ``validation_data``.

    What fit does
        Lets both draw from it: what training takes, validation never sees, and the other way round. How the batches
        are divided depends on how far fit has read ahead. A finite one is read to its end by training, and the first
        validation raises "must yield at least one batch".

    Why it hurts
        The model is validated on batches that it may train on in the next pass, others in each epoch; and two threads
        may ask the generator at once ("generator already executing").

    How to mend it
        Make two generators of separate data: ``fit(make_batches(train), validation_data=make_batches(val))``.

    Known limits
        Told by the object itself, or by an iterator that both generators hold in a local variable; one held deeper, in
        an attribute, is not recognised. A generator that has ended holds nothing.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "shared-generator", "Training and validation share one generator"

    @property
    def fit_args(self) -> Mapping[str, Any]:  # type: ignore[override]  # the generator that broken gives too
        return {"epochs": 2, "steps_per_epoch": 4, "validation_data": _one(), "validation_steps": 2}

    def check(self, seen: Evidence) -> Iterator[Finding]:
        other = seen.validation_source
        if other is None or not seen.source.one_shot:
            return
        if seen.source.value is not other.value:
            yield from self._inside(seen, other.value)
            return
        failure = seen.rehearsal.failure
        hurt = failure is not None and bool(seen.by_epoch) and not seen.never_ends
        raised = f" fit then raises: {failure.line.rstrip('.')}." if failure is not None and hurt else ""
        message = (
            "The training source and validation_data are one and the same generator: "
            f"{'' if seen.rehearsal.live else 'in the rehearsal '}training took "
            f"{counted(len(seen.batches), 'batch', 'batches')} of it and validation "
            f"{counted(len(seen.validation.batches), 'other one')}.{raised}"
        )
        fix = "Make two generators of separate data: `fit(make_batches(train), validation_data=make_batches(val))`."
        severity: Severity = "error" if hurt else "warning"
        yield self.finding(severity, message, fix=fix, source="validation")

    def _inside(self, seen: Evidence, other: Any) -> Iterator[Finding]:
        mine, theirs = _iterators(seen.source.value), _iterators(other)
        name = next((name for key, name in mine.items() if key in theirs), None)
        if name is None or seen.failure is not None or not seen.validation.batches:
            return
        message = (
            f"The generators of training and validation_data both read the same iterator, {_named(name)}: each "
            f"takes batches that the other never sees ({counted(len(seen.batches), 'batch', 'batches')} went to "
            f"training, {counted(len(seen.validation.batches), 'other one')} to validation)."
        )
        fix = "Give each generator an iterator of its own, over separate data."
        yield self.finding("warning", message, fix=fix, source="validation")

    def broken(self) -> Iterator[Any]:
        return _one()

    def mended(self) -> Iterator[Any]:
        return ((x + 1, y) for x, y in _endless())


def _named(name: str) -> str:
    return f"the variable {name!r} inside" if name.isidentifier() else name


def _iterators(generator: Any) -> dict[int, str]:
    """Generators and other iterators among the local variables, by identity; a counter is no source of data."""
    frame = getattr(generator, "gi_frame", None)
    held = dict(frame.f_locals) if frame is not None else {}
    return {
        id(value): name if name.isidentifier() else "the one looped over"
        for name, value in held.items()
        if isinstance(value, Iterator) and not isinstance(value, itertools.count)
    }
