"""The headline: short, and what it leaves out stands elsewhere once."""

from dataclasses import replace

from gendiag.views import headline, page, terminal
from tests.support.diagnoses import finding, plain, tried

LONG = (
    "The source yields ten batches once and is then exhausted (and read again); " + "and so on, " * 20 + "to 0.7 -> 0."
)
SECOND = "Batch 3 holds one NaN, which the step takes."


def found(message, *batches, severity="warning"):
    return replace(finding(*batches, severity=severity), message=message)


def test_a_long_message_is_cut_and_stands_whole_in_its_card_alone():
    diagnosis = plain(4, found(LONG, 1))
    short = headline.short(diagnosis)
    assert len(short) <= headline.MOST + 2
    assert diagnosis.headline == LONG
    drawn = page.render(diagnosis)
    assert drawn.count("to 0.7\N{NO-BREAK SPACE}→\N{NO-BREAK SPACE}0.") == 1
    assert terminal.render(diagnosis).splitlines()[1].strip() in short


def test_a_short_message_is_said_once():
    for render in (page.render, terminal.render):
        assert render(plain(4, found(SECOND, 3))).count(SECOND) == 1
    assert page.page(plain(4, found(SECOND, 3))).count(SECOND) == 2  # in the title too


def test_the_rest_of_a_headline_without_a_finding_is_folded():
    before = plain(4, raised_before=LONG)
    assert 'data-key="headline"' in page.render(before)
    assert "What the source does now" in headline.untold(before)
    assert headline.untold(plain(4)) == ""


def test_what_was_left_out_is_told_once_in_the_headline_and_the_third_note_is_folded():
    left_out = ("workers", "validation_data", "callbacks")
    diagnosis = plain(4, left_out=left_out, notes=("It was slow.", "It is spent.", "It was cut short."))
    drawn = page.render(diagnosis)
    assert headline.short(diagnosis).startswith("No fault seen in what was looked at.")
    assert drawn.count("Left out: workers; validation_data; callbacks.") == 1
    assert drawn.index("It is spent.") < drawn.index("1 more note") < drawn.index("It was cut short.")
    assert "more note" not in page.render(replace(diagnosis, notes=diagnosis.notes[:2]))


def test_verdict_finding_and_trial_of_nan_are_equally_red():
    trials = {2: tried(2, "non-finite")}
    diagnosis = plain(4, found(SECOND, 2), finding(2, title="Two scales"), verdict="trains to NaN", trials=trials)
    drawn = page.render(diagnosis)
    first, other = drawn.split("<article")[1:3]
    assert "gd-error" in first
    assert "✖</span> trains to NaN" in first
    assert "gd-warning" in other
    assert "1. ✖" in terminal.render(diagnosis)


def test_a_trial_on_altered_values_is_no_plain_tick(silent_cast):
    drawn = page.render(replace(silent_cast, trials={3: tried(3), 5: tried(5)}))
    chips = [part.partition("</summary>")[0] for part in drawn.split("Trial of batch")[1:]]
    assert ["▲" in chip for chip in chips] == [True, False]
