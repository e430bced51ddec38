"""How batches, figures and outcomes are said, the same in every view."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Literal

from gendiag.records import counted, format_shape, listed

if TYPE_CHECKING:
    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.records import Finding, Leaf, Trial

Tone = Literal["error", "warning", "note", "ok"]

SYMBOLS: dict[Tone, str] = {"error": "✖", "warning": "▲", "note": "●", "ok": "✔"}
TONES: dict[str, Tone] = {
    "error": "error",
    "warning": "warning",
    "note": "note",
    "trains": "ok",
    "trains on altered data": "warning",
    "trains to NaN": "error",
    "raises": "error",
    "never ends": "error",
    "non-finite": "error",
    "no answer": "warning",
    "not tried": "note",
}
KB, UNITS = 1024, ("bytes", "kB", "MB", "GB", "TB")
TO_NAN, ALTERED = "trains to NaN", "trains on altered data"
ROUND, LARGE = 4, 10_000  # significant digits, and from where on two more


def tone(word: str) -> Tone:
    """Return which of the four tones a severity, a verdict or an outcome has."""
    return TONES.get(word, "note")


def marked(word: str, kind: Tone | None = None) -> str:
    """``✖ raises``: never by colour alone."""
    return f"{SYMBOLS[kind or tone(word)]} {word}"


def severity(diagnosis: Diagnosis | None, finding: Finding) -> tuple[str, Tone]:
    """Return the word and the tone of a finding's chip: a warning that turns the model NaN is as red as the verdict."""
    turns = diagnosis is not None and diagnosis.verdict == TO_NAN and finding is _turns_nan(diagnosis)
    word = TO_NAN if turns else finding.severity
    return word, tone(word)


def _turns_nan(diagnosis: Diagnosis) -> Finding | None:
    """Return the first warning about a batch that was tried and left NaN."""
    turned = {batch for batch, trial in diagnosis.trials.items() if trial.outcome == "non-finite"}
    warnings = (f for f in diagnosis.findings if f.severity == "warning" and not f.in_validation)
    return next((finding for finding in warnings if turned.intersection(finding.batches)), None)


def outcome(diagnosis: Diagnosis, trial: Trial) -> tuple[str, Tone]:
    """Return the word and the tone of a trial's chip: what trains with other values than were yielded is no tick."""
    is_altered = any(d.batch == trial.batch and any(d.changed.values()) for d in diagnosis.rehearsal.deliveries)
    word = ALTERED if is_altered and trial.outcome == "trains" else trial.outcome
    return word, tone(word)


def concerned(diagnosis: Diagnosis | None, finding: Finding) -> str:
    """``batches 3-7``, with a word where they are of the validation data."""
    return f"{listed(shown(diagnosis, finding))}{' of the validation data' if finding.in_validation else ''}"


def shown(diagnosis: Diagnosis | None, finding: Finding) -> Sequence[int]:
    """Return the batches of a finding that were read; the one that was not, where there is no other or no diagnosis."""
    if diagnosis is None:
        return finding.batches
    profile = diagnosis.validation if finding.in_validation else diagnosis.profile
    read = {batch.index for batch in profile.batches}
    return [index for index in finding.batches if index in read] or finding.batches


def heading(of_lesson: str) -> str:
    """Return a lesson's heading as it is shown; the docstrings of the rules keep theirs."""
    return of_lesson.replace("mend", "fix")


def printable(text: str) -> str:
    """Write control characters, which would steer a terminal, as ``repr`` does; the ends of lines stay."""
    return "".join(char if char.isprintable() or char == "\n" else repr(char)[1:-1] for char in text)


def figure(value: float | None) -> str:
    """Four significant digits, or six of large figures; a dash for what is not there."""
    if value is None:
        return "–"
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else str(float(value))
    if float(value).is_integer() and abs(value) < 10**9:
        return str(int(value))
    return f"{value:.{ROUND if abs(value) < LARGE else ROUND + 2}g}"


def duration(seconds: float) -> str:
    """``under 1 ms``, ``40 ms``, ``1.3 s``."""
    if seconds < 0.001:  # noqa: PLR2004  (a millisecond)
        return "under 1 ms"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def size(nbytes: float) -> str:
    """``640 bytes``, ``1.5 kB``, ``12 MB``: 1 kB is 1,024 bytes, as in ``keep_bytes``."""
    if nbytes < KB:
        return counted(int(nbytes), "byte")
    power = min(len(UNITS) - 1, int(math.log(nbytes, KB)))
    value = nbytes / KB**power
    return f"{value:.{0 if value >= 10 else 1}f} {UNITS[power]}"  # noqa: PLR2004  (two digits are enough)


def free_shape(leaf: Leaf) -> str:
    """``(·, 4)``: the shape with its batch axis free."""
    shape = leaf.shape
    if not shape:
        return format_shape(shape)
    sizes = ["·", *("·" if size is None else str(size) for size in shape[1:])]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"


def text_table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], *, numeric: Collection[str] = ()) -> str:
    """Draw a table for a terminal; the columns named in ``numeric`` stand to the right."""
    shown = [list(head), *rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    places = list(zip(widths, (name in numeric for name in head), strict=True))
    lines = [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width) for cell, (width, right) in zip(row, places, strict=True)
        ).rstrip()
        for row in shown
    ]
    return "\n".join([title, *(f"  {line}" for line in lines)])


def epoch(diagnosis: Diagnosis, number: int) -> str:
    """``epoch 2/3``, as Keras prints it."""
    return f"epoch {number + 1}/{max(diagnosis.rehearsal.epochs, number + 1)}"


def call(diagnosis: Diagnosis) -> str:
    """``model.fit(make_batches, epochs=10)`` in words of the user: source, model, arguments."""
    arguments = ", ".join(f"{name}={value}" for name, value in diagnosis.fit_args.items())
    parts = [diagnosis.source, *([diagnosis.model] if diagnosis.model else [])]
    return " · ".join([*parts, *([f"{diagnosis.rehearsal.method}({arguments})"] if arguments else [])])
