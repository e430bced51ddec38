"""The batch looked at: the one thing that reacting views share."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import TYPE_CHECKING

import traitlets

from gendiag.records.ranges import runs
from gendiag.views.picture import states

if TYPE_CHECKING:
    from gendiag.diagnosis.diagnosis import Diagnosis


class Selection(traitlets.HasTraits):
    """``batch`` is between 0 and ``last``; what lies outside is brought to the nearer end.

    ``stops`` are the batches where a finding begins: the first of every unbroken run of its batches.
    """

    batch: int = traitlets.Int(0)  # type: ignore[assignment]  # a trait reads as its value
    last: int = traitlets.Int(0)  # type: ignore[assignment]
    stops: tuple[int, ...] = traitlets.Tuple()  # type: ignore[assignment]

    @traitlets.validate("batch")
    def _within(self, proposal: traitlets.Bunch) -> int:
        return min(max(int(proposal["value"]), 0), self.last)

    def step(self, by: int) -> None:
        """Go so many batches on, or back."""
        self.batch += by

    def next_finding(self) -> None:
        """Go to the next batch where a finding begins, behind the last one to the first."""
        if self.stops:
            self.batch = self.stops[bisect_right(self.stops, self.batch) % len(self.stops)]

    def previous_finding(self) -> None:
        """Go to the batch before where a finding begins, before the first one to the last."""
        if self.stops:
            self.batch = self.stops[bisect_left(self.stops, self.batch) - 1]


def select(diagnosis: Diagnosis) -> Selection:
    """Begin at the first batch of the first finding that names one, else where fit raises, else at batch 0."""
    findings = [f for f in diagnosis.findings if f.severity != "note" and not f.in_validation and f.batches]
    last = max(states.count(diagnosis) - 1, 0)
    read = (index for finding in findings[:1] for index in finding.batches if index <= last)
    first = next(read, diagnosis.fails_at or 0)
    return Selection(last=last, batch=first, stops=_stops((f.batches for f in findings), last))


def _stops(batches: Iterable[tuple[int, ...]], last: int) -> tuple[int, ...]:
    starts = {start for named in batches for start, _ in runs(named)}
    return tuple(sorted(start for start in starts if start <= last))
