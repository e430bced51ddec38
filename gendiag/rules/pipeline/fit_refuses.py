from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gendiag.records import Finding, Leaf, format_shape
from gendiag.rules.evidence.evidence import Evidence
from gendiag.rules.evidence.validation_shapes import first_evaluated
from gendiag.rules.rule import Rule, sound

SHOWN = 4  # leaves in the fix
NO_FLOAT = "`schedule` function should be a float"  # keras 3.5.0 to 3.15.1


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
    severity = "error"

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
        method = seen.rehearsal.method if seen.rehearsal.method in {"evaluate", "predict"} else "fit"
        message = f"{method} raises {_where(seen)}: {failure.line}{f'{failure.place}.' if failure.frame else stop}"
        fix = f"{_look(seen)} The full text is in the finding's `evidence['text']`."
        if failure.callback is not None:
            at = f", at {failure.frame}: `{failure.code}`." if failure.frame else ""
            message = f"The callback raises in {failure.callback}, {_where(seen)}: {failure.line}{at or stop}"
            whose = failure.callback.split(".")[0]
            fix = "Look at that line of the callback" if failure.frame else f"Look at the arguments of {whose}"
            if NO_FLOAT in failure.line:
                fix = "Return a Python float from the schedule in each epoch, `return float(rate)`"
            fix += "; no batch is at fault."
        yield self.finding("error", message, fix=fix, batches=batches, **evidence)

    def broken(self) -> Iterator[Any]:
        return ((x, np.zeros(len(y), "V4")) for x, y in sound())  # bytes of no kind

    def mended(self) -> Iterator[Any]:
        return sound()


def _look(seen: Evidence) -> str:
    """What is known of where the cause lies."""
    if seen.rehearsal.failed_in == "validation":
        alone = "to see it without training, evaluate on it alone: `model.evaluate(...)`."
        return f"fit had trained by then, so look at validation_data{_given(first_evaluated(seen))}; {alone}"
    batches = seen.batches or seen.profile.peeks
    index = seen.rehearsal.failed_batch
    if index is not None or not seen.rehearsal.deliveries:
        batch = next((each for each in batches if each.index == (index or 0)), None)
        what = f"Look at batch {index or 0}{_given(batch.leaves)}." if batch is not None else ""
        nothing = "Nothing was trained on: look" if seen.rehearsal.method == "fit" else "Look"
        return what or f"{nothing} at what fit is given, the source and each argument."
    return "No batch is known to be at fault: look at what runs between the steps, and at the arguments of fit."


def _given(leaves: tuple[Leaf, ...]) -> str:
    """``, which is x float32 (4, 3), y datetime64[D] (4,)``."""
    told = [f"{leaf.path} {leaf.dtype} {format_shape(leaf.shape)}" for leaf in leaves[:SHOWN]]
    more = len(leaves) - SHOWN
    return f", which is {', '.join(told)}{f' and {more} more' if more > 0 else ''}" if told else ""


def _where(seen: Evidence) -> str:
    index = seen.rehearsal.failed_batch
    if index is not None:
        return f"at {seen.place(index)}"
    steps = len(seen.rehearsal.deliveries)
    if seen.rehearsal.failed_in == "training" and steps:
        return f"after {steps} training step{'s' if steps > 1 else ''}"
    if seen.rehearsal.method in {"evaluate", "predict"}:
        return "before it has done one batch"
    return "in the validation" if seen.rehearsal.failed_in == "validation" else "before the first batch is trained on"
