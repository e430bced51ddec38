"""A recording by itself; nothing is judged to show it."""

import gendiag
from gendiag.views import flight_card
from gendiag.views.flight_card import Told
from tests.support.diagnoses import SCRIPT, failure


def test_no_call_says_what_to_type():
    flight = gendiag.watch()
    for text in (str(flight), flight._repr_html_()):
        assert "0 calls recorded" in text
        assert "Type: with flight: model.fit(...)" in text


def test_a_call_says_how_far_it_came_and_that_it_is_not_judged():
    text = flight_card.to_text([Told("fit", "mnist", "finished", "2 of 2", 1200, 3.2)])
    assert "0    fit   finished  not judged yet  2 of 2  1,200  3.2 s  mnist" in text
    assert "flight.report is the report" in text
    assert "flight.reports" not in text


def test_a_judged_call_has_its_verdict_and_what_it_raised(raises):
    calls = [Told("fit", "", "raised", "1 of 2", None, 1, failure(SCRIPT), diagnosis=raises)] * 2
    text, drawn = flight_card.to_text(calls), flight_card.to_html(calls)
    assert "raised  ✖ raises at batch 3  1 of 2      –  1.0 s  –" in text
    assert "flight.reports[0]" in text
    assert f"fit raised ValueError: {SCRIPT}" in text
    assert SCRIPT not in drawn


def test_a_recording_that_failed_has_no_verdict():
    text = flight_card.to_text([Told("fit", "", "finished", "1 of 1", 3, 1, given_up=failure())])
    assert "none: the recording failed" in text
