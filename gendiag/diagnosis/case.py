"""A case: one source with the user's model and arguments of fit, and the way in which it is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from gendiag.diagnosis.options import Options
from gendiag.errors import BadModelError
from gendiag.model.clone_cache import CloneCache
from gendiag.model.replay import FitSettings
from gendiag.records import ModelRun
from gendiag.rehearsal.rehearsal import Rehearsed
from gendiag.rules.evidence.evidence import Evidence
from gendiag.runtime.task import current_dtype_policy
from gendiag.sources.source import Source


class Observer(Protocol):
    """How it is known what fit does with a case: by a rehearsal, or from the record of a live fit."""

    def observe(self, case: Case) -> Rehearsed:
        """Return what was yielded and what was delivered."""

    def run_model(self, case: Case, rehearsed: Rehearsed) -> ModelRun | None:
        """Return what the user's model did with what was delivered; None where that is not known."""

    def notes(self, case: Case, evidence: Evidence) -> Iterator[str]:
        """Say what the user should know beside the findings."""

    def undisturbed(self) -> AbstractContextManager[Any]:
        """Leave everything as it was before, once the case is judged: random states, and the model."""

    def weights(self) -> AbstractContextManager[Any]:
        """Give the model the weights with which it is to be tried."""

    def check_idle(self) -> None:
        """Raise where the model must not be touched at this moment."""


@dataclass(frozen=True, eq=False)
class Case:
    """What is to be judged.

    Attributes
    ----------
    given, source
        What the user passed, and the source behind it.
    fit_args, validation
        Arguments of fit; and the source in ``validation_data``, None where there is none or fit slices it itself.
    model, model_note
        As the user trains it, or None; and what the user must know of it, such as that it was made anew.
    called
        The model of which evaluate or predict was called, whose facts are read and which is not tried; or None.
    observer
        How it is looked at.
    policy
        Keras's dtype policy of the thread in which the user calls fit.
    clones
        Keeps the copy of the model from trial to trial.
    """

    given: Any
    source: Source
    fit_args: Mapping[str, Any]
    validation: Source | None
    model: Any
    model_note: str
    options: Options
    observer: Observer
    called: Any = None
    policy: object = field(default_factory=current_dtype_policy)
    clones: CloneCache = field(default_factory=CloneCache)

    def settings(self, source: Source) -> FitSettings:
        """How a replay hands batches to fit: as the source does that was read."""
        return FitSettings(
            lambda batches: source.replay(batches, self.fit_args),
            source.replay_args(self.fit_args),
            self.options.quiet_s,
            self.policy,
            source.close,
        )

    def check_model(self) -> None:
        """Refuse a trial where there is no model, or where it is in use.

        Raises
        ------
        BadModelError
            If no model was given.
        StillTrainingError
            If it is being trained.
        """
        self.observer.check_idle()
        if self.model is None:
            msg = "no model was given to try a batch on. Pass it: gendiag.diagnose(source, model)."
            raise BadModelError(msg)
