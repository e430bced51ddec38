from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.records import Finding
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Rule, sound


class FitRefuses(Rule):
    """fit raises, outside of the model, for a reason that no other rule names; a callback is named.

    What fit does
        Raises what the finding quotes.

    Why it hurts
        Training does not begin, or breaks off.

    How to mend it
        Read Keras's own sentence in the finding; it is quoted without the graph traceback.

    Known limits
        This is what is left when no other rule speaks.

    Source
        quoted from the very run.
    """

    name, title = "fit-refuses", "fit raises"
    quotes = True

    def check(self, seen: Evidence) -> Iterator[Finding]:
        failure = seen.rehearsal.failure
        if failure is None or seen.never_ends:
            return
        index = seen.rehearsal.failed_batch
        batches = [] if index is None else [index]
        evidence = {"type": failure.type, "text": failure.details}
        if seen.rehearsal.failed_in == "validation":
            evidence["source"] = "validation"
        stop = "" if failure.line.endswith(".") else "."
        message = f"fit raises {_where(seen)}: {failure.line}{stop}"
        fix = "Read what this message asks for; its full text is in the finding's `evidence['text']`."
        if failure.callback is not None:
            at = f", at {failure.frame}: `{failure.code}`." if failure.frame else ""
            message = f"The callback raises in {failure.callback}, {_where(seen)}: {failure.line}{at or stop}"
            fix = "Look at that line of the callback; no batch is at fault."
        yield self.finding("error", message, fix=fix, batches=batches, **evidence)

    def broken(self) -> Iterator[Any]:
        return ((x, np.zeros(len(y), "datetime64[D]")) for x, y in sound())

    def mended(self) -> Iterator[Any]:
        return sound()


def _where(seen: Evidence) -> str:
    index = seen.rehearsal.failed_batch
    if index is not None:
        return f"at {seen.place(index)}"
    steps = len(seen.rehearsal.deliveries)
    if seen.rehearsal.failed_in == "training" and steps:
        return f"after {steps} training step{'s' if steps > 1 else ''}"
    return "in the validation" if seen.rehearsal.failed_in == "validation" else "before the first batch is trained on"
