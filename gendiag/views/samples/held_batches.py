"""Other batches that are still held: one to compare with, and some for counts over the run."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import chain
from typing import TYPE_CHECKING

from gendiag.batches.tree import flatten
from gendiag.batches.values import as_array, kind_of
from gendiag.views.samples.value_scale import spaced

if TYPE_CHECKING:
    from gendiag.batches.values import Array
    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.records import Finding
    from gendiag.rehearsal.profile import Profile

NEAR, SPACED, NEWEST, MOST = 64, 192, 64, 64
WIDE = 2  # a finding that covers more than one in so many batches tells no batch from another
DENSE = ("array", "tensor", "frame", "list", "scalar")


def dense(value: object) -> Array | None:
    """Return a leaf that has samples as an array; None where it has none, or values only where they are not 0."""
    values = as_array(value) if kind_of(value) in DENSE else None
    return values if values is not None and values.ndim else None


def told_apart(diagnosis: Diagnosis, batch: int, path: str) -> bool:
    """Whether an error or a warning that is about this leaf names the batch among few."""
    return any(batch in finding.batches for finding in _telling(diagnosis) if finding.leaf in {None, path})


def nearest_sound(diagnosis: Diagnosis, batch: int, path: str) -> tuple[int, Array] | None:
    """Return the nearest held batch that no finding names, and its values of the leaf."""
    named = set(chain.from_iterable(finding.batches for finding in _telling(diagnosis)))
    near = chain.from_iterable((batch - off, batch + off) for off in range(1, NEAR))
    for index in near:
        if index >= 0 and index not in named and index in diagnosis.profile.store:
            values = _values(diagnosis.profile, index, path)
            return (index, values) if values is not None and len(values) else None
    return None


def other_values(profile: Profile, path: str, batch: int) -> list[Array]:
    """Return the leaf in up to 64 other batches that are held, evenly spaced as far as that can be had."""
    tried = dict.fromkeys(batch.index for batch in (*spaced(profile.batches, SPACED), *profile.batches[-NEWEST:]))
    indices = sorted(index for index in tried if index != batch and index in profile.store)
    found = (_values(profile, index, path) for index in _some(indices, MOST))
    return [values for values in found if values is not None]


def _telling(diagnosis: Diagnosis) -> Iterable[Finding]:
    most = len(diagnosis.profile.batches) // WIDE
    for finding in diagnosis.findings:
        if finding.severity != "note" and not finding.in_validation and len(finding.batches) <= most:
            yield finding


def _values(profile: Profile, index: int, path: str) -> Array | None:
    return next((dense(part.value) for part in flatten(profile.raw(index)) if part.path == path), None)


def _some(indices: Collection[int], most: int) -> list[int]:
    listed = list(indices)
    return [listed[place * len(listed) // most] for place in range(most)] if len(listed) > most else listed
