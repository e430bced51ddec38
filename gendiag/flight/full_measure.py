"""All figures of the batches that are still held, once nothing is yielded any more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gendiag.batches.measure import measure, nbytes
from gendiag.batches.signature import PEEKED
from gendiag.batches.store import MIB
from gendiag.flight.source_tap import FlightTap
from gendiag.records import Batch

MOST, MOST_BYTES = 500, 64 * MIB  # batches that are measured again: about a second


def completed(tap: FlightTap) -> list[Batch]:
    """Return every batch in the order yielded, those held with all their figures.

    Where fit died before it asked for anything in training, what it peeked at is all that was yielded.
    """
    batches = tap.settle() or list(tap.peeks)
    full = {} if tap.full else dict(_in_full(tap))
    return [_with_all(batch, full.get(batch.index, batch)) for batch in batches]


def _in_full(tap: FlightTap) -> Iterator[tuple[int, Batch]]:
    """Measure the first two, and then the newest as far as the limits go."""
    held, size = list(tap.store), 0
    for index in [*held[:PEEKED], *reversed(held[PEEKED:])][:MOST]:
        batch = measure(tap.store.get(index), index=index, epoch=0)
        size += nbytes(batch)
        if size > MOST_BYTES:
            return
        yield index, batch


def _with_all(batch: Batch, full: Batch) -> Batch:
    """Add the figures of the copy to what only the moment of the yield could tell."""
    if batch.digests != full.digests:  # another item by now
        return batch
    leaves = (
        replace(new, shared=old.shared, kind=old.kind) for new, old in zip(full.leaves, batch.leaves, strict=True)
    )
    return replace(batch, leaves=tuple(leaves))
