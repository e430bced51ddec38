"""What findings say of the batches: a mark over each batch of a rare one, a band under all of a wide one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gendiag.views import wording
from gendiag.views.kept import kept

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.records import Finding
    from gendiag.records.finding import Severity

WIDE = 0.2  # share of the batches from which on a finding is a band
FEW = 3  # so many batches are no band, however short the run
SEVERITIES: tuple[Severity, ...] = ("note", "warning", "error")  # the last speaks for a batch of several


@dataclass(frozen=True, slots=True)
class Mark:
    """A finding and its batches.

    Attributes
    ----------
    batches
        Those of the picture, ascending.
    is_wide
        Whether it concerns so many that a mark over each would say nothing.
    """

    finding: Finding
    batches: NDArray[np.int64]
    is_wide: bool


@kept
def marks(diagnosis: Diagnosis, count: int) -> list[Mark]:
    """Return the findings that name batches of the training data, in the order of the findings."""
    found = [(f, named[(named >= 0) & (named < count)]) for f, named in _named(diagnosis)]
    made = [Mark(f, batches, _is_wide(len(batches), count)) for f, batches in found if len(batches)]
    return [mark for mark in made if not (mark.is_wide and mark.finding.severity == "note")]


@kept
def severity_of(diagnosis: Diagnosis, count: int) -> NDArray[np.int64]:
    """Return for every batch 0, or 1 + the place of its worst severity among ``SEVERITIES``; bands are left out."""
    worst = np.zeros(count, dtype=np.int64)
    for mark in marks(diagnosis, count):
        if not mark.is_wide:
            place = 1 + SEVERITIES.index(mark.finding.severity)
            worst[mark.batches] = np.maximum(worst[mark.batches], place)
    return worst


def of_batch(diagnosis: Diagnosis, batch: int) -> list[Finding]:
    """Return the findings that name a batch of the training data."""
    found = _named(diagnosis)
    places = [np.searchsorted(named, batch) for _, named in found]
    return [one for (one, named), at in zip(found, places, strict=True) if at < len(named) and named[at] == batch]


@kept
def _named(diagnosis: Diagnosis) -> list[tuple[Finding, NDArray[np.int64]]]:
    """The findings that name batches of the training data, each with them in ascending order."""
    found = [_as_shown(diagnosis, f) for f in diagnosis.findings if f.batches and not f.in_validation]
    return [(f, np.unique(np.array(f.batches, dtype=np.int64))) for f in found]


def _as_shown(diagnosis: Diagnosis, finding: Finding) -> Finding:
    """Make what turns the model NaN an error, as its card is."""
    is_error = wording.severity(diagnosis, finding)[1] == "error"
    return replace(finding, severity="error") if is_error else finding


def _is_wide(named: int, count: int) -> bool:
    return named > FEW and named > WIDE * count
