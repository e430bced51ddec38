"""What a fit holds on to after its end is destroyed at once, not during the next fit.

A fit that raises, or leaves an epoch half-way, leaves its ``tf.data`` iterator in a reference cycle (keras 3.7.0 to
3.15.1, measured; 3.5.0 and 3.6.0 do not). About one iterator in a hundred takes as long to destroy as it has lived,
60 s at most (measured on TensorFlow 2.21.0: its thread that tunes the pipeline misses the wake-up and sleeps its period
out). If Python collects it in the midst of another fit, that fit stands still so long, and looks like one that never
ends.
"""

from __future__ import annotations

import gc
import sys
import threading
from typing import Any

QUIET_S = 75.0  # longer than anything stands still for this reason
PATIENCE_S = 1.0


class Leftovers:
    """What fit, and its evaluations, iterate over; a full collection takes a second where a notebook holds much."""

    def __init__(self) -> None:
        self._iterators: list[Any] = []

    def begins(self) -> None:
        """Take note of the iterator, in a callback at the beginning of training or of an evaluation."""
        frame = sys._getframe(1)  # noqa: SLF001  (documented for debuggers)
        while frame is not None and "epoch_iterator" not in frame.f_code.co_varnames:
            frame = frame.f_back  # type: ignore[assignment]  # None at the outermost
        if frame is not None:  # else Keras calls it otherwise, and Python collects it some day
            self._iterators.append(frame.f_locals.get("epoch_iterator"))

    def let_go(self) -> None:
        """Break the cycles when fit is over."""
        for iterator in self._iterators:
            getattr(iterator, "__dict__", {}).clear()
        self._iterators.clear()


def collect() -> None:
    """Destroy what the user's own fits left, in a thread of its own: who stands still there holds up nobody."""
    collecting = threading.Thread(target=gc.collect, name="gendiag-collect", daemon=True)
    collecting.start()
    collecting.join(PATIENCE_S)
