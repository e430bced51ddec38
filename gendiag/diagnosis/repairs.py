"""Changes that were run and mend what was found, as records with their proof."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from typing import Any

from gendiag.diagnosis.case import Case
from gendiag.diagnosis.diagnosis import Diagnosis
from gendiag.diagnosis.repair_search import MOST_TRIED, Search, Tried, control, faults, look, proposals
from gendiag.errors import SourceSpentError
from gendiag.model.replay import quiet
from gendiag.records import Finding, Repair, Trial
from gendiag.rules.edits.edit import Edit
from gendiag.rules.edits.place import at
from gendiag.rules.edits.snippet import snippet
from gendiag.rules.evidence.evidence import Evidence
from gendiag.runtime.progress import bar
from gendiag.runtime.random_state import kept_seeds


def repairs(case: Case, diagnosis: Diagnosis, evidence: Evidence, *, budget_s: float) -> tuple[Repair, ...]:
    """Search for changes that mend what was found, and run each.

    Parameters
    ----------
    case, diagnosis, evidence
        What was judged.
    budget_s
        No further change is tried after so many seconds.

    Returns
    -------
    tuple of Repair
        Verified ones: those that mend everything first, of these those that change nothing that fit trains on, the
        smallest first. Where nothing could be run, what the rule of the root cause proposes, not verified.
    """
    found = faults(diagnosis)
    if not found:
        return ()
    until = time.monotonic() + budget_s
    with kept_seeds(), bar("trying repairs", MOST_TRIED, shown=case.options.progress, unit="changes") as show:
        search = Search(case, diagnosis, evidence, until, show)
        why_not = search.source.why_not or search.validation.why_not or control(search, found[0])
        if why_not:
            return tuple(_unverified(search, found[0], why_not))
        try:
            with quiet():
                look(search, found)
        except KeyboardInterrupt:
            search.stopped = True
        return tuple(_repair(search, each) for each in _ranked(search))


def mended_case(case: Case, diagnosis: Diagnosis, evidence: Evidence, repair: Repair) -> Case:
    """Put the mended source, made anew, in the place of the one that was judged.

    Raises
    ------
    SourceSpentError
        If the source cannot be read again.
    """
    search = Search(case, diagnosis, evidence, math.inf, lambda _tried: None)
    why_not = search.source.why_not or search.validation.why_not
    if why_not:
        raise SourceSpentError(why_not)
    return search.changed(repair)


def _ranked(search: Search) -> list[Tried]:
    whole = [each for each in search.tried if not each.left]
    return sorted(whole or search.tried, key=lambda each: (bool(each.edit.changes_meaning), each.edit.size))


def _repair(search: Search, tried: Tried) -> Repair:
    proof = {
        "before": _figures(search.diagnosis, _known_trial(search.diagnosis, tried)),
        "after": _figures(tried.diagnosis, tried.trial),
        "read": search.source.how or search.validation.how,
    }
    return _record(search, tried.edit, tried.finding, proof, verified=True)


def _record(search: Search, edit: Edit, finding: Finding, proof: Mapping[str, Any], *, verified: bool) -> Repair:
    where = at(search.evidence, finding, validation=edit.target == "validation_data")
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
    for edit in proposals(root, search.evidence)[:1]:
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
