"""What stands above a recorded cell while it runs, and that nothing of it is left behind."""

import threading
import time

import pytest

from gendiag.runtime.cell_output import CellOutput
from gendiag.views import live_panel
from gendiag.views import page as html
from gendiag.views.live_panel import Live
from tests.support.diagnoses import plain


class Place:
    """One output of the cell, with all that it ever showed."""

    def __init__(self, html):
        self.shown = [html.data]

    def update(self, html):
        self.shown.append(html.data)


@pytest.fixture
def screen(monkeypatch):
    """The outputs of the cell."""
    places = []

    def display(html, *, display_id):
        assert display_id
        places.append(Place(html))
        return places[-1]

    monkeypatch.setattr("IPython.display.display", display)
    monkeypatch.setattr(live_panel, "PERIOD_S", 0.01)
    return places


def until(condition):
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "nothing came"
        time.sleep(0.01)


def test_without_a_notebook_nothing_is_shown_and_nobody_looks(screen):
    looks = []
    with Live(lambda: looks.append(1), ""):
        time.sleep(0.1)
    assert (screen, looks) == ([], [])


def test_while_the_cell_runs_there_are_a_button_and_the_progress_and_nothing_afterwards(screen, raises):
    with Live(lambda: ("fit: epoch 1/2, 3 steps so far, 1.0 s", raises), "abc-123"):
        button, place = screen
        assert "Stop after this step" in button.shown[-1]
        assert "api/kernels/abc-123/interrupt" in button.shown[-1]
        until(lambda: len(place.shown) > 1)
        assert "fit: epoch 1/2, 3 steps so far, 1.0 s" in place.shown[-1]
        assert "gd-headline" in place.shown[-1]
    assert [each.shown[-1] for each in screen] == ["", ""]


def test_before_anything_is_called_there_is_the_button_alone(screen):
    looks = []
    with Live(lambda: looks.append(1), "abc"):
        until(lambda: len(looks) > 1)
        assert screen[1].shown == [""]


def test_what_is_drawn_last_is_taken_away_too(screen, raises):
    begun = threading.Event()

    def look():
        begun.set()
        time.sleep(0.3)
        return "fit", raises

    before = set(threading.enumerate())
    with Live(look, "abc"):
        begun.wait(10)
    assert screen[1].shown[-1] == ""
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
    assert screen[1].shown[-1] == ""


def test_a_look_that_fails_is_no_failure_of_the_cell(screen):
    looked = threading.Event()

    def look():
        looked.set()
        message = "a bug of ours"
        raise RuntimeError(message)

    with Live(look, "abc"):
        assert looked.wait(10)
    assert [each.shown[-1] for each in screen] == ["", ""]


def test_long_looks_leave_most_of_the_time_to_the_training(screen):
    looks = []

    def look():
        looks.append(1)
        time.sleep(0.1)

    with Live(look, "abc"):
        time.sleep(0.9)
    assert len(looks) == 1
    assert len(screen) == 2


def test_long_drawings_but_for_the_first_leave_most_of_the_time_to_the_training(screen, monkeypatch):
    drawn = []
    monkeypatch.setattr(html, "render", lambda _diagnosis: drawn.append(1) or time.sleep(0.1) or "")
    with Live(lambda: ("fit: 1 step", plain(1)), "abc"):
        time.sleep(0.8)
    assert 1 <= len(drawn) <= 2
    assert len(screen) == 2


def test_the_line_stands_in_the_style_of_the_report():
    assert live_panel._line("fit: 3 steps").startswith(
        '<div class="gd"><p class="gd-live"><span class="gd-chip gd-note">'
    )
    assert "running" in live_panel._line("fit: 3 steps")
    assert "&lt;b&gt;" in live_panel._line("<b>")


@pytest.mark.filterwarnings("ignore")
def test_the_first_drawing_which_loads_much_puts_off_no_other(monkeypatch):
    told = []
    monkeypatch.setattr(live_panel, "PERIOD_S", 0.01)
    monkeypatch.setattr(
        CellOutput, "show", lambda _, content: told.append((time.monotonic(), content)) if "1 step" in content else None
    )
    monkeypatch.setattr(html, "render", lambda _diagnosis: time.sleep(0.0 if told else 0.2) or "")
    with live_panel.Live(lambda: ("fit: 1 step", plain(1)), "kernel"):
        until = time.monotonic() + 5
        while len(told) < 2 and time.monotonic() < until:
            time.sleep(0.01)
    assert told[1][0] - told[0][0] < 1, "nine times 0.2 s would be the share of a later one"
