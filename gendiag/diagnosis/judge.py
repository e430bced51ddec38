"""Case -> Judged: observe what fit does, run the model on what was delivered, ask the rules, try the suspects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from gendiag.diagnosis.case import Case
from gendiag.diagnosis.coverage import left_out
from gendiag.diagnosis.diagnosis import Diagnosis
from gendiag.diagnosis.failing_samples import with_samples
from gendiag.diagnosis.model_run import of_the_model
from gendiag.diagnosis.trials import paired, shrink_failing, to_try, try_on_model
from gendiag.diagnosis.verdict import explain, fails_at, find, verdict, with_trials
from gendiag.model.facts import ModelFacts
from gendiag.model.reader import read_model
from gendiag.records import Finding, Shrunk, Trial
from gendiag.rehearsal.rehearsal import Rehearsed
from gendiag.rules.evidence.evidence import Evidence
from gendiag.runtime.estimate import Phase
from gendiag.runtime.progress import stopping

CUT_SHORT = "Stopped while the model was tried: what is not shown here was not tried."
MOST_SHOWN = 60  # letters of an argument of fit


@dataclass(frozen=True, slots=True)
class Judged:
    """A case, what was measured of it, and what follows."""

    case: Case
    evidence: Evidence
    diagnosis: Diagnosis


def judge(case: Case) -> Judged:
    """Do it all; afterwards everything of the user's is as it was.

    Ctrl-C behind the rehearsal ends it with what is known by then.
    """
    with case.options.under_way(), case.observer.undisturbed():
        rehearsed = case.observer.observe(case)
        work = _Work(case, _evidence(case, rehearsed))
        try:
            work.do(rehearsed)
        except KeyboardInterrupt:
            if case.model is None:  # then nothing was tried that could be left out
                raise
            stopping()
            work.evidence = replace(work.evidence, cut_short=True)
    return work.judged()


def _evidence(case: Case, rehearsed: Rehearsed) -> Evidence:
    return Evidence(
        source=rehearsed.source,
        profile=rehearsed.profile,
        rehearsal=rehearsed.rehearsal,
        fit_args=case.fit_args,
        model=None if case.model is None else f"{case.model.name} ({type(case.model).__name__})",
        validation=rehearsed.validation,
        validation_source=case.validation,
        model_facts=ModelFacts() if case.model is None else read_model(case.model),
        called_facts=None if case.called is None else read_model(case.called),
    )


@dataclass
class _Work:
    """What is known by now, of work that may be broken off at any moment."""

    case: Case
    evidence: Evidence
    findings: tuple[Finding, ...] | None = None
    trials: dict[int, Trial] = field(default_factory=dict)
    shrunk: dict[int, Shrunk] = field(default_factory=dict)

    def do(self, rehearsed: Rehearsed) -> None:
        """Run the model on what was delivered, ask the rules, and try the suspects."""
        run = self.case.observer.run_model(self.case, rehearsed)
        rehearsal = of_the_model(self.case, rehearsed.rehearsal, run)
        is_cut = run is not None and run.interrupted
        self.evidence = replace(self.evidence, model_run=run, rehearsal=rehearsal, cut_short=is_cut)
        with self.case.options.bar(Phase("looking for the cause", ())):
            self.evidence = replace(self.evidence, paired=paired(self.case, self.evidence))
            self.findings = find(self.evidence)
        for index in to_try(self.case, self.evidence, self.findings):
            self.trials[index] = try_on_model(self.case, self.evidence, index)
        self.findings = explain(replace(self.evidence, trials=self.trials), self.findings)
        for index, reduced in shrink_failing(self.case, self.evidence, self.trials):
            self.shrunk[index] = reduced

    def judged(self) -> Judged:
        """Conclude."""
        evidence = replace(self.evidence, trials=self.trials)
        found = find(evidence) if self.findings is None else with_trials(self.findings, evidence)
        return Judged(self.case, evidence, _concluded(self.case, evidence, found, self.shrunk))


def _concluded(case: Case, evidence: Evidence, found: tuple[Finding, ...], shrunk: Mapping[int, Shrunk]) -> Diagnosis:
    findings = with_samples(found, shrunk)
    ending = verdict(evidence, findings)
    missing = tuple(left_out(evidence))
    notes = [f"Left out: {'; '.join(missing)}."] if missing and findings else []
    notes += [*case.observer.notes(case, evidence), *([CUT_SHORT] if evidence.cut_short else [])]
    return Diagnosis(
        source=evidence.source.describe(),
        model=evidence.model,
        fit_args={name: _short(value) for name, value in case.fit_args.items()},
        profile=evidence.profile,
        rehearsal=evidence.rehearsal,
        model_run=evidence.model_run,
        validation=evidence.validation,
        findings=findings,
        trials=evidence.trials,
        shrunk=shrunk,
        verdict=ending,
        fails_at=fails_at(evidence, findings) if ending == "raises" else None,
        notes=tuple(notes),
        left_out=missing,
        versions=_versions(),
        untried=_is_untried(evidence),
    )


def _is_untried(evidence: Evidence) -> bool:
    """Whether somebody stopped it before the model was run."""
    run = evidence.rehearsal
    was_stopped = evidence.cut_short or (run.ended == "stopped" and not run.live)
    return was_stopped and evidence.model is not None and evidence.model_run is None


def _short(value: object) -> str:
    text = repr(value) if isinstance(value, (int, float, str, bool, type(None))) else type(value).__name__
    return text if len(text) < MOST_SHOWN else text[: MOST_SHOWN - 3] + "..."


def _versions() -> str:
    import keras
    import tensorflow as tf

    return f"keras {keras.__version__}, tensorflow {tf.__version__}"
