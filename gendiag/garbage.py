"""What a fit that was left by an exception holds on to is destroyed at once, not during the next fit.

Such a fit leaves its ``tf.data`` iterator in a reference cycle (measured on keras 3.5.0 and 3.15.1), and about one
iterator in a hundred takes as long to destroy as it has lived, 60 s at most (measured on TensorFlow 2.21.0: its thread
that tunes the pipeline misses the wake-up and sleeps its period out). If Python collects it in the midst of another
fit, that fit stands still so long, and looks like one that never ends.
"""

from __future__ import annotations

import gc
import threading

PATIENCE_S = 1.0
QUIET_S = 75.0  # longer than anything stands still for this reason


def let_go() -> None:
    """Collect now, in a thread of its own: who stands still there holds up nobody."""
    collecting = threading.Thread(target=gc.collect, name="gendiag-collect", daemon=True)
    collecting.start()
    collecting.join(PATIENCE_S)
