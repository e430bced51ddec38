"""Work begun by a button: one that stops it, and words that are read aloud."""

import threading

from gendiag.runtime.task import is_stop_asked
from gendiag.views.background import busy
from gendiag.views.work_row import WorkRow

WAIT_S = 20


def test_the_stop_is_there_only_while_there_is_work():
    go, results = threading.Event(), []
    row = WorkRow("Begin", "play", "Stop", lambda _: None)
    row.run("Counting", lambda: go.wait(WAIT_S), results.append)
    assert (row.button.disabled, row.stop.layout.display) == (True, "")
    go.set()
    assert row.idle.wait(WAIT_S)
    assert (row.button.disabled, row.stop.layout.display, results) == (False, "none", [True])


def test_a_stop_is_answered_at_once_and_seen_by_the_work():
    row, seen = WorkRow("Begin", "play", "Stop", lambda _: None), []
    pressed = threading.Event()
    row.run("Counting", lambda: pressed.wait(WAIT_S) and is_stop_asked(), seen.append)
    row.stop.click()
    assert "Stopping" in row.busy.value
    assert row.stop.disabled
    pressed.set()
    assert row.idle.wait(WAIT_S)
    assert seen == [True]
    assert not is_stop_asked(), "it is of that work alone"


def test_the_words_are_read_aloud_and_the_seconds_are_not():
    drawn = busy("Trying <b>", 3.2)
    assert '<span role="status">Trying &lt;b&gt;</span><span aria-hidden="true"> 3 s</span>' in drawn
