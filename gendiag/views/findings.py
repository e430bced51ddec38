"""Findings as cards: the root cause first and large, the others below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gendiag.views import markup, wording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.records import Finding

LONGEST = 300  # characters of one piece of evidence


def to_html(diagnosis: Diagnosis) -> str:
    """Draw every finding, or say that there is none."""
    if not diagnosis.findings:
        is_early = diagnosis.is_unknown or diagnosis.untried or diagnosis.rehearsal.running
        told = "no finding so far" if is_early else "no finding in what was looked at" if diagnosis.left_out else ""
        chip = markup.chip(told, "note") if told else markup.chip("no finding", "ok")
        return markup.tag("p", chip, css_class="gd-quiet")
    return markup.join(card(diagnosis, finding, first=place == 0) for place, finding in enumerate(diagnosis.findings))


def card(diagnosis: Diagnosis | None, finding: Finding, *, first: bool) -> markup.Html:
    """Draw one; without a diagnosis by itself."""
    head = markup.tag(
        "div", markup.chip(finding.severity), " ", markup.tag("code", finding.rule), *_where(diagnosis, finding)
    )
    parts = [head, markup.tag("h4", finding.title), markup.tag("p", markup.prose(finding.message))]
    told = {"Why it hurts": finding.why, "What to do": finding.fix}
    parts += [_told(label, text) for label, text in told.items() if text]
    if finding.evidence:
        parts.append(markup.details("Evidence", _evidence(finding.evidence)))
    kind = f"gd-card gd-{wording.tone(finding.severity)}" + (" gd-first" if first else "")
    return markup.tag("article", *parts, css_class=kind)


def _where(diagnosis: Diagnosis | None, finding: Finding) -> list[str]:
    parts = []
    if finding.batches:
        parts.append(wording.concerned(diagnosis, finding))
    if finding.leaf:
        parts.append(markup.tag("code", finding.leaf))
    return [markup.tag("span", part, css_class="gd-where") for part in parts]


def _told(label: str, text: str) -> markup.Html:
    return markup.tag("p", markup.tag("b", label), markup.tag("span", markup.prose(text)), css_class="gd-told")


def _evidence(evidence: Mapping[str, object]) -> markup.Html:
    return markup.table(("measured", "value"), [(name, _short(value)) for name, value in evidence.items()])


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"
