"""The table of lessons: family by family, how bad each fault is, its name, and one sentence."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from gendiag.records import counted
from gendiag.views import markup, wording

if TYPE_CHECKING:
    from gendiag.rules.chapters import Chapter, Lessons

HEAD = ("severity", "lesson", "what happens")
SEVERITY = "How bad it is, is said of the lesson's own broken source; in yours it may be milder, or worse."
WIDTH, ROOM = 96, 26


def to_html(shown: Lessons) -> markup.Html:
    """Draw it, each family folded."""
    head = markup.tag("header", markup.tag("h3", _title(shown)), markup.tag("p", markup.prose(_how(shown, "`"))))
    folds = [_fold(chapter) for chapter in shown.chapters]
    return markup.join([head, *folds, markup.tag("footer", SEVERITY, css_class="gd-quiet")])


def to_text(shown: Lessons) -> str:
    """Write it for a terminal."""
    parts = [f"{_title(shown)}\n{_filled(_how(shown), '  ')}"]
    for chapter in shown.chapters:
        lines = [_filled(f"{chapter.family}: {chapter.about}.".replace("`", ""), "")]
        lines += [
            f"  {wording.SYMBOLS[wording.tone(one.severity)]} {one.name:<{ROOM}} {one.title}"
            for one in chapter.pitfalls
        ]
        parts.append("\n".join(lines))
    tones = "  ".join(wording.marked(word) for word in ("error", "warning", "note"))
    return "\n\n".join([*parts, f"{tones}\n{_filled(SEVERITY, '')}"])


def _title(shown: Lessons) -> str:
    count = sum(len(chapter.pitfalls) for chapter in shown.chapters)
    return f"{counted(count, 'lesson')} in {counted(len(shown.chapters), 'family', 'families')}"


def _how(shown: Lessons, quote: str = "") -> str:
    first = shown.chapters[0].pitfalls[0].name
    by_name, by_finding = (f"{quote}gendiag.explain({what}){quote}" for what in (f'"{first}"', "report.findings[0]"))
    return f"Open one by its name, {by_name}, or from a finding, {by_finding}."


def _fold(chapter: Chapter) -> markup.Html:
    rows = [
        (
            markup.chip(one.severity),
            markup.tag("code", one.name),
            markup.tag("span", markup.prose(one.sentence), css_class="gd-wrap"),
        )
        for one in chapter.pitfalls
    ]
    label = markup.join(
        (markup.tag("b", chapter.family), f" · {counted(len(rows), 'lesson')} · ", markup.prose(f"{chapter.about}."))
    )
    return markup.details(label, markup.table(HEAD, rows, f"Lessons: {chapter.family}"), key=chapter.family)


def _filled(text: str, indent: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent=indent, subsequent_indent=indent)
