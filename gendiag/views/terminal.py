"""The report for a terminal, at most 96 columns wide."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from gendiag.diagnosis.failing_samples import said
from gendiag.records.ranges import listed, ranges
from gendiag.views import dtype_table, findings, headline, run_text, wording
from gendiag.views.picture import tracks
from gendiag.views.picture.columns import columns
from gendiag.views.picture.marks import SEVERITIES
from gendiag.views.picture.states import State

if TYPE_CHECKING:
    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.records import Finding, Shrunk, Trial
    from gendiag.views.picture.columns import Columns

WIDTH, MOST = 96, 72
GLYPHS = {
    State.DELIVERED: "=",
    State.NOT_AGAIN: "~",
    State.FAILING: "X",
    State.UNREACHED: ".",
    State.NEVER_DELIVERED: "_",
    State.OPEN: "-",
}


def render(diagnosis: Diagnosis) -> str:
    """Verdict, notes, timeline, the root cause, trials, the other findings, dtypes, how it was run, as plain text."""
    parts = [_head(diagnosis), *(_filled(note, f"{wording.SYMBOLS['note']} ") for note in diagnosis.notes)]
    cause, *others = [finding(diagnosis, one, place) for place, one in enumerate(diagnosis.findings)] or [""]
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
    meaning = [f"{glyph} {drawn.names[state]}" for state, glyph in GLYPHS.items() if state in seen]
    title = f"Batches 0 to {drawn.count - 1}" + (f", {drawn.width:.3g} per sign" if drawn.width > 1 else "")
    lines = [title, *_named(drawn, meaning), f"  |{bars}|", f"  {'   '.join(meaning)}"]
    rows = tracks.rows(diagnosis)
    if not np.isnan(rows).all():
        ends = sorted({int(np.nanmin(rows)), int(np.nanmax(rows))})
        lines.append(f"  rows: {' to '.join(map(str, ends))}")
    again = {batch: times for batch, times in diagnosis.steps_of.items() if times > 1}
    if again:
        lines.append(f"  delivered in {ranges(set(again.values()))} steps: {listed(again)}")
    return "\n".join(lines)


def _named(drawn: Columns, meaning: list[str]) -> list[str]:
    """Return a line of signs over the batches that an error or a warning names, where there are any."""
    signs = {1 + SEVERITIES.index("error"): "!", 1 + SEVERITIES.index("warning"): "?"}
    line = "".join(signs.get(place, " ") for place in drawn.severity.tolist())
    meaning += [f"{sign} {SEVERITIES[place - 1]}" for place, sign in signs.items() if sign in line]
    return [f"  |{line}|"] if line.strip() else []


def finding(diagnosis: Diagnosis | None, shown: Finding, place: int | None = None) -> str:
    """Write the finding at a place among the others; without a diagnosis by itself."""
    where = [wording.concerned(diagnosis, shown)] if shown.batches else []
    where += [shown.leaf] if shown.leaf else []
    symbol = wording.SYMBOLS[wording.severity(diagnosis, shown)[1]]
    lines = [f"{'' if place is None else f'{place + 1}. '}{symbol} {shown.title}  [{shown.rule}]"]
    message = shown.message if diagnosis is None or place != 0 else headline.remaining(diagnosis, shown.message)
    lines += [_filled(message, "   ")] if message else []
    lines += [_filled(", ".join(where), "   ")] if where else []
    told = (("Why it hurts: ", shown.why), ("What to do:   ", shown.fix))
    return "\n".join([*lines, *(_filled(text, "   ", label) for label, text in told if text)])


def _trials(diagnosis: Diagnosis) -> list[str]:
    told = findings.told(diagnosis)
    tried = [(diagnosis.trials[batch], diagnosis.shrunk.get(batch)) for batch in sorted(diagnosis.trials)]
    return [trial(each, shrunk, told) for each, shrunk in tried]


def trial(shown: Trial, shrunk: Shrunk | None = None, known: str = "") -> str:
    """Write one trial, each way it was run; but for what is known from the findings."""
    lines = [f"Trial of batch {shown.batch}: {wording.marked(shown.outcome)}"]
    for step in shown.steps:
        loss = "" if step.loss is None else f"  loss {wording.figure(step.loss)}"
        grad = "" if step.grad_norm is None else f"  gradient norm {wording.figure(step.grad_norm)}"
        lines.append(f"  {step.way:<13}{wording.marked(step.outcome):<14}{loss}{grad}".rstrip())
    error = shown.failure.line if shown.failure else shown.error
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
