"""A recording by itself: which calls are on record, how far each came, and how to get its report."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from gendiag.records import counted
from gendiag.views import markup, run_text, wording

if TYPE_CHECKING:
    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.records import Failure
    from gendiag.views.wording import Tone

HEAD = ("no.", "call", "state", "verdict", "epochs", "steps", "time", "model")
NUMERIC = ("epochs", "steps", "time")
WIDTH = 96
TONES: dict[str, Tone] = {"running": "note", "finished": "ok", "raised": "error", "interrupted": "warning"}
NOTHING = "Nothing is recorded yet. Type: with flight: model.fit(...)"
REPORT = "`flight.report` is the report of the call that raised, else of the last fit."
REPORTS = "`flight.reports[0]` is that of the first call, and so on."


class Told(NamedTuple):
    """What is known of one call without judging it.

    Attributes
    ----------
    method, model, state, epochs, seconds, failure, given_up
        As the call says it; empty where it has none.
    steps
        As far as they are on record; None where none is.
    diagnosis
        Where its report was asked for before.
    """

    method: str
    model: str
    state: str
    epochs: str
    steps: int | None
    seconds: float
    failure: Failure | None = None
    given_up: Failure | None = None
    diagnosis: Diagnosis | None = None


def to_html(calls: Sequence[Told]) -> markup.Html:
    """Draw it; judges nothing, which may take its time."""
    parts = [markup.tag("header", markup.tag("h3", _title(calls)))]
    if calls:
        rows = [_row(place, call) for place, call in enumerate(calls)]
        shown = [
            [place, markup.tag("code", method), markup.chip(str(state), TONES[str(state)]), *rest]
            for place, method, state, *rest in rows
        ]
        parts.append(markup.table(HEAD, shown, "Calls recorded", numeric=NUMERIC))
    parts += [markup.tag("p", markup.chip("error"), " ", line, css_class="gd-line") for line in _failures(calls)]
    return markup.join([*parts, markup.tag("p", markup.prose(_how(calls)), css_class="gd-quiet")])


def to_text(calls: Sequence[Told]) -> str:
    """Write the same for a terminal."""
    rows = [[str(cell) for cell in _row(place, call)] for place, call in enumerate(calls)]
    table = wording.text_table(_title(calls), HEAD, rows, numeric=NUMERIC) if rows else _title(calls)
    failures = [wording.marked(line, "error") for line in _failures(calls)]
    how = textwrap.fill(_how(calls).replace("`", ""), WIDTH)
    return wording.printable("\n".join([table, *failures, how]))


def _title(calls: Sequence[Told]) -> str:
    return f"{counted(len(calls), 'call')} recorded"


def _row(place: int, call: Told) -> list[object]:
    return [
        place, call.method, call.state, _verdict(call), call.epochs or "–",
        "–" if call.steps is None else f"{call.steps:,}", wording.duration(call.seconds), call.model or "–",
    ]  # fmt: skip


def _verdict(call: Told) -> str:
    if call.given_up is not None:
        return "none: the recording failed"
    if call.diagnosis is None:
        return "not judged yet"
    at = f" at batch {call.diagnosis.fails_at}" if call.diagnosis.fails_at is not None else ""
    return f"{wording.marked(*run_text.verdict(call.diagnosis))}{at}"


def _failures(calls: Sequence[Told]) -> list[str]:
    raised = [f"{call.method} raised {call.failure}" for call in calls if call.failure is not None]
    lost = [f"The recording of {call.method} failed: {call.given_up}" for call in calls if call.given_up is not None]
    return raised + lost


def _how(calls: Sequence[Told]) -> str:
    if not calls:
        return NOTHING
    return f"{REPORT} {REPORTS}" if len(calls) > 1 else REPORT
