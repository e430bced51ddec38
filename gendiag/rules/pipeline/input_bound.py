from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from statistics import median
from types import MappingProxyType
from typing import Any, ClassVar

from gendiag.records import Finding
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Rule, sound
from gendiag.sources.source import Source

LEAST_WAIT_S = 0.015
LEAST_SHARE = 0.6  # of the time between two steps, that fit waits
LEAST_STEPS = 4
MORE = 4.0  # times as long in the first pass as later


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
        with batches that are in memory. Compared are the medians, of the first epoch and of the later ones apart: what
        a source reads from disk once it may hold in memory.

    Source
        measured in the very run.
    """

    name, title = "input-bound", "fit waits for the source"
    fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"epochs": 1})
    severity = "note"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        steps = seen.model_run.seconds[1:] if seen.model_run is not None else ()
        waits = [batch.wait_s for batch in seen.batches]
        if seen.failure is not None or seen.never_ends or min(len(steps), len(waits)) < LEAST_STEPS:
            return
        workers = seen.source.workers
        step = median(steps)
        first, later = (median(part) / max(1, workers) if part else 0.0 for part in _by_pass(seen))
        if _is_slow(first, step) and later and not _is_slow(later, step) and first >= MORE * later:
            yield self._first_pass(first, later, step)
            return
        wait = median(waits) / max(1, workers)
        share = 1 - step / wait if wait else 0.0
        if not _is_slow(wait, step):
            return
        side_by_side = f" ({workers} workers side by side)" if workers > 1 else ""
        message = (
            f"fit waits for the source: making a batch takes {wait * 1000:.0f} ms{side_by_side}, training on it "
            f"{step * 1000:.1f} ms. The model is idle {share:.0%} of the time."
        )
        fix = f"{_faster(seen.source)}; or compute the slow part once and keep the result."
        yield self.finding("note", message, fix=fix, wait_s=wait, step_s=step, share=share)

    def _first_pass(self, first: float, later: float, step: float) -> Finding:
        message = (
            f"fit waits for the source in the first epoch only: making a batch takes {first * 1000:.0f} ms there and "
            f"{later * 1000:.1f} ms later, training on it {step * 1000:.1f} ms. The source keeps what it made once."
        )
        fix = "Nothing has to change for many epochs; to be quick from the start, prepare the data once, before fit."
        return self.finding("note", message, fix=fix, wait_s=first, later_s=later, step_s=step)

    def broken(self) -> Iterator[Any]:
        for batch in sound():
            time.sleep(0.06)
            yield batch

    def mended(self) -> Iterator[Any]:
        return sound()


def _faster(source: Source) -> str:
    """How this kind of source makes several batches at once."""
    if source.is_indexed:
        return f"Give the PyDataset more workers, `super().__init__(workers={max(4, 2 * source.workers)})`"
    if source.is_graph:
        return "Pass `num_parallel_calls=tf.data.AUTOTUNE` to `map`, and end with `.prefetch(tf.data.AUTOTUNE)`"
    if source.kind == "torch DataLoader":
        return "Give the loader more workers, `DataLoader(..., num_workers=4)`"
    return (
        "Make several batches at once: a PyDataset with `workers=4`, or tf.data with "
        "`map(..., num_parallel_calls=tf.data.AUTOTUNE)`"
    )


def _is_slow(wait: float, step: float) -> bool:
    return wait >= LEAST_WAIT_S and 1 - step / wait >= LEAST_SHARE


def _by_pass(seen: Evidence) -> tuple[list[float], list[float]]:
    """Waiting times of the first epoch, and of those behind it, by where a batch was first trained on."""
    begun: dict[int | None, int] = {}
    for delivery in seen.rehearsal.deliveries:
        begun.setdefault(delivery.batch, delivery.epoch)
    times = [(begun.get(batch.index), batch.wait_s) for batch in seen.batches]
    first = [wait for epoch, wait in times if epoch == seen.first_epoch]
    return first, [wait for epoch, wait in times if epoch is not None and epoch > seen.first_epoch]
