"""Long work off the main thread, with a stop and with an honest end when no answer comes."""

from __future__ import annotations

import contextvars
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Generic, TypeVar

from gendiag.runtime import progress

T = TypeVar("T")
TICK_S = 0.05
GRACE_S = 10.0


class NoAnswerError(Exception):
    """Work gave no sign of life for too long, or did not heed a stop; ``stack`` says where it stood."""

    def __init__(self, quiet_s: float, stack: str, *, stopped: bool = False) -> None:
        super().__init__(f"no answer in {quiet_s:.0f} s")
        self.quiet_s, self.stack, self.stopped = quiet_s, stack, stopped


_STOP: ContextVar[threading.Event | None] = ContextVar("gendiag_stop", default=None)


@contextmanager
def stopped_by(event: threading.Event) -> Iterator[None]:
    """Let ``event`` stop every task that is waited for within, as an interrupt does in the main thread."""
    token = _STOP.set(event)
    try:
        yield
    finally:
        _STOP.reset(token)


def is_stop_asked() -> bool:
    """Whether what is done here was to stop by such an event."""
    event = _STOP.get()
    return event is not None and event.is_set()


class Pulse:
    """What work and its waiter share: a request to stop, and the time of the last sign of life."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._last = time.monotonic()
        self._busy = 0

    def beat(self) -> None:
        """Give a sign of life."""
        self._last = time.monotonic()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Count what is done here as life, however long it takes: measuring a large batch is no silence."""
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1
            self.beat()

    @property
    def quiet_s(self) -> float:
        """Seconds since the last sign of life."""
        return 0.0 if self._busy else time.monotonic() - self._last


def daemon(work: Callable[[], None]) -> threading.Thread:
    """Make a daemon thread in the caller's context, by a variable of which ipykernel sends widget messages."""
    context = contextvars.copy_context()
    return threading.Thread(target=context.run, args=(work,), name="gendiag", daemon=True)


class Task(Generic[T]):
    """``work(pulse)`` in a daemon thread of its own, in the caller's context and Keras dtype policy.

    The dtype policy is carried over because Keras 3 keeps it per thread (measured on keras 3.15.1).
    """

    def __init__(self, work: Callable[[Pulse], T]) -> None:
        self.pulse, self.done = Pulse(), threading.Event()
        self._work, self._policy = work, current_dtype_policy()
        self._result: list[T] = []
        self._error: BaseException | None = None
        self._thread = daemon(self._run)

    def start(self) -> Task[T]:
        """Begin; returns itself."""
        self._thread.start()
        return self

    def wait(self, *, quiet_s: float, tick: Callable[[], None] = lambda: None) -> T:
        """Return what work returned, or raise what it raised.

        Parameters
        ----------
        quiet_s
            Longest time without a sign of life.
        tick
            Called about 20 times a second from the waiting thread, for progress.

        Raises
        ------
        NoAnswerError
            If the work was silent for ``quiet_s``; its thread is told to stop and left behind.
        """
        while not self.done.is_set():
            try:
                self._watch(quiet_s, tick)
            except KeyboardInterrupt:  # noqa: PERF203  (each wait may be the one interrupted)
                self._interrupt(min(quiet_s, GRACE_S))
        if self._error is not None:
            raise self._error
        return self._result[0]

    def _watch(self, quiet_s: float, tick: Callable[[], None]) -> None:
        # Not Thread.join: on CPython 3.11 an interrupted join marks the thread as finished while it runs on.
        while not self.done.wait(TICK_S):
            tick()
            if is_stop_asked() and not self.pulse.stop.is_set():
                raise KeyboardInterrupt
            if self.pulse.quiet_s > quiet_s:
                self.pulse.stop.set()
                raise NoAnswerError(quiet_s, self._stack())
        tick()

    def _interrupt(self, grace_s: float) -> None:
        self.pulse.stop.set()
        progress.stopping()
        if not self.done.wait(grace_s):
            raise NoAnswerError(grace_s, self._stack(), stopped=True)

    def _run(self) -> None:
        try:
            with dtype_policy(self._policy):
                self._result.append(self._work(self.pulse))
        except BaseException as error:  # noqa: BLE001  (whatever it is, it belongs to the thread that waits)
            self._error = error
        finally:
            self.done.set()

    def _stack(self) -> str:
        frame = sys._current_frames().get(self._thread.ident or 0)  # noqa: SLF001  (documented for debuggers)
        return "".join(traceback.format_stack(frame)) if frame else ""


def current_dtype_policy() -> object:
    """Keras's dtype policy in this thread, or None while Keras is not loaded."""
    keras = sys.modules.get("keras")
    return keras.config.dtype_policy() if keras is not None and hasattr(keras, "config") else None


@contextmanager
def dtype_policy(policy: object) -> Iterator[None]:
    """Set a policy taken in another thread, and put this thread's own back."""
    before = current_dtype_policy()
    if policy is None or before is None:
        yield
        return
    sys.modules["keras"].config.set_dtype_policy(policy)
    try:
        yield
    finally:
        sys.modules["keras"].config.set_dtype_policy(before)
