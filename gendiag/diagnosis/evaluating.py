"""A recorded call of evaluate or predict: what holds of the model's inputs there, in the words of that method."""

from __future__ import annotations

import re
from dataclasses import replace

from gendiag.model.facts import ModelFacts
from gendiag.records import Batch, Finding, ModelRun
from gendiag.rehearsal.profile import Profile
from gendiag.rules.evidence.declared import declared
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Rule

METHODS = ("evaluate", "predict")
_FIT = re.compile(r"(?<!not )(?<!to )\bfit\b")


def as_evaluation(seen: Evidence) -> Evidence | None:
    """Make evidence in which the model raised as it did in evaluate or predict; None where it was not the model."""
    run, facts = seen.rehearsal, seen.called_facts
    if facts is None or run.method not in METHODS or run.failure is None or run.failure.callback is not None:
        return None
    profile = seen.profile if seen.batches else _of_arrays(seen)
    failed = run.failed_batch if run.failed_batch is not None else 0
    is_known = run.failed_batch is not None or not run.deliveries
    if seen.profile.error is not None or not is_known or profile.find(failed) is None:
        return None
    done = tuple(delivery.batch for delivery in run.deliveries if delivery.batch not in (None, failed))
    return replace(
        seen,
        profile=profile,
        rehearsal=replace(run, failed_in=None, failed_batch=None),
        model="the model",
        model_facts=facts if run.method == "evaluate" else _of_inputs(facts),
        model_run=ModelRun((*(index for index in done if index is not None), failed), len(done), run.failure),
        evaluates=True,
    )


def is_asked(rule: Rule, seen: Evidence) -> bool:
    """Whether a rule has something to say of the call: predict compares nothing with y."""
    return seen.rehearsal.method != "predict" or not (rule.compares or rule.family == "labels")


def is_about(finding: Finding, seen: Evidence) -> bool:
    """Whether it is about something that the call reads: values of y are nothing to predict."""
    is_x = finding.severity == "error" or not (finding.leaf or "").startswith(("y", "sample_weight"))
    return is_x or seen.rehearsal.method != "predict"


def in_words(finding: Finding, method: str) -> Finding:
    """Let a finding speak of the method that was called."""
    if method not in METHODS:
        return finding
    message, fix, title = (_FIT.sub(method, text) for text in (finding.message, finding.fix, finding.title))
    return replace(finding, message=message, fix=fix, title=title)


def _of_inputs(facts: ModelFacts) -> ModelFacts:
    return replace(facts, outputs=(), metrics=())


def _of_arrays(seen: Evidence) -> Profile:
    """The first batch as it is declared, of a source of which none came to be recorded."""
    leaves = declared(seen.source)
    roles = dict.fromkeys(leaf.role for leaf in leaves)
    rows = next((leaf.rows for leaf in leaves if leaf.rows is not None), None)
    structure = f"({', '.join(roles)})" if list(roles) != ["x"] else "x"
    return Profile(batches=(Batch(0, 0, structure, rows, leaves),)) if leaves else Profile()
