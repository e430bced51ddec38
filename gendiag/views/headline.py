"""What stands above and below the report: the verdict in one sentence, the notes, and what was run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gendiag.views import markup, run_text, wording

if TYPE_CHECKING:
    from gendiag.diagnosis.diagnosis import Diagnosis


def to_html(diagnosis: Diagnosis) -> markup.Html:
    """Verdict, root cause, the batch, the call; then the notes."""
    verdict = [markup.chip(*run_text.verdict(diagnosis))]
    where = _where(diagnosis)
    if where:
        verdict.append(markup.tag("span", where, css_class="gd-where"))
    headline = markup.tag(
        "header",
        markup.tag("div", markup.Html(" ".join(verdict))),
        markup.tag("p", markup.prose(diagnosis.headline), css_class="gd-sentence"),
        markup.tag("p", wording.call(diagnosis), css_class="gd-quiet"),
        css_class="gd-headline",
    )
    notes = [markup.tag("p", markup.chip("note"), " ", markup.prose(note)) for note in diagnosis.notes]
    return markup.join([headline, *([markup.tag("div", *notes, css_class="gd-notes")] if notes else [])])


def foot(diagnosis: Diagnosis) -> markup.Html:
    """Say what was read and rehearsed, on which versions."""
    text = f"{run_text.read(diagnosis)}; {run_text.rehearsal(diagnosis)}."
    return markup.tag("footer", f"{text[0].upper()}{text[1:]}", css_class="gd-quiet")


def _where(diagnosis: Diagnosis) -> str:
    if diagnosis.fails_at is not None:
        batch = diagnosis.profile.find(diagnosis.fails_at)
        epoch = f" ({wording.epoch(diagnosis, batch.epoch)})" if batch and diagnosis.rehearsal.method == "fit" else ""
        return f"at batch {diagnosis.fails_at}{epoch}"
    root = diagnosis.findings[0] if diagnosis.findings else None
    if root is None or root.severity == "note" or not root.batches:
        return ""
    return wording.concerned(diagnosis, root)
