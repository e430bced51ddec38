"""The card of a trial: every way that it was run."""

from gendiag.diagnosis.failing_samples import said
from gendiag.records import Shrunk, Trial, TrialStep
from gendiag.views import trial_card
from tests.support.diagnoses import SCRIPT, failure, plain, tried


def test_a_trial_shows_every_way_it_was_run():
    html = trial_card.to_html(tried(3))
    for part in ("Trial of batch 3", "through fit", "as delivered", "0.5", "accuracy 0.75", "1.5", "✔"):
        assert part in html


def test_a_trial_without_an_answer_shows_its_error():
    quiet = Trial(3, "no answer", error="no answer in 60 s", steps=(TrialStep("through fit", "no answer"),))
    assert "no answer in 60 s" in trial_card.to_html(quiet)


def test_a_raising_trial_shows_the_readable_line_the_layer_and_the_users_code():
    html = trial_card.to_html(tried(3, "raises"))
    for part in ("ValueError", "shapes do not match", "train.py:12", "yield shapes", "Full text"):
        assert part in html


def test_a_failure_with_a_script_in_it_is_escaped():
    step = TrialStep("through fit", "raises", failure=failure(SCRIPT))
    assert SCRIPT not in trial_card.to_html(Trial(0, "raises", steps=(step,)))


def test_what_stands_beside_the_batch_of_its_samples_is_not_said_again():
    shrunk = Shrunk(0, "raises", (3,), rows=10)
    whole = plain(1, shrunk={0: shrunk})
    for drawn in (trial_card.of, trial_card.folded):
        assert said(shrunk) not in drawn(whole, Trial(0, "raises"))
