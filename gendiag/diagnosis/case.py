"""Source and model -> Diagnosis: rehearse, run the model on what was delivered, ask the rules, try the suspects."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from gendiag.batches.tree import flatten, transform
from gendiag.batches.values import as_array, cast
from gendiag.diagnosis.diagnosis import Diagnosis
from gendiag.diagnosis.failing_samples import with_samples
from gendiag.diagnosis.verdict import fails_at, find, notes, suspects, verdict
from gendiag.errors import BadModelError
from gendiag.model.batch_trial import try_batch
from gendiag.model.clone import stand_in
from gendiag.model.clone_cache import Bench
from gendiag.model.facts import ModelFacts
from gendiag.model.outliers import known_limits
from gendiag.model.reader import read_model
from gendiag.model.replay import Replay, through_fit
from gendiag.model.shrinker import FAILS, shrink
from gendiag.model.uninitialized import usable
from gendiag.records import Failure, ModelRun, Rehearsal, Shrunk, Trial
from gendiag.rehearsal.probe import Limits
from gendiag.rehearsal.rehearsal import Rehearsed, rehearse
from gendiag.rules.evidence.evidence import Evidence
from gendiag.runtime.progress import bar
from gendiag.runtime.random_state import kept_seeds
from gendiag.runtime.task import Pulse, current_dtype_policy, dtype_policy
from gendiag.sources import recognise
from gendiag.sources.source import Source

ENDLESS_STEPS = 100  # a source that provably has no end needs no more to show what it does
MODEL_SHARE = 0.5  # of the time budget, for running the model on what was delivered
CUT_SHORT = "Stopped while the model was tried: what is not shown here was not tried."
SHRINK_S, SHRINK_TRIALS = 3.0, 30  # for all failing batches together; for each


@dataclass(frozen=True, slots=True)
class Options:
    """How far a diagnosis goes; see ``gendiag.diagnose``."""

    rehearse_epochs: int | None
    max_batches: int
    budget_s: float
    quiet_s: float
    keep_bytes: int
    progress: bool


class Case:
    """One source with the user's model and arguments of fit."""

    def __init__(self, source: Any, model: Any, fit_args: Mapping[str, Any], options: Options) -> None:
        self.given, self.source, self.options = source, recognise(source), options
        self.model, self.model_note = usable(model)
        self.fit_args, self.policy = dict(fit_args), current_dtype_policy()
        self.validation = self._validation_source()
        self._bench = Bench()

    def _validation_source(self) -> Source | None:
        """Arrays are left to fit, which slices them itself; everything else is recorded."""
        value = self.fit_args.get("validation_data")
        if value is None:
            return None
        source = recognise(value)
        if source.kind != "arrays":
            return source
        self.fit_args["validation_data"] = source.value  # what a function made, if it was one: fit calls none
        return None

    def judge(self) -> tuple[Diagnosis, Evidence]:
        """Do it all; the random states are as before, so that fit will draw the same batches.

        Ctrl-C behind the rehearsal ends it with what is known by then.
        """
        with self.undisturbed():
            rehearsed = self._rehearse()
            evidence = Evidence(
                source=self.source,
                profile=rehearsed.profile,
                rehearsal=rehearsed.rehearsal,
                fit_args=self.fit_args,
                model=None if self.model is None else f"{self.model.name} ({type(self.model).__name__})",
                validation=rehearsed.validation,
                validation_source=self.validation,
                model_facts=ModelFacts() if self.model is None else read_model(self.model),
            )
            evidence, shrunk = self._with_model(evidence, rehearsed)
        return self._diagnosis(evidence, shrunk), evidence

    def _with_model(self, evidence: Evidence, rehearsed: Rehearsed) -> tuple[Evidence, dict[int, Shrunk]]:
        """Run the model on what was delivered, and try the suspects, as far as nobody stops it."""
        trials, shrunk = dict[int, Trial](), dict[int, Shrunk]()
        try:
            run = self._run_model(rehearsed)
            evidence = replace(evidence, model_run=run, rehearsal=self._of_the_model(rehearsed.rehearsal, run))
            for index in self._to_try(evidence):
                trials[index] = self.trial(evidence, index)
            for index, reduced in self._shrink_failing(evidence, trials):
                shrunk[index] = reduced
        except KeyboardInterrupt:
            evidence = replace(evidence, cut_short=True)
        return replace(evidence, trials=trials), shrunk

    def undisturbed(self) -> AbstractContextManager[Any]:
        """Random states are as before, afterwards."""
        return kept_seeds()

    def ready(self) -> None:
        """Raise where the model must not be touched at this moment."""

    def notes(self, evidence: Evidence) -> Iterator[str]:
        """Say what the user should know beside the findings."""
        failure = evidence.rehearsal.failure
        if self.model_note and (failure is None or failure.line != self.model_note):
            yield self.model_note
        yield from notes(evidence)

    def _rehearse(self) -> Rehearsed:
        rehearsed = self._rehearse_once()
        if rehearsed.rehearsal.stood_still and not (self.source.one_shot and self.source.maker is None):
            # Somebody else's iterator may have been destroyed meanwhile (see garbage.py).
            self.source = recognise(self.given)
            rehearsed = self._rehearse_once()
        return rehearsed

    def _rehearse_once(self) -> Rehearsed:
        with self.bar("rehearsing fit", None) as show:
            return rehearse(
                self.source,
                self.fit_args,
                validation=self.validation,
                limits=self._limits(),
                steps_per_execution=getattr(self.model, "steps_per_execution", 1) or 1,
                on_progress=show,
            )

    def bar(self, what: str, total: int | None, unit: str = "batches") -> AbstractContextManager[Callable[[int], None]]:
        """Show the progress of long work, unless the user wants none."""
        return bar(what, total, shown=self.options.progress, unit=unit)

    def _limits(self) -> Limits:
        options = self.options
        chosen = Limits() if options.rehearse_epochs is None else Limits(epochs=options.rehearse_epochs, more_until_s=0)
        return replace(
            chosen,
            steps=self._most_steps(self.source, "steps_per_epoch"),
            evaluation_steps=self._most_steps(self.validation, "validation_steps"),
            budget_s=options.budget_s,
            quiet_s=options.quiet_s,
            keep_bytes=options.keep_bytes,
        )

    def _most_steps(self, source: Source | None, steps_argument: str) -> int:
        endless = source is not None and source.is_endless and not self.fit_args.get(steps_argument)
        return min(self.options.max_batches, ENDLESS_STEPS) if endless else self.options.max_batches

    # ------------------------------------------------------------------ the user's model
    def _of_the_model(self, rehearsal: Rehearsal, run: ModelRun | None) -> Rehearsal:
        """Where nothing else is wrong, a model that was left half built is what fit raises about."""
        if not self.model_note or rehearsal.failure is not None or (run is not None and run.failure is not None):
            return rehearsal
        return replace(rehearsal, failure=Failure("ValueError", self.model_note), failed_in="start")

    def _run_model(self, rehearsed: Rehearsed) -> ModelRun | None:
        """Train a copy on what fit delivered, in that order, as far as the batches are held and the time goes."""
        order = _delivery_order(self.source, rehearsed)
        if self.model is None or not order or rehearsed.rehearsal.ended == "stopped":
            return None
        again, evaluation = self._evaluation(rehearsed)
        raw = [rehearsed.profile.raw(index) for index in order]
        run, is_copy = self._train_stand_in(raw, evaluation)
        if is_copy and not run.answered:
            # Somebody else's iterator may have been destroyed meanwhile (see garbage.py).
            run, _ = self._train_stand_in(raw, evaluation)
        return ModelRun(
            batches=tuple(order),
            steps=run.steps,
            failure=run.failure if run.answered else None,
            non_finite=order[run.first_non_finite] if run.first_non_finite is not None else None,
            seconds=run.step_s,
            validation=again,
            evaluated=run.evaluated,
        )

    def _train_stand_in(self, raw: list[Any], evaluation: Mapping[str, Any]) -> tuple[Replay, bool]:
        """Train on raw batches as fit does, within half of the time; and whether that was on a copy."""
        pulse = Pulse()
        timer = threading.Timer(self.options.budget_s * MODEL_SHARE, pulse.stop.set)
        timer.start()
        try:
            with stand_in(self.model) as copy, self.bar("training a copy on what fit delivered", len(raw)) as show:
                run = through_fit(
                    copy,
                    raw,
                    as_source=self.source.replay,
                    learning_rate_zero=False,
                    fit_args={**self.source.replay_args(self.fit_args), **evaluation},
                    pulse=pulse,
                    quiet_s=self.options.quiet_s,
                    on_progress=show,
                )
                return run, copy is not self.model
        finally:
            timer.cancel()

    def _evaluation(self, rehearsed: Rehearsed) -> tuple[tuple[int, ...], dict[str, Any]]:
        """Fit's arguments to evaluate on what it delivered for validation, and the indices of these batches."""
        if not rehearsed.rehearsal.validation:
            return (), {}
        if self.validation is None:
            names = ("validation_data", "validation_batch_size", "validation_steps")
            given = {name: self.fit_args[name] for name in names if name in self.fit_args}
            return (), {**self.source.split_off(self.fit_args.get("validation_split")), **given}
        store = rehearsed.validation.store
        delivered = [d.batch for d in rehearsed.rehearsal.validation if d.batch is not None and d.batch in store]
        order = tuple(dict.fromkeys(delivered))
        if not order:
            return (), {}
        return order, {"validation_data": self.validation.replay([store.get(index) for index in order])}

    def _to_try(self, evidence: Evidence) -> list[int]:
        """Suspects that are held."""
        if self.model is None or evidence.rehearsal.ended == "stopped":
            return []
        return [index for index in suspects(evidence) if index in evidence.profile.store]

    def trial(self, evidence: Evidence, index: int, *, fresh_weights: bool = False) -> Trial:
        """Try one batch on the user's model, or on the same with fresh weights.

        Raises
        ------
        BadModelError
            If no model was given.
        NotKeptError
            If the batch is not held.
        """
        self._needs_model()
        yielded = evidence.profile.raw(index)
        first = [evidence.profile.raw(i) for i in range(2) if i in evidence.profile.store]
        with dtype_policy(self.policy):
            return try_batch(
                self.model,
                index,
                first=first,
                delivered=_as_delivered(evidence, yielded),
                yielded=yielded,
                as_source=self.source.replay,
                fit_args=self.source.replay_args(self.fit_args),
                quiet_s=self.options.quiet_s,
                fresh_weights=fresh_weights,
                bench=self._bench,
            )

    def _shrink_failing(self, evidence: Evidence, trials: Mapping[int, Trial]) -> Iterator[tuple[int, Shrunk]]:
        """Reduce the batches whose eager step failed too, as far as a few seconds go."""
        until = time.monotonic() + SHRINK_S
        for index, trial in trials.items():
            left = until - time.monotonic()
            if left > 0 and any(step.outcome in FAILS for step in trial.steps[1:2]):
                yield index, self.shrink(evidence, index, max_trials=SHRINK_TRIALS, budget_s=left)

    def shrink(self, evidence: Evidence, index: int, *, max_trials: int, budget_s: float = math.inf) -> Shrunk:
        """Reduce one batch that the model does not take to the samples that make it so.

        Raises
        ------
        BadModelError
            If no model was given.
        NotKeptError
            If the batch is not held.
        """
        self._needs_model()
        yielded = evidence.profile.raw(index)
        delivered = _as_delivered(evidence, yielded)
        measured = evidence.profile.find(index)
        what = f"narrowing batch {index} down to samples"
        with dtype_policy(self.policy), self.bar(what, max_trials, unit="trials") as show:
            return shrink(
                self.model,
                index,
                yielded if delivered is None else delivered,
                limits=known_limits(evidence.model_facts, measured),
                max_trials=max_trials,
                budget_s=budget_s,
                quiet_s=self.options.quiet_s,
                on_progress=show,
            )

    def _needs_model(self) -> None:
        self.ready()
        if self.model is None:
            msg = "no model was given to try a batch on. Pass it: gendiag.diagnose(source, model)."
            raise BadModelError(msg)

    # ------------------------------------------------------------------ the conclusion
    def _diagnosis(self, evidence: Evidence, shrunk: Mapping[int, Shrunk]) -> Diagnosis:
        findings = with_samples(find(evidence), shrunk)
        ending = verdict(evidence, findings)
        return Diagnosis(
            source=self.source.describe(),
            model=evidence.model,
            fit_args={name: _short(value) for name, value in self.fit_args.items()},
            profile=evidence.profile,
            rehearsal=evidence.rehearsal,
            validation=evidence.validation,
            findings=findings,
            trials=evidence.trials,
            shrunk=shrunk,
            verdict=ending,
            fails_at=fails_at(evidence, findings) if ending == "raises" else None,
            notes=(*self.notes(evidence), *([CUT_SHORT] if evidence.cut_short else [])),
            versions=_versions(),
            untried=_is_untried(evidence),
        )


def _is_untried(evidence: Evidence) -> bool:
    """Whether somebody stopped it before the model was run."""
    run = evidence.rehearsal
    was_stopped = evidence.cut_short or (run.ended == "stopped" and not run.live)
    return was_stopped and evidence.model is not None and evidence.model_run is None


def _delivery_order(source: Source, rehearsed: Rehearsed) -> list[int]:
    """Indices of the delivered batches still held, each once, in the order delivered.

    An indexed source is peeked at items 0 and 1 whatever comes first, so these are put in front.
    """
    store = rehearsed.profile.store
    delivered = [d.batch for d in rehearsed.rehearsal.deliveries if d.batch is not None and d.batch in store]
    peeked = [index for index in range(2) if index in store] if source.kind == "PyDataset" and delivered else []
    return list(dict.fromkeys([*peeked, *delivered]))


def _as_delivered(evidence: Evidence, yielded: object) -> Any:
    """Cast the leaves as fit did; None where fit delivered nothing."""
    if not evidence.rehearsal.deliveries:
        return None
    dtypes = {leaf.path: leaf.dtype for leaf in evidence.rehearsal.deliveries[0].leaves}
    paths = iter([part.path for part in flatten(yielded)])

    def change(value: object) -> object:
        dtype, array = dtypes.get(next(paths)), as_array(value)
        return value if array is None or not dtype or array.dtype.name == dtype else cast(array, dtype)

    try:
        return transform(change, yielded)
    except (TypeError, ValueError):  # fit cannot cast it either, and says so
        return None


def _short(value: object) -> str:
    text = repr(value) if isinstance(value, (int, float, str, bool, type(None))) else type(value).__name__
    return text if len(text) < 60 else text[:57] + "..."  # noqa: PLR2004


def _versions() -> str:
    import keras
    import tensorflow as tf

    return f"keras {keras.__version__}, tensorflow {tf.__version__}"
