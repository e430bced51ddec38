"""A case that is rehearsed: what ``gendiag.diagnose`` is given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

from gendiag.diagnosis.case import Case
from gendiag.diagnosis.model_run import run_model
from gendiag.diagnosis.options import Options
from gendiag.diagnosis.verdict import notes
from gendiag.model.keras_private import strategy_of
from gendiag.model.uninitialized import usable
from gendiag.records import ModelRun
from gendiag.rehearsal.probe import Limits, Progress
from gendiag.rehearsal.rehearsal import Rehearsed, count, rehearse
from gendiag.rules.evidence.evidence import Evidence
from gendiag.runtime.estimate import Phase
from gendiag.runtime.random_state import kept_seeds
from gendiag.sources import recognise
from gendiag.sources.source import Source

ENDLESS_STEPS = 100  # a source that provably has no end needs no more to show what it does


def case_of(given: Any, model: Any, fit_args: Mapping[str, Any], options: Options) -> Case:
    """Make the case of a source, or of the function that makes it."""
    source = recognise(given)
    usable_model, note = usable(model)
    arguments = dict(fit_args)
    validation = _validation_source(arguments)
    return Case(given, source, arguments, validation, usable_model, note, options, Rehearsing())


def _validation_source(fit_args: dict[str, Any]) -> Source | None:
    """Arrays are left to fit, which slices them itself; everything else is recorded."""
    value = fit_args.get("validation_data")
    if value is None:
        return None
    source = recognise(value, "validation_data")
    if not source.is_sliced:
        return source
    fit_args["validation_data"] = source.value  # what a function made, if it was one: fit calls none
    return None


class Rehearsing:
    """Looks at a case by running the real fit on a probe, and on a copy of the model."""

    def __init__(self) -> None:
        self._told: list[str] = []

    def observe(self, case: Case) -> Rehearsed:
        """Rehearse fit; once more where it stood still by no fault of the source."""
        rehearsed = _rehearsed(case, case.source)
        if rehearsed.rehearsal.stood_still and not (case.source.one_shot and case.source.maker is None):
            # Somebody else's iterator may have been destroyed meanwhile (see leftovers.py).
            return _rehearsed(case, recognise(case.given))
        return rehearsed

    def run_model(self, case: Case, rehearsed: Rehearsed) -> ModelRun | None:
        """Train a copy on what fit delivered."""
        return run_model(case, rehearsed, self._told.append)

    def notes(self, case: Case, evidence: Evidence) -> Iterator[str]:
        """Say what is known of the model, and which limits were reached."""
        failure = evidence.rehearsal.failure
        if case.model_note and (failure is None or failure.line != case.model_note):
            yield case.model_note
        yield from self._told
        yield from notes(evidence)

    def undisturbed(self) -> AbstractContextManager[Any]:
        """Random states are as before, so that fit will draw the same batches."""
        return kept_seeds()

    def weights(self) -> AbstractContextManager[Any]:
        """Those that the model has."""
        return nullcontext()

    def check_idle(self) -> None:
        """Nobody else is at it."""


def _rehearsed(case: Case, source: Source) -> Rehearsed:
    limits = _limits(case)
    known = _StepsToCome(case, source, limits)
    with case.options.bar(Phase("reading", most=limits.steps, within_s=limits.budget_s)) as show:
        return rehearse(
            source,
            case.fit_args,
            validation=case.validation,
            limits=limits,
            steps_per_execution=getattr(case.model, "steps_per_execution", 1) or 1,
            distributed=strategy_of(case.model) is not None,
            on_progress=lambda now: show(
                now.steps, nbytes=now.training.nbytes, total=known.total(now), beside=now.beside
            ),
        )


class _StepsToCome:
    """How many training steps the rehearsal will take, where that is known; asked for again and again while it runs."""

    def __init__(self, case: Case, source: Source, limits: Limits) -> None:
        self._args, self._source, self._limits = case.fit_args, source, limits
        self._each: int | None = None

    def total(self, now: Progress) -> int | None:
        """Steps in all; None before fit itself has asked the source for its length: it may be counted."""
        if not now.position.epochs_begun:
            return None
        if self._each is None:
            self._each = count(self._args.get("steps_per_epoch"), 0) or self._source.length or 0
        epochs = count(self._args.get("epochs"), 1) - count(self._args.get("initial_epoch"), 0)
        return min(self._each * min(epochs, self._limits.epochs), self._limits.steps) or None


def _limits(case: Case) -> Limits:
    options = case.options
    chosen = Limits() if options.rehearse_epochs is None else Limits(epochs=options.rehearse_epochs, more_until_s=0)
    return replace(
        chosen,
        steps=_most_steps(case, case.source, "steps_per_epoch"),
        evaluation_steps=_most_steps(case, case.validation, "validation_steps"),
        budget_s=options.budget_s,
        quiet_s=options.quiet_s,
        keep_bytes=options.keep_bytes,
    )


def _most_steps(case: Case, source: Source | None, steps_argument: str) -> int:
    most = case.options.max_batches
    endless = source is not None and source.is_endless and not case.fit_args.get(steps_argument)
    return min(most, ENDLESS_STEPS) if endless else most
