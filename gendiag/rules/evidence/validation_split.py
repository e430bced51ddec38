"""Which samples are validated on and trained on: whether a split stays the same from epoch to epoch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from gendiag.batches.tree import flatten
from gendiag.batches.values import as_array
from gendiag.records import Delivery
from gendiag.rehearsal.profile import Profile
from gendiag.rules.evidence.evidence import Evidence

MOST_ROWS = 20_000  # samples compared


@dataclass(frozen=True, slots=True)
class Moved:
    """Samples of the second evaluation: all, those not in the first, and those of them trained on before."""

    all: int
    other: int
    trained: int


def moved(seen: Evidence) -> Moved | None:
    """Compare the samples of the first two epochs; None where a batch is not held, or nothing moved."""
    if min(len(seen.by_epoch), len(seen.validation_by_epoch)) < 2:  # noqa: PLR2004  (epochs)
        return None
    first, second = (samples_of(seen.validation, seen.validation_by_epoch[epoch]) for epoch in range(2))
    trained = samples_of(seen.profile, seen.by_epoch[0])
    if not first or not second or not trained or len(first) != len(second):
        return None
    other = second - first
    return Moved(len(second), len(other), len(other & trained)) if other & trained else None


def mixed(seen: Evidence) -> tuple[int, int] | None:
    """How many samples of the first evaluation were trained on in that epoch, and of how many; None where none."""
    if not seen.by_epoch or not seen.validation_by_epoch:
        return None
    evaluated = samples_of(seen.validation, seen.validation_by_epoch[0])
    common = len(evaluated & samples_of(seen.profile, seen.by_epoch[0]))
    return (common, len(evaluated)) if common else None


def samples_of(profile: Profile, steps: Iterable[Delivery]) -> set[bytes]:
    """Content of each sample's x, such as of an epoch; empty where not all are held."""
    found: set[bytes] = set()
    for step in steps:
        if step.batch is None or step.batch not in profile.store or len(found) > MOST_ROWS:
            return set()
        parts = [as_array(part.value) for part in flatten(profile.raw(step.batch)) if part.role == "x"]
        arrays = [np.ascontiguousarray(part) for part in parts if part is not None and part.ndim]
        for rows in zip(*arrays, strict=False):
            found.add(b"".join(row.tobytes() for row in rows))
    return found
