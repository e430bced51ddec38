"""How far work is, how fast it goes, and what that says about the rest: measured figures, in words."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

from gendiag.records import counted

WINDOW_S = 10.0  # what went quickly at first may be slow by now
KIB, MIB, GIB = 2**10, 2**20, 2**30
LEAST_S, MINUTE_S, HOUR_S = 0.5, 60, 3600


@dataclass(frozen=True, slots=True)
class Phase:
    """What is being done, and where it ends at the latest.

    Attributes
    ----------
    what
        ``reading``.
    unit
        What is counted, one and many; empty where nothing is.
    most, within_s
        No more units than these, and no longer, from the beginning of the phase.
    """

    what: str
    unit: tuple[str, str] | tuple[()] = ("batch", "batches")
    most: int | None = None
    within_s: float | None = None


class Far(NamedTuple):
    """How far it is: of how many is known or None, how fast, for how long by now, and bytes."""

    done: int
    total: int | None
    rate: float
    elapsed_s: float
    nbytes: int = 0


class Pace:
    """Units per second over the last seconds."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self._seen: deque[tuple[float, int]] = deque([(self.began, 0)])

    def at(self, done: int, now: float) -> float:
        """Take note of what is done by now, and return how fast it goes."""
        self._seen.append((now, done))
        while len(self._seen) > 2 and now - self._seen[0][0] > WINDOW_S:  # noqa: PLR2004  (the ends of the window)
            self._seen.popleft()
        before, had = self._seen[0]
        return (done - had) / (now - before) if now > before else 0.0


def told(phase: Phase, far: Far) -> str:
    """``reading: 31 of 300 batches, 12.3 batches/s, 4.1 MB, about 22 s left``; no estimate where nothing tells."""
    if not phase.unit:
        return phase.what
    done = counted(far.done, *phase.unit) if far.done else f"no {phase.unit[0]} yet"
    parts = [f"{far.done:,} of {counted(far.total, *phase.unit)}" if far.total else done]
    parts += [f"{far.rate:.3g} {phase.unit[1]}/s"] if far.rate > 0 else []
    parts += [size(far.nbytes)] if far.nbytes else []
    return f"{phase.what}: {', '.join([*parts, left(phase, far) or span(far.elapsed_s)])}"


def left(phase: Phase, far: Far) -> str:
    """``about 22 s left`` where it is known how many are to come; ``at most ...`` where only a limit is; else nothing.

    At the speed of the last seconds; a phase that ends by the clock is not over later than that.
    """
    limits = [] if phase.within_s is None else [max(0.0, phase.within_s - far.elapsed_s)]
    if far.total is not None and far.rate > 0:
        expected = (far.total - far.done) / far.rate
        if all(expected <= limit for limit in limits):
            return f"about {span(expected)} left" if expected >= LEAST_S else ""
    elif phase.most is not None and far.rate > 0:
        limits.append((phase.most - far.done) / far.rate)
    return f"at most {span(min(limits))} left" if limits and min(limits) >= LEAST_S else ""


def span(seconds: float) -> str:
    """``under 1 s``, ``22 s``, ``2 min 10 s``, ``1 h 5 min``."""
    whole = round(seconds)
    if whole < 1:
        return "under 1 s"
    if whole < MINUTE_S:
        return f"{whole} s"
    if whole < HOUR_S:
        return f"{whole // MINUTE_S} min" + (f" {whole % MINUTE_S} s" if whole % MINUTE_S else "")
    return f"{whole // HOUR_S} h" + (f" {minutes} min" if (minutes := whole % HOUR_S // MINUTE_S) else "")


def size(nbytes: int) -> str:
    """``312 bytes``, ``4.1 MB``; 1 MB is 2**20."""
    for unit, name in ((GIB, "GB"), (MIB, "MB"), (KIB, "kB")):
        if nbytes >= unit:
            return f"{nbytes / unit:.3g} {name}"
    return counted(nbytes, "byte")
