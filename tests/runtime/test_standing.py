"""A source that gives nothing is at work or waits, and only the one that is asked is looked at."""

import sys
import threading
import time

import pytest

from gendiag.rehearsal.position import FitPosition
from gendiag.rehearsal.recording import Recording
from gendiag.runtime.standing import end, standing
from gendiag.runtime.task import Pulse

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processor time of another thread is told on Linux")


def asked(source):
    """A recording whose source is asked for a batch in a thread, and that thread."""
    tap = Recording(0, Pulse(), FitPosition())

    def ask():
        try:
            next(tap.through(source))
        except BaseException:  # noqa: BLE001  (ended from outside)
            return

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    time.sleep(0.2)
    return tap, thread


def test_a_loop_over_nothing_is_at_work_and_is_ended():
    def busy():
        files = []
        while True:
            for file in files:
                yield file, 1

    tap, thread = asked(busy())
    found = standing(tap)
    assert found.busy
    assert "`files` is empty" in found.loop
    assert found.values["files"] == "an empty list"
    end(tap)
    thread.join(5)
    assert not thread.is_alive(), "a thread that nobody waits for must not work for ever"


def test_a_lock_is_waited_for():
    gate = threading.Event()

    def waiting():
        gate.wait(60)
        yield 1

    tap, thread = asked(waiting())
    found = standing(tap)
    assert (found.busy, found.loop) == (False, "")
    assert "gate.wait" in found.place.code
    assert standing(Recording(0, Pulse(), FitPosition())) is None, "another recording's thread is not its own"
    gate.set()
    thread.join(5)
