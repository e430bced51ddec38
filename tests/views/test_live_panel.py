"""What stands above a recorded cell while it runs, and that nothing of it is left behind."""

import threading
import time
from dataclasses import replace

import pytest

from gendiag.runtime import stop_button
from gendiag.runtime.progress import STOPPING
from gendiag.views import live_panel
from gendiag.views import page as html
from gendiag.views.live_panel import Live, Stand, _Shown, progress
from tests.support.diagnoses import finding, plain

STAND = Stand("fit", 0, 2, 3, None, 3, None, 1.0)


class Place:
    """One output of the cell, with all that it ever showed."""

    def __init__(self, shown):
        self.shown = [data(shown)]

    def update(self, shown):
        self.shown.append(data(shown))


def data(shown):
    return getattr(shown, "data", shown)


@pytest.fixture
def screen(monkeypatch):
    """The outputs of the cell."""
    places = []

    def display(shown, *, display_id):
        assert display_id
        places.append(Place(shown))
        return places[-1]

    monkeypatch.setattr("IPython.display.display", display)
    monkeypatch.setattr(stop_button, "kernel_id", lambda: "abc-123")
    monkeypatch.setattr(live_panel, "LINE_S", 0.01)
    monkeypatch.setattr(live_panel, "LOOK_S", 0.01)
    return places


def until(condition):
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "nothing came"
        time.sleep(0.01)


def test_without_a_notebook_nothing_is_shown_and_nobody_looks(screen):
    looks = []
    with Live(lambda: looks.append(1), lambda: looks.append(1), shown=False) as live, live.reporting():
        time.sleep(0.1)
    assert (screen, looks) == ([], [])


def test_while_the_cell_runs_there_are_a_line_a_button_and_a_report_and_nothing_afterwards(screen, raises):
    with Live(lambda: STAND, lambda: raises, shown=True):
        line, button, report = screen
        assert button.shown[-1].kernel == "abc-123"
        until(lambda: len(report.shown) > 1 and "fit: epoch 1/2, 3 steps" in line.shown[-1])
        assert "gd-headline" in report.shown[-1]
    assert [each.shown[-1] for each in screen] == ["", "", ""]


def test_before_anything_is_called_there_is_the_button_alone(screen):
    looks = []
    with Live(lambda: None, lambda: looks.append(1), shown=True):
        until(lambda: len(looks) > 1)
        assert [screen[0].shown, screen[2].shown] == [[""], [""]]


def test_the_line_goes_on_while_a_report_is_being_drawn(screen, raises):
    steps = iter(range(10**6))
    begun = threading.Event()

    def look():
        begun.set()
        time.sleep(0.5)
        return raises

    with Live(lambda: STAND._replace(steps=next(steps)), look, shown=True):
        assert begun.wait(10)
        told = len(screen[0].shown)
        time.sleep(0.2)
        assert len(screen[0].shown) > told


def test_after_a_stop_there_is_a_word_at_once_and_then_what_is_done_until_the_report_is_there(screen):
    with Live(lambda: STAND, lambda: None, shown=True) as live:
        line, button, _ = screen
        live.stop()
        until(lambda: STOPPING in line.shown[-1])
        until(lambda: button.shown[0].said == STOPPING)
        with live.reporting():
            live.show("trying the model on what was delivered", None)
            until(lambda: "Making the report: trying the model on what was delivered" in line.shown[-1])
    assert [each.shown[-1] for each in screen] == ["", "", ""]


def test_what_is_drawn_last_is_taken_away_too(screen, raises):
    begun = threading.Event()

    def look():
        begun.set()
        time.sleep(0.3)
        return raises

    before = set(threading.enumerate())
    with Live(lambda: STAND, look, shown=True):
        begun.wait(10)
    assert screen[2].shown[-1] == ""
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
    assert [each.shown[-1] for each in screen] == ["", "", ""]


def test_a_look_that_fails_is_no_failure_of_the_cell(screen):
    looked = threading.Event()

    def look():
        looked.set()
        message = "a bug of ours"
        raise RuntimeError(message)

    with Live(look, look, shown=True):
        assert looked.wait(10)
    assert [each.shown[-1] for each in screen] == ["", "", ""]


def test_long_drawings_but_for_the_first_leave_most_of_the_time_to_the_training(screen, monkeypatch):
    drawn = []
    monkeypatch.setattr(html, "render", lambda _diagnosis: drawn.append(1) or time.sleep(0.1) or "")
    monkeypatch.setattr(_Shown, "is_news", lambda *_: True)
    with Live(lambda: STAND, lambda: plain(1), shown=True):
        time.sleep(0.8)
    assert 1 <= len(drawn) <= 2
    assert len(screen) == 3


def test_the_report_is_drawn_again_when_something_is_found_or_much_more_is_known(silent_cast):
    shown = _Shown()
    few = plain(2)
    assert shown.is_news(few)
    assert not shown.is_news(plain(3))
    assert shown.is_news(plain(4))
    assert shown.is_news(silent_cast)
    assert not shown.is_news(replace(silent_cast, findings=(*silent_cast.findings[:1], finding(6, 7, title="Other"))))


def test_the_line_says_how_fast_it_goes_and_what_is_left_where_that_is_known():
    assert progress(STAND, 0.0, "") == "fit: epoch 1/2, 3 steps, 1 s"
    known = Stand("fit", 1, 10, 1130, 5000, 6130, 50_000, 90.0)
    assert progress(known, 41.25, "about 18 min left") == (
        "fit: epoch 2/10, step 1,130 of 5,000, 41.2 steps/s, about 18 min left"
    )
    assert progress(STAND._replace(method="predict"), 0.0, "") == "predict: 3 steps, 1 s"
