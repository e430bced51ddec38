from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from gendiag.records import Finding
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import BAD, Rule, sound

HANG_S = 3600.0


class NoAnswer(Rule):
    """The source gives no batch, and fit waits.

    What fit does
        Waits for ever, without a word.

    Why it hurts
        A progress bar that stands still tells neither who waits nor for whom.

    How to mend it
        Look at the stack in the finding's evidence: a lock taken twice, a queue nobody fills, a download without
        timeout.

    Known limits
        A source that takes longer than the time limit for one batch looks the same: raise ``quiet_s``.

    Source
        measured on keras 3.15.1 / tensorflow 2.21.0.
    """

    name, title = "no-answer", "fit waits and nothing comes"

    def check(self, seen: Evidence) -> Iterator[Finding]:
        failure = seen.rehearsal.failure
        if not seen.waits_for_ever or failure is None:
            return
        count = len(seen.batches)
        when = f"after batch {count - 1}" if count else "before the first batch"
        where = f" The source stands at {failure.frame}: `{failure.code}`." if failure.frame else ""
        message = f"fit gave no sign of life {when} ({failure.line}): it waits for the source (deadlock?).{where}"
        fix = (
            "If one batch may take longer, pass a larger quiet_s=. "
            "Else look at the stack in the evidence: who holds the lock, who fills the queue."
        )
        yield self.finding("error", message, fix=fix, batches=[count], stack=failure.details)

    def broken(self) -> Iterator[Any]:
        for step, batch in enumerate(sound()):
            if step == BAD:
                threading.Event().wait(HANG_S)
            yield batch

    def mended(self) -> Iterator[Any]:
        return sound()
