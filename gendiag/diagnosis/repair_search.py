"""The search for repairs: each edit is applied to a fresh source, rehearsed, judged, and its batch tried again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from gendiag.diagnosis.case import Case
from gendiag.diagnosis.diagnosis import Diagnosis
from gendiag.diagnosis.judge import Judged, judge
from gendiag.diagnosis.rehearsing import case_of
from gendiag.diagnosis.second_reading import Fresh, fresh
from gendiag.diagnosis.trials import try_on_model
from gendiag.records import Finding, Repair, Trial
from gendiag.rules.edits.chain import chained
from gendiag.rules.edits.edit import Edit
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.registry import BY_NAME
from gendiag.runtime.task import Task, is_stop_asked
from gendiag.sources.source import without_maker

MOST_TRIED, ENOUGH, MOST_BRANCHES = 12, 4, 2
QUIET_S = 10.0  # a source that was read before answers sooner than one that is met for the first time
NO_CHANGE = Edit("")
Key = tuple[str, bool]


@dataclass(frozen=True, slots=True)
class Tried:
    """An edit, and what came of it.

    Attributes
    ----------
    edit, finding
        What was tried, and for which finding.
    judged
        The same model and arguments with the changed source.
    trial
        The batch of the finding, tried again; None where it is not there any more.
    """

    edit: Edit
    finding: Finding
    judged: Judged
    trial: Trial | None = None

    @property
    def left(self) -> set[Key]:
        """The faults that are left."""
        return {key(finding) for finding in faults(self.judged.diagnosis)}


@dataclass(frozen=True, slots=True)
class Again:
    """The source and the validation data of a case, to be read once more."""

    source: Fresh
    validation: Fresh

    @property
    def why_not(self) -> str:
        """Why they cannot be read again; empty where they can."""
        return self.source.why_not or self.validation.why_not


def again(judged: Judged) -> Again:
    """Find a way to read what was judged again."""
    case, evidence = judged.case, judged.evidence
    given, origin = case.fit_args.get("validation_data"), evidence.validation_source
    validation = Fresh(given) if origin is None else fresh(origin, given, evidence.validation)
    return Again(fresh(evidence.source, case.given, evidence.profile), validation)


def changed(case: Case, sources: Again, edit: Edit | Repair) -> Case:
    """Make a case of the same model and arguments, with the changed source made anew."""
    fit_args = dict(case.fit_args)
    if "validation_data" in fit_args:
        fit_args["validation_data"] = sources.validation.value
    defines = edit.defines if isinstance(edit, Edit) else True
    if edit.target == "validation_data" and defines:
        fit_args["validation_data"] = edit.apply(sources.validation.value)
    fit_args = {name: value for name, value in {**fit_args, **edit.fit_args}.items() if value is not None}
    given = sources.source.value
    if edit.target == "x" and defines:
        given = lambda: edit.apply(sources.source.value)  # noqa: E731  (a function that can be called again)
    options = replace(case.options, progress=False, quiet_s=min(QUIET_S, case.options.quiet_s))
    return case_of(given, case.model, fit_args, options)


@dataclass
class Search:
    """What was judged, and what was tried so far."""

    judged: Judged
    sources: Again
    until: float
    on_try: Callable[[int, str], None]
    on_found: Callable[[Tried], None]
    tried: list[Tried] = field(default_factory=list)
    results: dict[tuple[str, str], Tried | None] = field(default_factory=dict)
    stopped: bool = False

    @property
    def is_over(self) -> bool:
        """Whether time is up, or enough was tried or found."""
        found = sum(not each.left for each in self.tried)
        return (
            self.stopped
            or is_stop_asked()
            or time.monotonic() > self.until
            or len(self.results) >= MOST_TRIED
            or found >= ENOUGH
        )

    def run(self, edit: Edit, finding: Finding) -> Tried | None:
        """Judge the source with this edit, once; None where that cannot be done, or nothing came of it."""
        told = (edit.code, repr(sorted(edit.fit_args.items())))
        if told not in self.results:
            if self.is_over or (edit.calls_source and not self.sources.source.is_function):
                return None
            self.on_try(len(self.results) + 1, edit.title)
            self.results[told] = self._tried(edit, finding)
        known = self.results[told]
        return None if known is None else replace(known, finding=finding)

    def _tried(self, edit: Edit, finding: Finding) -> Tried | None:
        try:
            make = Task(lambda _pulse: changed(self.judged.case, self.sources, edit))
            judged = judge(make.start().wait(quiet_s=max(1.0, self.until - time.monotonic())))
        except Exception:  # noqa: BLE001  (the source is the user's: then it is no repair)
            return None
        evidence = judged.evidence
        self.stopped = evidence.rehearsal.ended == "stopped" or evidence.cut_short or is_stop_asked()
        if not self.sources.source.is_function:  # what made it is ours, and no edit may call it
            evidence = replace(evidence, source=without_maker(evidence.source))
        return None if self.stopped else Tried(edit, finding, replace(judged, evidence=evidence))


def control(search: Search, root: Finding) -> str:
    """Say why nothing can be concluded: read again without a change, the source shows the fault no more."""
    again = search.run(NO_CHANGE, root)
    search.results.clear()
    if again is None:
        return "the search was stopped before" if search.stopped else "the source could not be read again"
    return "" if key(root) in again.left else "read again without any change, the source does not show this fault"


def look(search: Search, found: list[Finding]) -> None:
    """Run what the rules propose for each finding, the root cause first, and further edits for what the best leave."""
    before = {key(finding) for finding in found}
    branches: list[Tried] = []
    for finding in found:
        for edit in proposals(finding, search.judged.evidence):
            tried = search.run(edit, finding)
            if tried is None or key(finding) in tried.left:
                continue
            ending = tried.judged.diagnosis.verdict
            is_better = ending == "trains" or ending == search.judged.diagnosis.verdict == "trains to NaN"
            if is_better and tried.left < before:
                _keep(search, tried)
            if tried.left:
                branches.append(tried)
    for branch in branches[:MOST_BRANCHES]:
        _go_on(search, branch)


def _go_on(search: Search, branch: Tried) -> None:
    """Add edits for what a first one left, or brought to light."""
    for finding in faults(branch.judged.diagnosis):
        for edit in proposals(finding, branch.judged.evidence):
            both = chained(branch.edit, edit)
            known = any(both is not None and both.parts == each.edit.parts for each in search.tried)
            tried = None if both is None or known else search.run(both, branch.finding)
            if tried is not None and not tried.left and tried.judged.diagnosis.verdict == "trains":
                _keep(search, tried)


def _keep(search: Search, tried: Tried) -> None:
    """Try the batch of the finding once more by itself, and keep the edit unless that fails."""
    if any(each.edit.parts == tried.edit.parts for each in search.tried):
        return
    trial = _trial(tried, search.judged.diagnosis)
    if is_stop_asked():  # maybe before fit came to the batch
        return
    if trial is None or trial.outcome not in {"raises", "non-finite"}:
        search.tried.append(replace(tried, trial=trial))
        search.on_found(search.tried[-1])


def _trial(tried: Tried, before: Diagnosis) -> Trial | None:
    finding, index = tried.finding, before.fails_at
    if index is None:
        index = next(iter(finding.batches), None)
    case, evidence = tried.judged.case, tried.judged.evidence
    if index is None or finding.in_validation or case.model is None or index not in evidence.profile.store:
        return None
    return try_on_model(case, evidence, index)


def proposals(finding: Finding, evidence: Evidence) -> list[Edit]:
    """Return what the finding's rule proposes; a rule that fails proposes nothing."""
    try:
        return list(filter(None, BY_NAME[finding.rule].edits(finding, evidence)))
    except Exception:  # noqa: BLE001  (a bug of ours, which the tests of the rules would show)
        return []


def faults(diagnosis: Diagnosis) -> list[Finding]:
    """Findings above a note, the root cause first."""
    return [finding for finding in diagnosis.findings if finding.severity != "note"]


def key(finding: Finding) -> Key:
    """What makes two findings the same fault."""
    return finding.rule, finding.in_validation
