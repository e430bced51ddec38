"""Work off the main thread ends: by its result, its error, a stop, or an honest "no answer"."""

import contextvars
import threading
import time

import pytest

from gendiag.runtime.task import NoAnswerError, Pulse, Task, is_stop_asked, stopped_by


def test_a_result_comes_back():
    assert Task(lambda _: 42).start().wait(quiet_s=5) == 42


def test_an_error_is_raised_where_it_is_waited_for():
    def work(_: Pulse) -> None:
        raise KeyError("a")  # noqa: EM101  (any error will do)

    with pytest.raises(KeyError):
        Task(work).start().wait(quiet_s=5)


def test_an_interrupt_becomes_a_stop_and_the_work_may_end_well():
    started = threading.Event()

    def work(pulse: Pulse) -> str:
        started.set()
        assert pulse.stop.wait(10)
        return "as far as it came"

    def interrupt() -> None:
        if started.is_set() and not task.pulse.stop.is_set():
            raise KeyboardInterrupt

    task = Task(work).start()
    assert task.wait(quiet_s=5, tick=interrupt) == "as far as it came"


def test_work_that_does_not_heed_an_interrupt_is_left_behind():
    release = threading.Event()

    def interrupt() -> None:
        raise KeyboardInterrupt

    task = Task(lambda _: release.wait(30)).start()
    with pytest.raises(NoAnswerError):
        task.wait(quiet_s=0.2, tick=interrupt)
    release.set()


def test_no_answer_says_where_the_work_stood():
    release = threading.Event()

    def stuck_in_here(_: Pulse) -> None:
        release.wait(30)

    task = Task(stuck_in_here).start()
    with pytest.raises(NoAnswerError, match="no answer in 0 s") as caught:
        task.wait(quiet_s=0.2)
    assert "stuck_in_here" in caught.value.stack
    assert task.pulse.stop.is_set()
    release.set()


def test_work_that_gives_signs_of_life_may_take_its_time():
    def work(pulse: Pulse) -> str:
        for _ in range(8):
            time.sleep(0.1)
            pulse.beat()
        return "done"

    assert Task(work).start().wait(quiet_s=0.5) == "done"


def test_the_context_of_the_caller_is_there():
    name = contextvars.ContextVar("name", default="nobody")
    name.set("caller")
    assert Task(lambda _: name.get()).start().wait(quiet_s=5) == "caller"


def test_the_dtype_policy_of_the_caller_is_there():
    keras = pytest.importorskip("keras")
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        assert Task(lambda _: keras.config.dtype_policy().name).start().wait(quiet_s=5) == "mixed_bfloat16"
    finally:
        keras.config.set_dtype_policy(before)


def test_an_event_stops_what_is_waited_for_within_and_nothing_else():
    asked, started = threading.Event(), threading.Event()

    def work(pulse: Pulse) -> bool:
        started.set()
        return pulse.stop.wait(10)

    with stopped_by(asked):
        task = Task(work).start()
        assert started.wait(10)
        asked.set()
        assert task.wait(quiet_s=5)
        assert is_stop_asked()
    assert not is_stop_asked()
