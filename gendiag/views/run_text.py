"""How far a rehearsal or a recorded call came, in words that are true of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gendiag.records import counted
from gendiag.rehearsal.profile import READ
from gendiag.views import wording

if TYPE_CHECKING:
    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.views.wording import Tone

ENDS = {
    "finished": "all epochs asked for",
    "epochs": "fewer epochs than asked for, by the limit",
    "budget": "until the budget of steps or time",
    "stopped": "until it was stopped",
    "raised": "until fit raised",
    "no answer": "until nothing came any more",
}
ENDS_LIVE = {"finished": "to its end", "epochs": "until it was told to stop", "raised": "until it raised"}
LIMITED = ("epochs", "budget", "stopped")


def begun(diagnosis: Diagnosis) -> bool:
    """Whether fit ran at all."""
    run = diagnosis.rehearsal
    return run.live or run.epochs_run > 0 or run.failure is not None


def who(diagnosis: Diagnosis) -> str:
    """``fit``, ``predict``, ``the loop``: what read the batches."""
    method = diagnosis.rehearsal.method
    return "the loop" if method == "loop" else method


def not_reached(diagnosis: Diagnosis) -> str:
    """What the batches behind the failing one are called."""
    return f"not reached by {who(diagnosis)}"


def ends_here(diagnosis: Diagnosis) -> str:
    """What is said of the batch that fit does not come past."""
    return f"{who(diagnosis)} {'never ends' if diagnosis.verdict == 'never ends' else 'raises'} here"


def is_open(diagnosis: Diagnosis) -> bool:
    """Whether a batch without a step might have had one: fit was not seen to its end, or its last step is not known."""
    run = diagnosis.rehearsal
    return not begun(diagnosis) or run.ended in LIMITED or (run.live and run.ended == "raised")


def without_a_step(diagnosis: Diagnosis) -> str:
    """What such a batch is called."""
    run = diagnosis.rehearsal
    if not run.live:
        return "not rehearsed"
    return "no step recorded yet" if run.running else "read, no step recorded"


def fails_in_step(diagnosis: Diagnosis, batch: int) -> bool:
    """Whether the batch was handed to the training step, and that is where fit fails."""
    return batch == diagnosis.fails_at and diagnosis.verdict == "raises"


def verdict(diagnosis: Diagnosis) -> tuple[str, Tone]:
    """The verdict as it is shown, and its tone; what trains with a warning (on NaN, say) is no plain tick.

    Of a fit that raised before, that is shown. While a call runs it holds so far; without a step nothing is known; and
    only fit is known to train.
    """
    run, word = diagnosis.rehearsal, diagnosis.verdict
    if diagnosis.raised_before:
        return "raised", "error"
    kind = wording.tone(word)
    if kind == "ok" and any(finding.severity == "warning" for finding in diagnosis.findings):
        kind = "warning"
    if diagnosis.is_unknown:
        return "no step yet" if run.running else "no step recorded", "note" if kind == "ok" else kind
    if diagnosis.untried and word.startswith("trains"):
        return "model not tried", "note" if kind == "ok" else kind
    shown = word if run.method == "fit" else word.replace("trains", "runs")
    return f"{shown} so far" if run.running else shown, kind


def rehearsal(diagnosis: Diagnosis) -> str:
    """``rehearsed 3 of 10 epochs, 14 steps, until fit raised, on keras 3.15.1, tensorflow 2.21.0``."""
    if not begun(diagnosis):
        return "not rehearsed"
    run = diagnosis.rehearsal
    steps, epochs = counted(len(run.deliveries), "step"), counted(run.epochs, "epoch")
    parts = [f"rehearsed {run.epochs_run} of {epochs}", steps, ENDS[run.ended]]
    if run.live:
        with_steps = len({delivery.epoch for delivery in run.deliveries})
        where = f" in {with_steps} of {epochs}" if run.method == "fit" and with_steps else ""
        end = "still running" if run.running else {**ENDS, **ENDS_LIVE}[run.ended]
        parts = [f"recorded {'so far ' * run.running}{steps}{where}", end]
    elif diagnosis.fails_at is not None and run.ended != "raised":
        parts.append(f"with a probe in place of your model, which raises at batch {diagnosis.fails_at}")
    parts += [f"on {diagnosis.versions}"] if diagnosis.versions else []
    return ", ".join(parts) + (f" ({wording.duration(run.seconds)})" if run.seconds else "")


def read(diagnosis: Diagnosis) -> str:
    """``10 batches read, the source came to its end``."""
    profile, run = diagnosis.profile, diagnosis.rehearsal
    told = f"{counted(len(profile.batches), 'batch', 'batches')} read"
    if profile.ended == "fit":
        return f"{told} so far" if run.running else f"{told}, as far as {who(diagnosis)} read"
    return f"{told}, {READ[profile.ended]}"
