"""What is drawn of a cell while it runs."""

import time

import pytest

from gendiag.views import html, live
from tests.views.conftest import plain


def test_the_line_stands_in_the_style_of_the_report():
    assert live._line("fit: 3 steps").startswith('<div class="gd"><p class="gd-live"><span class="gd-chip gd-note">')
    assert "running" in live._line("fit: 3 steps")


@pytest.mark.filterwarnings("ignore")
def test_the_first_drawing_which_loads_much_puts_off_no_other(monkeypatch):
    told = []
    monkeypatch.setattr(live, "PERIOD_S", 0.01)
    monkeypatch.setattr(live, "_shown", lambda _content: len(told))
    monkeypatch.setattr(live, "_put", lambda _place, content: told.append((time.monotonic(), content)))
    monkeypatch.setattr(html, "render", lambda _diagnosis: time.sleep(0.0 if told else 0.2) or "")
    with live.Live(lambda: ("fit: 1 step", plain(1)), "kernel"):
        until = time.monotonic() + 5
        while len(told) < 2 and time.monotonic() < until:
            time.sleep(0.01)
    assert told[1][0] - told[0][0] < 1, "nine times 0.2 s would be the share of a later one"
