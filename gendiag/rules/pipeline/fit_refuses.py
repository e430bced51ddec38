from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from gendiag.records import Finding
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.rule import Rule, sound


class FitRefuses(Rule):
    """fit raises, before the model sees the batch, for a reason that no other rule names.

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
    fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"validation_split": 0.999})
    mended_fit_args: ClassVar[Mapping[str, Any]] = MappingProxyType({"validation_split": 0.25})

    def check(self, seen: Evidence) -> Iterator[Finding]:
        failure = seen.rehearsal.failure
        if failure is None or seen.never_ends:
            return
        index = seen.rehearsal.failed_batch
        batches = [] if index is None else [index]
        evidence = {"type": failure.type, "text": failure.details}
        if seen.rehearsal.failed_in == "validation":
            evidence["source"] = "validation"
        message = f"fit raises {_where(seen)}: {failure.line}{'' if failure.line.endswith('.') else '.'}"
        fix = "Do as this sentence says; the full text is in the evidence."
        yield self.finding("error", message, fix=fix, batches=batches, **evidence)

    def broken(self) -> Any:
        return _arrays()

    def mended(self) -> Any:
        return _arrays()


def _arrays() -> Any:
    return tuple(np.concatenate(part) for part in zip(*sound(), strict=True))


def _where(seen: Evidence) -> str:
    index = seen.rehearsal.failed_batch
    if index is not None:
        return f"at {seen.place(index)}"
    steps = len(seen.rehearsal.deliveries)
    if seen.rehearsal.failed_in == "training" and steps:
        return f"after {steps} training step{'s' if steps > 1 else ''}"
    return "in the validation" if seen.rehearsal.failed_in == "validation" else "before the first batch is trained on"
