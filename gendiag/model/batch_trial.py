"""Try one batch on the user's own model: through the real ``fit``, and in one eager step; the model stays as it was."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from gendiag.batches.signature import PEEKED
from gendiag.errors import NoFreshWeightsError
from gendiag.model.clone import Model, is_compiled, stand_in
from gendiag.model.clone_cache import CloneCache
from gendiag.model.fault_localization import Told, keep_weights, look_inside
from gendiag.model.finite_values import all_finite, finite_weights
from gendiag.model.fresh_weights import fresh_stand_in
from gendiag.model.hooks import Seen, watched
from gendiag.model.replay import PLAIN, FitSettings, Replay, through_fit
from gendiag.model.serving import refusal
from gendiag.model.snapshot import build_optimizer, held_values
from gendiag.records import Failure, Outcome, Trial, TrialStep
from gendiag.runtime.quiet import quiet
from gendiag.runtime.task import NoAnswerError, Task, dtype_policy
from gendiag.runtime.tracebacks import cut

Steps = tuple[TrialStep, ...]
STOPPED = "Stopped"  # in place of the type of an exception


class _Replayed(NamedTuple):
    """What fit is given, and where in it the suspect stands."""

    batches: list[Any]
    position: int


class _Ways(NamedTuple):
    """The batch to try, in both its forms, and whether on fresh weights."""

    delivered: Any
    yielded: Any
    only_tuples: bool
    fresh: bool = False

    @property
    def suspect(self) -> object:
        """The batch for fit, which casts it itself."""
        return self.delivered if self.yielded is None else self.yielded

    def eager(self) -> Iterator[tuple[str, object]]:
        """Give each form that there is; a source that yielded None yielded that."""
        if self.delivered is not None:
            yield "as delivered", self.delivered
        if self.yielded is not None or self.delivered is None:
            yield "as yielded", self.yielded


def try_batch(  # noqa: PLR0913  (keyword-only options)
    model: Model,
    batch: int,
    *,
    first: Sequence[Any],
    delivered: object | None,
    yielded: object | None,
    settings: FitSettings = PLAIN,
    was_taken: bool = False,
    fresh_weights: bool = False,
    clones: CloneCache | None = None,
) -> Trial:
    """Say what ``model.fit`` does with a batch, and what loss and gradient it gives with the weights as they are.

    Parameters
    ----------
    model
        As the user trains it; afterwards it is bit for bit as it was, random states included.
    batch
        Index of the batch, counted from 0.
    first
        Batches 0 and 1 as yielded: fit makes its signature from them.
    delivered, yielded
        The batch as it reached ``train_step`` and as it came from the source. None where there is none; a source
        that yielded None has neither, and is replayed with None.
    settings
        How batches are handed to fit; a generator's are held to its rules.
    was_taken
        Whether fit took the batch from the source. Where it does not take it again, its trial proves nothing.
    fresh_weights
        Whether to try it on weights as they are made for a new model, in place of those that the model has.
    clones
        Where a stand-in is kept for the next trial. Not used for batches 0 and 1, on which Keras builds its losses.

    Raises
    ------
    NoFreshWeightsError
        If fresh weights are asked for, and the model cannot be made again.
    """
    started = time.monotonic()
    ways = _Ways(delivered, yielded, only_tuples=settings.as_source is None, fresh=fresh_weights)
    try:
        kept = clones if batch >= PEEKED and not fresh_weights else None
        with dtype_policy(settings.policy):
            replayed = _replayed(batch, first, ways.suspect)
            steps = _steps(model, replayed, ways, settings, kept)
            if was_taken and steps[0].outcome == "raises":
                steps = _without_ours(steps, refusal(replayed.batches, settings))
    except NoFreshWeightsError:
        raise
    except Exception as error:  # noqa: BLE001  (no model at all, or one whose own code fails when it is copied)
        steps = (TrialStep("through fit", "not tried", failure=cut(error)),)
    return _summary(batch, steps, time.monotonic() - started)


def _replayed(batch: int, first: Sequence[Any], suspect: object) -> _Replayed:
    """Put the suspect behind the two batches that fit peeks at; it may be one of them."""
    peeked = list(first[:PEEKED])
    return _Replayed(peeked, batch) if batch < len(peeked) else _Replayed([*peeked, suspect], len(peeked))


def _without_ours(steps: Steps, refused: Failure | None) -> Steps:
    """Leave out what fit raises whatever the model: it took the batch from the source, so that is our doing."""
    return steps if refused is None else (replace(steps[0], outcome="not tried", failure=refused), *steps[1:])


def _steps(
    model: Model, replayed: _Replayed, ways: _Ways, settings: FitSettings, clones: CloneCache | None = None
) -> Steps:
    another = fresh_stand_in if ways.fresh else stand_in
    with (another if clones is None else clones.stand_in)(model) as other:
        put_back = held_state(other)
        replay = through_fit(other, replayed.batches, settings)
        fit_step = _judged(replay, replayed.position)
        if fit_step.outcome in ("no answer", "not tried") or not is_compiled(model):
            return (fit_step,)
        if replay.steps or model.built:
            put_back()
            steps = _eager_steps(other, ways, put_back, settings.quiet_s)
            if clones is not None and fit_step.outcome != "raises" and steps[-1].outcome != "no answer":
                clones.keep()
            return (fit_step, *steps)
    with another(model) as other:  # Whatever a broken batch built does not meet the eager steps.
        return (fit_step, *_eager_steps(other, ways, held_state(other), settings.quiet_s))


def held_state(model: Model) -> Callable[[], None]:
    """Keep all values that a step may change, the optimizer's slots too; the result puts them back."""
    build_optimizer(model)
    return held_values(model)


def _judged(replay: Replay, position: int) -> TrialStep:
    """Say what the replay tells of the batch at ``position``; an error behind it is not its own."""
    outcome: Outcome = "trains"
    failure = replay.failure if replay.steps <= position else None
    if not replay.answered:
        outcome, failure = "no answer", replay.failure
    elif failure is not None:
        outcome = "raises"
    elif replay.steps <= position:
        outcome, failure = "not tried", Failure(STOPPED, "stopped before fit came to this batch")
    elif position in replay.non_finite:
        outcome = "non-finite"
    loss = replay.losses[position] if position < replay.steps and not math.isnan(replay.losses[position]) else None
    return TrialStep("through fit", outcome, loss=loss, failure=failure, seconds=replay.seconds)


def _eager_steps(model: Model, ways: _Ways, put_back: Callable[[], None], quiet_s: float) -> list[TrialStep]:
    steps: list[TrialStep] = []
    for way, raw in ways.eager():
        only_tuples = ways.only_tuples and way == "as yielded"
        steps.append(_timed(model, way, raw, quiet_s, only_tuples=only_tuples, fresh=ways.fresh))
        if steps[-1].outcome == "no answer":
            break
        put_back()
    return steps


def _timed(model: Model, way: str, raw: object, quiet_s: float, **options: bool) -> TrialStep:
    started = time.monotonic()
    try:
        with quiet():
            step = Task(lambda _: eager_step(model, way, raw, **options)).start().wait(quiet_s=quiet_s)
    except NoAnswerError as error:
        step = TrialStep(way, "no answer", failure=Failure(type(error).__name__, str(error), details=error.stack))
    return replace(step, seconds=time.monotonic() - started)


def eager_step(  # noqa: PLR0913  (keyword-only options)
    model: Model, way: str, raw: object, *, only_tuples: bool = False, look: bool = True, fresh: bool = False
) -> TrialStep:
    """One eager ``train_step`` in this thread; the model is changed by it.

    Parameters
    ----------
    model
        A stand-in that is compiled.
    way
        What the step is called.
    raw
        The batch.
    only_tuples
        Whether to refuse what fit refuses of a generator.
    look
        Whether to say what went on inside; without it a step takes half the time.
    fresh
        Whether the weights are fresh, for the record.
    """
    import keras

    keras.config.disable_traceback_filtering()  # Kept per thread, and this one is ours.
    model.run_eagerly = True
    model.reset_metrics()
    kept = keep_weights(model) if look else ()
    data, weights = None, finite_weights(model)
    with watched(model, layers=look) as seen:
        try:
            data = as_tensors(raw, only_tuples=only_tuples)
            step = _finished(way, weights, seen, model.train_step(data))
        except BaseException as error:  # noqa: BLE001  (what the step raises is the answer; the thread is ours)
            step = TrialStep(way, "raises", failure=cut(error))
    if not look:
        return step
    inside = look_inside(model, seen, kept, data, Told(step.outcome, step.loss, step.failure))
    return replace(step, inside=replace(inside, weights="fresh" if fresh else "as they are"))


def _finished(way: str, weights: Sequence[Any], seen: Seen, logs: object) -> TrialStep:
    flat = _flat(logs)
    told = {name: float(value) for name, value in flat.items() if not np.ndim(value)}  # fit logs others as they are
    losses = (value for name, value in flat.items() if "loss" in name)
    finite = seen.gradient_is_finite and all_finite(weights) and all_finite(losses)
    outcome: Outcome = "trains" if finite else "non-finite"
    return TrialStep(way, outcome, loss=told.pop("loss", None), metrics=told, grad_norm=seen.grad_norm)


def as_tensors(raw: object, *, only_tuples: bool = False) -> Any:
    """Turn arrays into tensors, and refuse what fit refuses of a generator; it takes lists from a PyDataset."""
    import keras
    import tensorflow as tf

    if raw is None or (only_tuples and not isinstance(raw, tuple)):
        kind = "None" if raw is None else f"of type {type(raw).__name__}"
        msg = f"fit takes a tuple, (x, y) or (x, y, sample_weight), as a batch, and this batch is {kind}"
        raise TypeError(msg)
    return keras.tree.map_structure(lambda leaf: leaf if leaf is None else tf.convert_to_tensor(leaf), raw)


def _flat(logs: object) -> Mapping[str, Any]:
    return logs if isinstance(logs, Mapping) else {}


def _summary(batch: int, steps: tuple[TrialStep, ...], seconds: float) -> Trial:
    outcome = steps[0].outcome
    told = next((step for step in steps[1:] if step.loss is not None or step.metrics), steps[0])
    failures = [step.failure for step in steps if step.failure is not None and outcome != "trains"]
    readable = next((each for each in failures[1:] if steps[0].failure is not None), failures[0] if failures else None)
    return Trial(
        batch,
        outcome,
        loss=told.loss,
        metrics=told.metrics,
        grad_norm=told.grad_norm,
        error=readable.line if readable else None,
        layer=next((each.layer for each in failures if each.layer), None),
        seconds=seconds,
        steps=steps,
    )
