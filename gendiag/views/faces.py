"""Everything that shows itself by itself: which drawing is whose. ``Face`` in the records comes here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from gendiag.records import Finding, Repair, Reproducer, Trial
from gendiag.rehearsal.profile import Profile
from gendiag.rules.chapters import Lessons
from gendiag.views import (
    findings,
    lesson_table,
    markup,
    profile_card,
    repair_cards,
    reproducer_card,
    terminal,
    trial_card,
    wording,
)


class Drawn(NamedTuple):
    """The two ways in which something is drawn."""

    html: Callable[[Any], str]
    text: Callable[[Any], str]


def to_html(shown: Any) -> str:
    """Draw it as a fragment of static HTML, style sheet included."""
    return framed(FACES[type(shown)].html(shown))


def to_text(shown: Any) -> str:
    """Write it for a terminal; nothing in it steers the terminal."""
    return wording.printable(FACES[type(shown)].text(shown))


def framed(content: str) -> str:
    """Put a drawing where it may stand by itself."""
    style = markup.Html(f"<style>{markup.css()}</style>")
    return markup.tag("div", style, content, css_class="gd gd-static gd-face")


def _lesson(finding: Finding) -> str:
    return f'gendiag.explain("{finding.rule}")'


def _finding(finding: Finding) -> str:
    lesson = markup.tag("p", "Lesson: ", markup.tag("code", _lesson(finding)), css_class="gd-quiet")
    return markup.join([findings.card(None, finding), lesson])


def _finding_text(finding: Finding) -> str:
    return f"{terminal.finding(None, finding)}\n   Lesson:       {_lesson(finding)}"


FACES: Mapping[type, Drawn] = {
    Finding: Drawn(_finding, _finding_text),
    Lessons: Drawn(lesson_table.to_html, lesson_table.to_text),
    Profile: Drawn(profile_card.to_html, profile_card.to_text),
    Repair: Drawn(repair_cards.card, repair_cards.to_text),
    Reproducer: Drawn(reproducer_card.to_html, reproducer_card.to_text),
    Trial: Drawn(trial_card.to_html, terminal.trial),
}
