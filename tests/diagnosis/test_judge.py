"""An interrupt while a case is judged."""

import pytest

from gendiag import diagnose
from gendiag.diagnosis import judge
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
