"""shared-generator."""

from __future__ import annotations

import inspect
from collections.abc import Generator, Iterator, Mapping
from typing import Any

from gendiag.evidence import Evidence
from gendiag.records import Finding, Severity
from gendiag.rules.base import Rule, counted, sound


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
        Told by the object itself; two generators that read one iterator inside are not recognised.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "shared-generator", "Training and validation share one generator"

    @property
    def fit_args(self) -> Mapping[str, Any]:  # type: ignore[override]  # the generator that broken gives too
        return {"epochs": 2, "steps_per_epoch": 4, "validation_data": _one(), "validation_steps": 2}

    def check(self, seen: Evidence) -> Iterator[Finding]:
        other = seen.validation_source
        if other is None or not seen.source.one_shot or seen.source.value is not other.value:
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

    def broken(self) -> Iterator[Any]:
        return _one()

    def mended(self) -> Iterator[Any]:
        return _endless()
