"""Edits that were run and leave nothing of what was found: repairs, with their proof."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from gendiag.diagnosis.diagnosis import Diagnosis
from gendiag.diagnosis.judge import Judged, judge
from gendiag.diagnosis.repair_search import MOST_TRIED, Search, Tried, again, changed, control, faults, look, proposals
from gendiag.errors import SourceSpentError
from gendiag.records import Finding, Repair, Trial
from gendiag.rules.edits.edit import Edit
from gendiag.rules.edits.place import at
from gendiag.rules.edits.snippet import snippet
from gendiag.runtime.quiet import quiet
from gendiag.runtime.random_state import kept_seeds


def repairs(judged: Judged, *, budget_s: float) -> tuple[Repair, ...]:
    """Search for changes that repair what was found, and run each.

    Parameters
    ----------
    judged
        What was found, and in what.
    budget_s
        No further change is tried after so many seconds.

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
    with kept_seeds(), case.observer.weights(), case.options.bar("trying repairs", MOST_TRIED, unit="changes") as show:
        search = Search(judged, again(judged), until, show)
        why_not = search.sources.why_not or control(search, found[0])
        if why_not:
            return tuple(_unverified(search, found[0], why_not))
        try:
            with quiet():
                look(search, found)
        except KeyboardInterrupt:
            search.stopped = True
        return tuple(_repair(search, each) for each in _ranked(search))


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
