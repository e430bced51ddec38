"""The real ``fit`` on a probe: what a source yields, and what fit makes of it."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from gendiag.records import Failure, Rehearsal
from gendiag.rehearsal.probe import EnoughError, Limits, Progress, make_callback, make_probe
from gendiag.rehearsal.profile import Profile, with_dtypes
from gendiag.rehearsal.recording import Recording
from gendiag.runtime.standing import end, standing
from gendiag.runtime.task import NoAnswerError, Pulse, Task
from gendiag.runtime.tracebacks import cut
from gendiag.sources.source import Source
from gendiag.sources.spot_check import SpotCheck, check_spots, comes_alone

# keras 3.15.1 of what it takes for no data, or for no arrays of as many samples; a NumPy scalar has no first axis.
REFUSED_OBJECT = ("Unrecognized data type", "tuple index out of range")
REFUSED_ARRAYS = ("Data cardinality is ambiguous",)
DROPPED = ("callbacks", "verbose")  # they are the user's own, and the rehearsal must not set them off


@dataclass(frozen=True)
class Rehearsed:
    """A source, what fit did with it, and the profiles of both sources."""

    source: Source
    rehearsal: Rehearsal
    profile: Profile
    validation: Profile = field(default_factory=Profile)


def rehearse(  # noqa: PLR0913  (keyword-only options)
    source: Source,
    fit_args: Mapping[str, Any],
    *,
    validation: Source | None,
    limits: Limits,
    steps_per_execution: int = 1,
    distributed: bool = False,
    on_progress: Callable[[Progress], None] = lambda _now: None,
) -> Rehearsed:
    """Run fit with the user's own arguments on a probe.

    Parameters
    ----------
    source, validation
        What to read. ``validation`` is None where ``fit_args`` holds no source that can be recorded.
    fit_args
        The user's own arguments of fit; callbacks and verbose are left out.
    limits
        Where it ends if nothing else ends it.
    steps_per_execution
        As the user's model was compiled.
    distributed
        Whether it was made in the scope of a ``tf.distribute`` strategy.
    on_progress
        Called from the waiting thread, again and again, with where fit stands.
    """
    run = _Run(source, validation, dict(fit_args), limits)
    task = Task(lambda pulse: run.work(pulse, steps_per_execution, distributed=distributed))
    run.attach(task.pulse)
    try:
        task.start().wait(quiet_s=limits.quiet_s, tick=lambda: on_progress(run.progress))
    except NoAnswerError as error:
        run.no_answer(error)
    return run.result()


class _Run:
    """One rehearsal under way."""

    def __init__(self, source: Source, validation: Source | None, fit_args: dict[str, Any], limits: Limits) -> None:
        self.source, self.validation, self.fit_args, self.limits = source, validation, fit_args, limits
        self.caught: list[warnings.WarningMessage] = []
        self.failure: Failure | None = None
        self.failed_batch: int | None = None
        self.ended: Any = "finished"
        self.stood_still = False
        self.fit_is_over = False
        self.spot_check: SpotCheck | None = None
        self.comes_alone = False

    def attach(self, pulse: Pulse) -> None:
        """Open the taps."""
        tapped = (self.source.tapped, self.validation is None or self.validation.tapped)
        self.progress = Progress(pulse, self.limits, tapped=tapped)
        self.progress.validation.replays_peeked = self.validation is not None and self.validation.one_shot

    def work(self, pulse: Pulse, steps_per_execution: int, *, distributed: bool) -> None:
        """Run fit, then read on behind the batch at which it raised."""
        with warnings.catch_warnings(record=True) as self.caught:
            warnings.simplefilter("always")
            try:
                self._fit(make_probe(self.progress, steps_per_execution, distributed=distributed))
            except EnoughError:
                pass
            except BaseException as error:  # noqa: BLE001  (whatever fit raises is the finding, an exit too)
                self.failure = cut(error)
        stopped = pulse.stop.is_set()
        self.ended = "stopped" if stopped else "raised" if self.failure else self.progress.reached or "finished"
        if self.failure is not None and not stopped:
            self.failed_batch = self._find_failed_batch()
            self.fit_is_over = True
            self.source.close()
            self.comes_alone = self._comes_alone()
            self.progress.reads_on = True
            self.source.drain(self.progress.training, self._is_enough)
        elif self.ended in {"finished", "epochs"} and self.source.is_indexed:
            self.fit_is_over = True
            pulse.beat()
            self.spot_check = check_spots(self.source.value, self.source.length, self.progress.training.early_hook)

    def _fit(self, probe: Any) -> None:
        follow = make_callback(self.progress)
        arguments = {name: value for name, value in self.fit_args.items() if name not in DROPPED}
        if self.validation is not None:
            arguments["validation_data"] = self.validation.open(self.progress.validation)["x"]
        arguments = self.source.open(self.progress.training) | arguments
        try:
            probe.fit(**arguments, callbacks=[follow], verbose=0)
        finally:
            follow.leftovers.let_go()  # of fit's iterator, and with it of the generator
            self.source.release()

    def _comes_alone(self) -> bool:
        """Whether the item that raised in a worker thread comes when it is asked for alone."""
        tap, source = self.progress.training, self.source
        in_threads = source.is_indexed and source.workers > 1 and not source.in_processes
        if not in_threads or tap.failed_index is None or tap.failed_index != self.failed_batch:
            return False
        return comes_alone(source.value, tap.failed_index % (source.length or tap.failed_index + 1))

    def _is_enough(self) -> bool:
        """Whether as many batches were read as fit would have read, had it not raised; or time is up."""
        steps = count(self.fit_args.get("steps_per_epoch"), 0) * count(self.fit_args.get("epochs"), 1)
        tap = self.progress.training
        is_late = self.progress.seconds > self.limits.budget_s or tap.pulse.stop.is_set()
        return is_late or len(tap.batches) >= min(self.limits.steps, steps or self.limits.steps)

    def no_answer(self, error: NoAnswerError) -> None:
        """Keep where the work stood; its thread is left behind."""
        if self.fit_is_over:  # only a question of ours was not answered
            return
        tap = self.progress.training
        self.stood_still = not (error.stopped or tap.n_asked or tap.deliveries)
        self.ended = "stopped" if error.stopped else "no answer"
        if not error.stopped:
            self.failure = Failure("NoAnswerError", str(error), details=error.stack)
            stands = standing(tap)
            if stands is not None:
                frame, code = str(stands.place), stands.place.code or None
                self.failure = replace(
                    self.failure, frame=frame, code=code, values=stands.values, busy=stands.busy, loop=stands.loop
                )
                end(tap)

    def result(self) -> Rehearsed:
        """Make the records."""
        progress = self.progress
        place = self._place()
        rehearsal = Rehearsal(
            epochs=count(self.fit_args.get("epochs"), 1),
            epochs_run=progress.position.epochs_begun,
            steps_per_epoch=count_or_none(self.fit_args.get("steps_per_epoch")),
            deliveries=tuple(progress.training.deliveries),
            validation=tuple(progress.validation.deliveries),
            ended=self.ended,
            failure=self.failure,
            failed_in=place if self.failure else None,
            failed_batch=self.failed_batch,
            stood_still=self.stood_still,
            warnings=tuple(dict.fromkeys(f"{w.category.__name__}: {w.message}" for w in self.caught)),
            seconds=progress.seconds,
        )
        profile = self._profile(progress.training)
        given = with_dtypes(profile.batches, self.source.dtypes(self.fit_args))
        training = replace(profile, batches=given, spot_check=self.spot_check, comes_alone=self.comes_alone)
        return Rehearsed(self.source, rehearsal, training, self._profile(progress.validation))

    def _place(self) -> Literal["start", "training", "validation"]:
        """Where fit stood; it begins to read the validation data before it says that an evaluation begins."""
        tap = self.progress.validation
        begun = bool(tap.batches or tap.peeks or tap.ended or tap.error)
        trained, given = bool(self.progress.training.deliveries), self.fit_args.get("validation_data") is not None
        refused = trained and given and is_about_validation(self.failure, self.source, self.validation)
        if self.failure is not None and ((begun and not tap.training) or refused):
            return "validation"
        phase = self.progress.position.phase
        return "training" if phase == "between" else phase

    def _find_failed_batch(self) -> int | None:
        tap, place = self.progress.training, self._place()
        if place == "validation" or (not tap.deliveries and self._is_uncountable):
            return None
        if place == "start":
            return tap.failed_index
        if tap.error is not None and tap.failed_index is not None:
            # fit reads ahead: the source may have raised behind a batch that fit refused before.
            return tap.failed_index if self._shuffles else min(tap.failed_index, len(tap.deliveries))
        if not self.source.tapped:
            return len(tap.deliveries)
        if not self._shuffles and len({delivery.epoch for delivery in tap.deliveries}) == 1:
            # In epoch 1 step k is batch k, also where batches cannot be told apart by content, or no more.
            return len(tap.deliveries) if len(tap.deliveries) < len(tap.batches) else None
        delivered = {delivery.batch for delivery in tap.deliveries}
        waiting = [batch.index for batch in tap.batches if batch.index not in delivered]
        if not self._shuffles:  # workers answer in another order than fit takes
            waiting.sort()
        return next(iter(waiting), None)

    @property
    def _is_uncountable(self) -> bool:
        """Whether fit cannot count to the number of steps that it was given, which is no batch's fault."""
        given = self.fit_args.get("steps_per_epoch")
        return given is not None and count_or_none(given) is None

    @property
    def _shuffles(self) -> bool:
        return self.source.is_indexed and bool(self.fit_args.get("shuffle", True))

    def _profile(self, tap: Recording) -> Profile:
        ended: Any = "raised" if tap.error else "end" if tap.ended else "fit"
        return Profile(
            batches=tuple(sorted(tap.batches, key=lambda batch: batch.index)),
            read_order=tuple(batch.index for batch in tap.batches),
            ended=ended,
            failure=cut(tap.error) if tap.error else None,
            error=tap.error,
            failed_index=tap.failed_index,
            seconds=self.progress.seconds,
            peeks=tuple(tap.peeks),
            early_hook=dict(tap.early_hook),
            late_hook=dict(tap.late_hook),
            hooks=dict(tap.hooks),
            lengths=tuple(tap.lengths),
            growth={name: tuple(lengths) for name, lengths in tap.growth.items()},
            store=tap.store,
        )


def is_about_validation(failure: Failure | None, source: Source, validation: Source | None) -> bool:
    """Whether a fit that had trained raised what it says of validation data that it cannot begin to evaluate.

    ``validation`` is None for arrays. Of a type that fit does not know it asks nothing.
    """
    if failure is None or source.is_foreign:
        return False
    if validation is None or validation.is_foreign:
        return any(said in failure.line for said in (REFUSED_ARRAYS if validation is None else REFUSED_OBJECT))
    refused = validation.refused_length
    return refused is not None and refused.explains(failure)


def count_or_none(given: Any) -> int | None:
    """A number of steps as fit counts by it: None where it is below 0, or no whole number."""
    number = count(given, -1)
    return number if number >= 0 else None


def count(given: Any, default: int) -> int:
    """A whole number as given to fit; the default for what fit itself refuses."""
    try:
        return operator.index(given)
    except TypeError:
        return default
