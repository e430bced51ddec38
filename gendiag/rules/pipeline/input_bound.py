from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from statistics import median
from types import MappingProxyType
from typing import Any, ClassVar

from gendiag.records import Finding
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Rule, sound

LEAST_WAIT_S = 0.015
LEAST_SHARE = 0.6  # of the time between two steps, that fit waits
LEAST_STEPS = 4


class InputBound(Rule):
    """fit waits for the source most of the time.

    What fit does
        Prepares the next batches in one thread while it trains on this one, so a step takes as long as the slower of
        the two. A generator has no more than this one thread.

    Why it hurts
        The accelerator stands idle: its use goes up and down between 0 and full, and a faster one changes nothing.

    How to mend it
        A PyDataset with ``workers=4`` makes several batches at once; ``tf.data`` with
        ``map(..., num_parallel_calls=tf.data.AUTOTUNE)`` too; or prepare once and keep the result.

    Known limits
        A note: the data are sound. Times of this machine while it rehearsed; the model's step is measured on a copy,
        with batches that are in memory. Compared are the medians.

    Source
        measured in the very run.
    """

    name, title = "input-bound", "fit waits for the source"
    fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"epochs": 1})

    def check(self, seen: Evidence) -> Iterator[Finding]:
        steps = seen.model_run.seconds[1:] if seen.model_run is not None else ()
        waits = [batch.wait_s for batch in seen.batches]
        if seen.failure is not None or seen.never_ends or min(len(steps), len(waits)) < LEAST_STEPS:
            return
        workers = seen.source.workers
        wait, step = median(waits) / max(1, workers), median(steps)
        share = 1 - step / wait if wait else 0.0
        if wait < LEAST_WAIT_S or share < LEAST_SHARE:
            return
        side_by_side = f" ({workers} workers side by side)" if workers > 1 else ""
        message = (
            f"fit waits for the source: making a batch takes {wait * 1000:.0f} ms{side_by_side}, training on it "
            f"{step * 1000:.1f} ms. The model is idle {share:.0%} of the time."
        )
        fix = (
            "Make several batches at once: a PyDataset with `workers=4`, or `tf.data` with `map` and "
            "`prefetch(tf.data.AUTOTUNE)`; or compute the slow part once and cache it."
        )
        yield self.finding("note", message, fix=fix, wait_s=wait, step_s=step, share=share)

    def broken(self) -> Iterator[Any]:
        for batch in sound():
            time.sleep(0.06)
            yield batch

    def mended(self) -> Iterator[Any]:
        return sound()
