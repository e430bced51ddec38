"""The user's model on what fit delivered: one run of the real fit, on a copy."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gendiag.batches.signature import PEEKED
from gendiag.batches.tree import transform
from gendiag.batches.values import copy as copied
from gendiag.diagnosis.case import Case
from gendiag.model.clone import itself, stand_in
from gendiag.model.finite_values import lost_weight
from gendiag.model.keras_private import strategy_of
from gendiag.model.replay import FitSettings, Replay, through_fit
from gendiag.model.serving import refusal
from gendiag.records import Failure, ModelRun, Rehearsal
from gendiag.rehearsal.rehearsal import Rehearsed
from gendiag.rules.evidence.callbacks import given_callbacks
from gendiag.runtime.estimate import Phase
from gendiag.runtime.task import Pulse
from gendiag.sources.pydataset import PyDatasetSource

MORE_UNTIL_S = 3.0  # so long, batches that it was trained on before are delivered again, as fit does
MODEL_SHARE = 0.5  # of the time budget, for running the model on what was delivered


def run_model(case: Case, rehearsed: Rehearsed, told: Callable[[str], None]) -> ModelRun | None:
    """Train a copy on what fit delivered, in that order, as far as the batches are held and the time goes.

    None, and ``told`` why, where fit does not take from us again what it took from the source: that proves nothing.
    """
    order = _delivery_order(rehearsed)
    if case.model is None or not order or rehearsed.rehearsal.ended == "stopped":
        return None
    raw = [rehearsed.profile.raw(index) for index in order]
    first = {index: place for place, index in reversed([*enumerate(order)])}
    once = max(first.values()) + 1
    run, is_copy = train_stand_in(case, raw, _settings(case, rehearsed), once=once)
    if is_copy and not run.answered:
        # Somebody else's iterator may have been destroyed meanwhile (see leftovers.py).
        run, _ = train_stand_in(case, raw, _settings(case, rehearsed), once=once)
    refused = refusal(raw, _settings(case, rehearsed)) if run.answered and run.failure is not None else None
    if refused is not None:
        told(f"The model was not run: the batches could not be handed to fit once more ({refused.line}).")
        return None
    return ModelRun(
        batches=tuple(order[: run.steps] if run.is_evaluation else order),
        steps=run.steps,
        failure=run.failure if run.answered else None,
        non_finite=order[run.first_non_finite] if run.first_non_finite is not None else None,
        lost_before=lost_weight(case.model) if case.model.built else "",
        losses=run.losses,
        seconds=run.step_s,
        interrupted=run.interrupted,
        validation=_evaluation(case, rehearsed)[0],
        evaluated=run.evaluated,
        logged=run.logged,
        refused_monitors=run.refused_monitors,
    )


def _settings(case: Case, rehearsed: Rehearsed) -> FitSettings:
    """How fit is given the batches, made for one run: a generator of validation batches is spent by it."""
    settings = case.settings(rehearsed.source)
    arguments = {**settings.fit_args, **_evaluation(case, rehearsed)[1]}
    return replace(settings, fit_args=arguments, callbacks=given_callbacks(case.fit_args))


def train_stand_in(
    case: Case, raw: list[Any], settings: FitSettings, *, once: int | None = None
) -> tuple[Replay, bool]:
    """Train on raw batches as fit does, within half of the time; and whether that was on a copy.

    Behind the first ``once`` batches, which are all that there are, it goes on only as long as it was quick.
    """
    pulse, enough, began = Pulse(), threading.Event(), time.monotonic()
    is_distributed = strategy_of(case.model) is not None
    if is_distributed:
        raw, settings = [_owned(batch) for batch in raw], _for_replicas(case, settings)
    timer = threading.Timer(case.options.budget_s * MODEL_SHARE, pulse.stop.set)
    timer.start()
    try:
        with (
            (itself if is_distributed else stand_in)(case.model) as copy,
            case.options.bar(_phase(case)) as show,
        ):

            def on_progress(steps: int) -> None:
                show(steps, total=once or len(raw))
                if once is not None and steps >= once and time.monotonic() - began > MORE_UNTIL_S:
                    enough.set()

            run = through_fit(
                copy, raw, settings, learning_rate_zero=False, pulse=pulse, enough=enough, on_progress=on_progress
            )
            return run, copy is not case.model
    finally:
        timer.cancel()


def _phase(case: Case) -> Phase:
    return Phase("trying the model on what was delivered", within_s=case.options.budget_s * MODEL_SHARE)


def _for_replicas(case: Case, settings: FitSettings) -> FitSettings:
    """Hand batches over so that none is lost: of a generator, a strategy loses what it reads before the first step."""
    if not case.source.one_shot:
        return settings
    return replace(settings, as_source=lambda batches: PyDatasetSource(None).replay(batches, {}))


def _owned(raw: Any) -> Any:
    """Copy a batch, tensors too: replicas write into the memory that they are given (tensorflow 2.21, CPU devices)."""
    import tensorflow as tf

    return transform(lambda leaf: tf.constant(leaf.numpy().copy()) if tf.is_tensor(leaf) else copied(leaf), raw)


def of_the_model(case: Case, rehearsal: Rehearsal, run: ModelRun | None) -> Rehearsal:
    """Where nothing else is wrong, a model that was left half built is what fit raises about."""
    if not case.model_note or rehearsal.failure is not None or (run is not None and run.failure is not None):
        return rehearsal
    return replace(rehearsal, failure=Failure("ValueError", case.model_note), failed_in="start")


def _delivery_order(rehearsed: Rehearsed) -> list[int]:
    """Indices of the delivered batches still held, in the order delivered, again where fit delivers one again.

    An indexed source is peeked at items 0 and 1 whatever comes first, so these are put in front.
    """
    store = rehearsed.profile.store
    delivered = [d.batch for d in rehearsed.rehearsal.deliveries if d.batch is not None and d.batch in store]
    is_peeked = rehearsed.source.is_indexed and bool(delivered)
    peeked = [index for index in range(PEEKED) if index in store] if is_peeked else []
    for index in peeked:
        if index in delivered:
            delivered.remove(index)
    return [*peeked, *delivered]


def _evaluation(case: Case, rehearsed: Rehearsed) -> tuple[tuple[int, ...], dict[str, Any]]:
    """Fit's arguments to evaluate on what it delivered for validation, and the indices of these batches."""
    if not rehearsed.rehearsal.validation:
        return (), {}
    if case.validation is None:
        names = ("validation_data", "validation_batch_size", "validation_steps")
        given = {name: case.fit_args[name] for name in names if name in case.fit_args}
        sized = case.fit_args.get("batch_size")  # of the training data, which fit takes for these too
        given = {"validation_batch_size": sized, **given} if sized is not None else given
        return (), {**rehearsed.source.split_off(case.fit_args), **given}
    store = rehearsed.validation.store
    delivered = [d.batch for d in rehearsed.rehearsal.validation if d.batch is not None and d.batch in store]
    order = tuple(dict.fromkeys(delivered))
    if not order:
        return (), {}
    return order, {"validation_data": case.validation.replay([store.get(index) for index in order], case.fit_args)}
