"""Progress of long work: in one place, nothing before its first second, and a word at once when it is to stop."""

import threading
import time

import pytest

from gendiag.runtime import progress
from gendiag.runtime.estimate import Phase
from gendiag.runtime.progress import STOPPED, STOPPING, bar, element, is_under_way, stopping, under_way
from gendiag.runtime.task import Task

READING, LOOKING = Phase("reading"), Phase("looking for the cause", ())


class Screen:
    """All that was shown."""

    def __init__(self):
        self.shown, self.shares, self.last = [], [], None

    def show(self, text, share):
        self.shown.append(text)
        self.shares.append(share)

    def close(self, last):
        self.last = last


@pytest.fixture
def screen(monkeypatch):
    monkeypatch.setattr(progress, "DELAY_S", 0.0)
    monkeypatch.setattr(progress, "PERIOD_S", 0.0)
    return Screen()


def test_phases_within_are_shown_in_one_place(screen):
    with under_way(shown=True, screen=screen):
        with bar(READING, shown=True) as show:
            show(3, total=12)
        with bar(LOOKING, shown=True):
            assert is_under_way()
    assert not is_under_way()
    assert [text.split(",")[0] for text in screen.shown] == [
        "reading",
        "reading: 3 of 12 batches",
        "looking for the cause",
    ]
    assert screen.shares[1] == 0.25
    assert screen.last == ""


def test_what_is_not_to_be_shown_says_nothing_in_the_place_of_others(screen):
    with under_way(shown=True, screen=screen), bar(READING, shown=False) as show:
        show(3, nbytes=8, total=4, beside="validating")
    assert screen.shown == []


def test_more_than_the_total_is_no_share_of_it(screen):
    with under_way(shown=True, screen=screen), bar(READING, shown=True) as show:
        show(13, total=12)
    assert "of 12" not in screen.shown[-1]
    assert screen.shares[-1] is None


def test_before_the_first_second_nothing_is_shown_but_a_stop_is(monkeypatch):
    monkeypatch.setattr(progress, "DELAY_S", 60.0)
    screen = Screen()
    with under_way(shown=True, screen=screen):
        with bar(READING, shown=True) as show:
            show(3)
        assert screen.shown == []
        stopping()
        assert screen.shown == [STOPPING]
        with bar(LOOKING, shown=True):
            pass
    assert screen.shown[-1] == f"{STOPPING} (looking for the cause)"
    assert screen.last == STOPPED


def test_an_interrupt_of_a_task_is_answered_before_its_work_has_ended(screen):
    answered = []

    def work(pulse):
        assert pulse.stop.wait(10)
        time.sleep(0.2)
        answered.extend(screen.shown)

    def interrupt():
        if not task.pulse.stop.is_set():
            raise KeyboardInterrupt

    task = Task(work).start()
    with under_way(shown=True, screen=screen):
        task.wait(quiet_s=5, tick=interrupt)
    assert answered == [STOPPING]


def test_in_a_thread_of_its_own_nothing_is_shown(monkeypatch):
    monkeypatch.setattr(progress, "_Line", lambda: pytest.fail("nobody could stop it there"))
    thread = threading.Thread(target=lambda: bar(READING, shown=True).__enter__())
    thread.start()
    thread.join()


def test_a_line_of_a_terminal_is_gone_when_it_is_over(capsys, monkeypatch):
    monkeypatch.setattr(progress, "DELAY_S", 0.0)
    monkeypatch.setenv("COLUMNS", "100")
    before = set(threading.enumerate())
    with bar(READING, shown=True) as show:
        show(31, nbytes=4_300_000, total=300)
        assert set(threading.enumerate()) == before, "tqdm leaves a thread behind otherwise"
    said = capsys.readouterr().err
    assert "reading" in said
    assert said.split("\r")[-1].strip() == ""


def test_an_element_of_a_page_is_escaped_and_named():
    drawn = element("reading <b>", 0.25)
    assert "&lt;b&gt;" in drawn
    assert 'aria-label="Progress" value="0.250"' in drawn
    assert "<progress" not in element("over", None, is_over=True)
