"""Every rule gets the same tests for nothing."""

import functools
import importlib
import re

import numpy as np
import pytest
from packaging.version import Version

from gendiag import diagnose
from gendiag.diagnosis import repair_search
from gendiag.diagnosis.verdict import RULE_FAILED
from gendiag.records import counted, listed
from gendiag.rules.registry import FAMILIES, RULES
from gendiag.rules.rule import HEADINGS
from tests.support.models import linear
from tests.support.versions import KERAS

NAMES = [rule.name for rule in RULES]
HERE = [rule for rule in RULES if Version(rule.since or "0") <= KERAS]
each_rule_here = pytest.mark.parametrize("rule", HERE, ids=[rule.name for rule in HERE])
QUIET_S = 10.0  # for the rule whose broken source hangs


@functools.cache
def diagnosed_broken(rule):
    return diagnosed(rule.broken, rule.model(), rule.fit_args)


def diagnosed(source, model, fit_args):
    report = diagnose(source, model or linear(), quiet_s=QUIET_S, progress=False, **dict(fit_args))
    assert RULE_FAILED not in {finding.title for finding in report.findings}
    return report


def spread(source):
    """Arrays for fit, of which ``diagnose`` takes a tuple."""
    is_arrays = isinstance(source, tuple) and all(isinstance(part, np.ndarray) for part in source)
    return source if is_arrays else (source,)


def run_fit(source, rule):
    """Run the real fit; return what it raised, or None."""
    try:
        (rule.model() or linear()).fit(*spread(source), verbose=0, **dict(rule.fit_args))
    except Exception as error:  # noqa: BLE001  (whatever fit raises is the answer)
        return error
    return None


@each_rule_here
def test_the_broken_source_has_this_fault_first(rule):
    report = diagnosed_broken(rule)
    assert report.findings, f"nothing found; verdict {report.verdict}"
    assert report.findings[0].rule == rule.name
    assert report.findings[0].severity == rule.severity, "what the table of lessons says of it"


@each_rule_here
def test_the_mended_source_has_no_fault(rule):
    mended = rule.mended_fit_args
    report = diagnosed(rule.mended, rule.mended_model(), rule.fit_args if mended is None else mended)
    assert report.verdict == "trains"
    assert [finding for finding in report.findings if finding.severity != "note"] == []


@pytest.mark.proof
@each_rule_here
def test_the_real_fit_does_with_the_broken_source_what_the_report_says(rule):
    report = diagnosed_broken(rule)
    errors = [finding for finding in report.findings if finding.severity == "error"]
    if report.verdict == "never ends":
        assert errors, "a fit that never ends is an error"
        return  # the real fit would not come back
    raised = run_fit(rule.broken(), rule)
    assert (raised is not None) == (report.verdict == "raises") == bool(errors)


@pytest.mark.proof
@pytest.mark.filterwarnings("ignore")
@each_rule_here
def test_a_proposed_repair_is_verified_and_the_real_fit_trains_on_it(rule, monkeypatch):
    report = diagnosed_broken(rule)
    root = report.findings[0]
    if rule.name == "model-rejects" or root.severity == "note" or not any(rule.edits(root, report._judged.evidence)):
        return  # model-rejects says no cause: what it proposes is a guess
    monkeypatch.setattr(repair_search, "ENOUGH", 1)
    repair = report.repairs()[0]
    assert repair.verified
    fit_args = {name: value for name, value in {**rule.fit_args, **repair.fit_args}.items() if value is not None}
    source = rule.broken() if repair.target == "validation_data" else repair.apply(rule.broken)
    if repair.target == "validation_data" and "validation_data" in fit_args:
        fit_args["validation_data"] = repair.apply(fit_args["validation_data"])
    history = (rule.model() or linear()).fit(*spread(source), verbose=0, **fit_args).history
    assert np.isfinite(history["loss"]).all()


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_the_docstring_is_a_whole_lesson(rule):
    lesson = rule.lesson()
    assert tuple(heading for heading in lesson if heading) == HEADINGS
    assert [heading for heading, text in lesson.items() if not text] == [], "no section is empty"


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_the_name_is_kebab_case_and_the_file_is_called_like_it(rule):
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
    assert type(rule).__module__ == f"gendiag.rules.{rule.family}.{rule.name.replace('-', '_')}"


@each_rule_here
def test_a_finding_says_what_why_and_what_to_type_next(rule):
    found = diagnosed_broken(rule).findings
    assert found, "broken() gives no finding yet"
    finding = found[0]
    assert finding.title == rule.title
    assert finding.why == rule.lesson()["Why it hurts"]
    assert finding.message.endswith(".")
    assert finding.fix.endswith(".")
    assert re.search(r"batch|source|generator|x is", finding.message, re.IGNORECASE), "it says where"


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_has_rules_and_says_what_it_is_about(family):
    assert [rule for rule in RULES if rule.family == family]
    assert importlib.import_module(f"gendiag.rules.{family}").__doc__


def test_every_rule_is_of_a_family():
    assert {rule.family for rule in RULES} == set(FAMILIES)


def test_rule_names_are_unique():
    assert len(set(NAMES)) == len(NAMES)


def test_batches_are_listed_in_runs():
    assert listed([4]) == "batch 4"
    assert listed([9, 5, 6, 7, 2]) == "batches 2, 5-7, 9"
    assert listed(range(0, 40, 2), most=2) == "batches 0, 2 and 18 more"


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_what_a_rule_follows_from_are_other_rules(rule):
    assert set(rule.consequence_of) <= set(NAMES) - {rule.name}


def test_counts_carry_their_noun():
    assert counted(1, "value") == "1 value"
    assert counted(2000, "batch", "batches") == "2,000 batches"
