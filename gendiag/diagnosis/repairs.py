"""Edits that were run and leave nothing of what was found: repairs, with their proof."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from gendiag.batches.store import Store
from gendiag.diagnosis.diagnosis import Diagnosis
from gendiag.diagnosis.judge import Judged, judge
from gendiag.diagnosis.repair_search import MOST_TRIED, Search, Tried, again, changed, control, faults, look, proposals
from gendiag.errors import SourceSpentError
from gendiag.records import Finding, Repair, Trial
from gendiag.rules.edits.edit import Edit
from gendiag.rules.edits.place import at
from gendiag.rules.edits.snippet import snippet
from gendiag.runtime.estimate import Phase
from gendiag.runtime.progress import Progress
from gendiag.runtime.quiet import quiet
from gendiag.runtime.random_state import kept_seeds
from gendiag.runtime.task import is_stop_asked

OnTry = Callable[[int, str], None]
OnFound = Callable[[Repair], None]


def nobody(*_: object) -> None:
    """Nobody is told."""


class Fixes:
    """The repairs of one case, searched for once; and what was diagnosed with each."""

    def __init__(self, judged: Judged) -> None:
        self._judged = judged
        self._found: tuple[Repair, ...] | None = None
        self._after: dict[int, tuple[Repair, Diagnosis]] = {}  # by identity, which is its own as long as it is held

    def search(self, budget_s: float, on_try: OnTry, on_found: OnFound) -> tuple[Repair, ...]:
        """See ``repairs``; one that was stopped from a panel is not kept, as another may find more."""
        if self._found is not None:
            return self._found

        def found(repair: Repair, after: Diagnosis) -> None:
            self._after[id(repair)] = repair, after
            on_found(repair)

        made = repairs(self._judged, budget_s=budget_s, on_try=on_try, on_found=found)
        self._found = None if is_stop_asked() else made
        return made

    def after(self, repair: Repair) -> Diagnosis | None:
        """Return what was diagnosed with a repair, no raw batches held; None for one that was not run here."""
        return self._after.get(id(repair), (None, None))[1]


def repairs(
    judged: Judged,
    *,
    budget_s: float,
    on_try: OnTry = nobody,
    on_found: Callable[[Repair, Diagnosis], None] = nobody,
) -> tuple[Repair, ...]:
    """Search for changes that repair what was found, and run each.

    Parameters
    ----------
    judged
        What was found, and in what.
    budget_s
        No further change is tried after so many seconds.
    on_try
        Called before each change is run, with its number and what it does; nothing, where the source is only read anew.
    on_found
        Called with each verified repair as it is proven, and what was diagnosed with it, no raw batches held.

    Returns
    -------
    tuple of Repair
        Verified ones: those that leave no fault first, of these those that change nothing that fit trains on, the
        smallest first. Where nothing could be run, what the rule of the root cause proposes, not verified.
    """
    found = faults(judged.diagnosis)
    if not found:
        return ()
    until = time.monotonic() + budget_s
    case = judged.case
    with kept_seeds(), case.observer.weights(), case.options.bar(Phase("trying fixes", ())) as show:
        made = _Made(show, on_try, on_found)
        search = made.search = Search(judged, again(judged), until, made.tries, made.found)
        why_not = search.sources.why_not or control(search, found[0])
        if why_not:
            return tuple(_unverified(search, found[0], why_not))
        try:
            with quiet():
                look(search, found)
        except KeyboardInterrupt:
            search.stopped = True
        return tuple(made.repairs[id(each)] for each in _ranked(search))


class _Made:
    """Tells of a search as it goes, and keeps its repairs by what was tried."""

    search: Search

    def __init__(self, show: Progress, on_try: OnTry, on_found: Callable[[Repair, Diagnosis], None]) -> None:
        self._show, self._on_try, self._on_found = show, on_try, on_found
        self.repairs: dict[int, Repair] = {}

    def tries(self, number: int, title: str) -> None:
        """Say which change is run next."""
        self._show(beside=f"{number} of at most {MOST_TRIED}: {title}" if title else "reading the source again first")
        self._on_try(number, title)

    def found(self, tried: Tried) -> None:
        """Make the repair of what was proven."""
        repair = self.repairs[id(tried)] = _repair(self.search, tried)
        diagnosis = tried.judged.diagnosis
        self._on_found(repair, replace(diagnosis, profile=replace(diagnosis.profile, store=Store(1))))


def repaired(judged: Judged, repair: Repair) -> Judged:
    """Judge the repaired source, made anew, in the place of the one that was judged.

    Raises
    ------
    SourceSpentError
        If the source cannot be read again.
    """
    sources = again(judged)
    if sources.why_not:
        raise SourceSpentError(sources.why_not)
    return judge(changed(judged.case, sources, repair))


def _ranked(search: Search) -> list[Tried]:
    whole = [each for each in search.tried if not each.left]
    return sorted(whole or search.tried, key=lambda each: (bool(each.edit.changes_meaning), each.edit.size))


def _repair(search: Search, tried: Tried) -> Repair:
    proof = {
        "before": _figures(search.judged.diagnosis, _known_trial(search.judged.diagnosis, tried)),
        "after": _figures(tried.judged.diagnosis, tried.trial),
        "read": search.sources.source.how or search.sources.validation.how,
    }
    return _record(search, tried.edit, tried.finding, proof, verified=True)


def _record(search: Search, edit: Edit, finding: Finding, proof: Mapping[str, Any], *, verified: bool) -> Repair:
    where = at(search.judged.evidence, finding, validation=edit.target == "validation_data")
    return Repair(
        title=edit.title,
        snippet=snippet(edit, where),
        apply=edit.apply,
        verified=verified,
        proof=proof,
        rule=finding.rule,
        changes_meaning=edit.changes_meaning,
        fit_args=edit.fit_args,
        target=edit.target,
    )


def _unverified(search: Search, root: Finding, why_not: str) -> Iterator[Repair]:
    for edit in proposals(root, search.judged.evidence)[:1]:
        yield _record(search, edit, root, {"not run": why_not}, verified=False)


def _known_trial(diagnosis: Diagnosis, tried: Tried) -> Trial | None:
    return None if tried.trial is None else diagnosis.trials.get(tried.trial.batch)


def _figures(diagnosis: Diagnosis, trial: Trial | None) -> Mapping[str, Any]:
    steps = diagnosis.rehearsal.deliveries
    return {
        "verdict": diagnosis.verdict,
        "fails_at": diagnosis.fails_at,
        "steps": len(steps),
        "samples": sum(next((leaf.rows or 0 for leaf in step.leaves), 0) for step in steps),
        "findings": tuple(finding.rule for finding in faults(diagnosis)),
        "batch": None if trial is None else trial.batch,
        "outcome": None if trial is None else trial.outcome,
        "loss": None if trial is None else trial.loss,
    }
