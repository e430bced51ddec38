"""Findings as cards: the root cause first and large, the others below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gendiag.records.ranges import MAX_RUNS, runs
from gendiag.views import headline, markup, wording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.records import Finding

LONGEST = 300  # characters of one piece of evidence
WHY = "Why it hurts"


def to_html(diagnosis: Diagnosis) -> str:
    """Draw every finding, or say that there is none."""
    return markup.join([first(diagnosis), others(diagnosis)])


def first(diagnosis: Diagnosis) -> markup.Html:
    """Draw the root cause with its fix, or say that there is none."""
    if diagnosis.findings:
        return card(diagnosis, diagnosis.findings[0], place=0)
    is_early = diagnosis.is_unknown or diagnosis.untried or diagnosis.rehearsal.running
    told = "no finding so far" if is_early else "no finding in what was looked at" if diagnosis.left_out else ""
    chip = markup.chip(told, "note") if told else markup.chip("no finding", "ok")
    return markup.tag("p", chip, css_class="gd-quiet")


def others(diagnosis: Diagnosis) -> markup.Html:
    """Draw all but the root cause; empty where there is none."""
    return markup.join(card(diagnosis, finding, place) for place, finding in enumerate(diagnosis.findings) if place)


def told(diagnosis: Diagnosis) -> str:
    """Return what the cards say, so that no other view needs to."""
    return "\n".join(finding.message for finding in diagnosis.findings)


def card(diagnosis: Diagnosis | None, finding: Finding, place: int = 1) -> markup.Html:
    """Draw the finding at a place among the others, 0 the root cause; without a diagnosis by itself."""
    chip = wording.severity(diagnosis, finding)
    parts = [
        markup.tag("div", markup.chip(*chip), _where(diagnosis, finding)),
        markup.tag("h4" if place else "h3", finding.title),
    ]
    message = finding.message if diagnosis is None or place else headline.remaining(diagnosis, finding.message)
    if message:
        parts.append(markup.tag("p", markup.prose(message)))
    if finding.fix:
        parts.append(_told("What to do", finding.fix))
    key = f"{place} {finding.rule}"
    parts.append(_lesson(finding, key))
    if finding.evidence:
        evidence = _evidence(finding.evidence, finding.rule)
        parts.append(markup.details("Evidence", evidence, key=f"evidence {key}"))
    kind = f"gd-card gd-{chip[1]}" + ("" if place else " gd-first")
    return markup.tag("article", *parts, css_class=kind)


def _where(diagnosis: Diagnosis | None, finding: Finding) -> markup.Html:
    parts = [_batches(diagnosis, finding)] if finding.batches else []
    if finding.leaf:
        parts.append(markup.tag("code", finding.leaf))
    return markup.join(markup.tag("span", " ", part, css_class="gd-where") for part in parts)


def _batches(diagnosis: Diagnosis | None, finding: Finding) -> markup.Html:
    """Name the batches, each run of them a way to go there; those of the validation data cannot be gone to."""
    if finding.in_validation:
        return markup.esc(wording.concerned(diagnosis, finding))
    found = runs(wording.shown(diagnosis, finding))
    count = sum(last - first + 1 for first, last in found)
    ways = [markup.go(first, str(first) if first == last else f"{first}-{last}") for first, last in found[:MAX_RUNS]]
    rest = sum(last - first + 1 for first, last in found[MAX_RUNS:])
    more = f" and {rest:,} more" if rest else ""
    return markup.join(["batch " if count == 1 else "batches ", markup.Html(", ".join(ways)), more])


def _told(label: str, text: str) -> markup.Html:
    told = markup.tag("span", markup.prose(text))
    return markup.tag("p", markup.tag("b", label), " ", told, css_class="gd-told")


def _lesson(finding: Finding, key: str) -> markup.Html:
    """Why it hurts, and what the rule has to teach; the code is in ``gendiag.explain``."""
    from gendiag.rules.registry import BY_NAME

    rule = BY_NAME.get(finding.rule)
    lesson = {heading: text for heading, text in rule.lesson().items() if heading and text} if rule else {}
    parts = [
        _told(wording.heading(label), text)
        for label, text in (lesson | ({WHY: finding.why} if finding.why else {})).items()
    ]
    if not parts:
        return markup.Html("")
    code = markup.tag("code", f'gendiag.explain("{finding.rule}")')
    parts.append(markup.tag("p", code, " shows it with a broken source and a fixed one.", css_class="gd-quiet"))
    name = markup.join(["What fit does, and how to fix it: lesson ", markup.tag("code", finding.rule)])
    return markup.details(name, markup.join(parts), key=f"lesson {key}", css_class="gd-more")


def _evidence(evidence: Mapping[str, object], rule: str) -> markup.Html:
    rows = [(name, _short(value)) for name, value in evidence.items()]
    return markup.table(("measured", "value"), rows, f"Evidence of {rule}")


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"
