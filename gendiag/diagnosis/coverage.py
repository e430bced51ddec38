"""What was asked for and not looked at: "no fault found" is said over no gap."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gendiag.records import counted
from gendiag.rules.evidence.callbacks import callbacks_of
from gendiag.rules.evidence.evidence import Evidence

MOST_NAMED = 3  # callbacks


def left_out(evidence: Evidence) -> Iterator[str]:
    """Yield in a few words each what fit will do or meet that was not looked at, and which option reaches it."""
    yield from _steps(evidence)
    if not evidence.rehearsal.live:
        yield from _callbacks(callbacks_of(evidence))
        yield from _validation(evidence)
    yield from _model(evidence)


def _steps(evidence: Evidence) -> Iterator[str]:
    run = evidence.rehearsal
    steps = counted(len(run.deliveries), "step")
    if run.ended == "budget":
        seconds = f"{run.seconds:.0f} s" if run.seconds >= 1 else "under 1 s"
        yield f"what comes after {steps} in {seconds} (`max_batches`, `budget_s`)"
    elif run.ended == "stopped" and not run.running:
        yield f"what comes after {steps}, where it was stopped"
    elif run.ended == "epochs" and not run.live:
        yield f"{_epochs(evidence.first_epoch + run.epochs_run + 1, run.epochs)} (`rehearse_epochs`)"


def _epochs(first: int, last: int) -> str:
    return f"epoch {first}" if first == last else f"epochs {first}-{last}"


def _callbacks(given: list[Any]) -> Iterator[str]:
    names = [type(callback).__name__ for callback in given]
    if names:
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        yield f"callbacks ({', '.join(names[:MOST_NAMED])}{more}), which only `gendiag.watch` runs"


def _validation(evidence: Evidence) -> Iterator[str]:
    asked = evidence.fit_args.get("validation_data") is not None or evidence.fit_args.get("validation_split")
    run = evidence.rehearsal
    if asked and not run.validation and run.failure is None and run.ended == "epochs":
        yield "the validation data, for which no epoch rehearsed was due"


def _model(evidence: Evidence) -> Iterator[str]:
    run = evidence.model_run
    if evidence.model is None or (run is not None and run.failure is not None):
        return
    if run is None:
        if evidence.cut_short:
            yield "what the model does with the batches, since it was stopped"
        return
    delivered = {delivery.batch for delivery in evidence.rehearsal.deliveries}
    tried = {*run.batches[: run.steps]}
    if not evidence.rehearsal.live and len(tried) < len(delivered):
        why = "not held, or time was up (`keep_bytes`, `budget_s`)" if not evidence.cut_short else "it was stopped"
        untried = f"{len(delivered) - len(tried)} of {counted(len(delivered), 'batch', 'batches')}"
        yield f"the model on {untried}: {why}"
