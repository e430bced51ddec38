"""The tap of a source that a live fit reads: cheap, bounded in bytes, and never in the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from gendiag.batches.measure import nbytes, resident
from gendiag.batches.signature import PEEKED
from gendiag.batches.store import Store
from gendiag.batches.values import Array, copy
from gendiag.flight.fast_measure import Later, is_plain, quick, shared
from gendiag.flight.handover import Handover
from gendiag.records import Batch, Failure
from gendiag.rehearsal.position import FitPosition
from gendiag.rehearsal.recording import Recording
from gendiag.runtime.task import Pulse
from gendiag.runtime.tracebacks import cut

RSS_EVERY, RSS_FIRST = 16, 64  # batches, between two looks at the memory of the process; each of so many at first
MOST_LATER = 20_000  # batches whose measurement is put off
PINNED_SHARE = 0.5  # of the bytes held, for the first two and suspicious ones: the newest must have room


def harmless(method: Callable[..., Any]) -> Callable[..., Any]:
    """Let a failure of ours, or of memory, end the record and not the training: the method gives None from then on."""

    @wraps(method)
    def tried(self: FlightTap, *args: Any, **kwargs: Any) -> Any:
        if self.given_up is None:
            with self.sparing():
                return method(self, *args, **kwargs)
        return None

    return tried


class FlightTap(Recording):
    """Knows which batch was yielded for what Keras's adapter hands on.

    Attributes
    ----------
    by_index
        Every batch yielded, by index.
    given_up
        What went wrong in the recording itself; from there on nothing is recorded, and what was is not to be trusted.
    """

    def __init__(self, keep_bytes: int, position: FitPosition, *, full: bool) -> None:
        super().__init__(keep_bytes, Pulse(), position, full=full)
        self.by_index: dict[int, Batch] = {}
        self.given_up: Failure | None = None
        self.handover = Handover()
        self._rss_bytes = 0
        self._later: dict[int, Later] = {}
        self.store = Store(keep_bytes, self._dropped)

    @contextmanager
    def sparing(self) -> Iterator[None]:
        """Give the record up where something goes wrong inside, and let what stands around go on."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  (whatever fails of ours must not end the user's training)
            self.give_up(error)

    def give_up(self, error: Exception) -> None:
        """Record no more, and let go of what is held: memory may be what is short."""
        self.given_up = cut(error)
        self.store = Store(self.store.keep_bytes)

    def trust_the_order(self) -> None:
        """Match nothing by content from here on: what is delivered is known otherwise."""
        self._matcher = None

    @property
    def reuses_memory(self) -> bool:
        """Whether a batch was seen in the very memory of the one before."""
        return any(leaf.shared for batch in [*self.batches[:PEEKED], *self.peeks] for leaf in batch.leaves)

    # ------------------------------------------------------------------ yielded
    peeked = harmless(Recording.peeked)

    @harmless
    def yielded(self, raw: object, wait_s: float, index: int | None = None) -> Batch | None:
        """Hold one batch, and remember in this thread that it was the last one; measure it now or later."""
        if self.full or not is_plain(raw):
            batch = super().yielded(raw, wait_s, index)
            self.by_index[batch.index] = batch
            self.handover.yielded(batch.index)
            return batch
        with self._lock:
            later, size = self._noted(raw, wait_s, index), sum(leaf.nbytes for leaf in raw)
            if self._matcher is None and size <= self.store.keep_bytes:
                self._put_off(later, raw, size)
                return None
            batch = self._measured(later, raw)
            held = self._hold(batch, raw, pin=self._is_telling(batch))
            if self._matcher is not None:
                self._matcher.add(batch, raw if held is None else held)
            return batch

    def _noted(self, raw: tuple[Array, ...], wait_s: float, index: int | None) -> Later:
        """Write down what only this moment can tell."""
        place = len(self.batches)
        if place < RSS_FIRST or place % RSS_EVERY == 0:
            self._rss_bytes = resident()
        number, same = place if index is None else index, shared(raw, self._before)
        self._before = raw
        later = Later(number, place, self.position.epoch, wait_s, self._rss_bytes, same)
        self.batches.append(later)  # type: ignore[arg-type]  # measured before anybody reads it
        self.handover.yielded(number)
        return later

    def _put_off(self, later: Later, raw: tuple[Array, ...], size: int) -> None:
        """Hold a copy, and measure it when it must make room or when somebody asks."""
        number = later.number
        self._later[number] = later
        self.store.put(number, tuple(leaf.copy() for leaf in raw), size)
        if number in self._later and number not in self.store:  # no room even for this one
            self._measure(number, raw)
        elif len(self._later) > MOST_LATER:
            self._measure(next(iter(self._later)), raw)

    def _measured(self, later: Later, raw: Any) -> Batch:
        batch = quick(raw, later)
        self.batches[later.place] = self.by_index[batch.index] = batch
        return batch

    def _measure(self, index: int, raw: Any) -> None:
        """Measure a batch that was put off; ``raw`` is read where it is not held."""
        later = self._later.pop(index)
        self._measured(later, self.store.get(index) if index in self.store else raw)

    def _dropped(self, index: int, raw: Any) -> None:
        """Measure a batch before it is let go (the newest, maybe), and keep it after all where it looks suspicious."""
        later = self._later.pop(index, None)
        if later is None:
            return
        batch = self._measured(later, raw)
        size = nbytes(batch)
        if self._is_telling(batch) and self._may_pin(size):
            self.store.put(index, raw, size, pin=True)

    def _may_pin(self, size: int) -> bool:
        return self.store.pinned_nbytes + size <= self.store.keep_bytes * PINNED_SHARE

    def batch(self, index: int) -> Batch | None:
        """Return the record of a batch, measured now if it was put off."""
        with self._lock:
            if index in self._later and index in self.store:
                self._measure(index, None)
            return self.by_index.get(index)

    def settle(self) -> list[Batch]:
        """Measure all that was put off, and return every batch in the order yielded."""
        with self._lock:
            for index in list(self._later):
                self._measure(index, None)
            return list(self.batches)

    def _hold(self, batch: Batch, raw: object, *, pin: bool) -> object | None:
        size = nbytes(batch)
        if size > self.store.keep_bytes:
            return None
        pin = pin and self._may_pin(size)
        held = tuple(leaf.copy() for leaf in raw) if is_plain(raw) else copy(raw)
        self.store.put(batch.index, held, size, pin=pin)
        return held

    @contextmanager
    def asking(self, index: int) -> Iterator[None]:
        """Note which batch was being made when the source raised."""
        with super().asking(index), self.handover.asking(index):
            yield

    def handed_out(self, raw: object, index: int) -> object:
        """Make every array an object of its own, so that it is known again behind Keras's worker threads."""
        made = self._marked(raw, index) if self.training else None
        return raw if made is None else made

    @harmless
    def _marked(self, raw: object, index: int) -> object:
        return self.handover.marked(raw, index)
