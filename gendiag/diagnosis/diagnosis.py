"""Everything that was measured and concluded about one source: what the views draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gendiag.diagnosis.drift import looks_of
from gendiag.records import NOTHING, Batch, Finding, ModelRun, Rehearsal, Shrunk, Trial, Verdict, every
from gendiag.rehearsal.profile import Profile

MOST_LEAVES = 4  # named in the headline


@dataclass(frozen=True)
class Diagnosis:
    """One source, profiled, rehearsed, judged.

    Attributes
    ----------
    source
        The source in a few words, such as ``generator function make_batches``.
    model
        The model's name and class, or None where none was given.
    fit_args
        What fit was called with, as text.
    profile, rehearsal
        What was yielded, and what was delivered.
    model_run
        What the model did with what was delivered, or None where none was run.
    validation
        What ``validation_data`` yielded; empty where there is none, or where it is arrays.
    findings
        Root cause first.
    trials, shrunk
        By batch index; the second for batches that failed in their trial and were reduced to samples.
    verdict, fails_at
        See ``Report``.
    notes
        What the user should know beside the findings: a spent generator, a limit that was reached.
    left_out
        What was asked for and not looked at, in a few words each.
    raised_before
        What is known of the fit that raised, of which this shows what its source does now; empty where there was none.
    untried
        Whether it was stopped before the model was run on what was delivered.
    versions
        ``keras 3.15.1, tensorflow 2.21.0``.
    """

    source: str
    profile: Profile
    rehearsal: Rehearsal
    verdict: Verdict
    model: str | None = None
    fit_args: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    model_run: ModelRun | None = None
    validation: Profile = field(default_factory=Profile)
    findings: tuple[Finding, ...] = ()
    trials: Mapping[int, Trial] = field(default_factory=dict)
    shrunk: Mapping[int, Shrunk] = field(default_factory=dict)
    fails_at: int | None = None
    notes: tuple[str, ...] = ()
    versions: str = ""
    left_out: tuple[str, ...] = ()
    raised_before: str = ""
    untried: bool = False

    @property
    def headline(self) -> str:
        """What is known of a fit that raised before; the root cause in one sentence, else the first note."""
        if self.raised_before:
            return f"{self.raised_before} What the source does now: {self.verdict}. {self._cause}"
        return self._cause

    @property
    def _cause(self) -> str:
        """The root cause, else the first note; "no fault found" only where all was looked at."""
        is_running = self.rehearsal.running
        is_early = is_running or self.untried
        if self.is_unknown and all(finding.severity == "note" for finding in self.findings):
            return f"Nothing is known{' yet' * is_running}: no complete step is on record."
        if self.findings:
            return f"{'So far: ' * is_early}{self.findings[0].message}"
        if self.left_out:
            return f"No fault seen in what was looked at. Left out: {'; '.join(self.left_out)}."
        so_far = " so far" * is_early
        return f"No fault found{so_far}{_alike(self.profile.batches, so_far)}."

    @property
    def is_unknown(self) -> bool:
        """Whether nothing says that fit trains but that it did not fail: it was cut short, or is, before any step."""
        run = self.rehearsal
        is_cut = run.live or run.ended == "stopped"
        return is_cut and not run.deliveries and self.verdict.startswith("trains")

    @property
    def steps_of(self) -> Mapping[int, int]:
        """How many training steps each yielded batch was delivered in; batches never delivered are absent."""
        counts: dict[int, int] = {}
        for delivery in self.rehearsal.deliveries:
            if delivery.batch is not None:
                counts[delivery.batch] = counts.get(delivery.batch, 0) + 1
        return counts


def _alike(batches: tuple[Batch, ...], so_far: str) -> str:
    """``; x is float32, y is float64 in all 10 batches``, where that is so."""
    looks = looks_of(batches)
    if not looks or any(each.drifts for each in looks.values()):
        return ""
    shown = ", ".join(f"{path} is {next(iter(each.dtypes))}" for path, each in list(looks.items())[:MOST_LEAVES])
    rest = len(looks) - MOST_LEAVES
    if rest > 0:
        shown += f" and {rest} more {'leaf keeps its dtype' if rest == 1 else 'leaves keep their dtypes'}"
    return f"; {shown} in {every(len(batches))}{so_far}"
