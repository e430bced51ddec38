"""Evidence -> findings, verdict and suspects: what follows from what was measured."""

from __future__ import annotations

import traceback
from collections.abc import Iterator

from gendiag.diagnosis.evaluating import as_evaluation, in_words, is_about, is_asked
from gendiag.diagnosis.validation import as_training, in_validation
from gendiag.records import Finding, Rehearsal, Verdict
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.registry import BY_NAME, RULES
from gendiag.rules.rule import Rule
from gendiag.sources.generator import made_anew

RANK = {"error": 0, "warning": 1, "note": 2}
MOST_SUSPECTS = 3
RULE_FAILED = "A rule of gendiag failed"


def find(evidence: Evidence) -> tuple[Finding, ...]:
    """Ask every rule; the root cause comes first: what stopped fit, then what it took amiss."""
    asked = [rule for rule in RULES if is_asked(rule, evidence)]
    found = [finding for rule in asked for finding in _ask(rule, evidence) if is_about(finding, evidence)]
    found = _with_the_model(evidence, found) + _about_validation(evidence)
    return _in_order(evidence, [in_words(finding, evidence.rehearsal.method) for finding in found])


def explain(evidence: Evidence, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Ask the rules that read trials once more, where what comes first only quotes what was raised."""
    if not findings or not BY_NAME[findings[0].rule].quotes or not evidence.trials:
        return findings
    found = [finding for finding in findings if not BY_NAME[finding.rule].reads_trials or finding.in_validation]
    found += [finding for rule in RULES if rule.reads_trials for finding in _ask(rule, evidence)]
    return _in_order(evidence, found)


def _in_order(evidence: Evidence, found: list[Finding]) -> tuple[Finding, ...]:
    return tuple(_without_consequences(sorted(found, key=lambda finding: _rank(evidence, finding))))


def _about_validation(evidence: Evidence) -> list[Finding]:
    """Why fit fails in the evaluation, from the rules about batches."""
    evaluated = as_training(evidence)
    if evaluated is None:
        return []
    found = [finding for rule in RULES if rule.batchwise for finding in _ask(rule, evaluated)]
    return [in_validation(finding) for finding in found if finding.severity == "error"]


def _with_the_model(evidence: Evidence, found: list[Finding]) -> list[Finding]:
    """Let the rules about batches say with the model why evaluate or predict fails, where they did without it."""
    called = as_evaluation(evidence)
    if called is None:
        return found
    asked = [rule for rule in RULES if rule.batchwise and is_asked(rule, evidence)]
    errors = [finding for rule in asked for finding in _ask(rule, called) if finding.severity == "error"]
    told = {finding.rule for finding in errors}
    return [finding for finding in found if finding.rule not in told] + errors


def _ask(rule: Rule, evidence: Evidence) -> list[Finding]:
    """A rule that fails must not cost the whole report; it is said, so that it can be reported."""
    try:
        return list(rule.check(evidence))
    except Exception as error:  # noqa: BLE001  (a bug of ours, whatever it is)
        message = f"The rule {rule.name} failed on this source ({type(error).__name__}: {error})."
        fix = "This is a bug of gendiag, not of your source: please report it with the traceback in the evidence."
        trace = "".join(traceback.format_exception(error))
        return [Finding(rule.name, "note", RULE_FAILED, message, fix=fix, evidence={"traceback": trace})]


def _rank(evidence: Evidence, finding: Finding) -> tuple[int, bool, bool, int, tuple[int, ...]]:
    place = list(BY_NAME).index(finding.rule)
    return RANK[finding.severity], not _stopped_fit(evidence, finding), _quotes(finding), place, finding.batches[:1]


def _quotes(finding: Finding) -> bool:
    return finding.severity == "error" and BY_NAME[finding.rule].quotes


def _stopped_fit(evidence: Evidence, finding: Finding) -> bool:
    """Whether an error is at the batch that fit could not take, not at one that it never came to."""
    if finding.severity != "error":
        return False
    if finding.in_validation and evidence.fails_at is not None:
        return False
    return evidence.fails_at is None or not finding.batches or evidence.fails_at in finding.batches


def _without_consequences(findings: list[Finding]) -> list[Finding]:
    """Leave out what follows from another finding, and what only quotes an error that another one explains."""
    causes = [finding for finding in findings if not any(_follows(finding, cause) for cause in findings)]
    return causes[:1] + [finding for finding in causes[1:] if not _quotes(finding)]


def _follows(finding: Finding, cause: Finding) -> bool:
    """Whether ``cause`` is why ``finding`` is there: about the same leaf, and about all of its batches."""
    before_any = cause.severity == "error" and not cause.batches
    return (
        cause.rule in BY_NAME[finding.rule].consequence_of
        and RANK[cause.severity] <= RANK[finding.severity]
        and cause.in_validation == finding.in_validation
        and (cause.leaf == finding.leaf or cause.leaf is None)
        and (before_any or set(finding.batches) <= set(cause.batches))
    )


def with_trials(findings: tuple[Finding, ...], evidence: Evidence) -> tuple[Finding, ...]:
    """Let the rules that read trials add to their findings what the trial of the batch showed."""
    told = [_with_trial(finding, evidence) for finding in findings]
    return tuple(sorted(told, key=lambda finding: RANK[finding.severity]))  # a trial may show that nothing is wrong


def _with_trial(finding: Finding, evidence: Evidence) -> Finding:
    rule = BY_NAME[finding.rule]
    if not rule.reads_trials or finding.in_validation:
        return finding
    same = (finding.title, finding.batches)
    told = [each for each in _ask(rule, evidence) if (each.title, each.batches) == same]
    return next((each for each in told if finding.leaf in (None, each.leaf)), finding)  # a trial may name the leaf


def verdict(evidence: Evidence, findings: tuple[Finding, ...]) -> Verdict:
    """Say in a few words what fit does, the worst first."""
    errors = {finding.rule for finding in findings if finding.severity == "error"}
    if evidence.waits_for_ever or "endless" in errors:
        return "never ends"
    if evidence.failure is not None or any(BY_NAME[name].stops_fit for name in errors):
        return "raises"
    if evidence.model_run is not None and evidence.model_run.turned_non_finite:
        return "trains to NaN"
    altered = any(f.severity == "warning" and BY_NAME[f.rule].alters and not f.in_validation for f in findings)
    return "trains on altered data" if altered or _has_idle_epoch(evidence.rehearsal) else "trains"


def _has_idle_epoch(run: Rehearsal) -> bool:
    """Whether fit went through an epoch without a step, as if there were no data."""
    epochs = {delivery.epoch for delivery in run.deliveries}
    is_known = run.ended in {"finished", "epochs"} and (bool(epochs) or not run.live)
    return is_known and len(epochs) < run.epochs_run


def fails_at(evidence: Evidence, findings: tuple[Finding, ...]) -> int | None:
    """Return the batch that fit cannot take: by its step, else by the finding that says why fit did not start."""
    if evidence.fails_at is not None:
        return evidence.fails_at
    first = next((f for f in findings if f.severity == "error" and f.batches and not f.in_validation), None)
    return None if first is None else first.batches[0]


def suspects(evidence: Evidence, findings: tuple[Finding, ...]) -> list[int]:
    """The batch at which fit fails, then the first batch of each finding that is more than a note."""
    found = [] if evidence.fails_at is None else [evidence.fails_at]
    found += [f.batches[0] for f in findings if f.severity != "note" and f.batches and not f.in_validation]
    return list(dict.fromkeys(found))[:MOST_SUSPECTS]


def notes(evidence: Evidence) -> Iterator[str]:
    """Say what the user should know beside the findings: a spent generator, a model that is missing."""
    source = evidence.source
    if source.one_shot and source.maker is None:
        yield (
            f"The generator {source.value.__name__} was read by this diagnosis and is spent now. "
            f"{made_anew(source.value)}"
        )
    validation = evidence.validation_source
    if (
        validation is not None
        and validation.one_shot
        and validation.maker is None
        and validation.value is not source.value
    ):
        yield (
            f"The generator {validation.value.__name__} in validation_data was read by this diagnosis and is spent, "
            f"in part or whole. {made_anew(validation.value, 'validation_data')}"
        )
    if evidence.model is None:
        yield "No model was given: what the model does with the batches was not tried."
