"""The tap of a source that a live fit reads: cheap, bounded in bytes, and never in the way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from gendiag.flight.quick import is_plain, quick
from gendiag.measure import nbytes, resident
from gendiag.recording import Recording
from gendiag.records import Batch
from gendiag.tree import flatten, transform
from gendiag.values import copy
from gendiag.worker import Pulse

RSS_EVERY = 16  # batches, between two looks at the memory of the process
PINNED_SHARE = 0.5  # of the bytes held, for suspicious batches: the newest must have room


class FlightTap(Recording):
    """Knows which batch was yielded for what Keras's adapter hands on.

    Attributes
    ----------
    by_index
        Every batch yielded, by index.
    """

    def __init__(self, keep_bytes: int, *, full: bool) -> None:
        super().__init__(keep_bytes, Pulse(), full=full)
        self.by_index: dict[int, Batch] = {}
        self._thread = threading.local()
        self._handed: dict[int, tuple[object, int | None]] = {}
        self._errors: dict[int, int] = {}
        self._n_pinned = self._rss_bytes = 0
        self._memories: tuple[Any, ...] = ()

    def trust_the_order(self) -> None:
        """Match nothing by content from here on: what is delivered is known otherwise."""
        self._matcher = None

    @property
    def reuses_memory(self) -> bool:
        """Whether a batch was seen in the very memory of the one before."""
        return any(leaf.shared for batch in [*self.batches[:3], *self.peeks] for leaf in batch.leaves)

    # ------------------------------------------------------------------ yielded
    def yielded(self, raw: object, wait_s: float, index: int | None = None) -> Batch:
        """Measure and hold one batch, and remember in this thread that it was the last one."""
        if self.full or not is_plain(raw):
            self._memories = ()
            batch = super().yielded(raw, wait_s, index)
        else:
            batch = self._quickly(raw, wait_s, index)
        self.by_index[batch.index] = batch
        self._thread.last = batch.index
        return batch

    def _quickly(self, raw: Any, wait_s: float, index: int | None) -> Batch:
        with self._lock:
            number = len(self.batches)
            if number % RSS_EVERY == 0:
                self._rss_bytes = resident()
            batch, self._memories = quick(
                raw,
                index=number if index is None else index,
                epoch=self.epoch,
                wait_s=wait_s,
                rss_bytes=self._rss_bytes,
                before=self._memories,
            )
            self._before = raw
            held = self._hold(batch, raw, pin=self._is_telling(batch))
            if self._matcher is not None:
                self._matcher.add(batch, raw if held is None else held)
            self.batches.append(batch)
            return batch

    def _hold(self, batch: Batch, raw: object, *, pin: bool) -> object | None:
        size = nbytes(batch)
        if size > self.store.keep_bytes:
            return None
        pin = pin and self._n_pinned + size <= self.store.keep_bytes * PINNED_SHARE
        self._n_pinned += size if pin else 0
        held: object = tuple(leaf.copy() for leaf in raw) if is_plain(raw) else copy(raw)  # type: ignore[attr-defined]
        self.store.put(batch.index, held, size, pin=pin)
        return held

    @contextmanager
    def asking(self, index: int) -> Iterator[None]:
        """Note which batch was being made when the source raised."""
        self.n_asked += 1
        try:
            yield
        except BaseException as error:
            self.error, self.failed_index = error, index
            self._errors[id(error)] = index
            raise
        finally:
            self.n_asked -= 1

    def raised_for(self, error: BaseException) -> int | None:
        """Return the batch that the source was making when it raised this."""
        return self._errors.get(id(error))

    # ------------------------------------------------------------------ handed on
    def handed_out(self, raw: object, index: int) -> object:
        """Make every array an object of its own, so that it is known again behind Keras's worker threads."""
        if not self.training:
            return raw
        raw = transform(lambda leaf: leaf.view() if type(leaf) is np.ndarray else leaf, raw)
        first = next((part.value for part in flatten(raw)), None)
        known = self._handed.get(id(first))
        self._handed[id(first)] = first, index if known is None else None  # an object yielded twice tells nothing
        return raw

    def forget_thread(self) -> None:
        """Begin to watch for a yield in this thread."""
        self._thread.last = None

    def behind(self, element: object) -> int | None:
        """Return the batch that an element handed to TensorFlow is: yielded just now in this thread, or known again."""
        last = self.last_yield
        if last is not None:
            return last
        first = next((part.value for part in flatten(element)), None)
        known = self._handed.pop(id(first), None)
        return None if known is None else known[1]

    @property
    def last_yield(self) -> int | None:
        """The batch yielded in this thread since ``forget_thread``."""
        last: int | None = getattr(self._thread, "last", None)
        return last
