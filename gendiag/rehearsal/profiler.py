"""Source -> Profile, without a model and without Keras's fit."""

from __future__ import annotations

import time
from typing import Any

from gendiag.batches.store import MIB
from gendiag.errors import BadArgumentError
from gendiag.rehearsal.position import FitPosition
from gendiag.rehearsal.profile import Profile
from gendiag.rehearsal.recording import Recording
from gendiag.runtime.estimate import Phase
from gendiag.runtime.progress import bar
from gendiag.runtime.task import NoAnswerError, Pulse, Task
from gendiag.runtime.tracebacks import cut
from gendiag.sources import recognise
from gendiag.sources.source import Source


def profile(
    source: Any,
    *,
    max_batches: int = 1000,
    budget_s: float = 60.0,
    keep_bytes: int = 256 * MIB,
    progress: bool = True,
) -> Profile:
    """Read one pass of a source and measure every batch; needs no model and no Keras.

    Parameters
    ----------
    source
        A generator function (recommended: it can be read again), a generator, a ``PyDataset``, a
        ``tf.data.Dataset``, a torch ``DataLoader``, arrays, or any iterable.
    max_batches, budget_s
        Where the reading ends if the source does not; seconds.
    keep_bytes
        Most bytes of raw batches held.
    progress
        Whether to show a progress bar after the first second.

    Returns
    -------
    Profile
        With ``.frame``, ``.summary()`` and ``.raw(batch)``. It shows itself in a notebook, and where it is printed: how
        far it was read and why no further, and each leaf. A source that raises gives the batches before, and the
        exception as ``.error``; Ctrl-C or the notebook's stop gives what was read so far.

    Raises
    ------
    BadSourceError
        If ``source`` is nothing that batches could be read from.
    BadArgumentError
        If a limit is not positive.

    Examples
    --------
    >>> read = gendiag.profile((np.ones((rows, 3)), np.ones(rows)) for rows in (32, 32, 7))
    >>> len(read.batches), read.ended
    (3, 'end')
    >>> print(read.frame[["batch", "leaf", "shape", "dtype"]].tail(2).to_string(index=False))
     batch leaf  shape   dtype
         2    x (7, 3) float64
         2    y   (7,) float64
    """
    for name, value in (("max_batches", max_batches), ("budget_s", budget_s), ("keep_bytes", keep_bytes)):
        if value <= 0:
            msg = f"{name}={value}: it must be above 0."
            raise BadArgumentError(msg)
    known = recognise(source)
    reader = _Reader(known, max_batches, budget_s, keep_bytes)
    task = Task(reader.work)
    reader.tap.pulse = task.pulse
    total = min(known.length or 0, max_batches) if known.is_batched else None
    with bar(Phase("reading", most=max_batches, within_s=budget_s), shown=progress) as show:
        try:
            return task.start().wait(
                quiet_s=budget_s,
                tick=lambda: show(len(reader.tap.batches), nbytes=reader.tap.nbytes, total=total),
            )
        except NoAnswerError as error:
            return reader.result("stopped" if error.stopped else "budget", limit="" if error.stopped else reader.time)


class _Reader:
    """One pass under way."""

    def __init__(self, source: Source, max_batches: int, budget_s: float, keep_bytes: int) -> None:
        self.source, self.max_batches, self.budget_s = source, max_batches, budget_s
        self.time = f"budget_s={budget_s:g}"
        self.tap = Recording(keep_bytes, Pulse(), FitPosition())
        self.began = time.monotonic()

    def work(self, pulse: Pulse) -> Profile:
        try:
            for _ in self.tap.through(self.source.read()):
                if len(self.tap.batches) >= self.max_batches:
                    return self.result("budget", limit=f"max_batches={self.max_batches}")
                if time.monotonic() - self.began > self.budget_s:
                    return self.result("budget", limit=self.time)
        except BaseException:  # noqa: BLE001  (the tap holds it)
            return self.result("raised")
        return self.result("stopped" if pulse.stop.is_set() else "end")

    def result(self, ended: Any, *, limit: str = "") -> Profile:
        tap = self.tap
        failure = cut(tap.error) if tap.error else None
        return Profile(
            batches=tuple(tap.batches),
            ended=ended,
            failure=failure,
            error=tap.error,
            failed_index=tap.failed_index,
            seconds=time.monotonic() - self.began,
            source=self.source.describe(),
            length=self.source.length,
            limit=limit,
            store=tap.store,
        )
