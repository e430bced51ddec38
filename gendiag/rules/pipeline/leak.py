from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import median
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from gendiag.batches.measure import nbytes
from gendiag.records import Finding, counted
from gendiag.rehearsal.profile import Profile
from gendiag.rules.edits import generators
from gendiag.rules.edits.place import at
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.passes import in_read_order
from gendiag.rules.rule import Edits, Rule, sound

MIB = 2**20
LEAST_EPOCHS, LEAST_BATCHES, LEAST_MIB = 2, 16, 12  # less than this is told from nothing
PARTS = 4  # growth is looked for in each quarter
STEADY = 0.5  # each quarter grows at least this share of the mean
KEPT_BYTES = MIB  # per batch, in the broken source


class Leak(Rule):
    """Memory grows with every batch, epoch after epoch.

    What fit does
        Asks for the next batch; what the source keeps of the last ones is the source's own affair.

    Why it hurts
        The process is killed hours later, without a traceback.

    How to mend it
        Empty or make anew, after each yield, the lists that a batch is collected in: ``x, y = [], []``.

    Known limits
        Measured is the memory of the whole process, less what this tool keeps of the batches; so it is "likely", and
        named is a container of the source that grows at the same time. Looked for where two or more epochs were
        rehearsed and the last grows as the first: a cache that is filled in one pass is none.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0, Linux.
    """

    name, title = "leak", "Memory grows with every batch"
    fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"epochs": 3, "steps_per_epoch": 10})

    def check(self, seen: Evidence) -> Iterator[Finding]:
        if seen.rehearsal.epochs_run < LEAST_EPOCHS or len(seen.batches) < LEAST_BATCHES:
            return
        free = list(_not_ours(seen.profile, seen.validation))
        per_batch = _steady_growth(free[len(free) // 5 :])
        growing = _growing(seen.profile.growth)
        total = per_batch * len(free)
        largest = max(nbytes(batch) for batch in seen.batches)
        if total < LEAST_MIB * MIB or total < PARTS * largest:
            return
        named = " and ".join(f"`{name}` ({counted(length, 'item')} by now)" for name, length in growing)
        message = (
            f"The source likely leaks: memory grows by {per_batch / MIB:.1f} MB per batch, in every epoch alike "
            f"({total / MIB:.0f} MB in {len(free)} batches), while a batch has {_size(largest)}."
        ) + (f" What grows with it is {named}." if named else "")
        names = ", ".join(name for name, _ in growing) or "the lists"
        fix = f"Empty {names} after each batch, or make a new one per batch, so that the source keeps nothing."
        yield self.finding("warning", message, fix=fix, bytes_per_batch=int(per_batch), growing=dict(growing))

    def edits(self, finding: Finding, seen: Evidence) -> Edits:
        yield generators.fresh_each_epoch(at(seen, finding))

    def broken(self) -> Iterator[Any]:
        return _reading(keep=True)

    def mended(self) -> Iterator[Any]:
        return _reading(keep=False)


def _not_ours(training: Profile, validation: Profile) -> Iterator[int]:
    """Bytes of the process when each batch was measured, less what the recording held then."""
    kept, limit = 0, training.store.keep_bytes
    for batch in in_read_order(training):
        kept += nbytes(batch)
        beside = sum(nbytes(other) for other in validation.batches if other.epoch < batch.epoch)
        yield batch.rss_bytes - min(kept, limit) - min(beside, limit)


def _steady_growth(bytes_used: Sequence[int]) -> float:
    """Bytes per batch; 0 unless each quarter grows alike."""
    size = len(bytes_used) // PARTS
    if not size:
        return 0.0
    quarters = [bytes_used[part * size : (part + 1) * size + 1] for part in range(PARTS)]
    slopes = [(quarter[-1] - quarter[0]) / (len(quarter) - 1) for quarter in quarters]
    return median(slopes) if min(slopes) >= STEADY * float(np.mean(slopes)) > 0 else 0.0


def _size(nbytes: int) -> str:
    return f"{nbytes / MIB:.2g} MB" if nbytes > MIB / 100 else f"{nbytes:,} bytes"


def _growing(growth: Mapping[str, tuple[int, ...]]) -> list[tuple[str, int]]:
    """Containers that were longer at each look."""
    return [
        (name, lengths[-1])
        for name, lengths in growth.items()
        if len(lengths) > 1 and all(after > before for before, after in pairwise(lengths))
    ]


def _reading(*, keep: bool) -> Iterator[Any]:
    rows: list[Any] = []
    while True:
        for batch in sound(8):
            rows.append(np.ones(KEPT_BYTES, "uint8"))
            yield batch
            if not keep:
                rows.clear()
