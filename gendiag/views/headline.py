"""What stands above and below the report: the verdict in one sentence, the notes, and what was run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gendiag.records import counted
from gendiag.views import markup, run_text, wording
from gendiag.views.shortened import cut

if TYPE_CHECKING:
    from gendiag.diagnosis.diagnosis import Diagnosis

MOST, MOST_OF_NOTE = 180, 130  # characters: two lines of the headline, one of a note
MOST_NOTES = 2


def to_html(diagnosis: Diagnosis, heading: str = "div") -> markup.Html:
    """Verdict and place in an element called ``heading``, one sentence, the call; then the notes."""
    verdict = markup.join([markup.chip(*run_text.verdict(diagnosis)), " ", _where(diagnosis)])
    head = [
        markup.tag(heading, verdict, css_class="gd-verdict"),
        markup.tag("p", markup.prose(short(diagnosis)), css_class="gd-sentence"),
    ]
    if rest := untold(diagnosis):
        head.append(markup.details("The rest of it", markup.tag("p", markup.prose(rest)), key="headline"))
    head.append(markup.tag("p", wording.call(diagnosis), css_class="gd-quiet"))
    return markup.join([markup.tag("header", *head, css_class="gd-headline"), _notes(diagnosis)])


def short(diagnosis: Diagnosis) -> str:
    """One sentence of at most two lines; the whole is ``Diagnosis.headline``, or the message of the first finding."""
    return cut(diagnosis.headline, MOST)[0]


def remaining(diagnosis: Diagnosis, message: str) -> str:
    """What the sentence leaves out of the first finding's message, so that nobody needs to say it all again."""
    shown = short(diagnosis)
    if message in shown:
        return ""
    return message.removeprefix(shown).strip() if shown.endswith((".", "!", "?")) else message


def untold(diagnosis: Diagnosis) -> str:
    """What was cut from the headline, and does not stand in the first finding."""
    rest = cut(diagnosis.headline, MOST)[1]
    for finding in diagnosis.findings[:1]:
        return "" if finding.message.endswith(rest) else rest.removesuffix(finding.message).rstrip()
    return rest


def foot(diagnosis: Diagnosis) -> markup.Html:
    """Say what was read and rehearsed, on which versions."""
    text = f"{run_text.read(diagnosis)}; {run_text.rehearsal(diagnosis)}."
    return markup.tag("footer", f"{text[0].upper()}{text[1:]}", css_class="gd-quiet")


def _notes(diagnosis: Diagnosis) -> markup.Html:
    """One line each, and the third and all that follow folded away."""
    lines = [_note(note) for note in diagnosis.notes]
    if len(lines) > MOST_NOTES:
        more = counted(len(lines) - MOST_NOTES, "more note")
        lines[MOST_NOTES:] = [markup.details(more, markup.join(lines[MOST_NOTES:]), key="notes")]
    return markup.tag("div", *lines, css_class="gd-notes") if lines else markup.Html("")


def _note(note: str) -> markup.Html:
    shown, rest = cut(note, MOST_OF_NOTE)
    line = markup.join([markup.chip("note"), " ", markup.prose(shown)])
    if not rest:
        return markup.tag("p", line)
    return markup.details(line, markup.tag("p", markup.prose(rest)), key=f"note {shown}")


def _where(diagnosis: Diagnosis) -> markup.Html:
    where = place(diagnosis)
    return markup.tag("span", where, css_class="gd-where") if where else markup.Html("")


def place(diagnosis: Diagnosis) -> str:
    """``at batch 30 (epoch 1/2)``, ``batches 3-7``; empty where no batch is concerned."""
    if diagnosis.fails_at is not None:
        batch = diagnosis.profile.find(diagnosis.fails_at)
        epoch = f" ({wording.epoch(diagnosis, batch.epoch)})" if batch and diagnosis.rehearsal.method == "fit" else ""
        return f"at batch {diagnosis.fails_at}{epoch}"
    root = diagnosis.findings[0] if diagnosis.findings else None
    if root is None or root.severity == "note" or not root.batches:
        return ""
    return wording.concerned(diagnosis, root)
