"""The batches of a static page, to step through without a script: those that findings name come first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from gendiag.records import counted
from gendiag.records.ranges import runs
from gendiag.views import batch_details, markup, wording
from gendiag.views.selection import select

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from gendiag.diagnosis.diagnosis import Diagnosis

IMAGE = re.compile(r'<img [^>]*?alt="([^"]*)"[^>]*>')


@dataclass(frozen=True, slots=True)
class Room:
    """How many batches are drawn at most, and on how many bytes."""

    batches: int
    nbytes: int


FILE, CELL = Room(40, 1_200_000), Room(8, 200_000)


class Steps:
    """The batches that were drawn, as many as there is room for.

    Parameters
    ----------
    anchor
        Begins the names of the places on the page; empty where it cannot be known that no other report has the same.
    """

    def __init__(self, diagnosis: Diagnosis, room: Room, anchor: str = "") -> None:
        self._diagnosis, self._anchor = diagnosis, anchor
        self._selected = select(diagnosis).batch
        self._named = dict.fromkeys(_named(diagnosis))
        self._drawn: dict[int, str] = {}
        left = room.nbytes
        read = {batch.index for batch in diagnosis.profile.batches}
        for batch in self._wanted(read)[: room.batches]:
            drawn = _within(batch_details.to_html(diagnosis, batch, named=False), left)
            left -= len(drawn)
            if left < 0:
                break
            self._drawn[batch] = drawn
        self._left_out = read - self._drawn.keys()

    def _wanted(self, read: Collection[int]) -> list[int]:
        tried = sorted(self._diagnosis.trials)
        wanted = dict.fromkeys(chain([self._selected], self._named, tried))
        return [*wanted, *(batch for batch in sorted(read) if batch not in wanted)]

    def to_html(self) -> markup.Html:
        """Draw the selected batch open, the others folded: those of findings, then the rest."""
        others = [batch for batch in self._drawn if batch != self._selected]
        parts = [self._step(self._selected)] if self._selected in self._drawn else []
        parts += self._folded("that findings name", [batch for batch in others if batch in self._named])
        parts += self._folded("without a finding", [batch for batch in others if batch not in self._named])
        return markup.join([*parts, self._told()])

    def way(self, batch: int) -> str:
        """Return the link to a batch, empty where it is not on the page."""
        return f"#{self._name(batch)}" if self._anchor and batch in self._drawn else ""

    def _name(self, batch: int) -> str:
        return f"{self._anchor}batch-{batch}"

    def _step(self, batch: int) -> markup.Html:
        named = [found for found in self._diagnosis.findings if batch in found.batches and not found.in_validation]
        is_selected = batch == self._selected
        told = [
            markup.join([" ", markup.chip(*wording.severity(self._diagnosis, found)), " ", found.title])
            for found in named
            if not (is_selected and found is self._diagnosis.findings[0])  # its card is just above
        ]
        name = markup.heading(f"Batch {batch}") if is_selected else f"batch {batch}"
        place = {"id": self._name(batch)} if self._anchor else {}
        return markup.details(
            markup.join([name, *told]), markup.tag("div", markup.Html(self._drawn[batch]), **place),
            key=f"batch {batch}", css_class="gd-step", is_open=is_selected,
        )  # fmt: skip

    def _folded(self, which: str, batches: Iterable[int]) -> list[markup.Html]:
        steps = [self._step(batch) for batch in sorted(batches)]
        title = f"{counted(len(steps), 'more batch', 'more batches')} {which}"
        return [markup.details(title, markup.join(steps), key=which, css_class="gd-steps")] if steps else []

    def _told(self) -> markup.Html:
        """Say how many batches are not here."""
        if not self._left_out:
            return markup.Html("")
        count, missing = len(self._left_out), len(self._left_out & self._named.keys())
        named = f", {'all' if missing == count else f'{missing:,} of them'} named by findings" if missing else ""
        text = f"{counted(count, 'more batch', 'more batches')} {'was' if count == 1 else 'were'} read"
        return markup.tag("p", f"{text} and not kept on this page{named}.", css_class="gd-quiet")


def _named(diagnosis: Diagnosis) -> Iterable[int]:
    """Batches that findings name: where each run of them begins, finding by finding, then all the others."""
    findings = [found for found in diagnosis.findings if found.batches and not found.in_validation]
    starts = (start for found in findings for start, _ in runs(found.batches))
    read = {batch.index for batch in diagnosis.profile.batches}
    return (batch for batch in chain(starts, *(found.batches for found in findings)) if batch in read)


def _within(drawn: str, most: int) -> str:
    """The same without its pictures, where these take more room than there is."""
    return drawn if len(drawn) <= most else IMAGE.sub(r'<span class="gd-quiet">[\1: no room here]</span> ', drawn)
