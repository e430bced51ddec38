"""How a case is judged: which rules are asked when, and what an interrupt leaves."""

from collections import Counter

import pytest

from gendiag import diagnose
from gendiag.diagnosis import judge, verdict
from gendiag.rules.registry import BY_NAME, RULES
from gendiag.rules.rule import dense, sound


@pytest.fixture
def _interrupted_once(monkeypatch):
    """Ctrl-C while the rules are asked for the first time."""
    find, asked = judge.find, []

    def interrupted(evidence):
        asked.append(1)
        if len(asked) == 1:
            raise KeyboardInterrupt
        return find(evidence)

    monkeypatch.setattr(judge, "find", interrupted)


@pytest.mark.usefixtures("_interrupted_once")
def test_with_a_model_the_rules_are_asked_again_and_the_report_says_what_is_missing():
    report = diagnose(sound, dense(), progress=False)
    assert report.verdict == "trains"
    assert judge.CUT_SHORT in report.diagnosis.notes
    assert report.diagnosis.trials == {}


@pytest.mark.usefixtures("_interrupted_once")
def test_without_a_model_nothing_could_be_left_out_and_the_interrupt_reaches_the_user():
    with pytest.raises(KeyboardInterrupt):
        diagnose(sound, progress=False)


def test_every_rule_is_asked_once_and_once_more_with_trials_where_it_reads_them_and_nothing_explains(monkeypatch):
    asked, ask = [], verdict._ask
    monkeypatch.setattr(verdict, "_ask", lambda rule, evidence: asked.append(rule.name) or ask(rule, evidence))
    report = diagnose(sound, BY_NAME["model-rejects"].model(), progress=False)
    assert report.findings[0].rule == "model-rejects"
    again = [rule.name for rule in RULES if rule.reads_trials]
    assert Counter(asked) == Counter([rule.name for rule in RULES] + again + ["model-rejects"])
