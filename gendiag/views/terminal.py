"""The report for a terminal, at most 96 columns wide."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from gendiag.diagnosis.failing_samples import said
from gendiag.records.ranges import listed, ranges
from gendiag.views import dtype_table, findings, headline, run_text, wording
from gendiag.views.timeline_columns import State, columns

if TYPE_CHECKING:
    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.records import Shrunk, Trial

WIDTH, MOST = 96, 72
GLYPHS = {
    State.DELIVERED: "=",
    State.BAD: "!",
    State.UNREACHED: ".",
    State.NEVER_DELIVERED: "_",
    State.OPEN: "-",
}


def render(diagnosis: Diagnosis) -> str:
    """Verdict, notes, timeline, the root cause, trials, the other findings, dtypes, how it was run, as plain text."""
    parts = [_head(diagnosis), *(_filled(note, f"{wording.SYMBOLS['note']} ") for note in headline.notes(diagnosis))]
    cause, *others = [_finding(diagnosis, number) for number in range(len(diagnosis.findings))] or [""]
    parts += [_timeline(diagnosis), cause, *_trials(diagnosis), *others, dtype_table.to_text(diagnosis)]
    parts.append(_filled(f"{run_text.read(diagnosis)}; {run_text.rehearsal(diagnosis)}.", ""))
    return wording.printable("\n\n".join(part for part in parts if part))


def _head(diagnosis: Diagnosis) -> str:
    verdict = wording.marked(*run_text.verdict(diagnosis))
    if diagnosis.fails_at is not None:
        verdict += f" at batch {diagnosis.fails_at}"
    told = [headline.short(diagnosis), headline.untold(diagnosis), wording.call(diagnosis)]
    return "\n".join([verdict, *(_filled(text, "  ") for text in told if text)])


def _timeline(diagnosis: Diagnosis) -> str:
    drawn = columns(diagnosis, most=MOST)
    if not drawn.count:
        return ""
    seen = {State(state) for state in drawn.state}
    bars = "".join(GLYPHS[State(state)] if state else " " for state in drawn.state)
    meaning = "   ".join(f"{glyph} {drawn.names[state]}" for state, glyph in GLYPHS.items() if state in seen)
    title = f"Batches 0 to {drawn.count - 1}" + (f", {drawn.width:.3g} per sign" if drawn.width > 1 else "")
    lines = [title, f"  |{bars}|", f"  {meaning}"]
    if not np.isnan(drawn.high).all():
        ends = sorted({int(np.nanmin(drawn.low)), int(np.nanmax(drawn.high))})
        lines.append(f"  rows: {' to '.join(map(str, ends))}")
    again = {batch: times for batch, times in diagnosis.steps_of.items() if times > 1}
    if again:
        lines.append(f"  delivered in {ranges(set(again.values()))} steps: {listed(again)}")
    return "\n".join(lines)


def _finding(diagnosis: Diagnosis, place: int) -> str:
    finding = diagnosis.findings[place]
    where = [wording.concerned(diagnosis, finding)] if finding.batches else []
    where += [finding.leaf] if finding.leaf else []
    symbol = wording.SYMBOLS[wording.severity(diagnosis, finding)[1]]
    lines = [f"{place + 1}. {symbol} {finding.title}  [{finding.rule}]"]
    lines += [] if place == 0 and headline.tells(diagnosis) else [_filled(finding.message, "   ")]
    lines += [_filled(", ".join(where), "   ")] if where else []
    told = (("Why it hurts: ", finding.why), ("What to do:   ", finding.fix))
    return "\n".join([*lines, *(_filled(text, "   ", label) for label, text in told if text)])


def _trials(diagnosis: Diagnosis) -> list[str]:
    told = findings.told(diagnosis)
    tried = [(diagnosis.trials[batch], diagnosis.shrunk.get(batch)) for batch in sorted(diagnosis.trials)]
    return [_trial(trial, shrunk, told) for trial, shrunk in tried]


def _trial(trial: Trial, shrunk: Shrunk | None, known: str) -> str:
    lines = [f"Trial of batch {trial.batch}: {wording.marked(trial.outcome)}"]
    for step in trial.steps:
        loss = "" if step.loss is None else f"  loss {wording.figure(step.loss)}"
        grad = "" if step.grad_norm is None else f"  gradient norm {wording.figure(step.grad_norm)}"
        lines.append(f"  {step.way:<13}{wording.marked(step.outcome):<14}{loss}{grad}".rstrip())
    error = trial.failure.line if trial.failure else trial.error
    told = [text for text in (error, said(shrunk) if shrunk is not None else "") if text and text not in known]
    return "\n".join([*lines, *(_filled(text, "  ") for text in told)])


def _filled(text: str, indent: str, label: str = "") -> str:
    """Wrap every line of the text, the first behind the label; code keeps its own indentation."""
    hang = " " * (len(indent) + len(label))
    lines = [
        textwrap.fill(line, WIDTH, initial_indent=hang, subsequent_indent=hang, drop_whitespace=True)
        for line in text.splitlines()
    ]
    return f"{indent}{label}{chr(10).join(lines)[len(hang) :]}"
