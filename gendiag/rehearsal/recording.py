"""What one source yielded and what of it was delivered, written down as it happens, from any thread."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from gendiag.batches.measure import measure, measure_leaf, nbytes
from gendiag.batches.signature import PEEKED
from gendiag.batches.store import Store
from gendiag.batches.tree import Part, flatten
from gendiag.batches.values import as_array, copy
from gendiag.records import Batch, Delivery
from gendiag.rehearsal.matching import Matcher, changes
from gendiag.rehearsal.position import FitPosition
from gendiag.runtime.task import Pulse
from gendiag.sources.hook_effect import HookEffect

_END = object()
FIRST_LOOK = 8  # batches, before the containers of a source are looked at; then at each power of two
MOST_NEW_KINDS, MOST_NON_FINITE = 32, 8  # batches pinned for their looks, and for NaN or Inf


class Recording:
    """The tap that a source is read through.

    Parameters
    ----------
    keep_bytes
        Most bytes of raw batches held.
    pulse
        Gets a beat for every batch; its ``stop`` ends the reading.
    position
        Where fit stands.
    full
        Whether to take all figures of a batch, or only what is cheap beside a live fit.

    Attributes
    ----------
    batches, deliveries
        In the order of reading and of training.
    peeks
        Items that fit read before training, to learn the shapes, and asks for again.
    growth
        Containers of the source by name, with their lengths at batches 8, 16, 32, ...
    early_hook
        Plain attributes that the epoch hook of an indexed source changed before training.
    late_hook
        Attributes that its other hook changed when batches of the epoch had been asked for: name to these.
    lengths
        Of an indexed source, after each of its epoch hooks.
    error, failed_index
        What the source raised, and which batch it was making.
    n_asked
        How many batches the source is being asked for at this moment.
    nbytes
        Of all that was read, again where it is read again.
    ended
        Whether the source came to its end.
    hooks
        What the epoch hooks of an indexed source do, by name.
    training
        Whether fit has begun to train; set by the rehearsal.
    replays_peeked
        Whether each evaluation begins with the two batches that fit peeked at, as with a generator; set likewise.
    """

    def __init__(self, keep_bytes: int, pulse: Pulse, position: FitPosition, *, full: bool = True) -> None:
        self.store, self.pulse, self.full = Store(keep_bytes), pulse, full
        self.position = position
        self.batches: list[Batch] = []
        self.deliveries: list[Delivery] = []
        self.peeks: list[Batch] = []
        self.growth: dict[str, list[int]] = {}
        self.early_hook: dict[str, tuple[Any, Any]] = {}
        self.late_hook: dict[str, tuple[int, ...]] = {}
        self.hooks: dict[str, HookEffect] = {}
        self.lengths: list[int | None] = []
        self.error: BaseException | None = None
        self.failed_index: int | None = None
        self.n_asked = self._turn = self._turn_of_error = 0
        self.ended = self.training = self.replays_peeked = False
        self._matcher: Matcher | None = Matcher()
        self._lock = threading.Lock()
        self.nbytes = 0
        self._before: object = None
        self._kinds: set[tuple[object, ...]] = set()
        self._n_non_finite = 0

    @property
    def in_epochs(self) -> bool:
        """Whether fit has begun its first epoch."""
        return self.position.epochs_begun > 0

    # ------------------------------------------------------------------ yielded
    def through(self, iterator: Iterator[Any]) -> Iterator[Any]:
        """Yield what ``iterator`` yields, recorded; what it raises is recorded too, and passes."""
        while not self.pulse.stop.is_set():
            start = time.perf_counter()
            with self.asking(len(self.batches)):
                raw = next(iterator, _END)
            if raw is _END:
                self.ended = True
                return
            self.yielded(raw, time.perf_counter() - start)
            self.look_at(iterator)
            yield raw

    def look_at(self, source: object) -> None:
        """Note now and then how long the containers are that a generator or an object holds."""
        number = len(self.batches)
        if number < FIRST_LOOK or number & (number - 1):
            return
        frame = getattr(source, "gi_frame", None)
        held = frame.f_locals if frame is not None else getattr(source, "__dict__", {})
        for name, value in list(held.items()):
            if isinstance(value, (list, dict, set, deque, bytearray)):
                with suppress(Exception):  # a class of the user's own may count as it likes
                    self.growth.setdefault(name, []).append(len(value))

    @contextmanager
    def asking(self, index: int) -> Iterator[None]:
        """Note that the source is being asked for a batch, and what it raises instead.

        Of several threads that raise, the one that was asked first: fit comes to that batch first.
        """
        self.n_asked += 1
        self._turn += 1
        turn = self._turn
        try:
            yield
        except BaseException as error:
            if self.error is None or turn < self._turn_of_error:
                self.error, self.failed_index, self._turn_of_error = error, index, turn
            raise
        finally:
            self.n_asked -= 1

    def yielded(self, raw: object, wait_s: float, index: int | None = None) -> Batch:
        """Measure and hold one batch; ``index`` is given where the source is asked by index."""
        with self._lock, self.pulse.working():
            number = len(self.batches) if index is None else index
            batch = measure(
                raw, index=number, epoch=self.position.epoch, wait_s=wait_s, before=self._before, full=self.full
            )
            self._before = raw  # alive until the next one, so that equal addresses mean equal memory
            held = self._hold(batch, raw, pin=self._is_telling(batch))
            if self._matcher is not None:
                self._matcher.add(batch, raw if held is None else held)
            self.batches.append(batch)
            return batch

    def _hold(self, batch: Batch, raw: object, *, pin: bool) -> object | None:
        """Put a copy into the store, and return it; None if it is larger than the whole store."""
        size = nbytes(batch)
        self.nbytes += size
        held = copy(raw) if size <= self.store.keep_bytes else None
        self.store.put(batch.index, held, size, pin=pin)
        return held

    def handed_out(self, raw: object, index: int) -> object:  # noqa: ARG002  (for a live fit)
        """Return what fit is given for the batch that an indexed source answered with."""
        return raw

    def peeked(self, raw: object, index: int) -> None:
        """Write down what fit read before training only to learn the shapes; it will ask for it again."""
        with self._lock, self.pulse.working():
            self.peeks.append(measure(raw, index=index, epoch=0, before=self._before, full=self.full))
            self._before = raw
            self._hold(self.peeks[-1], raw, pin=False)

    def _is_telling(self, batch: Batch) -> bool:
        kind = (batch.structure, *((leaf.path, leaf.dtype, (leaf.shape or ())[1:]) for leaf in batch.leaves))
        is_new = kind not in self._kinds and len(self._kinds) < MOST_NEW_KINDS
        self._kinds.add(kind)
        non_finite = any(leaf.n_nan or leaf.n_inf for leaf in batch.leaves)
        self._n_non_finite += non_finite
        return is_new or (non_finite and self._n_non_finite <= MOST_NON_FINITE)

    # ------------------------------------------------------------------ delivered
    def delivered(self, data: object, epoch: int, step: int, *, is_yield: bool = False) -> Delivery:
        """Write down one training step. With ``is_yield`` the source cannot be tapped: this is its yield as well."""
        with self.pulse.working():
            parts = flatten(data)
            leaves = tuple(measure_leaf(part, full=self.full) for part in parts)
        if is_yield:
            self.yielded(data, 0.0)
        with self._lock, self.pulse.working():
            likely = step if self.replays_peeked and step < PEEKED else None
            index = None if self._matcher is None else self._matcher.match(leaves, likely)
            counts, examples = ({}, {}) if is_yield else self._changes(index, parts)
            delivery = Delivery(epoch, step, index, leaves, counts, examples)
            self.deliveries.append(delivery)
            return delivery

    def _changes(self, index: int | None, parts: list[Part]) -> tuple[dict[str, int], dict[str, tuple[str, str]]]:
        if index is None or index not in self.store:
            return {}, {}
        arrays = {part.path: array for part in parts if (array := as_array(part.value)) is not None}
        return changes(self.store.get(index), arrays)
